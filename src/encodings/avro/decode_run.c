/* SPDX-License-Identifier: MIT */
/* A whole datum, as BSON or as JSON. */
#include "encodings/avro/decode.h"
#include "encodings/avro/decode_json.h"

static const uint8_t no_name[AVRO_LABEL_PAD] = {0};

/* Appends one element without a name: its type, a NUL, its value. more: other
 * data may follow. */
static enum mst_status
run_element(struct avro_decode *decode, bool more, struct mst_error *err)
{
    struct mst_buf *out = decode->buf;
    enum avro_fault fault = avro_decode_value(decode, decode->decoder->root,
                                              (struct avro_label){no_name, 1});
    if (fault == AVRO_FINE && decode->in != decode->end && !more) {
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

static enum mst_status
run_bson(struct avro_decode *decode, bool more, struct mst_error *err)
{
    struct mst_buf *out = decode->buf;
    size_t before = out->len;
    enum mst_status status = run_element(decode, more, err);
    if (MST_LIKELY(status == MST_OK)) {
        if (MST_LIKELY(out->data[before] == MST_BSON_DOCUMENT)) {
            out->len -= 2;
            memmove(out->data + before, out->data + before + 2,
                    out->len - before);
            return MST_OK;
        }
        decode->path_len = 0;
        status = avro_decode_fail(decode, AVRO_NOT_DOCUMENT, err);
    }
    out->len = before;
    return status;
}

static enum mst_status
run_json(struct avro_decode *decode, bool more, enum mst_json_mode mode,
         struct avro_scratch *scratch, struct mst_error *err)
{
    struct mst_buf *out = decode->buf;
    size_t before = out->len;
    enum avro_fault fault = avro_decode_json(decode, mode, scratch);
    if (fault == AVRO_FINE && decode->in != decode->end && !more) {
        decode->path_len = 0;
        decode->read = decode->decoder->root;
        fault = AVRO_TRAILING;
    }
    if (MST_LIKELY(fault == AVRO_FINE)) {
        out->len = (size_t)(decode->at - out->data);
        return MST_OK;
    }
    out->len = before;
    return avro_decode_fail(decode, fault, err);
}

enum mst_status
mst_avro_to_bson(const struct mst_avro_decoder *decoder, struct mst_slice datum,
                 struct mst_buf *out, struct mst_error *err)
{
    struct avro_decode decode;
    avro_decode_init(&decode, decoder, datum, out);
    return run_bson(&decode, false, err);
}

/* Of the decoder only the slots of its scratch buffers change. */
enum mst_status
mst_avro_to_json(struct mst_avro_decoder *decoder, struct mst_slice datum,
                 enum mst_json_mode mode, struct mst_buf *out,
                 struct mst_error *err)
{
    struct avro_decode decode;
    avro_decode_init(&decode, decoder, datum, out);
    return run_json(&decode, false, mode, &decoder->scratch, err);
}

/* As the reader's schema has it; that may be the writer's. */
static enum mst_status
run_avro(struct avro_decode *decode, bool more, struct mst_error *err)
{
    struct mst_buf *out = decode->buf;
    size_t before = out->len;
    enum avro_fault fault = avro_decode_resolve(decode);
    if (fault == AVRO_FINE && decode->in != decode->end && !more) {
        decode->path_len = 0;
        decode->read = decode->decoder->root;
        fault = AVRO_TRAILING;
    }
    out->len = out->data == NULL ? 0 : (size_t)(decode->at - out->data);
    if (fault == AVRO_FINE) {
        return MST_OK;
    }
    out->len = before;
    return avro_decode_fail(decode, fault, err);
}

enum mst_status
mst_avro_resolve(const struct mst_avro_decoder *decoder, struct mst_slice datum,
                 struct mst_buf *out, struct mst_error *err)
{
    struct avro_decode decode;
    avro_decode_init(&decode, decoder, datum, out);
    return run_avro(&decode, false, err);
}

/* Where the next datum is when this one was refused. */
static void
run_pass(struct avro_decode *decode, struct mst_slice data)
{
    avro_decode_init(decode, decode->decoder, data, decode->buf);
    if (avro_decode_skip(decode, decode->decoder->root) != AVRO_FINE) {
        decode->in = decode->end;
    }
}

enum mst_status
mst_avro_next(struct mst_avro_decoder *decoder, struct mst_slice *data,
              enum mst_encoding to, enum mst_json_mode mode,
              struct mst_buf *out, struct mst_error *err)
{
    struct avro_decode decode;
    enum mst_status status = MST_OK;
    avro_decode_init(&decode, decoder, *data, out);
    if (to == MST_ENCODING_AVRO) {
        status = run_avro(&decode, true, err);
    } else if (to == MST_ENCODING_JSON) {
        status = run_json(&decode, true, mode, &decoder->scratch, err);
    } else {
        status = run_bson(&decode, true, err);
    }
    if (status != MST_OK) {
        run_pass(&decode, *data);
    }
    data->data = decode.in;
    data->len = (size_t)(decode.end - decode.in);
    return status;
}

/* Whether a value that could not be passed over could be with more bytes
 * behind it; in doubt it could. */
static bool
run_is_cut(const struct avro_decode *decode, enum avro_fault fault)
{
    int64_t number = 0;
    if (fault != AVRO_MALFORMED) {
        return fault == AVRO_BAD_COUNT || fault == AVRO_TOO_MUCH;
    }
    switch ((unsigned)decode->read->wire) {
    case AVRO_WIRE_BOOLEAN:
    case AVRO_WIRE_FLOAT:
    case AVRO_WIRE_DOUBLE:
        return true;
    case AVRO_WIRE_FIXED:
        return decode->read->size <= MST_AVRO_DATUM_MAX;
    default:
        break;
    }
    if (avro_get_long(decode->in, decode->end, &number) == NULL) {
        return decode->end - decode->in < AVRO_LONG_MAX;
    }
    return decode->read->wire != AVRO_WIRE_BYTES
           || (number >= 0 && number <= MST_AVRO_DATUM_MAX);
}

enum mst_status
mst_avro_measure(const struct mst_avro_decoder *decoder, struct mst_slice data)
{
    struct avro_decode decode;
    struct mst_buf none = {.max = 0};
    avro_decode_init(&decode, decoder, data, &none);
    enum avro_fault fault = avro_decode_skip(&decode, decoder->root);
    if (fault == AVRO_FINE) {
        return MST_OK;
    }
    return run_is_cut(&decode, fault) ? MST_AGAIN : MST_REJECTED;
}
