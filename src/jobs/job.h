/* SPDX-License-Identifier: MIT */
/*
 * A job: a connector under management. It holds a lease while it runs, leaves
 * a record of every run, and starts again when time can heal what stopped it.
 */
#ifndef MST_JOBS_JOB_H
#define MST_JOBS_JOB_H

#include "config/config.h"
#include "core/store.h"
#include "jobs/spread.h"
#include "pipeline/pipeline.h"

enum mst_job_state {
    MST_JOB_STARTING,
    MST_JOB_RUNNING,
    MST_JOB_RETRYING,
    MST_JOB_PAUSED,
    MST_JOB_DRAINING,
    MST_JOB_STOPPED,
    MST_JOB_FAILED,
    MST_JOB_COMPLETED
};

enum mst_job_desired {
    MST_JOB_WANT_RUNNING,
    MST_JOB_WANT_PAUSED,
    MST_JOB_WANT_STOPPED
};

/* How the last run ended, for exit codes. */
enum mst_job_result {
    MST_JOB_RESULT_NONE,
    MST_JOB_RESULT_OK,
    MST_JOB_RESULT_FAILED,
    MST_JOB_RESULT_TIMED_OUT,
    MST_JOB_RESULT_LEASE_HELD
};

/* Of all runs since the job was made; they only grow. */
struct mst_job_totals {
    uint64_t events_in;
    uint64_t bytes_in;
    uint64_t events_out;
    uint64_t rejected;
    uint64_t letters;
    uint64_t dropped;
    uint64_t retries;
    uint64_t reopened;
    uint64_t checkpoints;
    uint64_t runs;
    uint64_t failures; /* runs that failed */
    struct mst_meters_look meters;
};

struct mst_job_args {
    const struct mst_config *config;
    const struct mst_config_connector *connector;
    const struct mst_registry *registry;
    struct mst_store *store;
    const char *holder;          /* of leases: who this process is */
    struct mst_spread *spread;   /* of the process; NULL: jobs stay here */
    uint64_t memory;             /* when the connector does not say */
    struct mst_budget *whole;    /* of all jobs; NULL: none */
    struct mst_commons *commons; /* of all jobs; NULL: they share nothing */
    /* For `mstream run`: end after one run, whatever happens; do not wait for
     * a lease that another holds. */
    bool single_run;
    bool once; /* as mode = "once" */
    /* Instead of the connector's; 0: as it says. In a single run it counts
     * from the start and bounds all: waiting for the lease, every poll. */
    int64_t timeout_ms;
    struct mst_job_totals before; /* what the totals begin with */
};

/* A look from outside. */
struct mst_job_status {
    enum mst_job_state state;
    enum mst_job_desired desired;
    int64_t since_ms;        /* wall clock */
    struct mst_error reason; /* status OK: none */
    int64_t next_attempt_ms; /* wall clock, 0: none */
    char holder[128];        /* of its lease, as far as known; "": nobody */
    bool elsewhere;          /* another process is the holder, and runs it */
    enum mst_job_result result;
    bool ended;         /* its thread is through */
    int64_t started_ms; /* of the last run, wall clock; 0: none */
    int64_t stopped_ms; /* its end; 0: it runs, or there is none */
    struct mst_job_totals totals;
    struct mst_pipeline_status run; /* of the running or the last run */
};

struct mst_job;

/* Checks and prepares; no network. args' pointers outlive the job. */
MST_MUST_CHECK enum mst_status mst_job_create(const struct mst_job_args *args,
                                              struct mst_job **ret_job,
                                              struct mst_error *err);
MST_MUST_CHECK enum mst_status mst_job_start(struct mst_job *job,
                                             struct mst_error *err);
/* Instead of start: it is stopped or paused from the beginning. */
void mst_job_hold(struct mst_job *job, enum mst_job_desired desired);
/* Adds what a job before it had done. */
void mst_job_totals_add(struct mst_job_totals *totals,
                        const struct mst_job_totals *more);
/* Adds a run, but for runs and failures. */
void mst_job_totals_count(struct mst_job_totals *totals,
                          const struct mst_pipeline_status *run);
/* Thread: any. Asks; the job drains and ends by itself. */
void mst_job_stop(struct mst_job *job, enum mst_job_desired desired);
/* While a run is on, its phase is the job's state. */
void mst_job_status_merge(struct mst_job_status *status);
/* Thread: any. */
void mst_job_status(struct mst_job *job, struct mst_job_status *ret_status);
const char *mst_job_name(const struct mst_job *job);
const struct mst_config_connector *mst_job_connector(const struct mst_job *job);
/* True: ended within the time. */
bool mst_job_wait(struct mst_job *job, int timeout_ms);
/* Thread: any. Another budget, now and in later runs. */
void mst_job_set_memory(struct mst_job *job, uint64_t memory);
/* Thread: any. Borrowed until it is set again or the job destroyed; runs show
 * it what they do, and it stops with the job. NULL: none. */
void mst_job_set_shadow(struct mst_job *job, struct mst_shadow *shadow);
/* Stops it if it runs, waits, frees. NULL is fine. */
void mst_job_destroy(struct mst_job *job);

/* "running", ... Never NULL. */
const char *mst_job_state_name(enum mst_job_state state);

#endif
