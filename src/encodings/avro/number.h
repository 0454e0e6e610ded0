/* SPDX-License-Identifier: MIT */
/* Numbers from one type to another, exact or with the reason. Private. */
#ifndef MST_ENCODINGS_AVRO_NUMBER_H
#define MST_ENCODINGS_AVRO_NUMBER_H

#include <stdbool.h>

#include "encodings/avro/fault.h"
#include "encodings/bson_type.h"

__extension__ typedef __int128 avro_wide;
__extension__ typedef unsigned __int128 avro_uwide;

enum {
    AVRO_WIDE_BYTES = 16,
    AVRO_WIDE_DIGITS = 38 /* any number of so many fits */
};

/* Decimal128 as a number times a power of ten. */
struct avro_decimal {
    avro_wide coefficient; /* at most 34 digits */
    int exponent;
};

/* False for NaN and the infinities. */
bool avro_decimal_get(const uint8_t *data, struct avro_decimal *ret);
/* False: more than 34 digits in front of its last zeros, or too many behind
 * the point. */
bool avro_decimal_put(avro_wide coefficient, uint32_t scale, uint8_t *ret_data);

/* Two's complement, most significant byte first; the fewest bytes, or size
 * of them. Returns how many; 0: it does not fit in size. */
unsigned avro_wide_put(uint8_t *out, avro_wide value, uint32_t size);
/* False: it does not fit in 16 bytes. len is not 0. */
bool avro_wide_get(const uint8_t *data, size_t len, avro_wide *ret);

/* The value, whose type is a number, as a whole number. */
enum avro_fault avro_number_whole(uint8_t type, const uint8_t *data,
                                  int64_t *ret);
/* As a double; lossy: the nearest one will do. */
enum avro_fault avro_number_double(uint8_t type, const uint8_t *data,
                                   bool lossy, double *ret);
/* As a whole number of 10^-scale below 10^precision. shortest: a double
 * means the shortest text that reads back as it. */
enum avro_fault avro_number_decimal(uint8_t type, const uint8_t *data,
                                    const struct avro_op *op, unsigned flags,
                                    avro_wide *ret);

enum { AVRO_NUMBER_LOSSY = 1, AVRO_NUMBER_SHORTEST = 2 };

#endif
