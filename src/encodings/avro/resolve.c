/* SPDX-License-Identifier: MIT */
/* Avro to Avro: data as the reader's schema has them. */
#include "encodings/avro/decode.h"
#include "encodings/text_wide.h"

static enum avro_fault resolve_value(struct avro_decode *decode,
                                     const struct avro_read *read);

static enum avro_fault
resolve_copy(struct avro_decode *decode, const uint8_t *data, size_t len)
{
    enum avro_fault fault = avro_decode_reserve(decode, len);
    if (fault == AVRO_FINE && len > 0) {
        memcpy(decode->at, data, len);
        decode->at += len;
    }
    return fault;
}

static enum avro_fault
resolve_put_long(struct avro_decode *decode, int64_t value)
{
    enum avro_fault fault = avro_decode_reserve(decode, AVRO_LONG_MAX);
    if (fault == AVRO_FINE) {
        decode->at = avro_put_long(decode->at, value);
    }
    return fault;
}

/* As many bytes as they are in the data. */
static enum avro_fault
resolve_plain(struct avro_decode *decode, size_t size)
{
    const uint8_t *from = decode->in;
    if ((size_t)(decode->end - from) < size) {
        return AVRO_MALFORMED;
    }
    decode->in += size;
    return resolve_copy(decode, from, size);
}

static enum avro_fault
resolve_put_double(struct avro_decode *decode, bool narrow, double value)
{
    uint8_t bytes[8];
    float number = (float)value;
    uint32_t bits = 0;
    if (!narrow) {
        mst_put_le_double(bytes, value);
        return resolve_copy(decode, bytes, sizeof(bytes));
    }
    memcpy(&bits, &number, sizeof(bits));
    mst_put_le32(bytes, bits);
    return resolve_copy(decode, bytes, sizeof(bits));
}

static enum avro_fault
resolve_varint(struct avro_decode *decode, const struct avro_read *read)
{
    int64_t value = 0;
    const uint8_t *at = avro_get_long(decode->in, decode->end, &value);
    if (at == NULL) {
        return AVRO_MALFORMED;
    }
    decode->in = at;
    if (read->code == AVRO_FLOAT || read->code == AVRO_DOUBLE) {
        /* The specification promotes to the nearest one. */
        return resolve_put_double(decode, read->code == AVRO_FLOAT,
                                  (double)value);
    }
    bool is_int = read->type->kind == MST_AVRO_INT;
    return is_int && (value < INT32_MIN || value > INT32_MAX)
               ? AVRO_OUT_OF_RANGE
               : resolve_put_long(decode, value);
}

static enum avro_fault
resolve_float(struct avro_decode *decode, const struct avro_read *read)
{
    uint32_t bits = 0;
    float value = 0;
    if (read->code == AVRO_FLOAT) {
        return resolve_plain(decode, sizeof(bits));
    }
    if ((size_t)(decode->end - decode->in) < sizeof(bits)) {
        return AVRO_MALFORMED;
    }
    bits = mst_le32(decode->in);
    memcpy(&value, &bits, sizeof(value));
    decode->in += sizeof(bits);
    return resolve_put_double(decode, false, (double)value);
}

static enum avro_fault
resolve_bytes(struct avro_decode *decode, const struct avro_read *read)
{
    struct mst_slice bytes = MST_SLICE_NONE;
    enum avro_fault fault = avro_decode_bytes(decode, &bytes);
    if (fault == AVRO_FINE && read->type->kind == MST_AVRO_STRING
        && !mst_text_is_utf8(bytes.data, bytes.len)) {
        fault = AVRO_BAD_TEXT;
    }
    if (fault == AVRO_FINE) {
        fault = resolve_put_long(decode, (int64_t)bytes.len);
    }
    return fault == AVRO_FINE ? resolve_copy(decode, bytes.data, bytes.len)
                              : fault;
}

static enum avro_fault
resolve_enum(struct avro_decode *decode, const struct avro_read *read)
{
    int64_t index = 0;
    const uint8_t *at = avro_get_long(decode->in, decode->end, &index);
    if (at == NULL) {
        return AVRO_MALFORMED;
    }
    if (index < 0 || index >= (int64_t)read->size) {
        return AVRO_BAD_INDEX;
    }
    decode->in = at;
    return read->symbols[index].index < 0
               ? AVRO_NO_SYMBOL
               : resolve_put_long(decode, read->symbols[index].index);
}

/* A field, or what the reader has instead of it. */
static enum avro_fault
resolve_field(struct avro_decode *decode, const struct avro_step *step)
{
    if (step->read == NULL) {
        return resolve_copy(decode, step->fallback.data, step->fallback.len);
    }
    enum avro_fault fault = step->skip ? avro_decode_skip(decode, step->read)
                                       : resolve_value(decode, step->read);
    if (fault != AVRO_FINE) {
        avro_decode_step(decode, step->label.data, step->label.len - 1);
    }
    return fault;
}

/* An item of an array, or an entry of a map with its name. */
static enum avro_fault
resolve_item(struct avro_decode *decode, const struct avro_read *read,
             uint64_t n)
{
    struct mst_slice key = MST_SLICE_NONE;
    enum avro_fault fault = AVRO_FINE;
    if (read->wire == AVRO_WIRE_MAP) {
        fault = avro_decode_bytes(decode, &key);
        if (fault == AVRO_FINE) {
            fault = resolve_put_long(decode, (int64_t)key.len);
        }
        if (fault == AVRO_FINE) {
            fault = resolve_copy(decode, key.data, key.len);
        }
    }
    if (fault == AVRO_FINE) {
        fault = resolve_value(decode, read->items);
        if (fault != AVRO_FINE) {
            avro_decode_step(decode, key.data, key.data == NULL ? n : key.len);
        }
    }
    return fault;
}

static enum avro_fault
resolve_items(struct avro_decode *decode, const struct avro_read *read)
{
    for (uint64_t n = 0;;) {
        int64_t count = 0;
        int64_t size = 0;
        enum avro_fault fault = avro_decode_block(decode, &count, &size);
        if (fault == AVRO_FINE) {
            fault = resolve_put_long(decode, count);
        }
        if (fault != AVRO_FINE || count == 0) {
            return fault;
        }
        for (; count > 0 && fault == AVRO_FINE; count--, n++) {
            fault = resolve_item(decode, read, n);
        }
        if (fault != AVRO_FINE) {
            return fault;
        }
    }
}

static enum avro_fault
resolve_nested(struct avro_decode *decode, const struct avro_read *read)
{
    const struct avro_read *branch = NULL;
    if (read->wire == AVRO_WIRE_RECORD) {
        return avro_decode_fields(decode, read, resolve_field);
    }
    if (read->wire != AVRO_WIRE_UNION) {
        return resolve_items(decode, read);
    }
    enum avro_fault fault = avro_decode_branch(decode, read, &branch);
    return fault == AVRO_FINE ? resolve_value(decode, branch) : fault;
}

static enum avro_fault
resolve_by_wire(struct avro_decode *decode, const struct avro_read *read)
{
    switch (read->wire) {
    case AVRO_WIRE_NULL:
        return AVRO_FINE;
    case AVRO_WIRE_BOOLEAN:
        return resolve_plain(decode, 1);
    case AVRO_WIRE_VARINT:
        return resolve_varint(decode, read);
    case AVRO_WIRE_FLOAT:
        return resolve_float(decode, read);
    case AVRO_WIRE_DOUBLE:
        return resolve_plain(decode, 8);
    case AVRO_WIRE_BYTES:
        return resolve_bytes(decode, read);
    case AVRO_WIRE_FIXED:
        return resolve_plain(decode, read->size);
    case AVRO_WIRE_ENUM:
        return resolve_enum(decode, read);
    case AVRO_WIRE_RECORD:
    case AVRO_WIRE_ARRAY:
    case AVRO_WIRE_MAP:
    case AVRO_WIRE_UNION:
        return avro_decode_deeper(decode, read, resolve_nested);
    case AVRO_WIRE_NEVER:
        break;
    }
    return AVRO_WRONG_TYPE;
}

static enum avro_fault
resolve_value(struct avro_decode *decode, const struct avro_read *read)
{
    enum avro_fault fault = AVRO_FINE;
    decode->read = NULL;
    if (read->branch >= 0) {
        fault = resolve_put_long(decode, read->branch);
    }
    if (fault == AVRO_FINE) {
        fault = resolve_by_wire(decode, read);
    }
    if (fault != AVRO_FINE && decode->read == NULL) {
        decode->read = read;
        decode->path_len = 0;
    }
    return fault;
}

enum avro_fault
avro_decode_resolve(struct avro_decode *decode)
{
    return resolve_value(decode, decode->decoder->root);
}
