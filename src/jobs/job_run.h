/* SPDX-License-Identifier: MIT */
/* What a record of a run says about where it read. */
#ifndef MST_JOBS_JOB_RUN_H
#define MST_JOBS_JOB_RUN_H

#include "core/store.h"
#include "jobs/job.h"
#include "jobs/lease.h"

/* The lease of a job that is made; ttl_ms: how long one lasts. */
void mst_job_run_hold(struct mst_hold *hold, const struct mst_job_args *args,
                      int64_t ttl_ms);

/* For people: without memory the record has none. */
void mst_job_run_positions(struct mst_run_record *run,
                           struct mst_pipeline *pipeline);
/* Frees them. */
void mst_job_run_clear(struct mst_run_record *run);

/* Writes down how the run ended; why->status OK: nothing to say. Bookkeeping
 * for people: a failure is logged only. */
void mst_job_run_end(struct mst_store *store, struct mst_run_record *run,
                     enum mst_job_state state,
                     const struct mst_pipeline_status *last,
                     const struct mst_error *why);

void mst_job_run_log_completed(const char *job,
                               const struct mst_pipeline_status *last);

#endif
