/* SPDX-License-Identifier: MIT */
/* Which events go together, and the request that carries them. */
#include <stdlib.h>
#include <string.h>

#include "encodings/batch_body.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "sinks/http/http_sink_impl.h"

/* The event's key as text: of a document its _id. *ret_key.data == NULL: it
 * has none. */
static enum mst_status
request_key(struct http_lane *lane, const struct mst_event *event,
            struct mst_slice *ret_key, struct mst_error *err)
{
    struct mst_bson_value id;
    *ret_key = MST_SLICE_NONE;
    if (event->key_kind != MST_KEY_BSON) {
        *ret_key =
            event->key_kind == MST_KEY_NONE ? MST_SLICE_NONE : event->key;
        return MST_OK;
    }
    if (!mst_bson_find(event->key, "_id", &id)) {
        return MST_OK;
    }
    mst_buf_reset(&lane->key);
    enum mst_status status = mst_bson_value_to_text(&id, &lane->key, err);
    if (status == MST_OK) {
        *ret_key = mst_buf_slice(&lane->key);
    }
    return status;
}

/* Whether b may be in the request that a is in. */
static bool
request_agrees(const struct http_sink *sink, const struct mst_delivery *a,
               const struct mst_delivery *b)
{
    const struct mst_event *left = a->event;
    const struct mst_event *right = b->event;
    if (!sink->target.is_fixed || a->encoding != b->encoding) {
        return false;
    }
    return mst_http_fields_agree(&sink->fields, left, right);
}

static bool
request_add(struct http_lane *lane, struct mst_delivery *delivery)
{
    if (lane->flight_len == lane->flight_cap) {
        size_t cap = lane->flight_cap == 0 ? 16 : lane->flight_cap * 2;
        struct mst_delivery **flight =
            realloc(lane->flight, cap * sizeof(struct mst_delivery *));
        if (flight == NULL) {
            return false;
        }
        lane->flight = flight;
        lane->flight_cap = cap;
    }
    lane->flight[lane->flight_len++] = delivery;
    return true;
}

enum mst_status
http_request_collect(struct http_sink *sink, struct http_lane *lane,
                     struct mst_error *err)
{
    size_t most = sink->batch_events;
    uint64_t bytes = 0;
    if (lane->suspects > 0 && lane->half < most) {
        most = lane->half;
    }
    while (lane->first != NULL && lane->flight_len < most) {
        struct mst_delivery *next = lane->first;
        bytes += next->payload.len + 1;
        if (lane->flight_len > 0
            && (bytes > sink->options->batch_bytes
                || !request_agrees(sink, lane->flight[0], next))) {
            break;
        }
        if (!request_add(lane, next)) {
            return mst_fail_memory(err, "http");
        }
        (void)http_lane_pop(lane);
    }
    return MST_OK;
}

static const char *
request_type(const struct http_sink *sink, enum mst_encoding encoding)
{
    if (sink->options->content_type != NULL) {
        return sink->options->content_type;
    }
    return sink->batch_events > 1 ? mst_batch_content_type(
               (enum mst_batch_format)sink->options->batch_format)
                                  : mst_http_content_type(encoding);
}

static enum mst_status
request_line(struct http_lane *lane, const char *name, const char *value)
{
    return mst_http_add_header(&lane->headers, mst_slice_str(name),
                               mst_slice_str(value));
}

static enum mst_status
request_headers(struct http_sink *sink, struct http_lane *lane,
                struct mst_slice key, struct mst_slice body,
                struct mst_error *err)
{
    char once[MST_HTTP_KEY_HEX + 1];
    const char *login = mst_http_auth_line(sink->auth);
    mst_buf_reset(&lane->headers);
    enum mst_status status = mst_buf_append(
        &lane->headers, sink->fixed_headers.data, sink->fixed_headers.len);
    if (status == MST_OK && login != NULL) {
        status = mst_buf_append(&lane->headers, login, strlen(login) + 1);
    }
    /* An empty name takes libcurl's own away. */
    if (status == MST_OK && body.data == NULL) {
        status = mst_buf_append(&lane->headers, "Content-Type:", 14);
    } else if (status == MST_OK) {
        status = request_line(lane, "Content-Type",
                              request_type(sink, lane->flight[0]->encoding));
    }
    if (status == MST_OK && body.len > 0
        && sink->options->compression == HTTP_SINK_GZIP) {
        status = request_line(lane, "Content-Encoding", "gzip");
    }
    if (status == MST_OK && sink->options->idempotency_header != NULL) {
        mst_http_idempotency_key(sink->args.job, lane->flight, lane->flight_len,
                                 once);
        status = request_line(lane, sink->options->idempotency_header, once);
    }
    return status == MST_OK
               ? mst_http_fields_append(&sink->fields, lane->flight,
                                        lane->flight_len, key, &lane->headers,
                                        err)
               : mst_fail(err, status, "http", 0, "the headers are too long");
}

enum mst_status
http_request_make(struct http_sink *sink, struct http_lane *lane,
                  struct mst_http_send *ret_send, struct mst_error *err)
{
    const struct mst_event *event = lane->flight[0]->event;
    struct mst_slice key = MST_SLICE_NONE;
    struct mst_slice body = MST_SLICE_NONE;
    enum mst_status status = MST_OK;
    if (mst_http_wants_key(&sink->target, &sink->options->attributes)) {
        status = request_key(lane, event, &key, err);
    }
    if (status == MST_OK) {
        status =
            mst_http_target_make(&sink->target, event, key, &lane->url, err);
    }
    if (status == MST_OK) {
        status = http_body_make(sink, lane, &body, err);
    }
    if (status == MST_OK) {
        status = request_headers(sink, lane, key, body, err);
    }
    if (status != MST_OK) {
        return status;
    }
    lane->method = http_sink_method(sink->options, event->op);
    *ret_send = (struct mst_http_send){.method = lane->method,
                                       .url = (const char *)lane->url.data,
                                       .headers = mst_buf_slice(&lane->headers),
                                       .body = body};
    return MST_OK;
}
