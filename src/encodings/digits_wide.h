/* SPDX-License-Identifier: MIT */
/* Eight and sixteen digits at once, in the lanes of a word. Private to this
 * folder. */
#ifndef MST_ENCODINGS_DIGITS_WIDE_H
#define MST_ENCODINGS_DIGITS_WIDE_H

#include <stdint.h>

#include "encodings/little_endian.h"

#ifdef __SSE2__
#    include <emmintrin.h>
#endif

/* The eight digits of a number below 10^8, the first in the lowest byte, as
 * values and not as characters. */
static inline uint64_t
mst_digits_of(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    /* Divisions by 100 and by 10, in all lanes at once. */
    uint64_t upper = (fours * 10486 >> 20) & 0x0000007F0000007F;
    uint64_t twos = upper | (fours - upper * 100) << 16;
    uint64_t tens = (twos * 103 >> 10) & 0x000F000F000F000F;
    return tens | (twos - tens * 10) << 8;
}

/* Exactly sixteen digits of a number below 10^16. Returns a mask of those that
 * are zeros, the lowest bit the first. */
static inline unsigned
mst_print_sixteen(uint8_t *out, uint64_t value)
{
    uint32_t high = (uint32_t)(value / 100000000);
    uint32_t low = (uint32_t)(value % 100000000);
#ifdef __SSE2__
    /* The same divisions as above, in lanes of a wider word. */
    const __m128i eights = _mm_set_epi64x(low, high);
    __m128i upper = _mm_srli_epi64(
        _mm_mul_epu32(eights, _mm_set1_epi32((int)0xD1B71759)), 45);
    __m128i lower =
        _mm_sub_epi32(eights, _mm_mul_epu32(upper, _mm_set1_epi32(10000)));
    const __m128i fours = _mm_or_si128(upper, _mm_slli_epi64(lower, 32));
    upper = _mm_srli_epi16(_mm_mulhi_epu16(fours, _mm_set1_epi16(5243)), 3);
    lower = _mm_sub_epi16(fours, _mm_mullo_epi16(upper, _mm_set1_epi16(100)));
    const __m128i twos = _mm_or_si128(upper, _mm_slli_epi32(lower, 16));
    upper = _mm_mulhi_epu16(twos, _mm_set1_epi16(6554));
    lower = _mm_sub_epi16(twos, _mm_mullo_epi16(upper, _mm_set1_epi16(10)));
    const __m128i ones = _mm_or_si128(upper, _mm_slli_epi16(lower, 8));
    _mm_storeu_si128((__m128i_u *)(void *)out,
                     _mm_or_si128(ones, _mm_set1_epi8('0')));
    return (unsigned)_mm_movemask_epi8(
        _mm_cmpeq_epi8(ones, _mm_setzero_si128()));
#else
    unsigned zeros = 0;
    mst_put_le64(out, mst_digits_of(high) | 0x3030303030303030);
    mst_put_le64(out + 8, mst_digits_of(low) | 0x3030303030303030);
    for (unsigned i = 0; i < 16; i++) {
        zeros |= (unsigned)(out[i] == '0') << i;
    }
    return zeros;
#endif
}

#endif
