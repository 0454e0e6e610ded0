/* SPDX-License-Identifier: MIT */
/* Scalars that are converted: numbers, texts, bytes, decimals, UUIDs. */
#include <float.h>
#include <math.h>

#include "encodings/avro/encode.h"
#include "encodings/avro/number.h"
#include "encodings/avro/uuid.h"
#include "encodings/bson_reader.h"
#include "encodings/decimal128.h"
#include "encodings/digits.h"

static bool
scalar_is_number(uint8_t type)
{
    return type == MST_BSON_INT32 || type == MST_BSON_INT64
           || type == MST_BSON_DOUBLE || type == MST_BSON_DECIMAL128;
}

/* Strings and symbols. */
static struct mst_slice
scalar_text(const struct avro_value *value)
{
    return mst_slice_of(value->data + 4, value->size - 5);
}

static enum avro_fault
scalar_integer(struct avro_encode *encode, const struct avro_op *op,
               const struct avro_value *value)
{
    int64_t whole = 0;
    if (!scalar_is_number(value->type)) {
        return AVRO_WRONG_TYPE;
    }
    enum avro_fault fault = avro_number_whole(value->type, value->data, &whole);
    if (fault == AVRO_FINE && op->code == AVRO_INT
        && (whole < INT32_MIN || whole > INT32_MAX)) {
        fault = AVRO_OUT_OF_RANGE;
    }
    if (fault == AVRO_FINE) {
        encode->at = avro_put_long(encode->at, whole);
    }
    return fault;
}

static enum avro_fault
scalar_double(struct avro_encode *encode, const struct avro_op *op,
              const struct avro_value *value)
{
    bool lossy = encode->encoder->options.lossy_numbers;
    double number = 0;
    if (!scalar_is_number(value->type)) {
        return AVRO_WRONG_TYPE;
    }
    enum avro_fault fault =
        avro_number_double(value->type, value->data, lossy, &number);
    if (fault != AVRO_FINE) {
        return fault;
    }
    if (op->code == AVRO_DOUBLE) {
        mst_put_le_double(encode->at, number);
        encode->at += 8;
        return AVRO_FINE;
    }
    if (isfinite(number) && fabs(number) > (double)FLT_MAX) {
        return AVRO_OUT_OF_RANGE;
    }
    float narrow = (float)number;
    uint32_t bits = 0;
    if (!lossy && !isnan(number) && (double)narrow != number) {
        return AVRO_INEXACT;
    }
    memcpy(&bits, &narrow, sizeof(bits));
    mst_put_le32(encode->at, bits);
    encode->at += 4;
    return AVRO_FINE;
}

static enum avro_fault
scalar_string(struct avro_encode *encode, const struct avro_value *value)
{
    if (value->type == MST_BSON_STRING || value->type == MST_BSON_SYMBOL) {
        struct mst_slice text = scalar_text(value);
        return avro_encode_bytes(encode, text.data, text.len, true);
    }
    if (value->type != MST_BSON_OBJECTID) {
        return AVRO_WRONG_TYPE;
    }
    encode->at = avro_put_long(encode->at, (int64_t)MST_BSON_OBJECTID_LEN * 2);
    encode->at = mst_print_hex(encode->at, value->data, MST_BSON_OBJECTID_LEN);
    return AVRO_FINE;
}

static enum avro_fault
scalar_enum(struct avro_encode *encode, const struct avro_op *op,
            const struct avro_value *value)
{
    if (value->type != MST_BSON_STRING) {
        return AVRO_WRONG_TYPE;
    }
    size_t n = avro_table_find(&op->table, op->symbols, sizeof(*op->symbols),
                               scalar_text(value));
    if (n == SIZE_MAX) {
        return AVRO_NO_SYMBOL;
    }
    encode->at = avro_put_long(encode->at, (int64_t)n);
    return AVRO_FINE;
}

/* A text of characters up to U+00FF as the bytes that they are. */
static enum avro_fault
scalar_latin(struct avro_encode *encode, const struct avro_op *op,
             struct mst_slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += (text.data[i] & 0xC0) != 0x80 ? 1 : 0;
        if (text.data[i] > 0xC3) {
            return AVRO_BAD_LATIN;
        }
    }
    if (op->code != AVRO_BYTES && n != op->size) {
        return AVRO_WRONG_LENGTH;
    }
    enum avro_fault fault = avro_encode_reserve(encode, n + AVRO_LONG_MAX);
    if (fault != AVRO_FINE) {
        return fault;
    }
    if (op->code == AVRO_BYTES) {
        encode->at = avro_put_long(encode->at, (int64_t)n);
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x80) {
            /* The JSON reader has checked the text. */
            c = (uint8_t)(c << 6 | (text.data[++i] & 0x3F));
        }
        *encode->at++ = c;
    }
    return AVRO_FINE;
}

/* Bytes as they are: of a fixed without their length. */
static enum avro_fault
scalar_raw(struct avro_encode *encode, const struct avro_op *op,
           struct mst_slice bytes)
{
    if (op->code == AVRO_BYTES) {
        return avro_encode_bytes(encode, bytes.data, bytes.len, false);
    }
    if (bytes.len != op->size) {
        return AVRO_WRONG_LENGTH;
    }
    enum avro_fault fault = avro_encode_reserve(encode, bytes.len);
    if (fault == AVRO_FINE && bytes.len > 0) {
        memcpy(encode->at, bytes.data, bytes.len);
        encode->at += bytes.len;
    }
    return fault;
}

static enum avro_fault
scalar_bytes(struct avro_encode *encode, const struct avro_op *op,
             const struct avro_value *value)
{
    const struct mst_bson_value raw = {value->type,
                                       mst_slice_of(value->data, value->size)};
    struct mst_slice bytes = MST_SLICE_NONE;
    uint8_t subtype = 0;
    if (mst_bson_get_binary(&raw, &subtype, &bytes)) {
        return scalar_raw(encode, op, bytes);
    }
    if (value->type == MST_BSON_OBJECTID && op->code == AVRO_FIXED) {
        return scalar_raw(encode, op, raw.raw);
    }
    return value->type == MST_BSON_STRING && encode->from_json
               ? scalar_latin(encode, op, scalar_text(value))
               : AVRO_WRONG_TYPE;
}

/* A UUID as text or as its 16 bytes. */
static enum avro_fault
scalar_uuid(struct avro_encode *encode, const struct avro_op *op,
            const struct avro_value *value)
{
    const struct mst_bson_value raw = {value->type,
                                       mst_slice_of(value->data, value->size)};
    struct mst_slice bytes = MST_SLICE_NONE;
    uint8_t subtype = 0;
    uint8_t parsed[AVRO_UUID_LEN];
    if (mst_bson_get_binary(&raw, &subtype, &bytes)) {
        if (subtype != 4 || bytes.len != AVRO_UUID_LEN) {
            return AVRO_BAD_UUID;
        }
    } else if (value->type != MST_BSON_STRING) {
        return AVRO_WRONG_TYPE;
    } else if (!avro_uuid_parse(scalar_text(value), parsed)) {
        return AVRO_BAD_UUID;
    } else {
        bytes = mst_slice_of(parsed, sizeof(parsed));
    }
    if (op->code == AVRO_UUID) {
        encode->at = avro_put_long(encode->at, AVRO_UUID_TEXT);
        encode->at = avro_uuid_print(encode->at, bytes.data);
        return AVRO_FINE;
    }
    memcpy(encode->at, bytes.data, AVRO_UUID_LEN);
    encode->at += AVRO_UUID_LEN;
    return AVRO_FINE;
}

static enum avro_fault
scalar_put_decimal(struct avro_encode *encode, const struct avro_op *op,
                   avro_wide number)
{
    uint8_t bytes[AVRO_WIDE_BYTES];
    if (op->code == AVRO_DECIMAL) {
        unsigned n = avro_wide_put(bytes, number, 0);
        return avro_encode_bytes(encode, bytes, n, false);
    }
    enum avro_fault fault =
        avro_encode_reserve(encode, op->size + AVRO_WIDE_BYTES);
    if (fault != AVRO_FINE) {
        return fault;
    }
    unsigned n = avro_wide_put(encode->at, number, op->size);
    encode->at += n;
    return n == 0 ? AVRO_OUT_OF_RANGE : AVRO_FINE;
}

static enum avro_fault
scalar_decimal(struct avro_encode *encode, const struct avro_op *op,
               const struct avro_value *value)
{
    unsigned flags =
        (encode->encoder->options.lossy_numbers ? AVRO_NUMBER_LOSSY : 0U)
        | (encode->from_json ? AVRO_NUMBER_SHORTEST : 0U);
    uint8_t parsed[MST_DECIMAL128_LEN];
    const uint8_t *data = value->data;
    uint8_t type = value->type;
    avro_wide number = 0;
    if (type == MST_BSON_STRING) {
        struct mst_slice text = scalar_text(value);
        if (!mst_decimal128_parse(text.data, text.len, parsed)) {
            return AVRO_BAD_DECIMAL;
        }
        data = parsed;
        type = MST_BSON_DECIMAL128;
    }
    if (!scalar_is_number(type)) {
        return AVRO_WRONG_TYPE;
    }
    enum avro_fault fault = avro_number_decimal(type, data, op, flags, &number);
    return fault == AVRO_FINE ? scalar_put_decimal(encode, op, number) : fault;
}

enum avro_fault
avro_encode_scalar(struct avro_encode *encode, const struct avro_op *op,
                   const struct avro_value *value)
{
    switch (op->code) {
    case AVRO_INT:
    case AVRO_LONG:
        return scalar_integer(encode, op, value);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return scalar_double(encode, op, value);
    case AVRO_STRING:
        return scalar_string(encode, value);
    case AVRO_ENUM:
        return scalar_enum(encode, op, value);
    case AVRO_BYTES:
    case AVRO_FIXED:
    case AVRO_DURATION:
        return scalar_bytes(encode, op, value);
    case AVRO_DECIMAL:
    case AVRO_DECIMAL_FIXED:
        return scalar_decimal(encode, op, value);
    case AVRO_UUID:
    case AVRO_UUID_FIXED:
        return scalar_uuid(encode, op, value);
    case AVRO_NULL:
        return value->type == MST_BSON_NULL ? AVRO_FINE : AVRO_WRONG_TYPE;
    case AVRO_BOOLEAN:
    case AVRO_RECORD:
    case AVRO_ARRAY:
    case AVRO_MAP:
    case AVRO_UNION:
        return AVRO_WRONG_TYPE;
    case AVRO_DATE:
    case AVRO_TIME_MILLIS:
    case AVRO_TIME_MICROS:
    case AVRO_MILLIS:
    case AVRO_MICROS:
    case AVRO_NANOS:
        return avro_encode_time(encode, op, value);
    }
    return AVRO_WRONG_TYPE;
}
