/* SPDX-License-Identifier: MIT */
/* What a record of a run says about where it read. */
#ifndef MST_JOBS_JOB_RUN_H
#define MST_JOBS_JOB_RUN_H

#include "core/store.h"
#include "pipeline/pipeline.h"

/* For people: without memory the record has none. */
void mst_job_run_positions(struct mst_run_record *run,
                           struct mst_pipeline *pipeline);
/* Frees them. */
void mst_job_run_clear(struct mst_run_record *run);

#endif
