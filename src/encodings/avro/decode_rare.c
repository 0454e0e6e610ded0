/* SPDX-License-Identifier: MIT */
/* Enums, bytes, fixeds, decimals, UUIDs and times; and values passed over. */
#include "encodings/avro/decode.h"
#include "encodings/avro/number.h"
#include "encodings/avro/uuid.h"
#include "encodings/text_wide.h"

#define RARE_DAY_MS 86400000LL

static enum avro_fault
rare_eight(struct avro_decode *decode, uint8_t type, uint64_t bits,
           struct avro_label label)
{
    enum avro_fault fault = avro_decode_head(decode, type, label);
    if (fault == AVRO_FINE) {
        mst_put_le64(decode->at, bits);
        decode->at += 8;
    }
    return fault;
}

static enum avro_fault
rare_double(struct avro_decode *decode, double value, struct avro_label label)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    return rare_eight(decode, MST_BSON_DOUBLE, bits, label);
}

/* A time in units of which there are so many in a millisecond. */
static enum avro_fault
rare_time(struct avro_decode *decode, int64_t value, int64_t units,
          struct avro_label label)
{
    if (value % units == 0) {
        return rare_eight(decode, MST_BSON_DATE, (uint64_t)(value / units),
                          label);
    }
    if (decode->decoder->options.sub_millis == MST_AVRO_SUB_MILLIS_REJECT) {
        return AVRO_SUB_MILLIS;
    }
    return rare_eight(decode, MST_BSON_INT64, (uint64_t)value, label);
}

static enum avro_fault
rare_time_of_day(struct avro_decode *decode, int64_t value, int64_t units,
                 struct avro_label label)
{
    return value >= 0 && value < RARE_DAY_MS * units
               ? rare_time(decode, value, units, label)
               : AVRO_OUT_OF_RANGE;
}

/* Numbers that are promoted, and times. */
static enum avro_fault
rare_varint(struct avro_decode *decode, const struct avro_read *read,
            struct avro_label label)
{
    int64_t value = 0;
    const uint8_t *at = avro_get_long(decode->in, decode->end, &value);
    if (at == NULL) {
        return AVRO_MALFORMED;
    }
    bool is_int = read->code == AVRO_DATE || read->code == AVRO_TIME_MILLIS;
    if (is_int && (value < INT32_MIN || value > INT32_MAX)) {
        return AVRO_OUT_OF_RANGE;
    }
    decode->in = at;
    switch ((unsigned)read->code) {
    case AVRO_FLOAT: /* as a float holds it */
        return rare_double(decode, (double)(float)value, label);
    case AVRO_DOUBLE:
        return rare_double(decode, (double)value, label);
    case AVRO_DATE:
        return rare_time(decode, value * RARE_DAY_MS, 1, label);
    case AVRO_TIME_MILLIS:
        return rare_time_of_day(decode, value, 1, label);
    case AVRO_TIME_MICROS:
        return rare_time_of_day(decode, value, 1000, label);
    case AVRO_MICROS:
        return rare_time(decode, value, 1000, label);
    case AVRO_NANOS:
        return rare_time(decode, value, 1000000, label);
    default:
        return rare_time(decode, value, 1, label);
    }
}

static enum avro_fault
rare_binary(struct avro_decode *decode, struct mst_slice bytes, uint8_t subtype,
            struct avro_label label)
{
    enum avro_fault fault = avro_decode_head(decode, MST_BSON_BINARY, label);
    if (fault == AVRO_FINE) {
        fault = bytes.len > INT32_MAX - 16
                    ? AVRO_TOO_LARGE
                    : avro_decode_reserve(decode, bytes.len + 5);
    }
    if (fault != AVRO_FINE) {
        return fault;
    }
    mst_put_le32(decode->at, (uint32_t)bytes.len);
    decode->at[4] = subtype;
    if (bytes.len > 0) {
        memcpy(decode->at + 5, bytes.data, bytes.len);
    }
    decode->at += 5 + bytes.len;
    return AVRO_FINE;
}

static enum avro_fault
rare_string(struct avro_decode *decode, struct mst_slice text,
            struct avro_label label)
{
    enum avro_fault fault = avro_decode_head(decode, MST_BSON_STRING, label);
    if (fault == AVRO_FINE) {
        fault = text.len >= INT32_MAX
                    ? AVRO_TOO_LARGE
                    : avro_decode_reserve(decode, text.len + 5);
    }
    if (fault != AVRO_FINE) {
        return fault;
    }
    mst_put_le32(decode->at, (uint32_t)text.len + 1);
    if (text.len > 0) {
        memcpy(decode->at + 4, text.data, text.len);
    }
    decode->at[4 + text.len] = 0;
    decode->at += text.len + 5;
    return AVRO_FINE;
}

static enum avro_fault
rare_decimal(struct avro_decode *decode, const struct avro_read *read,
             struct mst_slice bytes, struct avro_label label)
{
    avro_wide number = 0;
    avro_wide limit = 1;
    uint8_t data[16];
    if (bytes.len == 0) {
        return AVRO_MALFORMED;
    }
    for (uint32_t i = 0; i < read->precision && i < AVRO_WIDE_DIGITS; i++) {
        limit *= 10;
    }
    bool bounded = read->precision <= AVRO_WIDE_DIGITS;
    if (!avro_wide_get(bytes.data, bytes.len, &number)
        || (bounded && (number >= limit || number <= -limit))
        || !avro_decimal_put(number, read->scale, data)) {
        return AVRO_OUT_OF_RANGE;
    }
    enum avro_fault fault =
        avro_decode_head(decode, MST_BSON_DECIMAL128, label);
    if (fault == AVRO_FINE) {
        memcpy(decode->at, data, sizeof(data));
        decode->at += sizeof(data);
    }
    return fault;
}

static enum avro_fault
rare_uuid_text(struct avro_decode *decode, struct mst_slice text,
               struct avro_label label)
{
    uint8_t data[AVRO_UUID_LEN];
    if (!avro_uuid_parse(text, data)) {
        return AVRO_BAD_UUID;
    }
    return rare_binary(decode, mst_slice_of(data, sizeof(data)), 4, label);
}

/* What bytes, with a length or a fixed one, stand for. */
static enum avro_fault
rare_bytes(struct avro_decode *decode, const struct avro_read *read,
           struct mst_slice bytes, struct avro_label label)
{
    switch ((unsigned)read->code) {
    case AVRO_STRING:
        return mst_text_is_utf8(bytes.data, bytes.len)
                   ? rare_string(decode, bytes, label)
                   : AVRO_BAD_TEXT;
    case AVRO_DECIMAL:
    case AVRO_DECIMAL_FIXED:
        return rare_decimal(decode, read, bytes, label);
    case AVRO_UUID:
        return rare_uuid_text(decode, bytes, label);
    case AVRO_UUID_FIXED:
        return rare_binary(decode, bytes, 4, label);
    default:
        return rare_binary(decode, bytes, 0, label);
    }
}

static enum avro_fault
rare_fixed(struct avro_decode *decode, const struct avro_read *read,
           struct mst_slice *ret_bytes)
{
    if ((size_t)(decode->end - decode->in) < read->size) {
        return AVRO_MALFORMED;
    }
    *ret_bytes = mst_slice_of(decode->in, read->size);
    decode->in += read->size;
    return AVRO_FINE;
}

static enum avro_fault
rare_enum(struct avro_decode *decode, const struct avro_read *read,
          struct avro_label label)
{
    int64_t index = 0;
    const uint8_t *at = avro_get_long(decode->in, decode->end, &index);
    if (at == NULL) {
        return AVRO_MALFORMED;
    }
    if (index < 0 || index >= (int64_t)read->size) {
        return AVRO_BAD_INDEX;
    }
    if (read->symbols[index].index < 0) {
        return AVRO_NO_SYMBOL;
    }
    decode->in = at;
    return rare_string(decode, read->symbols[index].text, label);
}

enum avro_fault
avro_decode_rare(struct avro_decode *decode, const struct avro_read *read,
                 struct avro_label label)
{
    struct mst_slice bytes = MST_SLICE_NONE;
    enum avro_fault fault = AVRO_FINE;
    if (read->wire == AVRO_WIRE_ENUM) {
        return rare_enum(decode, read, label);
    }
    if (read->wire == AVRO_WIRE_VARINT) {
        return rare_varint(decode, read, label);
    }
    fault = read->wire == AVRO_WIRE_FIXED ? rare_fixed(decode, read, &bytes)
                                          : avro_decode_bytes(decode, &bytes);
    return fault == AVRO_FINE ? rare_bytes(decode, read, bytes, label) : fault;
}

/* The items of an array or map; blocks that tell their size are jumped. */
static enum avro_fault
skip_items(struct avro_decode *decode, const struct avro_read *read)
{
    struct mst_slice key = MST_SLICE_NONE;
    for (;;) {
        int64_t count = 0;
        int64_t size = 0;
        enum avro_fault fault = avro_decode_block(decode, &count, &size);
        if (fault != AVRO_FINE || count == 0) {
            return fault;
        }
        if (size >= 0) {
            decode->in += size;
            continue;
        }
        for (; count > 0 && fault == AVRO_FINE; count--) {
            fault = read->wire == AVRO_WIRE_MAP
                        ? avro_decode_bytes(decode, &key)
                        : AVRO_FINE;
            if (fault == AVRO_FINE) {
                fault = avro_decode_skip(decode, read->items);
            }
        }
        if (fault != AVRO_FINE) {
            return fault;
        }
    }
}

static enum avro_fault
skip_nested(struct avro_decode *decode, const struct avro_read *read)
{
    const struct avro_read *branch = NULL;
    enum avro_fault fault = AVRO_FINE;
    if (read->wire == AVRO_WIRE_RECORD) {
        if (decode->budget < read->size) {
            return AVRO_TOO_MUCH;
        }
        decode->budget -= read->size;
        for (uint32_t i = 0; i < read->size && fault == AVRO_FINE; i++) {
            fault = avro_decode_skip(decode, read->steps[i].read);
        }
        return fault;
    }
    if (read->wire != AVRO_WIRE_UNION) {
        return skip_items(decode, read);
    }
    fault = avro_decode_branch(decode, read, &branch);
    return fault == AVRO_FINE ? avro_decode_skip(decode, branch) : fault;
}

static enum avro_fault
skip_plain(struct avro_decode *decode, size_t size)
{
    if ((size_t)(decode->end - decode->in) < size) {
        return AVRO_MALFORMED;
    }
    decode->in += size;
    return AVRO_FINE;
}

static enum avro_fault
skip_by_wire(struct avro_decode *decode, const struct avro_read *read)
{
    struct mst_slice bytes = MST_SLICE_NONE;
    int64_t number = 0;
    switch (read->wire) {
    case AVRO_WIRE_NULL:
        return AVRO_FINE;
    case AVRO_WIRE_BOOLEAN:
        return skip_plain(decode, 1);
    case AVRO_WIRE_FLOAT:
        return skip_plain(decode, 4);
    case AVRO_WIRE_DOUBLE:
        return skip_plain(decode, 8);
    case AVRO_WIRE_FIXED:
        return skip_plain(decode, read->size);
    case AVRO_WIRE_BYTES:
        return avro_decode_bytes(decode, &bytes);
    case AVRO_WIRE_VARINT:
    case AVRO_WIRE_ENUM: {
        const uint8_t *at = avro_get_long(decode->in, decode->end, &number);
        decode->in = at == NULL ? decode->in : at;
        return at == NULL ? AVRO_MALFORMED : AVRO_FINE;
    }
    case AVRO_WIRE_RECORD:
    case AVRO_WIRE_ARRAY:
    case AVRO_WIRE_MAP:
    case AVRO_WIRE_UNION:
        return avro_decode_deeper(decode, read, skip_nested);
    case AVRO_WIRE_NEVER:
        break;
    }
    return AVRO_WRONG_TYPE;
}

enum avro_fault
avro_decode_skip(struct avro_decode *decode, const struct avro_read *read)
{
    enum avro_fault fault = skip_by_wire(decode, read);
    if (fault != AVRO_FINE) {
        decode->read = read;
        decode->path_len = 0;
    }
    return fault;
}
