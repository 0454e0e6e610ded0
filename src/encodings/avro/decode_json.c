/* SPDX-License-Identifier: MIT */
/*
 * Avro to JSON in one pass: the types that most data have are written from
 * where they stand, with both cursors in registers; what is rarer becomes one
 * BSON value first, and that the text that BSON becomes.
 */
#include "encodings/avro/decode_json.h"

#include <math.h>

#include "encodings/bson_json.h"
#include "encodings/date_text.h"
#include "encodings/digits.h"
#include "encodings/double_text.h"
#include "encodings/json_out.h"
#include "encodings/text_block.h"
#include "encodings/wrapper.h"

enum {
    /* Room for any value of fixed size in any mode, a short name and the
     * punctuation. */
    JSON_ROOM = 192,
    JSON_RARE_MAX = INT32_MAX
};

/* A struct json_run stays in registers as long as no function takes its
 * address: so all that take one are inlined. */
#define JSON_INLINE __attribute__((always_inline)) static inline

struct json_run {
    const uint8_t *in;
    const uint8_t *end;
    uint8_t *at;
    uint8_t *limit;
};

#define JSON_PUT(run, text)                                                    \
    (memcpy((run)->at, "" text, sizeof(text) - 1),                             \
     (void)((run)->at += sizeof(text) - 1))

JSON_INLINE struct json_run
json_load(const struct avro_decode *decode)
{
    return (struct json_run){decode->in, decode->end, decode->at,
                             decode->limit};
}

JSON_INLINE void
json_store(const struct json_run *run, struct avro_decode *decode)
{
    decode->in = run->in;
    decode->at = run->at;
    decode->limit = run->limit;
}

static enum avro_fault json_nested(struct avro_decode *decode,
                                   const struct avro_read *read);

/* Text in quotes, from decode->at on; there is room for JSON_ROOM behind it. */
static enum avro_fault
json_quoted(struct avro_decode *decode, const uint8_t *data, size_t len)
{
    struct mst_json_out out = {.at = decode->at,
                               .limit = decode->limit,
                               .buf = decode->buf,
                               .status = MST_OK};
    *out.at++ = '"';
    enum mst_json_put put =
        mst_json_put_text(&out, data, len, (size_t)(decode->end - data));
    if (put == MST_JSON_PUT_BAD_UTF8) {
        return AVRO_BAD_TEXT;
    }
    if (put != MST_JSON_PUT_OK || !mst_json_out_reserve(&out, JSON_ROOM)) {
        return out.status == MST_FATAL ? AVRO_NO_MEMORY : AVRO_TOO_LARGE;
    }
    *out.at++ = '"';
    decode->at = out.at;
    decode->limit = out.limit;
    return AVRO_FINE;
}

/* A value of BSON, as it would stand behind its name. */
static enum avro_fault
json_bson(struct avro_decode *decode, uint8_t type, struct mst_slice raw)
{
    const struct mst_bson_value value = {type, raw};
    struct mst_buf *out = decode->buf;
    out->len = (size_t)(decode->at - out->data);
    enum mst_status status =
        mst_bson_value_to_json(&value, decode->mode, out, NULL);
    if (status != MST_OK) {
        return status == MST_FATAL ? AVRO_NO_MEMORY : AVRO_TOO_LARGE;
    }
    decode->at = out->data + out->len;
    decode->limit = out->data + out->cap;
    return AVRO_FINE;
}

/* By way of BSON, in a buffer that is kept. */
static enum avro_fault
json_rare(struct avro_decode *decode, const struct avro_read *read)
{
    static const uint8_t no_name[AVRO_LABEL_PAD] = {0};
    struct mst_buf *out = decode->buf;
    if (decode->rare == NULL) {
        decode->rare = avro_scratch_take(decode->scratch, JSON_RARE_MAX);
    }
    struct mst_buf *rare = decode->rare;
    if (rare == NULL) {
        return AVRO_NO_MEMORY;
    }
    out->len = (size_t)(decode->at - out->data);
    decode->buf = rare;
    decode->at = rare->data;
    decode->limit = rare->data == NULL ? NULL : rare->data + rare->cap;
    mst_buf_reset(rare);
    enum avro_fault fault =
        avro_decode_value(decode, read, (struct avro_label){no_name, 1});
    size_t len = rare->data == NULL ? 0 : (size_t)(decode->at - rare->data);
    decode->buf = out;
    decode->at = out->data + out->len;
    decode->limit = out->data + out->cap;
    if (fault != AVRO_FINE || len < 2) {
        return fault == AVRO_FINE ? AVRO_MALFORMED : fault;
    }
    return json_bson(decode, rare->data[0],
                     mst_slice_of(rare->data + 2, len - 2));
}

JSON_INLINE bool
json_integer(struct json_run *run, enum mst_json_mode mode, bool is_long,
             int64_t value)
{
    if (MST_UNLIKELY(mode == MST_JSON_CANONICAL)) {
        if (is_long) {
            JSON_PUT(run, "{\"$numberLong\":\"");
        } else {
            JSON_PUT(run, "{\"$numberInt\":\"");
        }
    }
    run->at = mst_print_i64(run->at, value);
    if (MST_UNLIKELY(mode == MST_JSON_CANONICAL)) {
        JSON_PUT(run, "\"}");
    }
    return true;
}

JSON_INLINE bool
json_millis(struct json_run *run, enum mst_json_mode mode, int64_t value)
{
    if (MST_UNLIKELY(mode != MST_JSON_RELAXED || value < 0
                     || value > MST_DATE_YEAR_9999)) {
        return false;
    }
    JSON_PUT(run, "{\"$date\":\"");
    run->at = mst_date_print(run->at, value);
    JSON_PUT(run, "Z\"}");
    return true;
}

/* int, long and timestamp-millis. False: nothing is done. */
JSON_INLINE bool
json_varint(struct json_run *run, enum mst_json_mode mode,
            const struct avro_read *read)
{
    int64_t value = 0;
    const uint8_t *in = avro_get_long(run->in, run->end, &value);
    bool done = false;
    if (MST_UNLIKELY(in == NULL)) {
        return false;
    }
    if (read->op == AVRO_JSON_INT) {
        done = value == (int32_t)value && json_integer(run, mode, false, value);
    } else if (read->op == AVRO_JSON_LONG) {
        done = json_integer(run, mode, true, value);
    } else {
        done = json_millis(run, mode, value);
    }
    run->in = done ? in : run->in;
    return done;
}

JSON_INLINE bool
json_real(struct json_run *run, enum mst_json_mode mode, bool narrow)
{
    size_t size = narrow ? 4 : 8;
    double value = 0;
    if (MST_UNLIKELY((size_t)(run->end - run->in) < size)) {
        return false;
    }
    if (narrow) {
        uint32_t bits = mst_le32(run->in);
        float number = 0;
        memcpy(&number, &bits, sizeof(number));
        value = (double)number;
    } else {
        value = mst_le_double(run->in);
    }
    if (MST_UNLIKELY(!isfinite(value))) {
        return false;
    }
    if (MST_UNLIKELY(mode == MST_JSON_CANONICAL)) {
        JSON_PUT(run, "{\"$numberDouble\":\"");
    }
    run->at = mst_double_print(run->at, value);
    if (MST_UNLIKELY(mode == MST_JSON_CANONICAL)) {
        JSON_PUT(run, "\"}");
    }
    run->in += size;
    return true;
}

/* A text without anything special, in blocks. False: nothing is done. */
JSON_INLINE bool
json_text(struct json_run *run)
{
    int64_t number = 0;
    const uint8_t *data = avro_get_long(run->in, run->end, &number);
    if (MST_UNLIKELY(data == NULL || number < 0)) {
        return false;
    }
    size_t len = (size_t)number;
    size_t readable = (size_t)(run->end - data);
    uint8_t *out = run->at + 1;
    if (MST_UNLIKELY(readable < MST_TEXT_BLOCK
                     || len > readable - MST_TEXT_BLOCK
                     || (size_t)(run->limit - run->at) < len + JSON_ROOM)) {
        return false;
    }
    size_t used = 0;
    while (len - used > MST_TEXT_BLOCK) {
        if (MST_UNLIKELY(mst_text_block(out + used, data + used) != 0)) {
            return false;
        }
        used += MST_TEXT_BLOCK;
    }
    unsigned own = (1U << (len - used)) - 1;
    if (MST_UNLIKELY((mst_text_block(out + used, data + used) & own) != 0)) {
        return false;
    }
    run->at[0] = '"';
    out[len] = '"';
    run->at = out + len + 1;
    run->in = data + len;
    return true;
}

JSON_INLINE bool
json_boolean(struct json_run *run)
{
    if (MST_UNLIKELY(run->in == run->end || *run->in > 1)) {
        return false;
    }
    bool value = *run->in++ != 0;
    memcpy(run->at, value ? "true," : "false", 5);
    run->at += value ? 4 : 5;
    return true;
}

JSON_INLINE bool
json_symbol(struct json_run *run, const struct avro_read *read)
{
    int64_t index = 0;
    const uint8_t *in = avro_get_long(run->in, run->end, &index);
    if (MST_UNLIKELY(in == NULL || index < 0 || index >= (int64_t)read->size
                     || read->symbols[index].index < 0
                     || read->symbols[index].text.len > JSON_ROOM / 2)) {
        return false;
    }
    const struct mst_slice text = read->symbols[index].text;
    *run->at++ = '"';
    memcpy(run->at, text.data, text.len);
    run->at += text.len;
    *run->at++ = '"';
    run->in = in;
    return true;
}

/* A value that is no container, as far as nothing is wrong or unusual: there
 * is JSON_ROOM. False: nothing is done. */
JSON_INLINE bool
json_common(struct json_run *run, enum mst_json_mode mode,
            const struct avro_read *read)
{
    switch (read->op) {
    case AVRO_JSON_NULL:
        JSON_PUT(run, "null");
        return true;
    case AVRO_JSON_BOOLEAN:
        return json_boolean(run);
    case AVRO_JSON_INT:
    case AVRO_JSON_LONG:
    case AVRO_JSON_MILLIS:
        return json_varint(run, mode, read);
    case AVRO_JSON_FLOAT:
        return json_real(run, mode, true);
    case AVRO_JSON_DOUBLE:
        return json_real(run, mode, false);
    case AVRO_JSON_TEXT:
        return json_text(run);
    case AVRO_JSON_SYMBOL:
        return json_symbol(run, read);
    case AVRO_JSON_NESTED:
    case AVRO_JSON_UNION:
    case AVRO_JSON_RARE:
        break;
    }
    return false;
}

/* What json_common did not do. */
static enum avro_fault
json_slow(struct avro_decode *decode, const struct avro_read *read)
{
    struct mst_slice text = MST_SLICE_NONE;
    enum avro_fault fault = AVRO_FINE;
    decode->read = NULL;
    if (read->op == AVRO_JSON_NESTED) {
        fault = avro_decode_deeper(decode, read, json_nested);
    } else if (read->op == AVRO_JSON_TEXT) {
        fault = avro_decode_bytes(decode, &text);
        if (fault == AVRO_FINE) {
            fault = json_quoted(decode, text.data, text.len);
        }
    } else {
        fault = json_rare(decode, read);
    }
    if (fault == AVRO_FINE) {
        return avro_decode_reserve(decode, JSON_ROOM);
    }
    if (decode->read == NULL) {
        decode->read = read;
        decode->path_len = 0;
    }
    return fault;
}

/* Any value. There is JSON_ROOM before it, and behind it. */
JSON_INLINE enum avro_fault
json_any(struct avro_decode *decode, struct json_run *run,
         const struct avro_read *read)
{
    enum avro_fault fault = AVRO_FINE;
    if (read->op == AVRO_JSON_UNION) {
        int64_t index = 0;
        const uint8_t *in = avro_get_long(run->in, run->end, &index);
        if (MST_UNLIKELY(in == NULL || index < 0
                         || index >= (int64_t)read->size)) {
            decode->in = run->in;
            decode->read = read;
            decode->path_len = 0;
            return in == NULL ? AVRO_MALFORMED : AVRO_BAD_INDEX;
        }
        run->in = in;
        read = read->branches[index];
    }
    if (MST_LIKELY(json_common(run, decode->mode, read))) {
        if (MST_LIKELY(run->limit - run->at >= JSON_ROOM)) {
            return AVRO_FINE;
        }
        json_store(run, decode);
        fault = avro_decode_reserve(decode, JSON_ROOM);
    } else {
        json_store(run, decode);
        fault = json_slow(decode, read);
    }
    *run = json_load(decode);
    return fault;
}

/* The name in front of a value, with its quotes and colon. */
JSON_INLINE enum avro_fault
json_label(struct avro_decode *decode, struct json_run *run,
           struct avro_label label)
{
    memcpy(run->at, label.data, AVRO_LABEL_PAD);
    if (MST_UNLIKELY(label.len > AVRO_LABEL_PAD)) {
        if (MST_UNLIKELY((size_t)(run->limit - run->at)
                         < label.len + JSON_ROOM)) {
            json_store(run, decode);
            enum avro_fault fault =
                avro_decode_reserve(decode, label.len + JSON_ROOM);
            if (fault != AVRO_FINE) {
                return fault;
            }
            *run = json_load(decode);
        }
        memcpy(run->at, label.data, label.len);
    }
    run->at += label.len;
    return AVRO_FINE;
}

/* One field, wanted, with its name; a comma goes behind it. */
JSON_INLINE enum avro_fault
json_step(struct avro_decode *decode, struct json_run *run,
          const struct avro_step *step)
{
    enum avro_fault fault = json_label(decode, run, step->json);
    if (MST_LIKELY(fault == AVRO_FINE)) {
        fault = json_any(decode, run, step->read);
    }
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        avro_decode_step(decode, step->label.data, step->label.len - 1);
        return fault;
    }
    *run->at++ = ',';
    return AVRO_FINE;
}

/* A field of any kind: one that is passed over, or only the reader has. */
static enum avro_fault
json_field(struct avro_decode *decode, const struct avro_step *step)
{
    struct mst_slice element = step->element;
    enum avro_fault fault = AVRO_FINE;
    if (step->read != NULL && step->skip) {
        fault = avro_decode_skip(decode, step->read);
        if (fault != AVRO_FINE) {
            avro_decode_step(decode, step->label.data, step->label.len - 1);
        }
        return fault;
    }
    struct json_run run = json_load(decode);
    if (step->read != NULL) {
        fault = json_step(decode, &run, step);
        if (fault == AVRO_FINE) {
            json_store(&run, decode);
        }
        return fault;
    }
    fault = json_label(decode, &run, step->json);
    if (fault == AVRO_FINE) {
        json_store(&run, decode);
        fault = json_bson(decode, element.data[0],
                          mst_slice_of(element.data + 1, element.len - 1));
    }
    if (fault == AVRO_FINE) {
        *decode->at++ = ',';
        fault = avro_decode_reserve(decode, JSON_ROOM);
    }
    return fault;
}

static enum avro_fault
json_record(struct avro_decode *decode, const struct avro_read *read)
{
    if (MST_UNLIKELY(!read->plain || decode->budget < read->size)) {
        return avro_decode_fields(decode, read, json_field);
    }
    decode->budget -= read->size;
    struct json_run run = json_load(decode);
    for (uint32_t i = 0; i < read->size; i++) {
        enum avro_fault fault = json_step(decode, &run, &read->steps[i]);
        if (MST_UNLIKELY(fault != AVRO_FINE)) {
            return fault;
        }
    }
    json_store(&run, decode);
    return AVRO_FINE;
}

/* The items of one block of an array. */
static enum avro_fault
json_items(struct avro_decode *decode, const struct avro_read *read,
           int64_t count, uint64_t *n)
{
    struct json_run run = json_load(decode);
    for (; count > 0; count--, ++*n) {
        enum avro_fault fault = json_any(decode, &run, read->items);
        if (MST_UNLIKELY(fault != AVRO_FINE)) {
            avro_decode_step(decode, NULL, *n);
            return fault;
        }
        *run.at++ = ',';
    }
    json_store(&run, decode);
    return AVRO_FINE;
}

/* The name of an entry of a map. */
static enum avro_fault
json_key(struct avro_decode *decode, struct mst_slice *ret_key)
{
    enum avro_fault fault = avro_decode_bytes(decode, ret_key);
    struct mst_slice key = *ret_key;
    if (fault != AVRO_FINE) {
        return fault;
    }
    if (key.len > 0 && memchr(key.data, 0, key.len) != NULL) {
        return AVRO_BAD_NUL;
    }
    if (key.len > 0 && key.data[0] == '$' && decode->mode != MST_JSON_PLAIN
        && mst_wrapper_find(key) != MST_WRAPPER_NONE) {
        return AVRO_WRAPPER_NAME;
    }
    fault = json_quoted(decode, key.data, key.len);
    if (fault == AVRO_FINE) {
        *decode->at++ = ':';
    }
    return fault;
}

/* The entries of one block of a map. */
static enum avro_fault
json_entries(struct avro_decode *decode, const struct avro_read *read,
             int64_t count)
{
    for (; count > 0; count--) {
        struct mst_slice key = MST_SLICE_NONE;
        enum avro_fault fault = json_key(decode, &key);
        if (fault != AVRO_FINE) {
            decode->read = read;
            decode->path_len = 0;
            return fault;
        }
        struct json_run run = json_load(decode);
        fault = json_any(decode, &run, read->items);
        if (fault != AVRO_FINE) {
            avro_decode_step(decode, key.data, key.len);
            return fault;
        }
        *run.at++ = ',';
        json_store(&run, decode);
    }
    return AVRO_FINE;
}

static enum avro_fault
json_blocks(struct avro_decode *decode, const struct avro_read *read)
{
    uint64_t n = 0;
    for (;;) {
        int64_t count = 0;
        int64_t size = 0;
        enum avro_fault fault = avro_decode_block(decode, &count, &size);
        if (fault != AVRO_FINE || count == 0) {
            return fault;
        }
        fault = read->wire == AVRO_WIRE_ARRAY
                    ? json_items(decode, read, count, &n)
                    : json_entries(decode, read, count);
        if (MST_UNLIKELY(fault != AVRO_FINE)) {
            return fault;
        }
    }
}

/* A container; what is in it has a comma behind each. */
static enum avro_fault
json_nested(struct avro_decode *decode, const struct avro_read *read)
{
    bool array = read->wire == AVRO_WIRE_ARRAY;
    *decode->at++ = array ? '[' : '{';
    enum avro_fault fault = avro_decode_reserve(decode, JSON_ROOM);
    if (MST_LIKELY(fault == AVRO_FINE)) {
        fault = read->wire == AVRO_WIRE_RECORD ? json_record(decode, read)
                                               : json_blocks(decode, read);
    }
    if (MST_LIKELY(fault == AVRO_FINE)) {
        decode->at -= decode->at[-1] == ',' ? 1 : 0;
        *decode->at++ = array ? ']' : '}';
    }
    return fault;
}

enum avro_fault
avro_decode_json(struct avro_decode *decode, enum mst_json_mode mode,
                 struct avro_scratch *scratch)
{
    struct json_run run;
    decode->mode = mode;
    decode->rare = NULL;
    decode->scratch = scratch;
    enum avro_fault fault = avro_decode_reserve(decode, JSON_ROOM);
    if (fault == AVRO_FINE) {
        run = json_load(decode);
        fault = json_any(decode, &run, decode->decoder->root);
    }
    if (fault == AVRO_FINE) {
        json_store(&run, decode);
    }
    avro_scratch_give(scratch, decode->rare);
    return fault;
}
