/* SPDX-License-Identifier: MIT */
/* What seats and fan share. Private to fan.c and seat.c. */
#ifndef MST_SOURCES_MONGODB_OPLOG_FAN_IMPL_H
#define MST_SOURCES_MONGODB_OPLOG_FAN_IMPL_H

#include <pthread.h>

#include "sources/mongodb/oplog/fan.h"
#include "sources/mongodb/oplog/parts.h"

enum fan_state { FAN_AWAY, FAN_READY, FAN_ASKING, FAN_SERVED };

/* A reply that waits. Lock: the fan's. */
struct fan_chunk {
    size_t seats; /* that it waits for */
    uint64_t number;
    struct mst_mongo_reply *reply;
};

struct mst_oplog_seat {
    struct mst_oplog_fan *fan;
    pthread_cond_t changed;
    /* All below: lock: the fan's. */
    struct mst_oplog_seat *next;
    enum fan_state state;
    struct mst_oplog_wish wish;
    struct mst_oplog_time at;   /* asking: all up to there is read */
    struct mst_oplog_time from; /* served: with all behind that */
    unsigned round;             /* asking: of the task that will serve it */
    bool woken;
    bool broken; /* it was served until the tail broke, as why says */
    struct mst_error why;
    int64_t ask_ms;           /* monotonic; not before that again */
    int64_t backoff_ms;       /* what it waited for the last time */
    int64_t served_ms;        /* since when */
    struct fan_chunk **queue; /* a ring */
    size_t head;
    size_t len;
    size_t cap;
};

struct mst_oplog_fan {
    size_t window;
    int grace_ms;
    struct mst_oplog_parts parts; /* the hub's alone */
    pthread_mutex_t mutex;        /* guards all below */
    pthread_cond_t changed;       /* the hub has something to do */
    struct mst_oplog_seat *seats;
    struct mst_oplog_time through; /* all up to there is given out */
    size_t bytes;                  /* of what waits */
    uint64_t number;               /* of the newest chunk */
    unsigned round;
    bool left;         /* somebody who was served is served no longer */
    int64_t narrow_ms; /* monotonic; the filter is made without it. 0: not
                        * said yet */
    bool stopping;
    char member[MST_MONGO_MEMBER_MAX];
};

/* All of it: lock: the fan's. */

/* Gives back what waits for the seat. */
void mst_oplog_seat_empty(struct mst_oplog_seat *seat);
/* False: no memory. */
MST_MUST_CHECK bool mst_oplog_seat_push(struct mst_oplog_seat *seat,
                                        struct fan_chunk *chunk);
/* It is served no longer. why NULL: it was too slow. */
void mst_oplog_seat_drop(struct mst_oplog_seat *seat,
                         const struct mst_error *why);
/* It is not served, and may ask again after that time. */
void mst_oplog_seat_refuse(struct mst_oplog_seat *seat, int64_t wait_ms);

#endif
