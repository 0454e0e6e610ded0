/* SPDX-License-Identifier: MIT */
/*
 * Schubfach, after Raffaello Giulietti, "The Schubfach way to render doubles"
 * (2020): the interval of the decimals that read as the double is scaled by
 * one multiplication to where it holds at least two and at most twenty whole
 * numbers; the shortest one is among four candidates. The names are those of
 * the paper.
 */
#include "encodings/double_shortest.h"

#include <stdbool.h>
#include <string.h>

#include "encodings/powers_of_ten.h"

enum {
    SHORTEST_BITS = 52, /* of a significand, without the hidden one */
    SHORTEST_BIAS = 1075
};

__extension__ typedef unsigned __int128 shortest_wide;

/* floor(log10(2^q)), or of 3/4 of it; floor(log2(10^k)). Exact for all that
 * doubles have. */
static inline int
shortest_log10(int q, bool three_quarters)
{
    return (q * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

static inline int
shortest_log2(int k)
{
    return (k * 1741647) >> 19;
}

/* The upper third of g * cp, its last bit set where anything was cut off. */
static inline uint64_t
shortest_product(const struct mst_power_of_ten *g, uint64_t cp)
{
    shortest_wide x = (shortest_wide)g->low * cp;
    shortest_wide y = (shortest_wide)g->high * cp + (uint64_t)(x >> 64);
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

struct mst_decimal
mst_double_shortest(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    uint64_t fraction = bits & (((uint64_t)1 << SHORTEST_BITS) - 1);
    int biased = (int)(bits >> SHORTEST_BITS);
    uint64_t c =
        biased == 0 ? fraction : fraction | (uint64_t)1 << SHORTEST_BITS;
    int q = (biased == 0 ? 1 : biased) - SHORTEST_BIAS;
    /* The double below a power of two is only half as far away. */
    bool closer = fraction == 0 && biased > 1;
    int k = shortest_log10(q, closer);
    int h = q + shortest_log2(-k) + 1;
    const struct mst_power_of_ten *g =
        &mst_powers_of_ten.power[-k - MST_POWER_MIN];
    uint64_t odd = c & 1; /* then the interval's ends do not read as it */
    uint64_t lower =
        shortest_product(g, (4 * c - 2 + (closer ? 1 : 0)) << h) + odd;
    uint64_t vb = shortest_product(g, (4 * c) << h);
    uint64_t upper = shortest_product(g, (4 * c + 2) << h) - odd;
    uint64_t s = vb / 4;
    if (s >= 10) {
        uint64_t sp = s / 10;
        bool down = lower <= 40 * sp;
        bool up = 40 * sp + 40 <= upper;
        if (down != up) {
            return (struct mst_decimal){sp + (up ? 1 : 0), k + 1};
        }
    }
    bool down = lower <= 4 * s;
    bool up = 4 * s + 4 <= upper;
    if (down != up) {
        return (struct mst_decimal){s + (up ? 1 : 0), k};
    }
    uint64_t middle = 4 * s + 2;
    bool round = vb > middle || (vb == middle && (s & 1) != 0);
    return (struct mst_decimal){s + (round ? 1 : 0), k};
}
