/* SPDX-License-Identifier: MIT */
/* Bodies of requests: a payload as it is, or several in one, compressed. */
#include <string.h>
#include <zlib.h>

#include "encodings/batch_frame.h"
#include "sinks/http/http_sink_impl.h"

enum { BODY_GZIP = 16 + MAX_WBITS, BODY_MEMORY = 8 };

static enum mst_status
body_no_room(enum mst_status status, const struct http_lane *lane,
             struct mst_error *err)
{
    return status == MST_FATAL
               ? mst_fail_memory(err, "http")
               : mst_fail(err, status, "http", 0,
                          "the body would be larger than %zu bytes",
                          lane->body.max);
}

static enum mst_status
body_frame(struct http_lane *lane, enum mst_encoding encoding)
{
    struct mst_batch_writer writer;
    enum mst_status status =
        mst_batch_writer_begin(&writer, &lane->body, encoding);
    for (size_t i = 0; status == MST_OK && i < lane->flight_len; i++) {
        struct mst_slice payload = lane->flight[i]->payload;
        status = mst_batch_writer_item(&writer);
        if (status == MST_OK) {
            status = mst_buf_append(&lane->body, payload.data, payload.len);
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
    return status;
}

static enum mst_status
body_json(struct http_lane *lane, bool lines)
{
    struct mst_buf *out = &lane->body;
    enum mst_status status = lines ? MST_OK : mst_buf_append_char(out, '[');
    for (size_t i = 0; status == MST_OK && i < lane->flight_len; i++) {
        struct mst_slice payload = lane->flight[i]->payload;
        if (payload.data == NULL) {
            payload = MST_SLICE_LIT("null");
        }
        status = !lines && i > 0 ? mst_buf_append_char(out, ',') : MST_OK;
        if (status == MST_OK) {
            status = lines ? body_append_line(out, payload)
                           : mst_buf_append(out, payload.data, payload.len);
        }
        if (status == MST_OK && lines) {
            status = mst_buf_append_char(out, '\n');
        }
    }
    return status == MST_OK && !lines ? mst_buf_append_char(out, ']') : status;
}

/* zlib does not write to what it is lent. */
static Bytef *
body_lend(const uint8_t *bytes)
{
    union {
        const uint8_t *in;
        Bytef *out;
    } lent = {.in = bytes};
    return lent.out;
}

static enum mst_status
body_pack(struct http_lane *lane, struct mst_slice body)
{
    z_stream z;
    memset(&z, 0, sizeof(z));
    if (body.len > UINT32_MAX / 2
        || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, BODY_GZIP,
                        BODY_MEMORY, Z_DEFAULT_STRATEGY)
               != Z_OK) {
        return MST_FATAL;
    }
    uLong most = deflateBound(&z, (uLong)body.len);
    mst_buf_reset(&lane->packed);
    enum mst_status status = mst_buf_reserve(&lane->packed, most);
    if (status == MST_OK) {
        z.next_in = body_lend(body.data);
        z.avail_in = (uInt)body.len;
        z.next_out = lane->packed.data;
        z.avail_out = (uInt)most;
        status = deflate(&z, Z_FINISH) == Z_STREAM_END ? MST_OK : MST_FATAL;
        lane->packed.len = (size_t)z.total_out;
    }
    (void)deflateEnd(&z);
    return status;
}

enum mst_status
http_body_make(const struct http_sink *sink, struct http_lane *lane,
               struct mst_slice *ret_body, struct mst_error *err)
{
    struct mst_slice body = lane->flight[0]->payload;
    enum mst_status status = MST_OK;
    mst_buf_reset(&lane->body);
    if (sink->batch_events > 1) {
        status = sink->options->batch_format == HTTP_SINK_FRAMED
                     ? body_frame(lane, lane->flight[0]->encoding)
                     : body_json(lane, sink->options->batch_format
                                           == HTTP_SINK_NDJSON);
        body = mst_buf_slice(&lane->body);
    }
    if (status == MST_OK && body.len > 0
        && sink->options->compression == HTTP_SINK_GZIP) {
        status = body_pack(lane, body);
        body = mst_buf_slice(&lane->packed);
    }
    if (status != MST_OK) {
        return body_no_room(status, lane, err);
    }
    *ret_body = body;
    return MST_OK;
}
