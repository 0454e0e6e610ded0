/* SPDX-License-Identifier: MIT */
/* Wrappers of numbers, dates and ids. */
#include "encodings/date_text.h"
#include "encodings/decimal128.h"
#include "encodings/double_text.h"
#include "encodings/json_wrapper_impl.h"
#include "encodings/little_endian.h"

enum mst_status
json_wrapper_oid(struct json_bson *json)
{
    uint8_t oid[MST_BSON_OBJECTID_LEN];
    enum mst_status status = json_wrapper_oid_bytes(json, oid);
    if (status == MST_OK) {
        *json->type = MST_BSON_OBJECTID;
        memcpy(json->out, oid, sizeof(oid));
        json->out += sizeof(oid);
    }
    return status;
}

static void
wrapper_put_eight(struct json_bson *json, uint8_t type, uint64_t bits)
{
    *json->type = type;
    mst_put_le64(json->out, bits);
    json->out += 8;
}

/* -?(0|[1-9][0-9]*) within the limits. */
static bool
wrapper_integer(struct mst_slice text, int64_t min, int64_t max, int64_t *ret)
{
    uint64_t value = 0;
    size_t at = text.len > 0 && text.data[0] == '-' ? 1 : 0;
    bool negative = at == 1;
    uint64_t limit = negative ? 0 - (uint64_t)min : (uint64_t)max;
    if (text.len == at || (text.data[at] == '0' && text.len > at + 1)) {
        return false;
    }
    for (; at < text.len; at++) {
        unsigned digit = (unsigned)text.data[at] - '0';
        if (digit > 9 || digit > limit || value > (limit - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret = (int64_t)(negative ? 0 - value : value);
    return true;
}

enum mst_status
json_wrapper_int(struct json_bson *json, enum mst_wrapper wrapper)
{
    struct mst_slice text = MST_SLICE_NONE;
    bool is_long = wrapper == MST_WRAPPER_LONG;
    int64_t value = 0;
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, 0, &text);
    if (status != MST_OK) {
        return status;
    }
    if (!wrapper_integer(text, is_long ? INT64_MIN : INT32_MIN,
                         is_long ? INT64_MAX : INT32_MAX, &value)) {
        return json_wrapper_fail(json, where, wrapper,
                                 is_long ? "an integer of 64 bits as text"
                                         : "an integer of 32 bits as text");
    }
    if (is_long) {
        wrapper_put_eight(json, MST_BSON_INT64, (uint64_t)value);
        return MST_OK;
    }
    *json->type = MST_BSON_INT32;
    mst_put_le32(json->out, (uint32_t)value);
    json->out += 4;
    return MST_OK;
}

static bool
wrapper_double_value(struct mst_slice text, double *ret)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {{"NaN", __builtin_nan("")},
                 {"Infinity", __builtin_inf()},
                 {"-Infinity", -__builtin_inf()}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(words); i++) {
        if (mst_slice_is(text, words[i].word)) {
            *ret = words[i].value;
            return true;
        }
    }
    bool whole = false;
    const uint8_t *at = text.data;
    return json_bson_scan_number(&at, text.data + text.len, &whole)
           && at == text.data + text.len
           && mst_double_parse(text.data, text.len, ret);
}

enum mst_status
json_wrapper_double(struct json_bson *json)
{
    struct mst_slice text = MST_SLICE_NONE;
    double value = 0;
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, 0, &text);
    if (status != MST_OK) {
        return status;
    }
    if (!wrapper_double_value(text, &value)) {
        return json_wrapper_fail(json, where, MST_WRAPPER_DOUBLE,
                                 "a number in the range of a double as text, "
                                 "\"NaN\", \"Infinity\" or \"-Infinity\"");
    }
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    wrapper_put_eight(json, MST_BSON_DOUBLE, bits);
    return MST_OK;
}

enum mst_status
json_wrapper_decimal(struct json_bson *json)
{
    struct mst_slice text = MST_SLICE_NONE;
    uint8_t value[MST_DECIMAL128_LEN];
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, 0, &text);
    if (status != MST_OK) {
        return status;
    }
    if (!mst_decimal128_parse(text.data, text.len, value)) {
        return json_wrapper_fail(
            json, where, MST_WRAPPER_DECIMAL,
            "a decimal number of at most 34 digits as text, "
            "its exponent in range");
    }
    *json->type = MST_BSON_DECIMAL128;
    memcpy(json->out, value, sizeof(value));
    json->out += sizeof(value);
    return MST_OK;
}

bool
json_wrapper_integer(struct json_bson *json, int64_t min, int64_t max,
                     int64_t *ret)
{
    bool whole = false;
    int64_t value = 0;
    json_bson_space(json);
    const uint8_t *first = json->at;
    bool good =
        json_bson_scan_number(&json->at, json->end, &whole) && whole
        && wrapper_integer(mst_slice_of(first, (size_t)(json->at - first)),
                           min < 0 ? min : 0, max, &value)
        && value >= min;
    *ret = good ? value : *ret;
    return good;
}

/* {"$numberLong": "..."}; the brace is behind us. */
static enum mst_status
wrapper_date_long(struct json_bson *json, int64_t *ret_ms)
{
    struct mst_slice text = MST_SLICE_NONE;
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, 0, &text);
    if (status == MST_OK && !mst_slice_is(text, "$numberLong")) {
        return json_wrapper_fail(json, where, MST_WRAPPER_DATE,
                                 "\"$numberLong\"");
    }
    status = status == MST_OK
                 ? json_bson_expect(json, ':', "':' after the name")
                 : status;
    where = json->at;
    status = status == MST_OK ? json_wrapper_text(json, 0, &text) : status;
    if (status != MST_OK) {
        return status;
    }
    if (!wrapper_integer(text, INT64_MIN, INT64_MAX, ret_ms)) {
        return json_wrapper_fail(json, where, MST_WRAPPER_LONG,
                                 "an integer of 64 bits as text");
    }
    return json_bson_expect(json, '}', "'}'");
}

enum mst_status
json_wrapper_date(struct json_bson *json)
{
    static const char needs[] =
        "an RFC 3339 time to the millisecond, {\"$numberLong\": \"...\"} or "
        "milliseconds";
    struct mst_slice text = MST_SLICE_NONE;
    int64_t ms = 0;
    enum mst_status status = MST_OK;
    json_bson_space(json);
    const uint8_t *where = json->at;
    uint8_t c = json->at < json->end ? *json->at : 0;
    if (c == '{') {
        json->at++;
        status = wrapper_date_long(json, &ms);
    } else if (c == '"') {
        status = json_wrapper_text(json, 0, &text);
        if (status == MST_OK && !mst_date_parse(text.data, text.len, &ms)) {
            return json_wrapper_fail(json, where, MST_WRAPPER_DATE, needs);
        }
    } else if (!json_wrapper_integer(json, INT64_MIN, INT64_MAX, &ms)) {
        return json_wrapper_fail(json, where, MST_WRAPPER_DATE, needs);
    }
    if (status == MST_OK) {
        wrapper_put_eight(json, MST_BSON_DATE, (uint64_t)ms);
    }
    return status;
}

static enum mst_status
wrapper_timestamp_part(struct json_bson *json, int which, void *ctx)
{
    uint32_t *parts = ctx;
    int64_t value = 0;
    const uint8_t *where = json->at;
    if (!json_wrapper_integer(json, 0, UINT32_MAX, &value)) {
        return json_wrapper_fail(json, where, MST_WRAPPER_TIMESTAMP,
                                 "integers from 0 to 4294967295");
    }
    parts[which] = (uint32_t)value;
    return MST_OK;
}

enum mst_status
json_wrapper_timestamp(struct json_bson *json)
{
    static const struct json_wrapper_pair pair = {{"t", "i"},
                                                  wrapper_timestamp_part,
                                                  MST_WRAPPER_TIMESTAMP,
                                                  "{\"t\": ..., \"i\": ...}"};
    uint32_t parts[2] = {0, 0};
    enum mst_status status = json_wrapper_pair_read(json, &pair, parts);
    if (status == MST_OK) {
        wrapper_put_eight(json, MST_BSON_TIMESTAMP,
                          (uint64_t)parts[0] << 32 | parts[1]);
    }
    return status;
}
