/* SPDX-License-Identifier: MIT */
/* Avro to BSON: containers, unions, and the common scalars. */
#include "encodings/avro/decode.h"

#include "encodings/bson_reader.h"
#include "encodings/digits.h"
#include "encodings/field_path.h"
#include "encodings/text_wide.h"

enum {
    /* Values that a datum may have beside those that have bytes. */
    DECODE_VALUES = 1 << 20,
    DECODE_VALUES_PER_BYTE = 16
};

void
avro_decode_init(struct avro_decode *decode,
                 const struct mst_avro_decoder *decoder, struct mst_slice datum,
                 struct mst_buf *out)
{
    static const uint8_t nothing[1] = {0};
    decode->start = datum.len == 0 ? nothing : datum.data;
    decode->in = decode->start;
    decode->end = decode->start + datum.len;
    decode->buf = out;
    decode->at = out->data == NULL ? NULL : out->data + out->len;
    decode->limit = out->data == NULL ? NULL : out->data + out->cap;
    decode->decoder = decoder;
    decode->depth = 0;
    decode->budget = DECODE_VALUES + datum.len * DECODE_VALUES_PER_BYTE;
    decode->read = NULL;
    decode->path_len = 0;
}

enum avro_fault
avro_decode_bytes(struct avro_decode *decode, struct mst_slice *ret)
{
    int64_t len = 0;
    const uint8_t *at = avro_get_long(decode->in, decode->end, &len);
    if (MST_UNLIKELY(at == NULL || len < 0 || len > decode->end - at)) {
        return AVRO_MALFORMED;
    }
    *ret = mst_slice_of(at, (size_t)len);
    decode->in = at + len;
    return AVRO_FINE;
}

enum avro_fault
avro_decode_block(struct avro_decode *decode, int64_t *ret_count,
                  int64_t *ret_size)
{
    int64_t count = 0;
    int64_t size = -1;
    const uint8_t *at = avro_get_long(decode->in, decode->end, &count);
    if (at != NULL && count < 0) {
        at = avro_get_long(at, decode->end, &size);
        count = count == INT64_MIN ? INT64_MAX : -count;
        if (at != NULL && (size < 0 || size > decode->end - at)) {
            return AVRO_BAD_COUNT;
        }
    }
    if (at == NULL) {
        return AVRO_MALFORMED;
    }
    if ((uint64_t)count > decode->budget) {
        return AVRO_BAD_COUNT;
    }
    decode->budget -= (size_t)count;
    decode->in = at;
    *ret_count = count;
    *ret_size = size;
    return AVRO_FINE;
}

/* A document: its length is written when it is known. */
static inline size_t
decode_open(struct avro_decode *decode)
{
    size_t start = (size_t)(decode->at - decode->buf->data);
    decode->at += 4;
    return start;
}

static inline enum avro_fault
decode_close(struct avro_decode *decode, size_t start)
{
    enum avro_fault fault = avro_decode_reserve(decode, 1);
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        return fault;
    }
    *decode->at++ = 0;
    uint8_t *length = decode->buf->data + start;
    if (decode->at - length > INT32_MAX) {
        return AVRO_TOO_LARGE;
    }
    mst_put_le32(length, (uint32_t)(decode->at - length));
    return AVRO_FINE;
}

/* A field that only the reader has. */
static enum avro_fault
decode_default(struct avro_decode *decode, const struct avro_step *step)
{
    size_t len = step->element.len - 1;
    enum avro_fault fault =
        avro_decode_head(decode, step->element.data[0], step->label);
    if (fault == AVRO_FINE) {
        fault = avro_decode_reserve(decode, len);
    }
    if (fault == AVRO_FINE && len > 0) {
        memcpy(decode->at, step->element.data + 1, len);
        decode->at += len;
    }
    return fault;
}

static inline enum avro_fault
decode_field(struct avro_decode *decode, const struct avro_step *step)
{
    enum avro_fault fault =
        MST_UNLIKELY(step->read == NULL) ? decode_default(decode, step)
        : MST_UNLIKELY(step->skip)
            ? avro_decode_skip(decode, step->read)
            : avro_decode_value(decode, step->read, step->label);
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        avro_decode_step(decode, step->label.data, step->label.len - 1);
    }
    return fault;
}

static enum avro_fault
decode_record(struct avro_decode *decode, const struct avro_read *read)
{
    size_t start = decode_open(decode);
    if (MST_UNLIKELY(read->shuffled || decode->budget < read->size)) {
        enum avro_fault fault = avro_decode_fields(decode, read, decode_field);
        return fault == AVRO_FINE ? decode_close(decode, start) : fault;
    }
    decode->budget -= read->size;
    for (uint32_t i = 0; i < read->size; i++) {
        enum avro_fault fault = decode_field(decode, &read->steps[i]);
        if (MST_UNLIKELY(fault != AVRO_FINE)) {
            return fault;
        }
    }
    return decode_close(decode, start);
}

static enum avro_fault
decode_array(struct avro_decode *decode, const struct avro_read *read)
{
    uint8_t index[AVRO_LABEL_PAD + MST_DIGITS_MAX] = {0};
    size_t start = decode_open(decode);
    uint32_t n = 0;
    for (;;) {
        int64_t count = 0;
        int64_t size = 0;
        enum avro_fault fault = avro_decode_block(decode, &count, &size);
        if (fault != AVRO_FINE) {
            return fault;
        }
        if (count == 0) {
            return decode_close(decode, start);
        }
        for (int64_t i = 0; i < count; i++, n++) {
            uint8_t *end = mst_print_u32(index, n);
            *end = 0;
            struct avro_label label = {index, (uint32_t)(end - index) + 1};
            fault = avro_decode_value(decode, read->items, label);
            if (MST_UNLIKELY(fault != AVRO_FINE)) {
                avro_decode_step(decode, NULL, n);
                return fault;
            }
        }
    }
}

/* One entry of a map: its name, then its value. */
static enum avro_fault
decode_entry(struct avro_decode *decode, const struct avro_read *read)
{
    struct mst_slice key = MST_SLICE_NONE;
    uint8_t small[AVRO_LABEL_PAD * 4] = {0};
    enum avro_fault fault = avro_decode_bytes(decode, &key);
    if (fault == AVRO_FINE && key.len > 0
        && memchr(key.data, 0, key.len) != NULL) {
        fault = AVRO_BAD_NUL;
    }
    if (fault == AVRO_FINE && !mst_text_is_utf8(key.data, key.len)) {
        fault = AVRO_BAD_TEXT;
    }
    if (fault != AVRO_FINE) {
        decode->read = read;
        decode->path_len = 0;
        return fault;
    }
    if (key.len < sizeof(small)) {
        memcpy(small, key.data, key.len);
        small[key.len] = 0;
        struct avro_label label = {small, (uint32_t)key.len + 1};
        fault = avro_decode_value(decode, read->items, label);
    } else {
        /* The name is written behind a place for the type, which is known
         * when the value is: first as one without a name. */
        static const uint8_t none[AVRO_LABEL_PAD] = {0};
        size_t type = (size_t)(decode->at - decode->buf->data);
        fault = avro_decode_value(decode, read->items,
                                  (struct avro_label){none, 1});
        if (fault == AVRO_FINE) {
            fault = avro_decode_reserve(decode, key.len);
        }
        if (fault == AVRO_FINE) {
            uint8_t *name = decode->buf->data + type + 1;
            memmove(name + key.len, name, (size_t)(decode->at - name));
            memcpy(name, key.data, key.len);
            decode->at += key.len;
        }
    }
    if (fault != AVRO_FINE) {
        avro_decode_step(decode, key.data, key.len);
    }
    return fault;
}

static enum avro_fault
decode_map(struct avro_decode *decode, const struct avro_read *read)
{
    size_t start = decode_open(decode);
    for (;;) {
        int64_t count = 0;
        int64_t size = 0;
        enum avro_fault fault = avro_decode_block(decode, &count, &size);
        if (fault != AVRO_FINE) {
            return fault;
        }
        if (count == 0) {
            return decode_close(decode, start);
        }
        for (int64_t i = 0; i < count; i++) {
            fault = decode_entry(decode, read);
            if (MST_UNLIKELY(fault != AVRO_FINE)) {
                return fault;
            }
        }
    }
}

static enum avro_fault
decode_nested(struct avro_decode *decode, const struct avro_read *read,
              struct avro_label label)
{
    bool array = read->wire == AVRO_WIRE_ARRAY;
    enum avro_fault fault = AVRO_TOO_DEEP;
    decode->read = NULL;
    if (decode->depth < MST_BSON_DEPTH_MAX) {
        decode->depth++;
        fault = avro_decode_head(
            decode, array ? MST_BSON_ARRAY : MST_BSON_DOCUMENT, label);
        if (fault == AVRO_FINE) {
            fault = array ? decode_array(decode, read)
                    : read->wire == AVRO_WIRE_RECORD
                        ? decode_record(decode, read)
                        : decode_map(decode, read);
        }
        decode->depth--;
    }
    if (MST_UNLIKELY(fault != AVRO_FINE && decode->read == NULL)) {
        decode->read = read;
        decode->path_len = 0;
    }
    return fault;
}

static inline enum avro_fault
decode_varint(struct avro_decode *decode, const struct avro_read *read,
              struct avro_label label)
{
    int64_t value = 0;
    const uint8_t *at = avro_get_long(decode->in, decode->end, &value);
    if (MST_UNLIKELY(at == NULL)) {
        return AVRO_MALFORMED;
    }
    enum avro_fault fault = AVRO_FINE;
    if (read->code == AVRO_LONG || read->code == AVRO_MILLIS) {
        fault = avro_decode_head(
            decode, read->code == AVRO_LONG ? MST_BSON_INT64 : MST_BSON_DATE,
            label);
        if (MST_LIKELY(fault == AVRO_FINE)) {
            mst_put_le64(decode->at, (uint64_t)value);
            decode->at += 8;
            decode->in = at;
        }
        return fault;
    }
    if (read->code != AVRO_INT) {
        return avro_decode_rare(decode, read, label);
    }
    if (value < INT32_MIN || value > INT32_MAX) {
        return AVRO_OUT_OF_RANGE;
    }
    fault = avro_decode_head(decode, MST_BSON_INT32, label);
    if (MST_LIKELY(fault == AVRO_FINE)) {
        mst_put_le32(decode->at, (uint32_t)value);
        decode->at += 4;
        decode->in = at;
    }
    return fault;
}

/* A string; anything else of bytes is rarer. */
static inline enum avro_fault
decode_text(struct avro_decode *decode, const struct avro_read *read,
            struct avro_label label)
{
    struct mst_slice text = MST_SLICE_NONE;
    if (MST_UNLIKELY(read->code != AVRO_STRING)) {
        return avro_decode_rare(decode, read, label);
    }
    enum avro_fault fault = avro_decode_bytes(decode, &text);
    if (MST_LIKELY(fault == AVRO_FINE)) {
        fault = avro_decode_head(decode, MST_BSON_STRING, label);
    }
    if (MST_LIKELY(fault == AVRO_FINE)) {
        fault = text.len >= INT32_MAX
                    ? AVRO_TOO_LARGE
                    : avro_decode_reserve(decode, text.len + 5);
    }
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        return fault;
    }
    if (MST_UNLIKELY(!mst_text_is_utf8(text.data, text.len))) {
        return AVRO_BAD_TEXT;
    }
    mst_put_le32(decode->at, (uint32_t)text.len + 1);
    memcpy(decode->at + 4, text.data, text.len);
    decode->at[4 + text.len] = 0;
    decode->at += text.len + 5;
    return AVRO_FINE;
}

static enum avro_fault
decode_float(struct avro_decode *decode, const struct avro_read *read,
             struct avro_label label)
{
    size_t size = read->wire == AVRO_WIRE_FLOAT ? 4 : 8;
    double value = 0;
    if (decode->end - decode->in < (ptrdiff_t)size) {
        return AVRO_MALFORMED;
    }
    enum avro_fault fault = avro_decode_head(decode, MST_BSON_DOUBLE, label);
    if (fault != AVRO_FINE) {
        return fault;
    }
    if (size == 8) {
        memcpy(decode->at, decode->in, 8);
    } else {
        uint32_t bits = mst_le32(decode->in);
        float narrow = 0;
        memcpy(&narrow, &bits, sizeof(narrow));
        value = (double)narrow;
        mst_put_le_double(decode->at, value);
    }
    decode->at += 8;
    decode->in += size;
    return AVRO_FINE;
}

static enum avro_fault
decode_union(struct avro_decode *decode, const struct avro_read *read,
             struct avro_label label)
{
    const struct avro_read *branch = NULL;
    enum avro_fault fault = avro_decode_branch(decode, read, &branch);
    return MST_LIKELY(fault == AVRO_FINE)
               ? avro_decode_value(decode, branch, label)
               : fault;
}

static inline enum avro_fault
decode_by_wire(struct avro_decode *decode, const struct avro_read *read,
               struct avro_label label)
{
    enum avro_fault fault = AVRO_FINE;
    switch (read->wire) {
    case AVRO_WIRE_VARINT:
        return decode_varint(decode, read, label);
    case AVRO_WIRE_BYTES:
        return decode_text(decode, read, label);
    case AVRO_WIRE_FLOAT:
    case AVRO_WIRE_DOUBLE:
        return decode_float(decode, read, label);
    case AVRO_WIRE_NULL:
        return avro_decode_head(decode, MST_BSON_NULL, label);
    case AVRO_WIRE_BOOLEAN:
        if (decode->in == decode->end || *decode->in > 1) {
            return AVRO_MALFORMED;
        }
        fault = avro_decode_head(decode, MST_BSON_BOOL, label);
        if (fault == AVRO_FINE) {
            *decode->at++ = *decode->in++;
        }
        return fault;
    case AVRO_WIRE_FIXED:
    case AVRO_WIRE_ENUM:
        return avro_decode_rare(decode, read, label);
    case AVRO_WIRE_NEVER:
        return AVRO_WRONG_TYPE;
    case AVRO_WIRE_RECORD:
    case AVRO_WIRE_ARRAY:
    case AVRO_WIRE_MAP:
    case AVRO_WIRE_UNION:
        break;
    }
    return AVRO_MALFORMED;
}

enum avro_fault
avro_decode_value(struct avro_decode *decode, const struct avro_read *read,
                  struct avro_label label)
{
    if (read->wire == AVRO_WIRE_RECORD || read->wire == AVRO_WIRE_ARRAY
        || read->wire == AVRO_WIRE_MAP) {
        return decode_nested(decode, read, label);
    }
    if (read->wire == AVRO_WIRE_UNION) {
        decode->read = NULL;
        enum avro_fault fault = decode_union(decode, read, label);
        if (MST_UNLIKELY(fault != AVRO_FINE && decode->read == NULL)) {
            decode->read = read;
            decode->path_len = 0;
        }
        return fault;
    }
    enum avro_fault fault = decode_by_wire(decode, read, label);
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        decode->read = read;
        decode->path_len = 0;
    }
    return fault;
}

enum mst_status
avro_decode_fail(const struct avro_decode *decode, enum avro_fault fault,
                 struct mst_error *err)
{
    struct mst_field_path path = {.len = 0};
    char name[MST_FIELD_PATH_MAX + 16];
    struct mst_buf type;
    if (fault == AVRO_NO_MEMORY) {
        return mst_fail_memory(err, "avro");
    }
    for (unsigned i = decode->path_len; i > 0; i--) {
        const struct avro_step_name *step = &decode->path[i - 1];
        if (step->data == NULL) {
            mst_field_path_add_index(&path, step->len);
        } else {
            mst_field_path_add(&path, mst_slice_of(step->data, step->len));
        }
    }
    mst_buf_init(&type, 1024);
    const char *what =
        decode->read == NULL
                || mst_avro_type_describe(decode->read->type, &type) != MST_OK
            ? NULL
            : mst_buf_text(&type);
    enum mst_status status = mst_fail_at(
        err, MST_REJECTED, "avro", decode->in - decode->start,
        "%s at byte %td, type %s: %s", mst_field_path_name(&path, name),
        decode->in - decode->start, what == NULL ? "?" : what,
        avro_fault_text(fault));
    mst_buf_clear(&type);
    return status;
}
