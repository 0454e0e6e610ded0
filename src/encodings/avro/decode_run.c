/* SPDX-License-Identifier: MIT */
/* A whole datum, as BSON or as JSON. */
#include "encodings/avro/decode.h"
#include "encodings/bson_json.h"

static const uint8_t no_name[AVRO_LABEL_PAD] = {0};

/* Appends one element without a name: its type, a NUL, its value. */
static enum mst_status
run_element(struct avro_decode *decode, struct mst_error *err)
{
    struct mst_buf *out = decode->buf;
    enum avro_fault fault = avro_decode_value(decode, decode->decoder->root,
                                              (struct avro_label){no_name, 1});
    if (fault == AVRO_FINE && decode->in != decode->end) {
        decode->path_len = 0;
        decode->read = decode->decoder->root;
        fault = AVRO_TRAILING;
    }
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        return avro_decode_fail(decode, fault, err);
    }
    out->len = (size_t)(decode->at - out->data);
    return MST_OK;
}

enum mst_status
mst_avro_to_bson(const struct mst_avro_decoder *decoder, struct mst_slice datum,
                 struct mst_buf *out, struct mst_error *err)
{
    struct avro_decode decode;
    size_t before = out->len;
    avro_decode_init(&decode, decoder, datum, out);
    enum mst_status status = run_element(&decode, err);
    if (MST_LIKELY(status == MST_OK)) {
        if (MST_LIKELY(out->data[before] == MST_BSON_DOCUMENT)) {
            out->len -= 2;
            memmove(out->data + before, out->data + before + 2,
                    out->len - before);
            return MST_OK;
        }
        status = avro_decode_fail(&decode, AVRO_NOT_DOCUMENT, err);
    }
    out->len = before;
    return status;
}

enum mst_status
mst_avro_to_json(struct mst_avro_decoder *decoder, struct mst_slice datum,
                 enum mst_json_mode mode, struct mst_buf *out,
                 struct mst_error *err)
{
    struct avro_decode decode;
    struct mst_buf *bson = avro_scratch_take(&decoder->scratch, INT32_MAX);
    if (bson == NULL) {
        return mst_fail_memory(err, "avro");
    }
    avro_decode_init(&decode, decoder, datum, bson);
    enum mst_status status = run_element(&decode, err);
    if (status == MST_OK) {
        const struct mst_bson_value value = {
            bson->data[0], mst_slice_of(bson->data + 2, bson->len - 2)};
        status = mst_bson_value_to_json(&value, mode, out, err);
    }
    avro_scratch_give(&decoder->scratch, bson);
    return status;
}
