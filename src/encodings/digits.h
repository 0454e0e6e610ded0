/* SPDX-License-Identifier: MIT */
/* Prints integers and hex, two digits at a time. Private to this folder. */
#ifndef MST_ENCODINGS_DIGITS_H
#define MST_ENCODINGS_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "encodings/little_endian.h"

#ifdef __SSE2__
#    include <emmintrin.h>
#endif

enum { MST_DIGITS_MAX = 20 }; /* of a 64-bit integer, sign included */

/* "00" "01" ... "99", and "00" "01" ... "ff". */
extern const char mst_decimal_pairs[200];
extern const char mst_hex_pairs[512];

/* All return where the text ends; the caller has room for the longest. */
static inline uint8_t *
mst_print_pair(uint8_t *out, unsigned value)
{
    memcpy(out, mst_decimal_pairs + (size_t)value * 2, 2);
    return out + 2;
}

/* Exactly four digits. */
static inline uint8_t *
mst_print_four(uint8_t *out, unsigned value)
{
    return mst_print_pair(mst_print_pair(out, value / 100), value % 100);
}

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

/* Exactly eight digits. */
static inline uint8_t *
mst_print_eight(uint8_t *out, uint32_t value)
{
    mst_put_le64(out, mst_digits_of(value) | 0x3030303030303030);
    return out + 8;
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
    (void)mst_print_eight(out, high);
    (void)mst_print_eight(out + 8, low);
    for (unsigned i = 0; i < 16; i++) {
        zeros |= (unsigned)(out[i] == '0') << i;
    }
    return zeros;
#endif
}

/* Below 10^8, without leading zeros. One jump only: lengths are hard to guess,
 * but where there are small numbers there are more of them. */
static inline uint8_t *
mst_print_small(uint8_t *out, uint32_t value)
{
    if (value < 10) {
        *out = (uint8_t)('0' + value);
        return out + 1;
    }
    uint64_t digits = mst_digits_of(value);
    unsigned zeros = (unsigned)__builtin_ctzll(digits) & ~7U;
    mst_put_le64(out, (digits | 0x3030303030303030) >> zeros);
    return out + 8 - zeros / 8;
}

static inline uint8_t *
mst_print_u32(uint8_t *out, uint32_t value)
{
    if (value < 100000000) {
        return mst_print_small(out, value);
    }
    out = mst_print_small(out, value / 100000000);
    return mst_print_eight(out, value % 100000000);
}

static inline uint8_t *
mst_print_u64(uint8_t *out, uint64_t value)
{
    if (value <= UINT32_MAX) {
        return mst_print_u32(out, (uint32_t)value);
    }
    uint64_t high = value / 100000000;
    if (high <= UINT32_MAX) {
        out = mst_print_u32(out, (uint32_t)high);
    } else {
        out = mst_print_u32(out, (uint32_t)(high / 100000000));
        (void)mst_print_sixteen(out, value % 10000000000000000U);
        return out + 16;
    }
    return mst_print_eight(out, (uint32_t)(value % 100000000));
}

static inline uint8_t *
mst_print_i64(uint8_t *out, int64_t value)
{
    if (value < 0) {
        *out++ = '-';
        return mst_print_u64(out, 0 - (uint64_t)value);
    }
    return mst_print_u64(out, (uint64_t)value);
}

static inline uint8_t *
mst_print_hex(uint8_t *out, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        memcpy(out + i * 2, mst_hex_pairs + (size_t)data[i] * 2, 2);
    }
    return out + len * 2;
}

#endif
