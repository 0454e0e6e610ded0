/* SPDX-License-Identifier: MIT */
/* Doubles as the shortest text that reads back to the same bits. */
#ifndef MST_ENCODINGS_DOUBLE_TEXT_H
#define MST_ENCODINGS_DOUBLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* Room for any finite double: to_chars needs 24; one with 17 digits in
     * front of the point gets ".0" behind, and 19 digits are written at
     * once. */
    MST_DOUBLE_TEXT_MAX = 48
};

/* Prints a finite value; there is always a point or an exponent, so that it
 * does not read back as an integer. Returns where the text ends. */
uint8_t *mst_double_print(uint8_t *out, double value);

/* Parses a JSON number, correctly rounded. False when it is too large for a
 * double, or not zero and so small that it would become zero. */
bool mst_double_parse(const uint8_t *text, size_t len, double *ret);

/* 10^0 .. 10^22: all exact as doubles. */
extern const double mst_double_powers[23];

/* mantissa * 10^exponent where that is exact in one operation; false when
 * mst_double_parse must read the text. */
static inline bool
mst_double_scale(uint64_t mantissa, int64_t exponent, double *ret)
{
    if (mantissa > (uint64_t)1 << 53 || exponent < -22 || exponent > 22) {
        return false;
    }
    double value = (double)(int64_t)mantissa;
    *ret = exponent < 0 ? value / mst_double_powers[-exponent]
                        : value * mst_double_powers[exponent];
    return true;
}

#endif
