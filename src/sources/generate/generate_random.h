/* SPDX-License-Identifier: MIT */
/* Numbers that look random and follow from a seed (splitmix64). */
#ifndef MST_SOURCES_GENERATE_GENERATE_RANDOM_H
#define MST_SOURCES_GENERATE_GENERATE_RANDOM_H

#include <stdint.h>

/* A bijection: different inputs give different outputs. */
static inline uint64_t
mst_mix64(uint64_t x)
{
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

/* The start of the numbers for one event. */
static inline uint64_t
mst_random_start(uint64_t seed, uint64_t n)
{
    return mst_mix64(mst_mix64(seed) ^ n);
}

static inline uint64_t
mst_random_next(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15U;
    return mst_mix64(*state);
}

/* Below bound, 0 for bound 0. Bias: bound / 2^32 at most for small bounds,
 * one in two for those near 2^64. Good enough for demo data. */
static inline uint64_t
mst_random_upto(uint64_t *state, uint64_t bound)
{
    uint64_t drawn = mst_random_next(state);
    if (bound <= UINT32_MAX) {
        return (drawn >> 32) * bound >> 32;
    }
    return drawn % bound;
}

#endif
