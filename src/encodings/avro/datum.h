/* SPDX-License-Identifier: MIT */
/* The bytes of Avro's binary encoding. Private. */
#ifndef MST_ENCODINGS_AVRO_DATUM_H
#define MST_ENCODINGS_AVRO_DATUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

enum {
    AVRO_LONG_MAX = 10, /* bytes of a long */
    AVRO_INT_MAX = 5
};

static inline uint64_t
avro_zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (0 - ((uint64_t)value >> 63));
}

static inline int64_t
avro_unzigzag(uint64_t bits)
{
    return (int64_t)(bits >> 1 ^ (0 - (bits & 1)));
}

/* Writes at most AVRO_LONG_MAX bytes; returns where they end. */
static inline uint8_t *
avro_put_long(uint8_t *out, int64_t value)
{
    uint64_t bits = avro_zigzag(value);
    while (bits >= 0x80) {
        *out++ = (uint8_t)(bits | 0x80);
        bits >>= 7;
    }
    *out++ = (uint8_t)bits;
    return out;
}

/* The slow half of avro_get_long. */
const uint8_t *avro_get_long_slow(const uint8_t *at, const uint8_t *end,
                                  int64_t *ret);

/* NULL: the bytes end inside, or it has more than 64 bits. */
static inline const uint8_t *
avro_get_long(const uint8_t *at, const uint8_t *end, int64_t *ret)
{
    if (MST_LIKELY(at < end && *at < 0x80)) {
        *ret = avro_unzigzag(*at);
        return at + 1;
    }
    if (MST_LIKELY(end - at >= 2 && at[1] < 0x80)) {
        *ret = avro_unzigzag((uint64_t)(at[0] & 0x7F) | (uint64_t)at[1] << 7);
        return at + 2;
    }
    return avro_get_long_slow(at, end, ret);
}

#endif
