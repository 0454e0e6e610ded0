/* SPDX-License-Identifier: MIT */
/* What the server and its connections share. Thread: the server's. */
#ifndef MST_API_SERVER_H
#define MST_API_SERVER_H

#include "api/call.h"
#include "api/workers.h"

enum {
    /* Beside the streams. The oldest of those that say nothing make room. */
    MST_API_CONNS_MAX = 256,
    MST_API_STREAMS_MAX = 200
};

struct mst_api_server {
    struct mst_api *api;
    int listener; /* -1: it takes no more */
    int epoll;
    int wake; /* eventfd */
    pthread_t thread;
    struct mst_api_workers *workers;
    struct mst_api_conn *first; /* who waits longest comes first */
    struct mst_api_conn *last;
    size_t len;
    size_t streams;
    struct mst_api_conn *fed; /* the next stream to be looked at; NULL: all
                               * were */
    bool ready;               /* some connection goes on without an event */
    int64_t now_ms;           /* monotonic, at the beginning of this turn */
    int64_t stop_ms;          /* when it ends whatever is open; 0: it runs */
    int64_t deaf_ms;          /* nobody is taken until then */
    int64_t streamed_ms;      /* streams were looked at */
};

#endif
