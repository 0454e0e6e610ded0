/* SPDX-License-Identifier: MIT */
/* From the head of a request to its answer, for one connection. */
#include "api/exchange.h"

#include <stdlib.h>

enum {
    EXCHANGE_BYTES_PER_MS = 64, /* slower ones are cut off */
    EXCHANGE_JOIN_MAX = 8 * 1024
};

void
mst_api_exchange_end(struct mst_api_conn *conn)
{
    if (conn->call != NULL) {
        mst_api_request_clear(&conn->call->request);
        mst_api_answer_clear(&conn->call->answer);
        free(conn->call);
        conn->call = NULL;
    }
}

/* The answer of the call into what is written next. */
void
mst_api_exchange_answer(struct mst_api_conn *conn)
{
    struct mst_api_call *call = conn->call;
    struct mst_buf *body = &call->answer.body.buf;
    mst_api_call_head(call, &conn->out);
    if (conn->out.len == 0) {
        conn->state = MST_API_CONN_OVER;
        return;
    }
    if (!call->framing.headless && body->len <= EXCHANGE_JOIN_MAX
        && mst_buf_append(&conn->out, body->data, body->len) == MST_OK) {
        mst_buf_reset(body);
    }
    if (!call->framing.headless) {
        conn->tail = *body;
        mst_buf_init(body, 0);
        conn->stream = call->answer.stream;
        call->answer.stream = NULL;
    }
    if (conn->stream != NULL) {
        conn->badge = call->request.badge;
        conn->checked_ms = conn->server->now_ms;
        conn->server->streams++;
        (void)atomic_fetch_add(&conn->server->api->streams, 1);
    }
    conn->sent = 0;
    conn->close = call->framing.close;
    mst_api_exchange_end(conn);
    mst_api_conn_touch(conn);
    int64_t size = (int64_t)(conn->out.len + conn->tail.len);
    mst_api_conn_set(conn, MST_API_CONN_SEND,
                     MST_API_CONN_SEND_MS + size / EXCHANGE_BYTES_PER_MS);
}

/* The call is answered, at once or a while later. */
void
mst_api_exchange_finish(struct mst_api_conn *conn)
{
    struct mst_api_answer *answer = &conn->call->answer;
    if (answer->stream != NULL) {
        conn->call->framing.close = true;
        if (conn->server->streams >= MST_API_STREAMS_MAX) {
            mst_api_refuse(answer, 503, "too_many", NULL,
                           "%d streams are open, which is all there may be",
                           MST_API_STREAMS_MAX);
            answer->retry_after_s = 5;
        }
    }
    if (answer->delay_ms > 0) {
        conn->held = true;
        (void)atomic_fetch_add(&conn->server->api->slowed, 1);
        mst_api_conn_set(conn, MST_API_CONN_HELD, answer->delay_ms);
        return;
    }
    mst_api_exchange_answer(conn);
}

/* A call without an operation: something is wrong with the request. */
void
mst_api_exchange_refused(struct mst_api_conn *conn)
{
    conn->call->framing.close = true;
    mst_api_count(&conn->server->api->counts, NULL, conn->call->answer.status,
                  0);
    mst_api_exchange_finish(conn);
}

/* The request is whole. */
void
mst_api_exchange_give(struct mst_api_conn *conn)
{
    struct mst_api_call *call = conn->call;
    call->request.body = mst_buf_slice(&conn->body);
    mst_api_conn_set(conn, MST_API_CONN_CALL, INT64_MAX);
    if (!mst_api_workers_give(conn->server->workers, call)) {
        mst_api_refuse(&call->answer, 503, "busy", NULL,
                       "too many requests wait for a store or a server");
        call->answer.retry_after_s = 1;
        mst_api_count(&conn->server->api->counts, NULL, 503, 0);
        mst_api_exchange_finish(conn);
    }
}

static bool
exchange_is_too_long(struct mst_api_conn *conn)
{
    struct mst_api_call *call = conn->call;
    uint64_t most = conn->server->api->config.max_body_bytes;
    if (call->framing.length <= most) {
        return false;
    }
    mst_api_refuse(&call->answer, 413, "too_large", NULL,
                   "the body is larger than %llu bytes",
                   (unsigned long long)most);
    mst_api_hint(&call->answer, "[api] max_body_bytes sets the limit");
    return true;
}

/* Its head is read: only who may ask sends a body. */
static void
exchange_body(struct mst_api_conn *conn)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct mst_api_call *call = conn->call;
    size_t length = (size_t)call->framing.length;
    size_t rest = conn->in.len - conn->used;
    size_t have = rest < length ? rest : length;
    mst_buf_init(&conn->body, length);
    if (mst_buf_append(&conn->body, conn->in.data + conn->used, have)
        != MST_OK) {
        conn->state = MST_API_CONN_OVER;
        return;
    }
    conn->used += have;
    /* So little always fits; who is not told so goes on after a while. */
    if (call->framing.expects && have == 0
        && mst_api_transport_write(&conn->transport, go_on, sizeof(go_on) - 1)
               == MST_API_IO_GONE) {
        conn->state = MST_API_CONN_OVER;
        return;
    }
    mst_api_conn_set(conn, MST_API_CONN_BODY,
                     MST_API_CONN_REQUEST_MS
                         + (int64_t)length / EXCHANGE_BYTES_PER_MS);
}

/* The request that begins `in`, whose head has len bytes. */
void
mst_api_exchange_request(struct mst_api_conn *conn, size_t len)
{
    struct mst_api *api = conn->server->api;
    struct mst_api_call *call = conn->call;
    conn->used = len;
    if (len == 0) {
        mst_api_refuse(&call->answer, 431, "too_large", NULL,
                       "the headers are larger than %d bytes",
                       MST_API_HEAD_MAX);
        mst_api_exchange_refused(conn);
        return;
    }
    if (!mst_api_head_read((char *)conn->in.data, len, &call->request,
                           &call->framing, &call->answer)) {
        mst_api_exchange_refused(conn);
        return;
    }
    call->request.certified = mst_api_transport_certified(&conn->transport);
    call->request.secure = conn->transport.ssl != NULL;
    if (!mst_api_admit(api, &call->request, &call->answer)) {
        /* What comes behind the head would be a request. */
        call->framing.close = call->framing.close || call->framing.length > 0;
        mst_api_exchange_finish(conn);
    } else if (exchange_is_too_long(conn)) {
        mst_api_exchange_refused(conn);
    } else if (call->framing.length > 0) {
        exchange_body(conn);
    } else {
        mst_api_exchange_give(conn);
    }
}

bool
mst_api_exchange_begin(struct mst_api_conn *conn)
{
    struct mst_api_call *call = calloc(1, sizeof(*call));
    if (call == NULL) {
        conn->state = MST_API_CONN_OVER;
        return false;
    }
    mst_api_answer_init(&call->answer);
    mst_address_text(&conn->peer, call->peer);
    call->conn = conn;
    call->framing.close = true;
    call->request.peer = call->peer;
    call->request.number =
        atomic_fetch_add(&conn->server->api->requests, 1) + 1;
    conn->call = call;
    return true;
}
