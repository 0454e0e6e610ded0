/* SPDX-License-Identifier: MIT */
/*
 * The inside of a run: what its threads share. Only for this folder.
 *
 * Locks, in the order in which they may be taken: a runner's turn, then
 * save_mutex, then tracker.mutex, then a runner's mutex, then mutex. Under the
 * turn the sink is called; no other callback of a connector but settle,
 * position and confirm's way in is made under a lock.
 */
#ifndef MST_PIPELINE_RUN_H
#define MST_PIPELINE_RUN_H

#include "base/queue.h"
#include "pipeline/backoff.h"
#include "pipeline/budget.h"
#include "pipeline/chain.h"
#include "pipeline/meters.h"
#include "pipeline/runner.h"
#include "pipeline/unit.h"

/* What is wrong with one part of the run, for the state of the job. */
struct mst_trouble {
    struct mst_error err; /* status OK: nothing */
    int64_t since_ms;     /* wall clock */
    int64_t next_ms;      /* wall clock of the next attempt, 0: unknown */
};

struct mst_worker {
    struct mst_pipeline *pipeline;
    struct mst_queue *queue; /* of struct mst_unit */
    atomic_uint pending;     /* units given and not yet worked off */
    bool gave_up; /* one could not be converted: none behind it may pass */
    struct mst_chain *chain; /* NULL: no middlewares */
    pthread_t thread;
    bool started;
    atomic_bool finished;
};

struct mst_pipeline {
    const struct mst_pipeline_spec *spec;
    struct mst_plan plan;
    struct mst_tracker tracker;
    struct mst_budget budget;

    pthread_mutex_t mutex; /* guards down to `failure` */
    pthread_cond_t changed;
    bool stopping; /* read no more */
    bool aborting; /* wait for nothing */
    bool reader_done;
    bool reached_end; /* bounded: all was read */
    bool opened;      /* the source was open once */
    bool failed;
    bool blocked; /* by an event; time does not heal it */
    bool lease_lost;
    struct mst_trouble reader_problem;
    struct mst_trouble store_problem;
    struct mst_trouble lease_problem;
    struct mst_trouble convert_problem;
    struct mst_error failure;

    atomic_bool reader_waits; /* wake it when a flight is done */
    atomic_bool dirty;        /* settled since the last save */

    void *source;
    pthread_t reader;
    bool reader_started;
    uint64_t next_seq;
    uint64_t base_events; /* confirmed in earlier runs */
    bool has_checkpoint;  /* there is one to go back to; reader's */
    struct mst_buf start; /* position to open at; reader's */
    enum mst_position_origin start_origin;
    struct mst_buf start_marks; /* of the sinks, framed; constant */

    struct mst_worker *workers;
    size_t workers_len;
    pthread_rwlock_t shadow_lock; /* guards the next; see shadow_run.c */
    struct mst_shadow *shadow;    /* borrowed; NULL: none */
    atomic_bool shadowed;         /* there is one */
    struct mst_runner *runners;   /* sinks, then the letter sink if any */
    size_t runners_len;

    pthread_mutex_t pool_mutex;
    struct mst_flight *pool; /* for reuse */
    size_t pool_len;

    int64_t lease_next_ms; /* job's thread: renew it then */
    atomic_int_fast64_t
        lease_until_ms; /* of mst_clock_boot_ms: deliver before */

    pthread_mutex_t save_mutex; /* one save at a time; guards the next */
    struct mst_buf saved_position;
    struct mst_buf first_position; /* where the run began */
    struct mst_backoff save_backoff;
    int64_t save_not_before_ms; /* monotonic */

    struct mst_meters meters;
    atomic_uint_fast64_t events_in;
    atomic_uint_fast64_t bytes_in;
    atomic_uint_fast64_t reopened; /* the source and sinks, after a loss */
    atomic_uint_fast64_t rejected;
    atomic_uint_fast64_t dropped;
    atomic_uint_fast64_t retries;
    atomic_uint_fast64_t checkpoints;
    atomic_int_fast64_t checkpoint_ms;
    atomic_int_fast64_t source_ts_ms;
};

/* --- state (status.c) ---------------------------------------------------- */
/* Ends the run with this error; the first one counts. Thread: any. */
void mst_pipeline_fail(struct mst_pipeline *pipeline,
                       const struct mst_error *err);
/* The same, and time does not heal it: an event stands in the way. */
void mst_pipeline_block(struct mst_pipeline *pipeline,
                        const struct mst_error *err);
/* Sets (or with NULL clears) a problem. wait_ms < 0: no attempt planned. */
void mst_pipeline_trouble(struct mst_pipeline *pipeline,
                          struct mst_trouble *slot, const struct mst_error *err,
                          int64_t wait_ms);
bool mst_pipeline_is_stopping(struct mst_pipeline *pipeline);
bool mst_pipeline_is_aborting(struct mst_pipeline *pipeline);
/* Waits; returns early when the run stops (or only when it aborts). */
void mst_pipeline_sleep(struct mst_pipeline *pipeline, int64_t ms,
                        bool until_abort);
/* Ends all waiting: the source and the sinks are interrupted. */
void mst_pipeline_abort(struct mst_pipeline *pipeline);

/* --- flights (flights.c) ------------------------------------------------- */
MST_MUST_CHECK struct mst_flight *
mst_pipeline_take_flight(struct mst_pipeline *pipeline);
void mst_pipeline_give_flight(struct mst_pipeline *pipeline,
                              struct mst_flight *flight);
/* Settles what is confirmed, in order, and frees what is done. */
void mst_pipeline_advance(struct mst_pipeline *pipeline);
/* Thread: the worker's, before a delivery of the unit is offered: what the
 * middlewares made of its events is what is waited for. If that is nothing,
 * the unit may be gone afterwards. */
void mst_pipeline_expect(struct mst_pipeline *pipeline, struct mst_unit *unit);
/* A delivery is done: confirmed by its sink, or safe as a letter. */
void mst_pipeline_settle(struct mst_pipeline *pipeline,
                         struct mst_delivery *delivery);

/* --- the lease (lease.c) ------------------------------------------------- */
/* Renews it when that is due. Lost: the run ends. Not to be renewed for so
 * long that another process could take it: delivery waits, see below. */
void mst_pipeline_renew(struct mst_pipeline *pipeline);
/* Thread: any. False: nothing may be given to a sink now. */
bool mst_pipeline_may_deliver(struct mst_pipeline *pipeline);

/* --- checkpoints (checkpoint.c) ------------------------------------------ */
MST_MUST_CHECK enum mst_status mst_pipeline_load(struct mst_pipeline *pipeline,
                                                 struct mst_error *err);
/* Saves what is settled if that is news; then tells the source. Failures
 * become the state's problem and are tried again. */
void mst_pipeline_save(struct mst_pipeline *pipeline);
/* Thread: reader, before the first event of a job without a checkpoint is
 * sent on. Saves where reading begins. MST_AGAIN: the source can not say that
 * yet; others: it is to be tried again, the run's state says why. */
MST_MUST_CHECK enum mst_status
mst_pipeline_save_start(struct mst_pipeline *pipeline);
/* The mark that this sink left in the checkpoint; none: data == NULL. */
struct mst_slice mst_pipeline_sink_mark(struct mst_pipeline *pipeline,
                                        const char *sink);

/* --- threads ------------------------------------------------------------- */
void *mst_reader_main(void *arg); /* reader.c; a struct mst_pipeline */
void *mst_worker_main(void *arg); /* worker.c; a struct mst_worker */
/* For the plan; arg: the struct mst_pipeline. */
bool mst_worker_wait(void *arg, unsigned failures, const struct mst_error *err);

/* Reader's thread: leaves the unit to the worker, or does its work at once
 * where that is quicker. */
MST_MUST_CHECK enum mst_status mst_worker_give(struct mst_worker *worker,
                                               struct mst_unit *unit,
                                               struct mst_error *err);

#endif
