/* SPDX-License-Identifier: MIT */
/* Prints integers and hex, two digits at a time. Private to this folder. */
#ifndef MST_ENCODINGS_DIGITS_H
#define MST_ENCODINGS_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "encodings/digits_wide.h"
#include "encodings/little_endian.h"

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

/* Exactly eight digits. */
static inline uint8_t *
mst_print_eight(uint8_t *out, uint32_t value)
{
    mst_put_le64(out, mst_digits_of(value) | 0x3030303030303030);
    return out + 8;
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
