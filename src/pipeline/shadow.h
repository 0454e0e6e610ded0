/* SPDX-License-Identifier: MIT */
/*
 * A second chain of middlewares beside a job's own, on the same events. What
 * it makes is compared with what the job made, counted, and thrown away.
 *
 *   worker ── copies of events and results ──► lane ── shadow's chain ──► judge
 *     │ (no room: not compared, and counted)
 *     └── goes on at once
 *
 * One lane per worker: the same events meet the same instance as in the job.
 * Nothing of it ever waits for, or fails, the job's own events.
 */
#ifndef MST_PIPELINE_SHADOW_H
#define MST_PIPELINE_SHADOW_H

#include "core/contrast.h"
#include "pipeline/unit.h"

enum mst_shadow_outcome {
    MST_SHADOW_EQUAL,
    MST_SHADOW_DIFFERENT,    /* as many results, but others */
    MST_SHADOW_DROPPED_LIVE, /* by the live chain alone */
    MST_SHADOW_DROPPED,      /* by the shadow alone */
    MST_SHADOW_MORE,         /* the shadow makes more of it */
    MST_SHADOW_FEWER,
    MST_SHADOW_REJECTED_LIVE, /* by the live chain alone */
    MST_SHADOW_REJECTED,      /* by the shadow alone */
    MST_SHADOW_OUTCOMES
};

enum mst_shadow_end {
    MST_SHADOW_RUNS,
    MST_SHADOW_ALL,     /* as many events as asked for */
    MST_SHADOW_TIME,    /* its time is over */
    MST_SHADOW_STOPPED, /* somebody asked */
    MST_SHADOW_JOB_ENDED,
    MST_SHADOW_FAILED /* it can not go on; the error says why */
};

/* Borrowed; outlives the shadow. */
struct mst_shadow_spec {
    /* The job with the shadow's middlewares; sinks and source are not used,
     * but for the conversion of the source's step. */
    const struct mst_pipeline_spec *spec;
    bool live_has_chain;            /* the job itself has middlewares */
    mst_contrast_find contrast;     /* NULL: only whether they differ */
    mst_contrast_describe describe; /* NULL: no samples */
    uint64_t memory;                /* of copies that wait */
    struct mst_budget *whole;       /* of all jobs; charged; NULL: none */
    uint64_t events;                /* to be compared; 0: no end */
    int64_t duration_ms;            /* 0: no end */
    /* Fields, and what is in them, whose differences do not count. */
    const char *const *ignore;
    size_t ignore_len;
    size_t samples; /* to keep */
};

/* Of one chain; times in ns for one event. */
struct mst_shadow_cost {
    uint64_t events;
    uint64_t wall_ns; /* of all together */
    uint64_t cpu_ns;  /* of the threads that ran it */
    uint64_t p50_ns;
    uint64_t p99_ns;
    uint64_t max_ns;
};

struct mst_shadow_look {
    enum mst_shadow_end end;
    struct mst_error error;
    int64_t started_ms; /* wall clock */
    int64_t ended_ms;   /* likewise; 0: it runs */
    uint64_t compared;
    uint64_t skipped; /* there was no room: it lagged behind */
    uint64_t failed;  /* it gave up in the middle of them */
    uint64_t waiting; /* taken, and not compared yet */
    uint64_t memory;  /* of those */
    uint64_t outcomes[MST_SHADOW_OUTCOMES];
    struct mst_shadow_cost live;
    struct mst_shadow_cost shadow;
};

struct mst_shadow;

/* Starts its threads. No network in this call. */
MST_MUST_CHECK enum mst_status
mst_shadow_create(const struct mst_shadow_spec *spec,
                  struct mst_shadow **ret_shadow, struct mst_error *err);

/* What a worker's chain took for a unit. */
struct mst_shadow_spent {
    uint64_t cpu_ns;
};

/* Thread: that worker, number `lane`, after its chain ran and before anybody
 * else has the unit. Copies what it can take; waits for nobody. */
void mst_shadow_offer(struct mst_shadow *shadow, size_t lane,
                      const struct mst_unit *unit,
                      const struct mst_shadow_spent *spent);

/* Thread: any. No more is taken; `end` says why, if nothing ended it before.
 * What waits is compared still, unless it was STOPPED. Waits for nobody. */
void mst_shadow_stop(struct mst_shadow *shadow, enum mst_shadow_end end);
/* Thread: any. Whether all that was taken is compared or given up. */
bool mst_shadow_has_ended(struct mst_shadow *shadow);
/* Thread: any. Waits for that. False: the time was over before. */
bool mst_shadow_wait(struct mst_shadow *shadow, int timeout_ms);

/* Thread: any. */
void mst_shadow_read(struct mst_shadow *shadow,
                     struct mst_shadow_look *ret_look);
/* Writes the keys of a report into the object that is open. Thread: any. */
void mst_shadow_report(struct mst_shadow *shadow, struct mst_json *out);

/* Stops it, waits for its threads. NULL is fine. */
void mst_shadow_destroy(struct mst_shadow *shadow);

/* "equal", "running": as reports write them. Never NULL. */
const char *mst_shadow_outcome_name(enum mst_shadow_outcome outcome);
const char *mst_shadow_end_name(enum mst_shadow_end end);

#endif
