/* SPDX-License-Identifier: MIT */
/*
 * One sink of a run: its queue, its thread, what it was given and did not
 * confirm yet, and what has to be offered again.
 */
#ifndef MST_PIPELINE_RUNNER_H
#define MST_PIPELINE_RUNNER_H

#include "base/queue.h"
#include "pipeline/backoff.h"
#include "pipeline/unit.h"

struct mst_pipeline;
struct mst_trouble;

/* A growing list of deliveries with a front that moves. */
struct mst_delivery_list {
    struct mst_delivery **items;
    size_t head;
    size_t len; /* from head on */
    size_t cap;
};

struct mst_runner {
    struct mst_delivery_owner owner; /* first: confirm casts back */
    struct mst_sink_host host;
    struct mst_pipeline *pipeline;
    const struct mst_pipeline_sink *spec;
    struct mst_sink_args args;
    bool takes_letters; /* it is the job's dead-letter sink */
    void *sink;
    bool is_open;
    pthread_t thread;
    bool started;
    atomic_bool finished;
    atomic_bool opened; /* was open once in this run */

    struct mst_queue *queue; /* of struct mst_part */
    /* Whose turn it is to use the sink and what follows here: held by the
     * runner's thread but while it waits. A part leaves the queue under it,
     * so that no other one can get in front. */
    pthread_mutex_t turn;
    struct mst_delivery_list pending;
    struct mst_delivery_list again;   /* to be offered again */
    struct mst_delivery_list refused; /* to become letters */
    struct mst_backoff backoff;
    bool waits_for_room;
    int room_ms; /* how long, unless ready() comes */
    /* What write said last, unless all was well; the runner's thread recovers
     * from it. */
    struct mst_error write_error;
    int64_t tick_ms; /* monotonic; when the sink's tick is due */
    bool broken;     /* said FATAL: nothing more is asked of it */

    atomic_uint_fast64_t confirmed; /* OK, since the start */
    uint64_t confirmed_before;      /* the same at the last recovery */
    atomic_size_t inflight;         /* taken by the sink, not confirmed */
    atomic_bool draining;           /* wake me when inflight is 0 */
    atomic_bool has_failed;         /* `failed` is not empty */
    atomic_bool has_room;           /* ready() was called */
    pthread_mutex_t mutex;          /* guards down to last_error */
    pthread_cond_t idle;
    struct mst_delivery *failed; /* confirmed not OK, newest first */
    struct mst_error last_error; /* of the newest RETRY or DISCONNECTED */
    struct mst_trouble *problem; /* the state's view of this sink */
};

MST_MUST_CHECK enum mst_status
mst_runner_init(struct mst_runner *runner, struct mst_pipeline *pipeline,
                const struct mst_pipeline_sink *spec, struct mst_error *err);
void mst_runner_clear(struct mst_runner *runner);
MST_MUST_CHECK enum mst_status mst_runner_start(struct mst_runner *runner,
                                                struct mst_error *err);
/* Thread: any. Moves a part into the queue; false without memory. Few events
 * for a sink that never waits are written at once, by the calling thread, if
 * the runner's own has nothing to do. */
MST_MUST_CHECK bool mst_runner_offer(struct mst_runner *runner,
                                     struct mst_part *part);

/* --- for the files of this folder that make up the runner ---------------- */
MST_MUST_CHECK bool mst_delivery_list_push(struct mst_delivery_list *list,
                                           struct mst_delivery *delivery);
void mst_delivery_list_clear(struct mst_delivery_list *list);

/* Takes in what the sink confirmed as not OK (recover.c). */
void mst_runner_collect_failed(struct mst_runner *runner);
/* Waits for everything in flight, then puts what failed back in front, in
 * order, after a pause (recover.c). */
void mst_runner_recover(struct mst_runner *runner);
/* Makes letters of the refused (letters.c). */
void mst_runner_bury(struct mst_runner *runner);
/* The sink is closed; what it had is confirmed as disconnected. */
void mst_runner_close(struct mst_runner *runner);

#endif
