/* SPDX-License-Identifier: MIT */
/* JSON lines, concatenated BSON, CSV. */
#include "sinks/file/file_record.h"

#include "encodings/json_check.h"
#include "encodings/little_endian.h"
#include "sinks/file/file_csv.h"

/* A line break can only stand between the tokens of valid JSON. */
static void
record_one_line(uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n' || data[i] == '\r') {
            data[i] = ' ';
        }
    }
}

/* What comes as JSON without a conversion was not looked into by anybody, and
 * a file of JSON lines is to be one. */
static enum mst_status
record_json(const struct mst_delivery *delivery, struct mst_buf *out,
            struct mst_error *err)
{
    struct mst_slice payload = delivery->payload;
    enum mst_status status = MST_OK;
    if (payload.data == NULL) {
        payload = MST_SLICE_LIT("null");
    } else {
        status = mst_json_check(payload, err);
    }
    if (status != MST_OK) {
        mst_error_prefix(err, "the payload is not JSON: ");
        return status;
    }
    status = mst_buf_reserve(out, payload.len + 1);
    if (status != MST_OK) {
        return status;
    }
    uint8_t *to = out->data + out->len;
    if (payload.len > 0) {
        memcpy(to, payload.data, payload.len);
    }
    if (payload.len > 0
        && (memchr(to, '\n', payload.len) != NULL
            || memchr(to, '\r', payload.len) != NULL)) {
        record_one_line(to, payload.len);
    }
    to[payload.len] = '\n';
    out->len += payload.len + 1;
    return MST_OK;
}

static enum mst_status
record_bson(const struct mst_delivery *delivery, struct mst_buf *out,
            struct mst_error *err)
{
    struct mst_slice payload = delivery->payload;
    if (payload.data == NULL) {
        return mst_fail(err, MST_REJECTED, "file", 0,
                        "an event without payload can not stand in a file of "
                        "BSON documents");
    }
    if (payload.len < 5 || mst_le32(payload.data) != payload.len) {
        return mst_fail(err, MST_REJECTED, "file", 0,
                        "the payload is not one BSON document: %zu bytes",
                        payload.len);
    }
    return mst_buf_append(out, payload.data, payload.len);
}

static enum mst_status
record_csv(const struct mst_strings *columns,
           const struct mst_delivery *delivery, struct mst_buf *out,
           struct mst_error *err)
{
    if (delivery->payload.data == NULL) {
        return mst_fail(err, MST_REJECTED, "file", 0,
                        "an event without payload can not stand in a CSV "
                        "file");
    }
    return mst_file_csv_record(columns, delivery->payload, out, err);
}

enum mst_status
mst_file_record_header(enum mst_file_sink_format format,
                       const struct mst_strings *columns, struct mst_buf *out)
{
    return format == MST_FILE_SINK_CSV ? mst_file_csv_header(columns, out)
                                       : MST_OK;
}

enum mst_status
mst_file_record_append(enum mst_file_sink_format format,
                       const struct mst_strings *columns,
                       const struct mst_delivery *delivery, struct mst_buf *out,
                       struct mst_error *err)
{
    size_t before = out->len;
    enum mst_status status = MST_REJECTED;
    mst_error_clear(err);
    switch (format) {
    case MST_FILE_SINK_AUTO:
    case MST_FILE_SINK_JSON:
        status = record_json(delivery, out, err);
        break;
    case MST_FILE_SINK_BSON:
        status = record_bson(delivery, out, err);
        break;
    case MST_FILE_SINK_CSV:
        status = record_csv(columns, delivery, out, err);
        break;
    case MST_FILE_SINK_AVRO:
        break;
    }
    if (status != MST_OK) {
        out->len = before;
        if (err->text[0] == '\0') {
            return mst_fail_memory(err, "file");
        }
    }
    return status;
}
