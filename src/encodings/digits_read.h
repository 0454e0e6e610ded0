/* SPDX-License-Identifier: MIT */
/* Reads decimal digits eight at a time, and hex. Private to this folder. */
#ifndef MST_ENCODINGS_DIGITS_READ_H
#define MST_ENCODINGS_DIGITS_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "encodings/little_endian.h"

/* The value of a hex digit of either case, 0xFF for what is none. */
extern const uint8_t mst_hex_values[256];

/* The values of eight digits, the first in the lowest byte. */
static inline uint64_t
mst_digit_values(const uint8_t *text)
{
    return mst_le64(text) ^ 0x3030303030303030;
}

/* The top bit of each byte that is above 9, and maybe of those above it. */
static inline uint64_t
mst_digit_others(uint64_t values)
{
    return ((values + 0x7676767676767676) | values) & 0x8080808080808080;
}

/* How many digits there are in front of the first other. */
static inline size_t
mst_digit_count(uint64_t others)
{
    return (size_t)__builtin_ctzll(others) / 8;
}

/* Zeros in front of the first n digits, below 8, to make them eight. */
static inline uint64_t
mst_digit_align(uint64_t values, size_t n)
{
    return values << 1 << (63 - 8 * n);
}

/* The number that eight digits are. */
static inline uint64_t
mst_eight_digits(uint64_t values)
{
    uint64_t pairs = values * 10 + (values >> 8);
    uint64_t high = (pairs & 0x000000FF000000FF) * 0x000F424000000064;
    uint64_t low = (pairs >> 16 & 0x000000FF000000FF) * 0x0000271000000001;
    return (high + low) >> 32;
}

/* Appends the digits at text to *value, 24 at most, and returns where they
 * end. More than 19 digits may have wrapped. 32 bytes must be readable. */
static inline const uint8_t *
mst_read_digits(const uint8_t *text, uint64_t *value)
{
    static const uint64_t powers[] = {1,     10,     100,     1000,
                                      10000, 100000, 1000000, 10000000};
    for (int i = 0; i < 3; i++) {
        uint64_t word = mst_digit_values(text);
        uint64_t others = mst_digit_others(word);
        if (others != 0) {
            size_t n = mst_digit_count(others);
            *value =
                *value * powers[n] + mst_eight_digits(mst_digit_align(word, n));
            return text + n;
        }
        *value = *value * 100000000 + mst_eight_digits(word);
        text += 8;
    }
    return text;
}

/* Reads 2 * n hex digits; false when there is anything else. */
static inline bool
mst_parse_hex(const uint8_t *text, size_t n, uint8_t *out)
{
    unsigned bad = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned high = mst_hex_values[text[i * 2]];
        unsigned low = mst_hex_values[text[i * 2 + 1]];
        out[i] = (uint8_t)(high << 4 | low);
        bad |= high | low;
    }
    return bad <= 0xF;
}

#endif
