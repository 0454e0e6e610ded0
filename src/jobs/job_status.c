/* SPDX-License-Identifier: MIT */
/* How jobs are, and what they have done, run after run. */
#include "jobs/job.h"

static const char *const job_state_names[] = {
    [MST_JOB_STARTING] = "starting", [MST_JOB_RUNNING] = "running",
    [MST_JOB_RETRYING] = "retrying", [MST_JOB_PAUSED] = "paused",
    [MST_JOB_DRAINING] = "draining", [MST_JOB_STOPPED] = "stopped",
    [MST_JOB_FAILED] = "failed",     [MST_JOB_COMPLETED] = "completed",
};

const char *
mst_job_state_name(enum mst_job_state state)
{
    return job_state_names[state];
}

void
mst_job_totals_add(struct mst_job_totals *totals,
                   const struct mst_job_totals *more)
{
    totals->events_in += more->events_in;
    totals->bytes_in += more->bytes_in;
    totals->events_out += more->events_out;
    totals->rejected += more->rejected;
    totals->letters += more->letters;
    totals->dropped += more->dropped;
    totals->retries += more->retries;
    totals->reopened += more->reopened;
    totals->checkpoints += more->checkpoints;
    totals->runs += more->runs;
    totals->failures += more->failures;
    mst_meters_sum(&totals->meters, &more->meters);
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
        .letters = run->letters,
        .dropped = run->dropped,
        .retries = run->retries,
        .reopened = run->reopened,
        .checkpoints = run->checkpoints,
        .meters = run->meters,
    };
    mst_job_totals_add(totals, &more);
}

void
mst_job_status_merge(struct mst_job_status *status)
{
    switch (status->run.phase) {
    case MST_PHASE_STARTING:
        status->state = MST_JOB_STARTING;
        break;
    case MST_PHASE_RUNNING:
        status->state = MST_JOB_RUNNING;
        break;
    case MST_PHASE_RETRYING:
        status->state = MST_JOB_RETRYING;
        break;
    case MST_PHASE_DRAINING:
        status->state = MST_JOB_DRAINING;
        break;
    }
    if (status->run.problem.status != MST_OK) {
        status->reason = status->run.problem;
        status->next_attempt_ms = status->run.next_attempt_ms;
        status->since_ms = status->run.problem_since_ms;
    }
}
