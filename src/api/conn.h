/* SPDX-License-Identifier: MIT */
/*
 * One connection: request after request, each answered before the next is
 * read. Nothing here waits. Thread: the server's.
 */
#ifndef MST_API_CONN_H
#define MST_API_CONN_H

#include "api/server.h"
#include "api/transport.h"
#include "base/address.h"

enum mst_api_conn_state {
    MST_API_CONN_GREETS, /* in the handshake */
    MST_API_CONN_HEAD,   /* reads a head, or waits for one */
    MST_API_CONN_BODY,
    MST_API_CONN_CALL,   /* a worker has it */
    MST_API_CONN_HELD,   /* its answer is kept back */
    MST_API_CONN_SEND,   /* writes an answer */
    MST_API_CONN_STREAM, /* writes for as long as there is something */
    MST_API_CONN_LINGER, /* has said all; lets the other side read it */
    MST_API_CONN_OVER    /* to be destroyed */
};

struct mst_api_conn {
    struct mst_api_conn *previous; /* in the server's list */
    struct mst_api_conn *next;
    struct mst_api_server *server;
    enum mst_api_conn_state state;
    struct mst_api_transport transport;
    struct mst_address peer;
    int64_t deadline_ms; /* it is over then; monotonic, INT64_MAX: never */
    uint32_t events;     /* that epoll is asked for */
    bool watched;        /* by epoll */
    bool gone;           /* the other side is, while a worker has the call */
    bool began;          /* something of the request is there */
    bool ready;          /* it can go on without an event */
    bool held;           /* its answer counts among those kept back */
    struct mst_buf in;
    size_t used; /* of `in`: by the present request */
    struct mst_buf body;
    struct mst_api_call *call; /* the present request; NULL: none */
    struct mst_buf out;
    struct mst_buf tail; /* goes out behind `out` */
    size_t sent;         /* of both */
    bool close;          /* it ends with this answer */
    struct mst_api_stream *stream;
    struct mst_api_badge badge; /* of who listens */
    int64_t checked_ms;         /* when that was looked at */
};

enum {
    MST_API_CONN_REQUEST_MS = 5 * 1000, /* for all of a request to come in */
    MST_API_CONN_SEND_MS = 10 * 1000
};

/* Takes over a socket; NULL: closed, there is no memory. */
struct mst_api_conn *mst_api_conn_open(struct mst_api_server *server, int fd,
                                       const struct mst_address *peer);
void mst_api_conn_destroy(struct mst_api_conn *conn);

/* Goes on as far as it can: something can be read or written. */
void mst_api_conn_step(struct mst_api_conn *conn);
/* The other side has hung up both ways. */
void mst_api_conn_hung_up(struct mst_api_conn *conn);
/* A worker is done with its call. */
void mst_api_conn_answered(struct mst_api_conn *conn);
/* Its deadline has passed. */
void mst_api_conn_late(struct mst_api_conn *conn);
/* Whether it may be closed for another one's sake. */
bool mst_api_conn_is_idle(const struct mst_api_conn *conn);
/* Gives a stream what there is for it. */
void mst_api_conn_feed(struct mst_api_conn *conn);

/* For what it is made of: another state, which is over after a while
 * (INT64_MAX: never); and that it has just done something. */
void mst_api_conn_set(struct mst_api_conn *conn, enum mst_api_conn_state state,
                      int64_t timeout_ms);
void mst_api_conn_touch(struct mst_api_conn *conn);

#endif
