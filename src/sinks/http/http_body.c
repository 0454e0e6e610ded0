/* SPDX-License-Identifier: MIT */
/* Bodies of requests: a payload as it is, or several in one, compressed. */
#include <string.h>
#include <zlib.h>

#include "encodings/batch_body.h"
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

static struct mst_slice
body_payload(const void *arg, size_t i)
{
    const struct http_lane *lane = arg;
    return lane->flight[i]->payload;
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
        const struct mst_batch_payloads payloads = {body_payload, lane,
                                                    lane->flight_len};
        status =
            mst_batch_body((enum mst_batch_format)sink->options->batch_format,
                           lane->flight[0]->encoding, &payloads, &lane->body);
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
