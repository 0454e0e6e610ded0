/* SPDX-License-Identifier: MIT */
/* The bytes of Avro's binary encoding. Private. */
#ifndef MST_ENCODINGS_AVRO_DATUM_H
#define MST_ENCODINGS_AVRO_DATUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "encodings/little_endian.h"

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

/* Three to eight bytes, the last of them known to be among the eight at at:
 * seven bits of each, put together in three steps. */
static inline const uint8_t *
avro_get_eight(const uint8_t *at, uint64_t bytes, uint64_t ends, int64_t *ret)
{
    bytes &= ends ^ (ends - 1);
    bytes = (bytes & 0x007F007F007F007F) | (bytes & 0x7F007F007F007F00) >> 1;
    bytes = (bytes & 0x00003FFF00003FFF) | (bytes & 0x3FFF00003FFF0000) >> 2;
    bytes = (bytes & 0x000000000FFFFFFF) | (bytes & 0x0FFFFFFF00000000) >> 4;
    *ret = avro_unzigzag(bytes);
    return at + ((unsigned)__builtin_ctzll(ends) >> 3) + 1;
}

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
    if (MST_LIKELY(end - at >= 8)) {
        uint64_t bytes = mst_le64(at);
        uint64_t ends = ~bytes & 0x8080808080808080;
        if (MST_LIKELY(ends != 0)) {
            return avro_get_eight(at, bytes, ends, ret);
        }
    }
    return avro_get_long_slow(at, end, ret);
}

#endif
