/* SPDX-License-Identifier: MIT */
/*
 * The table of powers of ten, made by the compiler: C can not compute what it
 * initialises with, and as text it would be 617 lines that nobody checks.
 */
#include "encodings/powers_of_ten.h"

namespace
{

__extension__ using wide = unsigned __int128;

/* Bits of 10^324, and of 2^n that 10^292 divides with 128 bits left. */
constexpr int words = 18;
constexpr int reciprocal_bit = 64 * words - 1;

/* A whole number, its lowest word first. */
struct number {
    uint64_t word[words];
};

constexpr void
multiply_by_ten(number &n)
{
    uint64_t carry = 0;
    for (int i = 0; i < words; i++) {
        wide product = static_cast<wide>(n.word[i]) * 10 + carry;
        n.word[i] = static_cast<uint64_t>(product);
        carry = static_cast<uint64_t>(product >> 64);
    }
}

/* Rounded down: so is every quotient after it. */
constexpr void
divide_by_ten(number &n)
{
    uint64_t rest = 0;
    for (int i = words - 1; i >= 0; i--) {
        wide part = (static_cast<wide>(rest) << 64) | n.word[i];
        n.word[i] = static_cast<uint64_t>(part / 10);
        rest = static_cast<uint64_t>(part % 10);
    }
}

constexpr bool
bit_of(const number &n, int bit)
{
    return bit >= 0 && ((n.word[bit / 64] >> (bit % 64)) & 1) != 0;
}

/* The 128 bits from the highest one on, and one more where that is not all of
 * the number. */
constexpr mst_power_of_ten
top_of(const number &n, bool exact)
{
    int highest = 64 * words - 1;
    while (!bit_of(n, highest)) {
        highest--;
    }
    wide top = 0;
    for (int i = 0; i < 128; i++) {
        top = (top << 1) | (bit_of(n, highest - i) ? 1 : 0);
    }
    for (int bit = highest - 128; bit >= 0 && exact; bit--) {
        exact = !bit_of(n, bit);
    }
    top += exact ? 0 : 1;
    return {static_cast<uint64_t>(top >> 64), static_cast<uint64_t>(top)};
}

constexpr struct mst_powers_of_ten
make_table()
{
    struct mst_powers_of_ten made {
    };
    number up{};
    number down{};
    up.word[0] = 1;
    down.word[words - 1] = static_cast<uint64_t>(1) << 63;
    for (int k = 0; k <= MST_POWER_MAX; k++) {
        made.power[k - MST_POWER_MIN] = top_of(up, true);
        multiply_by_ten(up);
    }
    for (int k = -1; k >= MST_POWER_MIN; k--) {
        divide_by_ten(down);
        made.power[k - MST_POWER_MIN] = top_of(down, false);
    }
    return made;
}

static_assert(reciprocal_bit - 970 > 128, "10^-292 has too few bits");

}  // namespace

/* Without this the name would be the type's. */
extern constexpr struct mst_powers_of_ten mst_powers_of_ten = make_table();
