/* SPDX-License-Identifier: MIT */
/*
 * The instance of an HTTP sink, shared by the files of this folder.
 *
 *   write ──► inbox ──► the sink's thread: lane of the key ──► a request
 *                                                                  │
 *   mst_delivery_confirm ◄── the answer's status ◄─────────────────┘
 *
 * A lane has one request under way, so events of a key follow each other. A
 * lane whose request failed stays failed until drain: all that it has and
 * gets is confirmed as MST_RETRY. What is wrong with the server as a whole
 * (no connection, 429, 503) fails all lanes.
 */
#ifndef MST_SINKS_HTTP_SINK_IMPL_H
#define MST_SINKS_HTTP_SINK_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "clients/http_event.h"
#include "clients/http_pool.h"
#include "clients/http_service.h"
#include "clients/http_status.h"
#include "clients/http_target.h"
#include "sinks/http/http_sink_options.h"

/* Thread: the sink's. Deliveries that wait are linked by their sink_data. */
struct http_lane {
    struct mst_delivery *first;
    struct mst_delivery *last;
    /* Of the request under way, or the next one; in order. */
    struct mst_delivery **flight;
    size_t flight_len;
    size_t flight_cap;
    bool busy;
    int64_t started_ms;
    unsigned failed_round; /* failed in that round of the sink; 0: never */
    /* A refused request is sent again in halves: so many of its events are
     * not yet judged; 0: nothing is suspect. */
    size_t suspects;
    size_t half; /* at most so many of them in the next request */
    const char *method;
    struct mst_buf url;
    struct mst_buf headers;
    struct mst_buf body; /* where it is not the payload itself */
    struct mst_buf packed;
    struct mst_buf key;
};

struct http_sink {
    struct mst_sink_args args;
    const struct mst_http_service *service;
    const struct http_sink_options *options;
    struct mst_http_options http;
    struct mst_http_target target;
    struct mst_http_fields fields;
    struct mst_http_rules rules;
    size_t batch_events;
    uint64_t memory;
    struct mst_buf fixed_headers; /* the service's */
    /* From open to close. */
    struct mst_http_pool *pool;
    struct mst_http_auth *auth;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    atomic_bool asleep; /* the thread waits: wake it */
    atomic_bool interrupted;
    atomic_uint round; /* 1, 2, ...: healed so often */

    pthread_mutex_t mutex;
    pthread_cond_t idle;
    /* Lock: mutex held. */
    struct mst_delivery *inbox;
    struct mst_delivery *inbox_last;
    size_t outstanding;     /* deliveries taken and not confirmed */
    uint64_t bytes;         /* of them */
    bool starved;           /* the engine got MST_AGAIN */
    bool failed;            /* a lane did, since the last heal */
    struct mst_error fatal; /* status OK: none */

    /* Thread: the sink's. */
    struct http_lane *lanes;
    size_t lanes_len;
    size_t busy;          /* lanes with a request under way */
    size_t next_lane;     /* for events that may be in any */
    struct mst_error why; /* the newest failure */
    /* The round that it was in. Lanes fail in that one, also those that are
     * reached when the confirmations before have let drain begin the next. */
    unsigned why_round;
    int64_t not_before_ms; /* the server asked for that much patience */
    int64_t progress_ms;
    bool unwell; /* health was told */
};

/* --- bodies and requests (http_body.c, http_request.c) -------------------- */
/* Makes the body of a lane's flight. MST_REJECTED: too large. */
MST_MUST_CHECK enum mst_status http_body_make(const struct http_sink *sink,
                                              struct http_lane *lane,
                                              struct mst_slice *ret_body,
                                              struct mst_error *err);
/* Moves from the lane's queue into its flight what may go in one request. */
MST_MUST_CHECK enum mst_status http_request_collect(struct http_sink *sink,
                                                    struct http_lane *lane,
                                                    struct mst_error *err);
/* Address, headers and body of the flight. MST_REJECTED: see err. */
MST_MUST_CHECK enum mst_status http_request_make(struct http_sink *sink,
                                                 struct http_lane *lane,
                                                 struct mst_http_send *ret_send,
                                                 struct mst_error *err);

/* --- lanes (http_lane.c) -------------------------------------------------- */
void http_lane_push(struct http_lane *lane, struct mst_delivery *delivery);
/* NULL: none. */
struct mst_delivery *http_lane_pop(struct http_lane *lane);
/* The flight goes back to the front of the queue. */
void http_lane_unload(struct http_lane *lane);
bool http_lane_is_failed(const struct http_sink *sink,
                         const struct http_lane *lane);
void http_lane_clear(struct http_lane *lane);

/* Confirms the flight. */
void http_lane_confirm(struct http_sink *sink, struct http_lane *lane,
                       enum mst_status status, const struct mst_error *err);
/* What the lane has in flight and in its queue is confirmed as that. */
void http_lane_fail(struct http_sink *sink, struct http_lane *lane,
                    enum mst_status status, const struct mst_error *err);
/* One delivery, and the room that it took. */
void http_sink_confirm(struct http_sink *sink, struct mst_delivery *delivery,
                       enum mst_status status, const struct mst_error *err);

/* The thread; arg is the sink. */
void *http_sink_run(void *arg);

enum mst_status http_sink_preview(void *ctx,
                                  const struct mst_delivery *delivery,
                                  bool for_machines, struct mst_buf *out,
                                  struct mst_error *err);
extern const struct mst_inspect http_sink_inspect;

#endif
