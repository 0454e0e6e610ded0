/* SPDX-License-Identifier: MIT */
/* What jobs have done, run after run. */
#include "jobs/job.h"

void
mst_job_totals_add(struct mst_job_totals *totals,
                   const struct mst_job_totals *more)
{
    totals->events_in += more->events_in;
    totals->bytes_in += more->bytes_in;
    totals->events_out += more->events_out;
    totals->rejected += more->rejected;
    totals->retries += more->retries;
    totals->checkpoints += more->checkpoints;
    totals->runs += more->runs;
    totals->failures += more->failures;
}

void
mst_job_totals_count(struct mst_job_totals *totals,
                     const struct mst_pipeline_status *run)
{
    const struct mst_job_totals more = {
        .events_in = run->events_in,
        .bytes_in = run->bytes_in,
        .events_out = run->events_out,
        .rejected = run->rejected,
        .retries = run->retries,
        .checkpoints = run->checkpoints,
    };
    mst_job_totals_add(totals, &more);
}
