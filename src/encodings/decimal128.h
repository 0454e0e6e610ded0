/* SPDX-License-Identifier: MIT */
/* Decimal128 (IEEE 754-2008, binary integer decimal) and its text. */
#ifndef MST_ENCODINGS_DECIMAL128_H
#define MST_ENCODINGS_DECIMAL128_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MST_DECIMAL128_LEN = 16,
    /* Sign, 34 digits, point, zeros, exponent. */
    MST_DECIMAL128_TEXT_MAX = 48
};

/* Prints the text that the BSON specification defines ("1.5", "1E+3",
 * "NaN", "-Infinity"). Returns where it ends. */
uint8_t *mst_decimal128_print(uint8_t *out, const uint8_t *data);

/* Reads such a text, or any decimal number. False when it is no number or
 * has no exact Decimal128: more than 34 digits, exponent out of range. */
bool mst_decimal128_parse(const uint8_t *text, size_t len,
                          uint8_t ret_data[MST_DECIMAL128_LEN]);

#endif
