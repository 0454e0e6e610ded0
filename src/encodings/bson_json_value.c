/* SPDX-License-Identifier: MIT */
/* The JSON forms of single BSON values. */
#include "encodings/bson_json_impl.h"

#include <math.h>

#include "base/base64.h"
#include "encodings/date_text.h"
#include "encodings/decimal128.h"
#include "encodings/digits.h"
#include "encodings/double_text.h"

void
bson_json_date(struct bson_json *json, int64_t ms)
{
    struct mst_json_out *out = &json->out;
    bool plain = json->mode == MST_JSON_PLAIN;
    int64_t first = plain ? MST_DATE_YEAR_0 : 0;
    bool iso = json->mode != MST_JSON_CANONICAL && ms >= first
               && ms <= MST_DATE_YEAR_9999;
    if (plain) {
        *out->at++ = '"';
        out->at =
            iso ? mst_date_print(out->at, ms) : mst_print_i64(out->at, ms);
        *out->at = 'Z';
        out->at += iso ? 1 : 0;
        *out->at++ = '"';
        return;
    }
    MST_JSON_PUT(out, "{\"$date\":");
    if (iso) {
        *out->at++ = '"';
        out->at = mst_date_print(out->at, ms);
        MST_JSON_PUT(out, "Z\"}");
        return;
    }
    MST_JSON_PUT(out, "{\"$numberLong\":\"");
    out->at = mst_print_i64(out->at, ms);
    MST_JSON_PUT(out, "\"}}");
}

uint8_t *
bson_json_double_text(uint8_t *out, double value)
{
    if (isfinite(value)) {
        return mst_double_print(out, value);
    }
    const char *text = isnan(value) ? "NaN"
                       : value < 0  ? "-Infinity"
                                    : "Infinity";
    size_t len = strlen(text);
    memcpy(out, text, len);
    return out + len;
}

void
bson_json_double(struct bson_json *json, double value)
{
    struct mst_json_out *out = &json->out;
    if (MST_LIKELY(json->mode != MST_JSON_CANONICAL && isfinite(value))) {
        out->at = mst_double_print(out->at, value);
        return;
    }
    bool plain = json->mode == MST_JSON_PLAIN;
    if (!plain) {
        MST_JSON_PUT(out, "{\"$numberDouble\":");
    }
    *out->at++ = '"';
    out->at = bson_json_double_text(out->at, value);
    *out->at++ = '"';
    if (!plain) {
        *out->at++ = '}';
    }
}

/* A text of BSON, in quotes. */
static enum mst_bson_fault
value_quoted(struct bson_json *json, const uint8_t *data, size_t len)
{
    *json->out.at++ = '"';
    enum mst_bson_fault fault = bson_json_text(json, data, len);
    if (fault == MST_BSON_FINE) {
        *json->out.at++ = '"';
    }
    return fault;
}

static enum mst_bson_fault
value_binary(struct bson_json *json, const uint8_t *data, size_t size)
{
    struct mst_json_out *out = &json->out;
    size_t head = data[4] == 2 ? 9 : 5;
    bool plain = json->mode == MST_JSON_PLAIN;
    if (!mst_json_out_reserve(out, mst_base64_len(size) + BSON_JSON_ROOM)) {
        return bson_json_no_room(json);
    }
    if (plain) {
        *out->at++ = '"';
    } else {
        MST_JSON_PUT(out, "{\"$binary\":{\"base64\":\"");
    }
    out->at = mst_base64_print(out->at, data + head, size - head);
    if (plain) {
        *out->at++ = '"';
        return MST_BSON_FINE;
    }
    MST_JSON_PUT(out, "\",\"subType\":\"");
    out->at = mst_print_hex(out->at, data + 4, 1);
    MST_JSON_PUT(out, "\"}}");
    return MST_BSON_FINE;
}

static void
value_timestamp(struct bson_json *json, uint64_t bits)
{
    struct mst_json_out *out = &json->out;
    uint32_t seconds = (uint32_t)(bits >> 32);
    if (json->mode == MST_JSON_PLAIN) {
        *out->at++ = '"';
        out->at = mst_date_print(out->at, (int64_t)seconds * 1000);
        MST_JSON_PUT(out, "+00:00\"");
        return;
    }
    MST_JSON_PUT(out, "{\"$timestamp\":{\"t\":");
    out->at = mst_print_u32(out->at, seconds);
    MST_JSON_PUT(out, ",\"i\":");
    out->at = mst_print_u32(out->at, (uint32_t)bits);
    MST_JSON_PUT(out, "}}");
}

static void
value_decimal(struct bson_json *json, const uint8_t *data)
{
    struct mst_json_out *out = &json->out;
    if (json->mode == MST_JSON_PLAIN) {
        *out->at++ = '"';
        out->at = mst_decimal128_print(out->at, data);
        *out->at++ = '"';
        return;
    }
    MST_JSON_PUT(out, "{\"$numberDecimal\":\"");
    out->at = mst_decimal128_print(out->at, data);
    MST_JSON_PUT(out, "\"}");
}

static enum mst_bson_fault
value_regex(struct bson_json *json, const uint8_t *data, size_t size)
{
    struct mst_json_out *out = &json->out;
    bool plain = json->mode == MST_JSON_PLAIN;
    size_t pattern = strlen((const char *)data);
    if (!plain) {
        MST_JSON_PUT(out, "{\"$regularExpression\":");
    }
    MST_JSON_PUT(out, "{\"pattern\":");
    enum mst_bson_fault fault = value_quoted(json, data, pattern);
    if (fault != MST_BSON_FINE) {
        return fault;
    }
    MST_JSON_PUT(out, ",\"options\":");
    fault = value_quoted(json, data + pattern + 1, size - pattern - 2);
    if (fault != MST_BSON_FINE) {
        return fault;
    }
    *out->at++ = '}';
    if (!plain) {
        *out->at++ = '}';
    }
    return MST_BSON_FINE;
}

static enum mst_bson_fault
value_dbpointer(struct bson_json *json, const uint8_t *data, size_t size)
{
    struct mst_json_out *out = &json->out;
    bool plain = json->mode == MST_JSON_PLAIN;
    size_t name = size - MST_BSON_OBJECTID_LEN;
    if (plain) {
        MST_JSON_PUT(out, "{\"ref\":");
    } else {
        MST_JSON_PUT(out, "{\"$dbPointer\":{\"$ref\":");
    }
    enum mst_bson_fault fault = value_quoted(json, data + 4, name - 5);
    if (fault != MST_BSON_FINE) {
        return fault;
    }
    if (plain) {
        MST_JSON_PUT(out, ",\"id\":\"");
    } else {
        MST_JSON_PUT(out, ",\"$id\":{\"$oid\":\"");
    }
    out->at = mst_print_hex(out->at, data + name, MST_BSON_OBJECTID_LEN);
    if (plain) {
        MST_JSON_PUT(out, "\"}");
    } else {
        MST_JSON_PUT(out, "\"}}}");
    }
    return MST_BSON_FINE;
}

/* Code and symbols: a text, wrapped unless the mode is plain. */
static enum mst_bson_fault
value_wrapped(struct bson_json *json, uint8_t type, const uint8_t *data,
              size_t size)
{
    struct mst_json_out *out = &json->out;
    bool plain = json->mode == MST_JSON_PLAIN;
    if (!plain && type == MST_BSON_SYMBOL) {
        MST_JSON_PUT(out, "{\"$symbol\":");
    } else if (!plain) {
        MST_JSON_PUT(out, "{\"$code\":");
    }
    enum mst_bson_fault fault = value_quoted(json, data + 4, size - 5);
    if (fault == MST_BSON_FINE && !plain) {
        *out->at++ = '}';
    }
    return fault;
}

/* Leaves the scope open: its elements follow, then "}}". */
static enum mst_bson_fault
value_scope(struct bson_json *json, const uint8_t *data, size_t size)
{
    struct mst_json_out *out = &json->out;
    bool plain = json->mode == MST_JSON_PLAIN;
    size_t code = mst_le32(data + 4);
    if (plain) {
        MST_JSON_PUT(out, "{\"code\":");
    } else {
        MST_JSON_PUT(out, "{\"$code\":");
    }
    enum mst_bson_fault fault = value_quoted(json, data + 8, code - 1);
    if (fault != MST_BSON_FINE) {
        return fault;
    }
    if (plain) {
        MST_JSON_PUT(out, ",\"scope\":");
    } else {
        MST_JSON_PUT(out, ",\"$scope\":");
    }
    fault = bson_json_open(json, data + 8 + code, size - 8 - code, false);
    if (fault == MST_BSON_FINE) {
        json->frames[json->depth - 1].is_scope = true;
    }
    return fault;
}

/* A value without content. */
static void
value_word(struct bson_json *json, uint8_t type)
{
    struct mst_json_out *out = &json->out;
    bool plain = json->mode == MST_JSON_PLAIN;
    if (type == MST_BSON_UNDEFINED && plain) {
        MST_JSON_PUT(out, "null");
    } else if (type == MST_BSON_UNDEFINED) {
        MST_JSON_PUT(out, "{\"$undefined\":true}");
    } else if (type == MST_BSON_MINKEY && plain) {
        MST_JSON_PUT(out, "\"MinKey\"");
    } else if (type == MST_BSON_MINKEY) {
        MST_JSON_PUT(out, "{\"$minKey\":1}");
    } else if (plain) {
        MST_JSON_PUT(out, "\"MaxKey\"");
    } else {
        MST_JSON_PUT(out, "{\"$maxKey\":1}");
    }
}

enum mst_bson_fault
bson_json_rare(struct bson_json *json, uint8_t type, const uint8_t *data,
               size_t size)
{
    switch (type) {
    case MST_BSON_BINARY:
        return value_binary(json, data, size);
    case MST_BSON_TIMESTAMP:
        value_timestamp(json, mst_le64(data));
        return MST_BSON_FINE;
    case MST_BSON_DECIMAL128:
        value_decimal(json, data);
        return MST_BSON_FINE;
    case MST_BSON_REGEX:
        return value_regex(json, data, size);
    case MST_BSON_DBPOINTER:
        return value_dbpointer(json, data, size);
    case MST_BSON_CODE:
    case MST_BSON_SYMBOL:
        return value_wrapped(json, type, data, size);
    case MST_BSON_CODE_SCOPE:
        return value_scope(json, data, size);
    default:
        value_word(json, type);
        return MST_BSON_FINE;
    }
}
