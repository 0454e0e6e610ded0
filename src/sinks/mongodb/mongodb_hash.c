/* SPDX-License-Identifier: MIT */
/* Hashes _id values as the server compares them. */
#include "sinks/mongodb/mongodb_hash.h"

#include <math.h>
#include <stdbool.h>

#include "base/hash.h"
#include "encodings/bson_reader.h"

__extension__ typedef unsigned __int128 hash_wide;

enum {
    HASH_WHOLE = 1, /* class of whole numbers */
    HASH_OTHER_NUMBER,
    HASH_TEXT,
    HASH_NESTED,
    HASH_BY_TYPE /* + the element type */
};

static uint64_t
hash_mix(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ b) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ (h >> 29);
}

static uint64_t
hash_whole(int64_t value)
{
    return hash_mix(HASH_WHOLE, mst_hash64(&value, sizeof(value)));
}

static uint64_t
hash_double(double value)
{
    if (value >= -9223372036854775808.0 && value < 9223372036854775808.0
        && trunc(value) == value) {
        return hash_whole((int64_t)value);
    }
    return hash_mix(HASH_OTHER_NUMBER, 0);
}

static uint64_t
hash_read_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* IEEE 754-2008 decimal128, binary integer significand. */
static uint64_t
hash_decimal(const uint8_t *bytes)
{
    uint64_t low = hash_read_u64(bytes);
    uint64_t high = hash_read_u64(bytes + 8);
    if ((high >> 61 & 3) == 3) {
        /* Infinity and NaN, or a significand out of range, which is 0. */
        return (high >> 59 & 0xF) == 0xF ? hash_mix(HASH_OTHER_NUMBER, 0)
                                         : hash_whole(0);
    }
    int exponent = (int)(high >> 49 & 0x3FFF) - 6176;
    hash_wide digits = (hash_wide)(high & UINT64_C(0x1FFFFFFFFFFFF)) << 64;
    digits |= low;
    hash_wide most = 1;
    for (int i = 0; i < 34; i++) {
        most *= 10;
    }
    if (digits == 0 || digits >= most) {
        return hash_whole(0);
    }
    while (exponent < 0 && digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    while (exponent > 0 && digits <= INT64_MAX / 10) {
        digits *= 10;
        exponent--;
    }
    bool negative = high >> 63 != 0;
    if (exponent != 0 || digits > (hash_wide)INT64_MAX + negative) {
        return hash_mix(HASH_OTHER_NUMBER, 0);
    }
    uint64_t whole = (uint64_t)digits;
    return hash_whole((int64_t)(negative ? 0 - whole : whole));
}

static uint64_t hash_value(const struct mst_bson_value *value, int depth);

static uint64_t
hash_nested(const struct mst_bson_value *value, int depth)
{
    uint64_t h = hash_mix(HASH_NESTED, value->type);
    struct mst_bson_iter iter;
    if (depth >= MST_BSON_DEPTH_MAX
        || mst_bson_iter_init(&iter, value->raw, NULL) != MST_OK) {
        return h;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value inner = mst_bson_iter_value(&iter);
        h = hash_mix(h, mst_hash64(iter.key.data, iter.key.len));
        h = hash_mix(h, hash_value(&inner, depth + 1));
    }
    return h;
}

/* Recursion is bounded by MST_BSON_DEPTH_MAX. */
static uint64_t
hash_value(const struct mst_bson_value *value, int depth)
{
    int32_t i32 = 0;
    int64_t i64 = 0;
    double number = 0;
    struct mst_slice text;
    if (mst_bson_get_int32(value, &i32)) {
        return hash_whole(i32);
    }
    if (mst_bson_get_int64(value, &i64)) {
        return hash_whole(i64);
    }
    if (mst_bson_get_double(value, &number)) {
        return hash_double(number);
    }
    if (value->type == MST_BSON_DECIMAL128 && value->raw.len == 16) {
        return hash_decimal(value->raw.data);
    }
    if (value->type != MST_BSON_CODE && mst_bson_get_string(value, &text)) {
        return hash_mix(HASH_TEXT, mst_hash64(text.data, text.len));
    }
    if (value->type == MST_BSON_DOCUMENT || value->type == MST_BSON_ARRAY) {
        return hash_nested(value, depth);
    }
    return hash_mix(HASH_BY_TYPE + (uint64_t)value->type,
                    mst_hash64(value->raw.data, value->raw.len));
}

uint64_t
mst_mongosink_id_hash(uint64_t seed, const struct mst_bson_value *value)
{
    return hash_mix(seed, hash_value(value, 0));
}
