/* SPDX-License-Identifier: MIT */
/*
 * BSON to BSON by a schema: the fields that the schema has, in its order,
 * with the types that they had. The document is encoded first, which checks
 * it; then both are walked side by side: Avro tells the branches of unions.
 */
#include "encodings/avro/decode.h"
#include "encodings/bson_reader.h"

static enum avro_fault project_value(struct avro_decode *decode,
                                     const struct avro_read *read,
                                     const struct mst_bson_value *value,
                                     struct avro_label label);

/* The value as it is; its datum is passed over. */
static enum avro_fault
project_copy(struct avro_decode *decode, const struct avro_read *read,
             const struct mst_bson_value *value, struct avro_label label)
{
    enum avro_fault fault = avro_decode_skip(decode, read);
    if (fault == AVRO_FINE) {
        fault = avro_decode_head(decode, value->type, label);
    }
    if (fault == AVRO_FINE) {
        fault = avro_decode_reserve(decode, value->raw.len);
    }
    if (fault == AVRO_FINE && value->raw.len > 0) {
        memcpy(decode->at, value->raw.data, value->raw.len);
        decode->at += value->raw.len;
    }
    return fault;
}

/* A field that does not come in order; value's type is 0 where there is none.
 * What this costs is counted: documents may be wide and schemas too. */
static enum avro_fault
project_find(struct avro_decode *decode, struct mst_slice doc,
             struct mst_slice name, struct mst_bson_value *ret_value)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        return AVRO_MALFORMED;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        if (mst_slice_equal(iter.key, name)) {
            *ret_value = mst_bson_iter_value(&iter);
            return AVRO_FINE;
        }
        if (decode->budget == 0) {
            return AVRO_TOO_MUCH;
        }
        decode->budget--;
    }
    return AVRO_FINE;
}

static enum avro_fault
project_record(struct avro_decode *decode, const struct avro_read *read,
               struct mst_slice doc)
{
    struct mst_bson_iter iter;
    bool more = mst_bson_iter_init(&iter, doc, NULL) == MST_OK
                && mst_bson_iter_next(&iter) == MST_OK;
    for (uint32_t i = 0; i < read->size; i++) {
        const struct avro_step *step = &read->steps[i];
        struct mst_slice name =
            mst_slice_of(step->label.data, step->label.len - 1);
        struct mst_bson_value value = {0, MST_SLICE_NONE};
        /* Mostly the fields come in this order. */
        enum avro_fault fault = AVRO_FINE;
        if (more && mst_slice_equal(iter.key, name)) {
            value = mst_bson_iter_value(&iter);
            more = mst_bson_iter_next(&iter) == MST_OK;
        } else {
            fault = project_find(decode, doc, name, &value);
        }
        if (fault != AVRO_FINE) {
            decode->read = read;
            decode->path_len = 0;
            return fault;
        }
        fault = value.type != 0
                    ? project_value(decode, step->read, &value, step->label)
                    : avro_decode_value(decode, step->read, step->label);
        if (fault != AVRO_FINE) {
            return fault;
        }
    }
    return AVRO_FINE;
}

/* An array, or a map with its names. */
static enum avro_fault
project_items(struct avro_decode *decode, const struct avro_read *read,
              struct mst_slice doc)
{
    struct mst_bson_iter iter;
    struct mst_slice key = MST_SLICE_NONE;
    int64_t count = 0;
    int64_t size = 0;
    enum avro_fault fault = avro_decode_block(decode, &count, &size);
    if (fault != AVRO_FINE || mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        return fault == AVRO_FINE ? AVRO_MALFORMED : fault;
    }
    for (int64_t i = 0; i < count && fault == AVRO_FINE; i++) {
        if (mst_bson_iter_next(&iter) != MST_OK) {
            return AVRO_MALFORMED;
        }
        const struct mst_bson_value value = mst_bson_iter_value(&iter);
        uint8_t name[AVRO_LABEL_PAD * 4] = {0};
        struct avro_label label = {iter.key.data, (uint32_t)iter.key.len + 1};
        if (label.len <= sizeof(name)) {
            memcpy(name, iter.key.data, iter.key.len);
            label.data = name;
        }
        if (read->wire == AVRO_WIRE_MAP) {
            fault = avro_decode_bytes(decode, &key);
        }
        if (fault == AVRO_FINE) {
            fault = project_value(decode, read->items, &value, label);
        }
    }
    /* The empty block behind the only one. */
    return fault == AVRO_FINE && count > 0
               ? avro_decode_block(decode, &count, &size)
               : fault;
}

static enum avro_fault
project_nested(struct avro_decode *decode, const struct avro_read *read,
               const struct mst_bson_value *value, struct avro_label label)
{
    enum avro_fault fault = avro_decode_head(decode, value->type, label);
    if (fault != AVRO_FINE) {
        return fault;
    }
    size_t start = (size_t)(decode->at - decode->buf->data);
    decode->at += 4;
    fault = read->wire == AVRO_WIRE_RECORD
                ? project_record(decode, read, value->raw)
                : project_items(decode, read, value->raw);
    if (fault == AVRO_FINE) {
        fault = avro_decode_reserve(decode, 1);
    }
    if (fault == AVRO_FINE) {
        *decode->at++ = 0;
        uint8_t *length = decode->buf->data + start;
        mst_put_le32(length, (uint32_t)(decode->at - length));
    }
    return fault;
}

/* The encoder has bounded how deep this gets. */
static enum avro_fault
project_value(struct avro_decode *decode, const struct avro_read *read,
              const struct mst_bson_value *value, struct avro_label label)
{
    int64_t index = 0;
    if (read->wire == AVRO_WIRE_RECORD || read->wire == AVRO_WIRE_ARRAY
        || read->wire == AVRO_WIRE_MAP) {
        return project_nested(decode, read, value, label);
    }
    if (read->wire != AVRO_WIRE_UNION) {
        return project_copy(decode, read, value, label);
    }
    const uint8_t *at = avro_get_long(decode->in, decode->end, &index);
    if (at == NULL || index < 0 || index >= (int64_t)read->size) {
        return AVRO_BAD_INDEX;
    }
    decode->in = at;
    return project_value(decode, read->branches[index], value, label);
}

enum mst_status
mst_avro_project(struct mst_avro_encoder *encoder,
                 struct mst_avro_decoder *decoder, struct mst_slice bson,
                 struct mst_buf *out, struct mst_error *err)
{
    static const uint8_t no_name[AVRO_LABEL_PAD] = {0};
    struct avro_decode decode;
    const struct mst_bson_value value = {MST_BSON_DOCUMENT, bson};
    size_t before = out->len;
    struct mst_buf *avro = avro_scratch_take(&encoder->scratch, INT32_MAX);
    if (avro == NULL) {
        return mst_fail_memory(err, "avro");
    }
    enum mst_status status = mst_avro_from_bson(encoder, bson, avro, err);
    if (status == MST_OK) {
        avro_decode_init(&decode, decoder, mst_buf_slice(avro), out);
        enum avro_fault fault = project_value(&decode, decoder->root, &value,
                                              (struct avro_label){no_name, 1});
        if (fault == AVRO_FINE) {
            /* Without type and name. */
            out->len = (size_t)(decode.at - out->data) - 2;
            memmove(out->data + before, out->data + before + 2,
                    out->len - before);
        } else {
            out->len = before;
            status = avro_decode_fail(&decode, fault, err);
        }
    }
    avro_scratch_give(&encoder->scratch, avro);
    return status;
}
