/* SPDX-License-Identifier: MIT */
/* Bodies of several payloads. */
#include "encodings/batch_body.h"

#include "encodings/batch_frame.h"

const char *const mst_batch_formats[] = {"framed", "json_array", "ndjson",
                                         NULL};

const char *
mst_batch_content_type(enum mst_batch_format format)
{
    static const char *const types[] = {
        [MST_BATCH_FRAMED] = "application/x-mstream-framed",
        [MST_BATCH_JSON_ARRAY] = "application/json",
        [MST_BATCH_NDJSON] = "application/x-ndjson"};
    return types[format];
}

static enum mst_status
body_frame(enum mst_encoding encoding,
           const struct mst_batch_payloads *payloads, struct mst_buf *out)
{
    struct mst_batch_writer writer;
    enum mst_status status = mst_batch_writer_begin(&writer, out, encoding);
    for (size_t i = 0; status == MST_OK && i < payloads->len; i++) {
        struct mst_slice payload = payloads->get(payloads->arg, i);
        status = mst_batch_writer_item(&writer);
        if (status == MST_OK) {
            status = mst_buf_append(out, payload.data, payload.len);
        }
        if (status == MST_OK) {
            mst_batch_writer_keep(&writer);
        }
    }
    if (status == MST_OK) {
        mst_batch_writer_end(&writer);
    }
    return status;
}

/* On one line: line breaks of JSON are white space. */
static enum mst_status
body_append_line(struct mst_buf *out, struct mst_slice payload)
{
    size_t start = out->len;
    enum mst_status status = mst_buf_append(out, payload.data, payload.len);
    for (size_t i = start; status == MST_OK && i < out->len; i++) {
        if (out->data[i] == '\n' || out->data[i] == '\r') {
            out->data[i] = ' ';
        }
    }
    return status == MST_OK ? mst_buf_append_char(out, '\n') : status;
}

static enum mst_status
body_json(bool lines, const struct mst_batch_payloads *payloads,
          struct mst_buf *out)
{
    enum mst_status status = lines ? MST_OK : mst_buf_append_char(out, '[');
    for (size_t i = 0; status == MST_OK && i < payloads->len; i++) {
        struct mst_slice payload = payloads->get(payloads->arg, i);
        if (payload.data == NULL) {
            payload = MST_SLICE_LIT("null");
        }
        status = !lines && i > 0 ? mst_buf_append_char(out, ',') : MST_OK;
        if (status == MST_OK) {
            status = lines ? body_append_line(out, payload)
                           : mst_buf_append(out, payload.data, payload.len);
        }
    }
    return status == MST_OK && !lines ? mst_buf_append_char(out, ']') : status;
}

enum mst_status
mst_batch_body(enum mst_batch_format format, enum mst_encoding encoding,
               const struct mst_batch_payloads *payloads, struct mst_buf *out)
{
    return format == MST_BATCH_FRAMED
               ? body_frame(encoding, payloads, out)
               : body_json(format == MST_BATCH_NDJSON, payloads, out);
}
