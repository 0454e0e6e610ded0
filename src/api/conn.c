/* SPDX-License-Identifier: MIT */
/* What a connection does in each of its states. */
#include "api/conn.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "api/exchange.h"
#include "api/tls.h"

enum {
    CONN_IDLE_MS = 10 * 1000, /* between two of them */
    CONN_LINGER_MS = 1000,
    CONN_CHECK_MS = 1000,
    CONN_STUCK_MS = 2 * 1000, /* who reads nothing for so long makes room */
    CONN_STEPS_MAX = 64,      /* then it is the others' turn */
    CONN_READ = 64 * 1024,
    CONN_OUT_MAX = 256 * 1024
};

/* Moves it to the end of the list: it has just done something. */
void
mst_api_conn_touch(struct mst_api_conn *conn)
{
    struct mst_api_server *server = conn->server;
    if (conn->next == NULL) {
        return;
    }
    conn->next->previous = conn->previous;
    if (conn->previous != NULL) {
        conn->previous->next = conn->next;
    } else {
        server->first = conn->next;
    }
    conn->previous = server->last;
    conn->next = NULL;
    server->last->next = conn;
    server->last = conn;
}

void
mst_api_conn_set(struct mst_api_conn *conn, enum mst_api_conn_state state,
                 int64_t timeout_ms)
{
    conn->state = state;
    conn->deadline_ms =
        timeout_ms == INT64_MAX ? INT64_MAX : conn->server->now_ms + timeout_ms;
}

struct mst_api_conn *
mst_api_conn_open(struct mst_api_server *server, int fd,
                  const struct mst_address *peer)
{
    struct mst_api_conn *conn = calloc(1, sizeof(*conn));
    struct mst_api_tls *tls = server->api->tls;
    if (conn == NULL
        || !mst_api_transport_open(&conn->transport, fd,
                                   tls != NULL ? mst_api_tls_context(tls)
                                               : NULL)) {
        (void)close(fd);
        free(conn);
        return NULL;
    }
    conn->server = server;
    conn->peer = *peer;
    mst_buf_init(&conn->in, MST_API_HEAD_MAX);
    mst_buf_init(&conn->out, CONN_OUT_MAX);
    conn->previous = server->last;
    if (server->last != NULL) {
        server->last->next = conn;
    } else {
        server->first = conn;
    }
    server->last = conn;
    server->len++;
    mst_api_conn_set(conn, MST_API_CONN_GREETS, MST_API_CONN_REQUEST_MS);
    return conn;
}

static void
conn_end_stream(struct mst_api_conn *conn)
{
    if (conn->stream != NULL) {
        conn->stream->close(conn->stream);
        conn->stream = NULL;
        conn->server->streams--;
        (void)atomic_fetch_sub(&conn->server->api->streams, 1);
    }
}

static void
conn_end_hold(struct mst_api_conn *conn)
{
    if (conn->held) {
        conn->held = false;
        (void)atomic_fetch_sub(&conn->server->api->slowed, 1);
    }
}

void
mst_api_conn_destroy(struct mst_api_conn *conn)
{
    struct mst_api_server *server = conn->server;
    conn_end_hold(conn);
    server->fed = server->fed == conn ? conn->next : server->fed;
    mst_api_conn_touch(conn); /* to the end, from where it is easily taken */
    server->last = conn->previous;
    if (server->last != NULL) {
        server->last->next = NULL;
    } else {
        server->first = NULL;
    }
    server->len--;
    conn_end_stream(conn);
    mst_api_exchange_end(conn);
    mst_api_transport_close(&conn->transport);
    mst_buf_clear(&conn->in);
    mst_buf_clear(&conn->body);
    mst_buf_clear(&conn->out);
    mst_buf_clear(&conn->tail);
    free(conn);
}

/* One read of at most len bytes into buf; false: nothing came, or never will.
 */
static bool
conn_read(struct mst_api_conn *conn, struct mst_buf *buf, size_t len)
{
    if (mst_buf_reserve(buf, len) != MST_OK) {
        conn->state = MST_API_CONN_OVER;
        return false;
    }
    ssize_t n =
        mst_api_transport_read(&conn->transport, buf->data + buf->len, len);
    if (n > 0) {
        buf->len += (size_t)n;
        return true;
    }
    if (n == MST_API_IO_GONE) {
        conn->state = MST_API_CONN_OVER;
    }
    return false;
}

/* In all of these, true: there is more to do at once. */
static bool
conn_do_head(struct mst_api_conn *conn)
{
    struct mst_buf *in = &conn->in;
    size_t len = mst_api_head_end((const char *)in->data, in->len);
    if (len > 0 || in->len == MST_API_HEAD_MAX) {
        if (mst_api_exchange_begin(conn)) {
            mst_api_exchange_request(conn, len);
        }
        return true;
    }
    size_t room = in->cap > in->len ? in->cap - in->len : 2048;
    size_t most = MST_API_HEAD_MAX - in->len;
    if (!conn_read(conn, in, room < most ? room : most)) {
        return false;
    }
    if (!conn->began) {
        conn->began = true;
        mst_api_conn_touch(conn);
        mst_api_conn_set(conn, MST_API_CONN_HEAD, MST_API_CONN_REQUEST_MS);
    }
    return true;
}

static bool
conn_do_body(struct mst_api_conn *conn)
{
    size_t rest = (size_t)conn->call->framing.length - conn->body.len;
    if (rest == 0) {
        mst_api_exchange_give(conn);
        return true;
    }
    return conn_read(conn, &conn->body, rest < CONN_READ ? rest : CONN_READ);
}

/* Writes what is there; true: all of it. */
static bool
conn_write(struct mst_api_conn *conn)
{
    while (conn->sent < conn->out.len + conn->tail.len) {
        bool behind = conn->sent >= conn->out.len;
        const struct mst_buf *buf = behind ? &conn->tail : &conn->out;
        size_t from = conn->sent - (behind ? conn->out.len : 0);
        ssize_t n = mst_api_transport_write(&conn->transport, buf->data + from,
                                            buf->len - from);
        if (n == MST_API_IO_GONE) {
            conn->state = MST_API_CONN_OVER;
        }
        if (n <= 0) {
            return false;
        }
        conn->sent += (size_t)n;
    }
    conn->sent = 0;
    mst_buf_clear(&conn->out);
    mst_buf_clear(&conn->tail);
    return true;
}

static bool
conn_do_send(struct mst_api_conn *conn)
{
    if (!conn_write(conn)) {
        return false;
    }
    mst_api_conn_touch(conn);
    mst_buf_clear(&conn->body);
    if (conn->stream != NULL) {
        mst_api_conn_set(conn, MST_API_CONN_STREAM, INT64_MAX);
        return true;
    }
    if (conn->close || conn->server->stop_ms > 0) {
        mst_api_transport_finish(&conn->transport);
        mst_api_conn_set(conn, MST_API_CONN_LINGER, CONN_LINGER_MS);
        return true;
    }
    size_t rest = conn->in.len - conn->used;
    if (rest > 0) {
        memmove(conn->in.data, conn->in.data + conn->used, rest);
        conn->in.len = rest;
    } else {
        mst_buf_clear(&conn->in);
    }
    conn->used = 0;
    conn->began = rest > 0;
    mst_api_conn_set(conn, MST_API_CONN_HEAD,
                     rest > 0 ? MST_API_CONN_REQUEST_MS : CONN_IDLE_MS);
    return true;
}

/* Whatever comes now is of no interest, but that it ends. */
static bool
conn_do_discard(struct mst_api_conn *conn)
{
    char bin[4096];
    ssize_t n = mst_api_transport_read(&conn->transport, bin, sizeof(bin));
    if (n == MST_API_IO_GONE) {
        conn->state = MST_API_CONN_OVER;
    }
    return false;
}

static bool
conn_do_stream(struct mst_api_conn *conn)
{
    bool all = conn_write(conn);
    if (all) {
        conn->deadline_ms = INT64_MAX;
    }
    return conn->state == MST_API_CONN_STREAM && conn_do_discard(conn);
}

static bool
conn_do_greet(struct mst_api_conn *conn)
{
    int done = mst_api_transport_greet(&conn->transport);
    if (done > 0) {
        conn->state = MST_API_CONN_HEAD; /* within the same deadline */
        conn->began = true;
    } else if (done == MST_API_IO_GONE) {
        conn->state = MST_API_CONN_OVER;
    }
    return done > 0;
}

static uint32_t
conn_wants(const struct mst_api_conn *conn)
{
    bool output = conn->transport.wants_output;
    switch (conn->state) {
    case MST_API_CONN_SEND:
        return conn->transport.wants_input ? EPOLLIN : EPOLLOUT;
    case MST_API_CONN_STREAM:
        return EPOLLIN | (output || conn->out.len > 0 ? EPOLLOUT : 0U);
    case MST_API_CONN_GREETS:
    case MST_API_CONN_HEAD:
    case MST_API_CONN_BODY:
        return output ? EPOLLOUT : EPOLLIN;
    case MST_API_CONN_LINGER:
        return EPOLLIN;
    case MST_API_CONN_CALL:
    case MST_API_CONN_HELD:
    case MST_API_CONN_OVER:
        break;
    }
    return 0;
}

static void
conn_watch(struct mst_api_conn *conn)
{
    struct epoll_event event = {.events = conn_wants(conn), .data.ptr = conn};
    if (conn->gone || conn->state == MST_API_CONN_OVER
        || (conn->watched && event.events == conn->events)) {
        return;
    }
    if (epoll_ctl(conn->server->epoll,
                  conn->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                  conn->transport.fd, &event)
        != 0) {
        conn->state = MST_API_CONN_OVER;
    }
    conn->watched = true;
    conn->events = event.events;
}

void
mst_api_conn_step(struct mst_api_conn *conn)
{
    static bool (*const todo[])(struct mst_api_conn * conn) = {
        [MST_API_CONN_GREETS] = conn_do_greet,
        [MST_API_CONN_HEAD] = conn_do_head,
        [MST_API_CONN_BODY] = conn_do_body,
        [MST_API_CONN_SEND] = conn_do_send,
        [MST_API_CONN_STREAM] = conn_do_stream,
        [MST_API_CONN_LINGER] = conn_do_discard,
        [MST_API_CONN_OVER] = NULL,
    };
    bool more = true;
    for (int i = 0; more && i < CONN_STEPS_MAX; i++) {
        more = todo[conn->state] != NULL && todo[conn->state](conn);
    }
    conn->ready = more;
    conn->server->ready = conn->server->ready || more;
    conn_watch(conn);
}

void
mst_api_conn_hung_up(struct mst_api_conn *conn)
{
    if (conn->state != MST_API_CONN_CALL) {
        conn->state = MST_API_CONN_OVER;
    } else if (!conn->gone) {
        conn->gone = true;
        (void)epoll_ctl(conn->server->epoll, EPOLL_CTL_DEL, conn->transport.fd,
                        NULL);
    }
}

void
mst_api_conn_answered(struct mst_api_conn *conn)
{
    if (conn->gone) {
        conn->state = MST_API_CONN_OVER;
        return;
    }
    mst_api_exchange_finish(conn);
    mst_api_conn_step(conn);
}

void
mst_api_conn_late(struct mst_api_conn *conn)
{
    bool slow = conn->state == MST_API_CONN_BODY
                || (conn->state == MST_API_CONN_HEAD && conn->in.len > 0);
    if (conn->state == MST_API_CONN_HELD) {
        conn_end_hold(conn);
        mst_api_exchange_answer(conn);
    } else if (slow && (conn->call != NULL || mst_api_exchange_begin(conn))) {
        mst_api_refuse(&conn->call->answer, 408, "too_slow", NULL,
                       "the request did not come in time");
        mst_api_exchange_refused(conn);
    } else {
        conn->state = MST_API_CONN_OVER;
    }
    mst_api_conn_step(conn);
}

bool
mst_api_conn_is_idle(const struct mst_api_conn *conn)
{
    switch (conn->state) {
    case MST_API_CONN_GREETS:
    case MST_API_CONN_HEAD:
    case MST_API_CONN_BODY:
    case MST_API_CONN_LINGER:
        return true;
    case MST_API_CONN_SEND:
        return conn->deadline_ms - conn->server->now_ms
               < MST_API_CONN_SEND_MS - CONN_STUCK_MS;
    case MST_API_CONN_CALL:
    case MST_API_CONN_HELD:
    case MST_API_CONN_STREAM:
    case MST_API_CONN_OVER:
        break;
    }
    return false;
}

/* A token that is taken back, or a session that ends, ends its streams. */
static bool
conn_may_listen(struct mst_api_conn *conn)
{
    if (conn->server->now_ms - conn->checked_ms < CONN_CHECK_MS) {
        return true;
    }
    conn->checked_ms = conn->server->now_ms;
    return mst_api_access_lasts(conn->server->api, &conn->badge);
}

void
mst_api_conn_feed(struct mst_api_conn *conn)
{
    struct mst_api_stream *stream = conn->stream;
    if (conn->state != MST_API_CONN_STREAM || conn->out.len > 0) {
        return; /* it has not read what was there before */
    }
    if (!conn_may_listen(conn)
        || !stream->more(stream, conn->server->api, &conn->out)) {
        conn->state = MST_API_CONN_OVER;
        return;
    }
    if (conn->out.len > 0) {
        mst_api_conn_set(conn, MST_API_CONN_STREAM, MST_API_CONN_SEND_MS);
        mst_api_conn_step(conn);
    }
}
