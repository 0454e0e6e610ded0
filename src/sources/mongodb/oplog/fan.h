/* SPDX-License-Identifier: MIT */
/*
 * One tail of the oplog for several jobs: what it reads is fanned out to
 * those that it may concern. No I/O: hub.c reads, share.c is a job's side.
 *
 *   job: AWAY ─come─► READY ─ask─► ASKING ─opened─► SERVED ─► (take, take ...)
 *                       ▲             │ not now        │ slow, or broken
 *                       └─────────────┴────────────────┘        any ─leave─► AWAY
 *
 * A job reads by itself until it is at the end. Then it asks; the hub opens
 * its cursor anew at the place where it stands, with what the job wants in its
 * filter, and everything behind that place comes to the job. As soon as the
 * job's own reading is at that place too, it takes from here, and passes over
 * what it has read already: no gap, no repeat.
 *
 * Replies wait for the jobs that they may concern, counted, not copied. When
 * those that wait are too many bytes, and some job has none left, the job
 * that is behind most reads by itself again: it holds neither the others nor
 * memory. While every job has something to do, the hub does not read on.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_FAN_H
#define MST_SOURCES_MONGODB_OPLOG_FAN_H

#include "sources/mongodb/oplog/entry.h"
#include "sources/mongodb/oplog/scope.h"
#include "sources/mongodb/reply.h"
#include "sources/mongodb/stream.h"

struct mst_oplog_fan;
struct mst_oplog_seat;

/* window: bytes of replies that may wait; one reply may be more. grace_ms: how
 * long a job that is behind is waited for. */
MST_MUST_CHECK enum mst_status mst_oplog_fan_create(size_t window, int grace_ms,
                                                    struct mst_oplog_fan **ret,
                                                    struct mst_error *err);
/* There are no seats. NULL is fine. */
void mst_oplog_fan_destroy(struct mst_oplog_fan *fan);

/* --- a job's side ------------------------------------------------------- */

/* What a job wants of the tail. All that it points to outlives its stay. */
struct mst_oplog_wish {
    struct mst_oplog_scope scope;
    int64_t heartbeat_ms;
    int64_t silence_ms; /* of a member, before another is looked for */
    int64_t batch_size;
    int64_t await_ms;
};

/* Thread: of one job, but for wake. */
MST_MUST_CHECK enum mst_status
mst_oplog_seat_create(struct mst_oplog_fan *fan, struct mst_oplog_seat **ret,
                      struct mst_error *err);
/* Leaves. NULL is fine. */
void mst_oplog_seat_destroy(struct mst_oplog_seat *seat);

void mst_oplog_seat_come(struct mst_oplog_seat *seat,
                         const struct mst_oplog_wish *wish);
/* After that nothing of its wish is looked at any more. */
void mst_oplog_seat_leave(struct mst_oplog_seat *seat);

/* All up to `at` is read, and it is at the end: asks to be served, where there
 * is somebody to share with and it is not too soon after the last time.
 * True: it is served, or waits for that. */
bool mst_oplog_seat_ask(struct mst_oplog_seat *seat, struct mst_oplog_time at,
                        int64_t now_ms);
/* True: it is served with all behind *ret_from, as member has it. What it has
 * may be still to come on another one: the job is to ask that one as well. */
bool mst_oplog_seat_is_served(struct mst_oplog_seat *seat,
                              struct mst_oplog_time *ret_from,
                              char member[MST_MONGO_MEMBER_MAX]);

/* It does not take what it is served, and reads by itself for a while. */
void mst_oplog_seat_decline(struct mst_oplog_seat *seat);

enum mst_oplog_taken {
    MST_OPLOG_TAKEN_REPLY, /* *ret_reply is the caller's */
    MST_OPLOG_TAKEN_QUIET, /* nothing for it, in all up to *ret_through */
    MST_OPLOG_TAKEN_OUT,   /* it is to read by itself: it was too slow */
    MST_OPLOG_TAKEN_BROKEN /* the tail broke, as err says */
};

struct mst_oplog_take {
    struct mst_mongo_reply *reply;
    struct mst_oplog_time through;
    struct mst_error why;
};

/* Waits at most that long, and not when it is woken. */
MST_MUST_CHECK enum mst_oplog_taken
mst_oplog_seat_take(struct mst_oplog_seat *seat, int timeout_ms,
                    struct mst_oplog_take *ret_take);
/* Thread: any. The take of now, or the next one, does not wait. */
void mst_oplog_seat_wake(struct mst_oplog_seat *seat);

/* --- the hub's side ----------------------------------------------------- */

enum mst_oplog_work {
    MST_OPLOG_WORK_STOP,  /* the end */
    MST_OPLOG_WORK_CLOSE, /* nobody is served */
    MST_OPLOG_WORK_OPEN,  /* opens the cursor, anew where there is one */
    MST_OPLOG_WORK_READ   /* reads on */
};

struct mst_oplog_task {
    struct mst_oplog_time from; /* open: behind that */
    bson_t *filter;             /* open: condition on ns; to be destroyed */
    size_t jobs;                /* open: how many it will be for */
    unsigned round;
    int64_t heartbeat_ms; /* the least of those served */
    int64_t silence_ms;   /* likewise */
    int64_t batch_size;   /* the largest */
    int64_t await_ms;     /* the least */
};

/* Thread: the hub's, but for stop. */

/* What to do next; waits until there is something. */
MST_MUST_CHECK enum mst_oplog_work
mst_oplog_fan_next(struct mst_oplog_fan *fan, bool is_open,
                   struct mst_oplog_task *ret_task);
/* The member that it is connected with; "": none. */
void mst_oplog_fan_set_member(struct mst_oplog_fan *fan, const char *member);
/* It is open as the task said: those that asked are served. */
void mst_oplog_fan_opened(struct mst_oplog_fan *fan,
                          const struct mst_oplog_task *task);
/* Gives a reply (borrowed) to those that it may concern. MST_DISCONNECTED:
 * it is no reply of the oplog that goes on from here; MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_oplog_fan_publish(struct mst_oplog_fan *fan, struct mst_mongo_reply *reply,
                      struct mst_error *err);
/* There is nothing of what is wanted up to there. */
void mst_oplog_fan_quiet(struct mst_oplog_fan *fan,
                         struct mst_oplog_time through);
/* Where it stands: all up to there was given out. */
struct mst_oplog_time mst_oplog_fan_place(struct mst_oplog_fan *fan);
/* Nobody is served any more. why NULL: each is to look for itself. */
void mst_oplog_fan_break(struct mst_oplog_fan *fan,
                         const struct mst_error *why);
/* Thread: any. */
void mst_oplog_fan_stop(struct mst_oplog_fan *fan);
bool mst_oplog_fan_is_stopping(struct mst_oplog_fan *fan);
/* Bytes that wait now, and jobs that are served. Thread: any. */
void mst_oplog_fan_look(struct mst_oplog_fan *fan, size_t *ret_bytes,
                        size_t *ret_served);

#endif
