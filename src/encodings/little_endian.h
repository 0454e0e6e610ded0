/* SPDX-License-Identifier: MIT */
/* Little-endian numbers at any address, as BSON and our frames hold them. */
#ifndef MST_ENCODINGS_LITTLE_ENDIAN_H
#define MST_ENCODINGS_LITTLE_ENDIAN_H

#include <stdint.h>
#include <string.h>

static inline uint32_t
mst_le32(const uint8_t *data)
{
    uint32_t value = 0;
    memcpy(&value, data, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    return value;
}

static inline uint64_t
mst_le64(const uint8_t *data)
{
    uint64_t value = 0;
    memcpy(&value, data, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline void
mst_put_le32(uint8_t *data, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    memcpy(data, &value, sizeof(value));
}

static inline void
mst_put_le64(uint8_t *data, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    memcpy(data, &value, sizeof(value));
}

static inline double
mst_le_double(const uint8_t *data)
{
    uint64_t bits = mst_le64(data);
    double value = 0;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline void
mst_put_le_double(uint8_t *data, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    mst_put_le64(data, bits);
}

#endif
