/* SPDX-License-Identifier: MIT */
/* BSON to Avro: containers, unions, and the common scalars. */
#include "encodings/avro/encode.h"

#include <assert.h>

#include "encodings/bson_reader.h"
#include "encodings/bson_scan.h"
#include "encodings/field_path.h"
#include "encodings/json_bson.h"
#include "encodings/text_wide.h"

#ifdef __SSE2__
#    include <emmintrin.h>
#endif

enum {
    ENCODE_BLOCK = 16,
    /* Tries of branches per byte of input, and some to start with. */
    ENCODE_TRIES_PER_BYTE = 4,
    ENCODE_TRIES = 1000
};

/* Copies whole blocks, a little more than asked for where there is room in
 * both; true when all of it is ASCII. */
static inline bool
encode_copy(uint8_t *out, const uint8_t *data, size_t len, size_t readable)
{
#ifdef __SSE2__
    __m128i all = _mm_setzero_si128();
    size_t at = 0;
    for (; at < len && readable - at >= ENCODE_BLOCK; at += ENCODE_BLOCK) {
        __m128i block =
            _mm_loadu_si128((const __m128i_u *)(const void *)(data + at));
        _mm_storeu_si128((__m128i_u *)(void *)(out + at), block);
        if (len - at < ENCODE_BLOCK) {
            unsigned mask = (unsigned)_mm_movemask_epi8(block);
            unsigned all_mask = (unsigned)_mm_movemask_epi8(all);
            return all_mask == 0 && (mask & ((1U << (len - at)) - 1)) == 0;
        }
        all = _mm_or_si128(all, block);
    }
    unsigned high = (unsigned)_mm_movemask_epi8(all);
    for (; at < len; at++) {
        out[at] = data[at];
        high |= data[at] & 0x80;
    }
    return high == 0;
#else
    (void)readable;
    memcpy(out, data, len);
    uint8_t high = 0;
    for (size_t i = 0; i < len; i++) {
        high |= data[i];
    }
    return high < 0x80;
#endif
}

enum avro_fault
avro_encode_bytes(struct avro_encode *encode, const uint8_t *data, size_t len,
                  bool text)
{
    enum avro_fault fault =
        avro_encode_reserve(encode, len + AVRO_LONG_MAX + ENCODE_BLOCK);
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        return fault;
    }
    encode->at = avro_put_long(encode->at, (int64_t)len);
    size_t readable = (size_t)(encode->end - data);
    bool ascii = encode_copy(encode->at, data, len, readable);
    encode->at += len;
    if (MST_UNLIKELY(text && !ascii) && !mst_text_is_utf8(data, len)) {
        return AVRO_BAD_TEXT;
    }
    return AVRO_FINE;
}

/* The element at *at, whose end is known; moves behind it. */
static inline enum avro_fault
encode_element(const uint8_t **at, const uint8_t *end,
               struct mst_slice *ret_key, struct avro_value *ret_value)
{
    const uint8_t *key = *at + 1;
    const uint8_t *nul = memchr(key, 0, (size_t)(end - key));
    if (MST_UNLIKELY(nul == NULL)) {
        return AVRO_MALFORMED;
    }
    ret_value->type = **at;
    ret_value->data = nul + 1;
    if (mst_bson_value_size(ret_value->type, nul + 1, (size_t)(end - nul) - 1,
                            &ret_value->size)
        != MST_BSON_FINE) {
        return AVRO_MALFORMED;
    }
    *ret_key = mst_slice_of(key, (size_t)(nul - key));
    *at = nul + 1 + ret_value->size;
    return AVRO_FINE;
}

/* The items of a block stand behind one byte for their count; a count that
 * needs more moves them. */
static enum avro_fault
encode_close_block(struct avro_encode *encode, size_t start, int64_t n)
{
    uint8_t count[AVRO_LONG_MAX];
    if (n == 0) {
        return AVRO_FINE;
    }
    size_t len = (size_t)(avro_put_long(count, n) - count);
    enum avro_fault fault = avro_encode_reserve(encode, AVRO_LONG_MAX + 1);
    if (fault != AVRO_FINE) {
        return fault;
    }
    uint8_t *at = encode->buf->data + start;
    if (len > 1) {
        memmove(at + len, at + 1, (size_t)(encode->at - at) - 1);
        encode->at += len - 1;
    }
    memcpy(at, count, len);
    *encode->at++ = 0;
    return AVRO_FINE;
}

/* An array, or a map with its names. */
static enum avro_fault
encode_items(struct avro_encode *encode, const struct avro_op *op,
             const struct avro_value *value)
{
    const uint8_t *at = value->data + 4;
    const uint8_t *end = value->data + value->size - 1;
    size_t start = (size_t)(encode->at - encode->buf->data);
    int64_t n = 0;
    /* Room was made for the count. */
    *encode->at++ = 0;
    for (; at < end; n++) {
        struct mst_slice key = MST_SLICE_NONE;
        struct avro_value item;
        enum avro_fault fault = encode_element(&at, end, &key, &item);
        if (fault == AVRO_FINE && op->code == AVRO_MAP) {
            fault = avro_encode_bytes(encode, key.data, key.len, true);
        }
        if (MST_LIKELY(fault == AVRO_FINE)) {
            fault = avro_encode_value(encode, op->items, &item);
        } else {
            encode->where = at;
            encode->op = op;
            encode->path_len = 0;
        }
        if (MST_UNLIKELY(fault != AVRO_FINE)) {
            avro_encode_step(encode, key);
            return fault;
        }
    }
    return encode_close_block(encode, start, n);
}

/* Tries one branch; what it wrote is taken back where it fails. */
static enum avro_fault
encode_branch(struct avro_encode *encode, const struct avro_op *op, uint32_t n,
              const struct avro_value *value)
{
    size_t start = (size_t)(encode->at - encode->buf->data);
    encode->at = avro_put_long(encode->at, n);
    enum avro_fault fault = avro_encode_value(encode, op->branches[n], value);
    if (fault != AVRO_FINE && fault < AVRO_MALFORMED) {
        encode->at = encode->buf->data + start;
    }
    return fault;
}

/* The best branch that takes it. */
static enum avro_fault
encode_choose(struct avro_encode *encode, const struct avro_op *op,
              const struct avro_choice *choice, const struct avro_value *value)
{
    enum avro_fault fault = AVRO_NO_BRANCH;
    for (uint32_t i = 0; i < choice->len; i++) {
        if (encode->budget == 0) {
            return AVRO_TOO_MUCH;
        }
        encode->budget--;
        fault = encode_branch(encode, op, choice->branches[i], value);
        if (fault == AVRO_FINE || fault >= AVRO_MALFORMED) {
            return fault;
        }
    }
    if (choice->len != 1) {
        encode->op = op;
        encode->path_len = 0;
        encode->where = value->data;
        encode->type = value->type;
        return AVRO_NO_BRANCH;
    }
    return fault;
}

static enum avro_fault
encode_union(struct avro_encode *encode, const struct avro_op *op,
             const struct avro_value *value)
{
    if (MST_UNLIKELY(value->type >= AVRO_BSON_TYPES)) {
        return AVRO_NO_BRANCH;
    }
    const struct avro_choice *choice = &op->choices[value->type];
    if (value->type != MST_BSON_DOCUMENT || choice->len < 2 || encode->strict) {
        return encode_choose(encode, op, choice, value);
    }
    /* First a record that drops nothing, then any. */
    encode->strict = true;
    enum avro_fault fault = encode_choose(encode, op, choice, value);
    encode->strict = false;
    return fault == AVRO_FINE || fault >= AVRO_MALFORMED
               ? fault
               : encode_choose(encode, op, choice, value);
}

/* What is written as it stands in BSON, or nearly so. False: it is not. */
static inline bool
encode_common(struct avro_encode *encode, const struct avro_op *op,
              const struct avro_value *value)
{
    assert(encode->at != NULL);
    uint8_t type = value->type;
    bool is_long = op->code == AVRO_LONG;
    if ((is_long && type == MST_BSON_INT64)
        || (op->code == AVRO_MILLIS && type == MST_BSON_DATE)) {
        encode->at = avro_put_long(encode->at, (int64_t)mst_le64(value->data));
        return true;
    }
    if ((is_long || op->code == AVRO_INT) && type == MST_BSON_INT32) {
        encode->at = avro_put_long(encode->at, (int32_t)mst_le32(value->data));
        return true;
    }
    if (op->code == AVRO_DOUBLE && type == MST_BSON_DOUBLE) {
        memcpy(encode->at, value->data, 8);
        encode->at += 8;
        return true;
    }
    if (op->code == AVRO_BOOLEAN && type == MST_BSON_BOOL) {
        *encode->at++ = *value->data;
        return true;
    }
    return false;
}

/* What holds other values. */
static enum avro_fault
encode_nested(struct avro_encode *encode, const struct avro_op *op,
              const struct avro_value *value)
{
    bool array = op->code == AVRO_ARRAY;
    if (op->code == AVRO_UNION) {
        return encode_union(encode, op, value);
    }
    if (value->type != (array ? MST_BSON_ARRAY : MST_BSON_DOCUMENT)) {
        return AVRO_WRONG_TYPE;
    }
    return op->code == AVRO_RECORD ? avro_encode_record(encode, op, value)
                                   : encode_items(encode, op, value);
}

enum avro_fault
avro_encode_value(struct avro_encode *encode, const struct avro_op *op,
                  const struct avro_value *value)
{
    enum avro_fault fault = avro_encode_reserve(encode, AVRO_ENCODE_ROOM);
    if (MST_LIKELY(fault == AVRO_FINE && encode_common(encode, op, value))) {
        return AVRO_FINE;
    }
    if (fault == AVRO_FINE) {
        bool nested = op->code >= AVRO_RECORD && op->code <= AVRO_UNION
                      && op->code != AVRO_ENUM;
        if (!nested) {
            fault = avro_encode_scalar(encode, op, value);
        } else if (encode->depth == MST_BSON_DEPTH_MAX) {
            fault = AVRO_TOO_DEEP;
        } else {
            encode->depth++;
            encode->op = NULL;
            fault = encode_nested(encode, op, value);
            encode->depth--;
            if (fault != AVRO_FINE && encode->op != NULL) {
                return fault;
            }
        }
    }
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        encode->op = op;
        encode->where = value->data;
        encode->type = value->type;
        encode->path_len = 0;
    }
    return fault;
}

static enum mst_status
encode_fail(const struct avro_encode *encode, enum avro_fault fault,
            struct mst_error *err)
{
    struct mst_field_path path = {.len = 0};
    char name[MST_FIELD_PATH_MAX + 16];
    struct mst_buf type;
    if (fault == AVRO_NO_MEMORY) {
        return mst_fail_memory(err, "avro");
    }
    for (unsigned i = encode->path_len; i > 0; i--) {
        mst_field_path_add(&path, encode->path[i - 1]);
    }
    mst_buf_init(&type, 1024);
    const char *what =
        encode->op == NULL
                || mst_avro_type_describe(encode->op->type, &type) != MST_OK
            ? NULL
            : mst_buf_text(&type);
    ptrdiff_t at = encode->where == NULL ? 0 : encode->where - encode->start;
    enum mst_status status = mst_fail_at(
        err, MST_REJECTED, "avro", at, "%s: %s to %s: %s",
        mst_field_path_name(&path, name),
        encode->type == 0 ? "the value" : mst_bson_type_name(encode->type),
        what == NULL ? "Avro" : what, avro_fault_text(fault));
    mst_buf_clear(&type);
    return status;
}

static enum mst_status
encode_run(struct avro_encode *encode, struct mst_slice bson, size_t before,
           struct mst_error *err)
{
    struct mst_buf *out = encode->buf;
    struct mst_bson_iter outer;
    enum mst_status status = mst_bson_iter_init(&outer, bson, err);
    if (status != MST_OK) {
        return status;
    }
    /* Avro is rarely longer than its BSON; more comes as it is needed. */
    size_t room = AVRO_ENCODE_ROOM;
    if (bson.len < out->max - out->len - room) {
        room += bson.len;
    }
    status = mst_buf_reserve(out, room);
    if (status != MST_OK) {
        out->len = before;
        return encode_fail(
            encode, status == MST_FATAL ? AVRO_NO_MEMORY : AVRO_TOO_LARGE, err);
    }
    const struct avro_value value = {bson.data, bson.len, MST_BSON_DOCUMENT};
    encode->start = bson.data;
    encode->end = bson.data + bson.len;
    encode->at = out->data + out->len;
    encode->limit = out->data + out->cap;
    encode->budget = ENCODE_TRIES + bson.len * ENCODE_TRIES_PER_BYTE;
    enum avro_fault fault =
        avro_encode_value(encode, encode->encoder->root, &value);
    out->len = (size_t)(encode->at - out->data);
    if (MST_LIKELY(fault == AVRO_FINE)) {
        return MST_OK;
    }
    out->len = before;
    return encode_fail(encode, fault, err);
}

static void
encode_init(struct avro_encode *encode, const struct mst_avro_encoder *encoder,
            struct mst_buf *out)
{
    encode->encoder = encoder;
    encode->buf = out;
    encode->depth = 0;
    encode->from_json = false;
    encode->strict = false;
    encode->op = NULL;
    encode->where = NULL;
    encode->type = 0;
    encode->path_len = 0;
}

enum mst_status
mst_avro_from_bson(const struct mst_avro_encoder *encoder,
                   struct mst_slice bson, struct mst_buf *out,
                   struct mst_error *err)
{
    struct avro_encode encode;
    encode_init(&encode, encoder, out);
    return encode_run(&encode, bson, out->len, err);
}

enum mst_status
mst_avro_from_json(struct mst_avro_encoder *encoder,
                   const struct mst_encoding_options *options,
                   struct mst_slice json, struct mst_buf *out,
                   struct mst_error *err)
{
    struct avro_encode encode;
    struct mst_json_read_options read = {.max_depth = 0};
    struct mst_buf *bson = avro_scratch_take(&encoder->scratch, INT32_MAX);
    if (bson == NULL) {
        return mst_fail_memory(err, "avro");
    }
    if (options != NULL) {
        read.no_extended = options->no_extended;
        read.big_numbers = options->big_numbers;
    }
    enum mst_status status = mst_json_to_bson(json, &read, bson, err);
    if (status == MST_OK) {
        encode_init(&encode, encoder, out);
        encode.from_json = true;
        status = encode_run(&encode, mst_buf_slice(bson), out->len, err);
    }
    avro_scratch_give(&encoder->scratch, bson);
    return status;
}
