/* SPDX-License-Identifier: MIT */
/*
 * One run of one job: reads, converts, writes, confirms, saves.
 *
 *   reader ── unit ──► workers ── part ──► one runner per sink ──► sink
 *     ▲              middlewares,            │
 *     │              conversions             │
 *     ▲                                        │ confirm, per delivery
 *     └─ budget ◄─ tracker ◄───────────────────┘
 *                    └─► checkpoint ─► source.committed
 *
 * It knows the contracts in core/ and no connector. Everything that retries,
 * waits, dead-letters or gives up is in this folder. See docs/delivery.md.
 */
#ifndef MST_PIPELINE_PIPELINE_H
#define MST_PIPELINE_PIPELINE_H

#include "core/middleware.h"
#include "core/policy.h"
#include "core/sink.h"
#include "core/source.h"
#include "core/store.h"
#include "pipeline/meters.h"

struct mst_pipeline_sink {
    const char *name; /* unique in the job; the service's name */
    const struct mst_sink_type *type;
    struct mst_sink_args args; /* host is set by the pipeline */
    struct mst_transcoder convert;
};

struct mst_pipeline_middleware {
    const char *name; /* the service's, for messages */
    const struct mst_middleware_type *type;
    struct mst_middleware_args args;
    struct mst_transcoder in;  /* to what it takes */
    struct mst_transcoder out; /* from what it gives to the step's encoding */
    /* What it leaves as it was keeps the bytes that came. */
    bool passes;
};

/* Borrowed; outlives the run. */
struct mst_budget;
struct mst_shadow; /* pipeline/shadow.h */

struct mst_pipeline_spec {
    const char *job;
    const char *identity; /* of the origin, kept with each checkpoint */
    uint64_t connector_hash;
    const struct mst_source_type *source;
    struct mst_source_args source_args;
    struct mst_transcoder source_convert; /* run NULL: as it was read */
    const struct mst_pipeline_middleware *middlewares; /* in their order */
    size_t middlewares_len;
    const struct mst_pipeline_sink *sinks;
    size_t sinks_len;
    const struct mst_pipeline_sink *letter_sink; /* NULL: the state store */
    size_t batch_events;
    size_t batch_bytes;
    int batch_age_ms;
    bool checkpoint;
    int64_t checkpoint_interval_ms;
    enum mst_on_reject on_reject;
    struct mst_letter_limits letter_limits;
    struct mst_retry_policy retry;
    unsigned workers;
    uint64_t memory;             /* bytes in flight, all copies */
    struct mst_budget *whole;    /* of all jobs together; NULL: none */
    bool bounded;                /* what exists now, then the end */
    int64_t timeout_ms;          /* of a bounded run, 0: none */
    int64_t deadline_ms;         /* monotonic: the end of the timeout_ms of
                                  * several runs; 0: counted from the start */
    int64_t shutdown_timeout_ms; /* for draining */
    struct mst_store *store;
    struct mst_lease *lease; /* renewed while it runs; NULL: none */
    int64_t lease_ttl_ms;
    /* Called when it was renewed, in the thread of the run; true: the run is
     * asked to stop. NULL: nobody wants to know. */
    bool (*lease_renewed)(void *arg);
    void *lease_arg;
};

enum mst_pipeline_end {
    MST_PIPELINE_COMPLETED, /* bounded, and all of it is confirmed */
    MST_PIPELINE_STOPPED,   /* asked to, and drained */
    MST_PIPELINE_UNDRAINED, /* asked to, but some were not confirmed in time */
    MST_PIPELINE_TIMED_OUT,
    MST_PIPELINE_LEASE_LOST,
    MST_PIPELINE_FAILED, /* with the error; time may heal it */
    /* With the error: starting again without a person would only repeat what
     * was delivered behind the event that stands in the way. */
    MST_PIPELINE_BLOCKED
};

enum mst_pipeline_phase {
    MST_PHASE_STARTING,
    MST_PHASE_RUNNING,
    MST_PHASE_RETRYING,
    MST_PHASE_DRAINING
};

/* A look from outside. Numbers count from the start of the run. */
struct mst_pipeline_status {
    enum mst_pipeline_phase phase;
    struct mst_error problem; /* status OK: healthy */
    int64_t problem_since_ms; /* wall clock */
    int64_t next_attempt_ms;  /* wall clock, 0: at once or unknown */
    uint64_t events_in;       /* read */
    uint64_t bytes_in;        /* payload bytes read */
    uint64_t events_out;      /* deliveries confirmed OK by sinks */
    uint64_t rejected;        /* dead-lettered or skipped deliveries */
    uint64_t letters;         /* those that were dead-lettered */
    uint64_t dropped;         /* events that a middleware let go */
    uint64_t retries;         /* deliveries offered again */
    uint64_t reopened;        /* the source and sinks, after a loss */
    uint64_t settled_seq;     /* all events up to here are confirmed */
    uint64_t memory;          /* bytes in flight now */
    uint64_t memory_limit;    /* above that nothing is read */
    uint64_t batches;         /* in flight */
    uint64_t unconfirmed;     /* deliveries that sinks have taken */
    uint64_t checkpoints;     /* saved */
    int64_t checkpoint_ms;    /* wall clock of the last, 0: none */
    int64_t source_ts_ms;     /* of the newest event read */
    struct mst_source_stats source;
    struct mst_meters_look meters;
};

struct mst_pipeline;

/* Thread: the job's own for all but stop and status, which any may call. */
MST_MUST_CHECK enum mst_status
mst_pipeline_create(const struct mst_pipeline_spec *spec,
                    struct mst_pipeline **ret_pipeline, struct mst_error *err);

/* Runs until the end, in the calling thread and the ones it starts. err says
 * why when it is not COMPLETED or STOPPED. */
enum mst_pipeline_end mst_pipeline_run(struct mst_pipeline *pipeline,
                                       struct mst_error *err);

/* Another budget from now on; what is in flight beyond it drains first. */
void mst_pipeline_set_memory(struct mst_pipeline *pipeline, uint64_t memory);

/* What its middlewares do is compared with that from now on; NULL: with
 * nothing. When it returns, what was set before is not used any more. Borrowed.
 * Thread: any. */
void mst_pipeline_set_shadow(struct mst_pipeline *pipeline,
                             struct mst_shadow *shadow);

/* Stop reading, drain, save, end. */
void mst_pipeline_stop(struct mst_pipeline *pipeline);

void mst_pipeline_status(struct mst_pipeline *pipeline,
                         struct mst_pipeline_status *ret_status);

/* Where the run began and the position that was saved
 * last, as the source writes them; empty where they are not known. Only the
 * first checkpoint of a job can tell where that began. */
MST_MUST_CHECK enum mst_status
mst_pipeline_positions(struct mst_pipeline *pipeline, struct mst_buf *ret_first,
                       struct mst_buf *ret_last);

void mst_pipeline_destroy(struct mst_pipeline *pipeline);

#endif
