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

constexpr uint64_t
word_of(const number &n, int i)
{
    return i < 0 ? 0 : n.word[i];
}

/* 64 bits of n, the highest one shift bits below that of word i. */
constexpr uint64_t
bits_of(const number &n, int i, int shift)
{
    return shift == 0
               ? word_of(n, i)
               : word_of(n, i) << shift | word_of(n, i - 1) >> (64 - shift);
}

/* The 128 bits from the highest one on, and one more where that is not all of
 * the number. */
constexpr mst_power_of_ten
top_of(const number &n, bool exact)
{
    int i = words - 1;
    int shift = 0;
    while (n.word[i] == 0) {
        i--;
    }
    while (((n.word[i] << shift) >> 63) == 0) {
        shift++;
    }
    uint64_t high = bits_of(n, i, shift);
    uint64_t low = bits_of(n, i - 1, shift);
    exact = exact && bits_of(n, i - 2, shift) == 0;
    for (int rest = i - 3; rest >= 0 && exact; rest--) {
        exact = n.word[rest] == 0;
    }
    if (!exact) {
        low++;
        high += low == 0 ? 1 : 0;
    }
    return {high, low};
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
