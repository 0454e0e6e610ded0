/* SPDX-License-Identifier: MIT */
/* The numbers of jobs. What is not known is left out. */
#include <stdio.h>
#include <stdlib.h>

#include "api/metrics.h"
#include "base/clock.h"

/* Milliseconds are shown as seconds. */
enum jobs_form { JOBS_PLAIN, JOBS_MS };

struct jobs_row {
    struct mst_metric_family family;
    enum jobs_form form;
    int64_t (*value)(const struct mst_metrics_job *job); /* < 0: unknown */
};

static const enum mst_job_state jobs_states[] = {
    MST_JOB_STARTING, MST_JOB_RUNNING, MST_JOB_RETRYING, MST_JOB_PAUSED,
    MST_JOB_DRAINING, MST_JOB_STOPPED, MST_JOB_FAILED,   MST_JOB_COMPLETED};

#define TOTAL(field)                                                           \
    static int64_t jobs_##field(const struct mst_metrics_job *job)             \
    {                                                                          \
        return (int64_t)job->status.totals.field;                              \
    }
TOTAL(events_in)
TOTAL(bytes_in)
TOTAL(events_out)
TOTAL(rejected)
TOTAL(dropped)
TOTAL(retries)
TOTAL(reopened)
TOTAL(checkpoints)
TOTAL(runs)
TOTAL(failures)

static bool
jobs_runs_now(const struct mst_metrics_job *job)
{
    return job->status.started_ms != 0 && job->status.stopped_ms == 0;
}

/* Of the run there is; 0 while there is none. */
#define NOW(field)                                                             \
    static int64_t jobs_##field(const struct mst_metrics_job *job)             \
    {                                                                          \
        return jobs_runs_now(job) ? (int64_t)job->status.run.field : 0;        \
    }
NOW(memory)
NOW(memory_limit)
NOW(batches)
NOW(unconfirmed)

static int64_t
jobs_queued(const struct mst_metrics_job *job)
{
    const struct mst_pipeline_status *run = &job->status.run;
    return jobs_runs_now(job) && run->events_in > run->settled_seq
               ? (int64_t)(run->events_in - run->settled_seq)
               : 0;
}

static int64_t
jobs_lag(const struct mst_metrics_job *job)
{
    return jobs_runs_now(job) ? job->status.run.source.lag_ms : -1;
}

static int64_t
jobs_tail_shared(const struct mst_metrics_job *job)
{
    const char *tail = job->status.run.source.tail;
    return jobs_runs_now(job) && tail != NULL ? strcmp(tail, "shared") == 0
                                              : -1;
}

static int64_t
jobs_tail_switches(const struct mst_metrics_job *job)
{
    const struct mst_source_stats *source = &job->status.run.source;
    return jobs_runs_now(job) && source->tail != NULL
               ? (int64_t)source->tail_switches
               : -1;
}

static int64_t
jobs_lag_events(const struct mst_metrics_job *job)
{
    return jobs_runs_now(job) ? job->status.run.source.lag_events : -1;
}

static int64_t
jobs_saved(const struct mst_metrics_job *job)
{
    int64_t at = job->status.run.checkpoint_ms;
    return at == 0 ? -1 : at;
}

static int64_t
jobs_saved_age(const struct mst_metrics_job *job)
{
    int64_t at = job->status.run.checkpoint_ms;
    int64_t age = mst_clock_wall_ms() - at;
    return at == 0 ? -1 : age < 0 ? 0 : age;
}

static int64_t
jobs_horizon(const struct mst_metrics_job *job)
{
    return job->horizon_ms;
}

static int64_t
jobs_since(const struct mst_metrics_job *job)
{
    return job->status.since_ms == 0 ? -1 : job->status.since_ms;
}

static int64_t
jobs_stuck(const struct mst_metrics_job *job)
{
    return job->stuck ? 1 : 0;
}

static const struct jobs_row jobs_rows[] = {
    {{"mstream_job_events_read", MST_METRIC_COUNTER, NULL, "Events read."},
     JOBS_PLAIN,
     jobs_events_in},
    {{"mstream_job_read_bytes", MST_METRIC_COUNTER, "bytes",
      "Payload bytes read."},
     JOBS_PLAIN,
     jobs_bytes_in},
    {{"mstream_job_events_delivered", MST_METRIC_COUNTER, NULL,
      "Deliveries that sinks confirmed: one per event and sink."},
     JOBS_PLAIN,
     jobs_events_out},
    {{"mstream_job_events_rejected", MST_METRIC_COUNTER, NULL,
      "Deliveries that became dead letters or were skipped."},
     JOBS_PLAIN,
     jobs_rejected},
    {{"mstream_job_events_dropped", MST_METRIC_COUNTER, NULL,
      "Events that a middleware let go."},
     JOBS_PLAIN,
     jobs_dropped},
    {{"mstream_job_retries", MST_METRIC_COUNTER, NULL,
      "Deliveries offered again."},
     JOBS_PLAIN,
     jobs_retries},
    {{"mstream_job_reconnects", MST_METRIC_COUNTER, NULL,
      "Times that the source or a sink was opened again."},
     JOBS_PLAIN,
     jobs_reopened},
    {{"mstream_job_checkpoints", MST_METRIC_COUNTER, NULL,
      "Checkpoints saved."},
     JOBS_PLAIN,
     jobs_checkpoints},
    {{"mstream_job_runs", MST_METRIC_COUNTER, NULL,
      "Runs begun: one more than restarts."},
     JOBS_PLAIN,
     jobs_runs},
    {{"mstream_job_failures", MST_METRIC_COUNTER, NULL, "Runs that failed."},
     JOBS_PLAIN,
     jobs_failures},
    {{"mstream_job_queue_bytes", MST_METRIC_GAUGE, "bytes",
      "Memory of the events in flight."},
     JOBS_PLAIN,
     jobs_memory},
    {{"mstream_job_queue_limit_bytes", MST_METRIC_GAUGE, "bytes",
      "Above that the source is not read."},
     JOBS_PLAIN,
     jobs_memory_limit},
    {{"mstream_job_queue_events", MST_METRIC_GAUGE, NULL,
      "Events read and not settled yet."},
     JOBS_PLAIN,
     jobs_queued},
    {{"mstream_job_queue_batches", MST_METRIC_GAUGE, NULL,
      "Batches that these are in."},
     JOBS_PLAIN,
     jobs_batches},
    {{"mstream_job_sink_unconfirmed_events", MST_METRIC_GAUGE, NULL,
      "Deliveries that sinks have taken and not confirmed."},
     JOBS_PLAIN,
     jobs_unconfirmed},
    {{"mstream_job_lag_seconds", MST_METRIC_GAUGE, "seconds",
      "How old the newest event read is, at the origin."},
     JOBS_MS,
     jobs_lag},
    {{"mstream_job_lag_events", MST_METRIC_GAUGE, NULL,
      "Events between here and the end of the origin."},
     JOBS_PLAIN,
     jobs_lag_events},
    {{"mstream_job_tail_shared", MST_METRIC_GAUGE, NULL,
      "Whether the oplog comes by a tail that jobs share (1), or by the "
      "job's own (0)."},
     JOBS_PLAIN,
     jobs_tail_shared},
    {{"mstream_job_tail_switches", MST_METRIC_GAUGE, NULL,
      "Changes from one to the other in this run."},
     JOBS_PLAIN,
     jobs_tail_switches},
    {{"mstream_job_position_horizon_seconds", MST_METRIC_GAUGE, "seconds",
      "How long until the origin no longer has what follows the checkpoint."},
     JOBS_MS,
     jobs_horizon},
    {{"mstream_job_last_checkpoint_timestamp_seconds", MST_METRIC_GAUGE,
      "seconds", "When the last checkpoint of this run was saved."},
     JOBS_MS,
     jobs_saved},
    {{"mstream_job_checkpoint_age_seconds", MST_METRIC_GAUGE, "seconds",
      "Time since then."},
     JOBS_MS,
     jobs_saved_age},
    {{"mstream_job_state_timestamp_seconds", MST_METRIC_GAUGE, "seconds",
      "Since when the job is in its state."},
     JOBS_MS,
     jobs_since},
    {{"mstream_job_stuck", MST_METRIC_GAUGE, NULL,
      "Whether the job says it runs and gets nowhere."},
     JOBS_PLAIN,
     jobs_stuck},
};

static void
jobs_one(struct mst_metrics_text *text, const struct jobs_row *row,
         const struct mst_metrics_jobs *jobs)
{
    mst_metrics_family(text, &row->family);
    for (size_t i = 0; i < jobs->len; i++) {
        const struct mst_metrics_job *job = &jobs->items[i];
        int64_t value = row->value(job);
        if (value >= 0 && row->form == JOBS_MS) {
            mst_metrics_milli(text, job->labels, value);
        } else if (value >= 0) {
            mst_metrics_number(text, job->labels, (uint64_t)value);
        }
    }
}

/* A job's sample with one more label. */
static void
jobs_labelled(struct mst_metrics_text *text, const struct mst_metrics_job *job,
              const char *name, const char *label, uint64_t value)
{
    struct mst_buf labels;
    mst_buf_init(&labels, MST_API_ANSWER_MAX);
    enum mst_status status = mst_buf_append_str(&labels, job->labels);
    if (status == MST_OK) {
        status = mst_metrics_label(&labels, name, label);
    }
    const char *all = status == MST_OK ? mst_buf_text(&labels) : NULL;
    if (all != NULL) {
        mst_metrics_number(text, all, value);
    }
    mst_json_did(text->out, all != NULL ? MST_OK : MST_FATAL);
    mst_buf_clear(&labels);
}

static void
jobs_state(struct mst_metrics_text *text, const struct mst_metrics_jobs *jobs)
{
    static const struct mst_metric_family family = {
        "mstream_job_state", MST_METRIC_GAUGE, NULL,
        "1 for the state that the job is in."};
    mst_metrics_family(text, &family);
    for (size_t i = 0; i < jobs->len; i++) {
        const struct mst_metrics_job *job = &jobs->items[i];
        for (size_t k = 0; k < MST_ARRAY_SIZE(jobs_states); k++) {
            jobs_labelled(text, job, "state",
                          mst_job_state_name(jobs_states[k]),
                          job->status.state == jobs_states[k] ? 1 : 0);
        }
    }
}

static void
jobs_errors(struct mst_metrics_text *text, const struct mst_metrics_jobs *jobs)
{
    static const struct mst_metric_family family = {
        "mstream_job_errors", MST_METRIC_COUNTER, NULL,
        "What went wrong, by what became of it: deliveries, but runs where "
        "it is fatal."};
    mst_metrics_family(text, &family);
    for (size_t i = 0; i < jobs->len; i++) {
        const struct mst_metrics_job *job = &jobs->items[i];
        const struct mst_job_totals *totals = &job->status.totals;
        jobs_labelled(text, job, "outcome", "retried", totals->retries);
        jobs_labelled(text, job, "outcome", "skipped",
                      totals->rejected - totals->letters);
        jobs_labelled(text, job, "outcome", "dead_lettered", totals->letters);
        jobs_labelled(text, job, "outcome", "fatal", totals->failures);
    }
}

/* Only of jobs that have one. */
static void
jobs_shadows(struct mst_metrics_text *text, const struct mst_metrics_jobs *jobs)
{
    static const struct mst_metric_family compared = {
        "mstream_shadow_events", MST_METRIC_COUNTER, NULL,
        "Events that the shadow of a job was compared on, by what came out."};
    static const struct mst_metric_family skipped = {
        "mstream_shadow_skipped", MST_METRIC_COUNTER, NULL,
        "Events that it was not compared on, because it lagged."};
    mst_metrics_family(text, &compared);
    for (size_t i = 0; i < jobs->len; i++) {
        const struct mst_metrics_job *job = &jobs->items[i];
        for (size_t k = 0; k < MST_SHADOW_OUTCOMES && job->has_shadow; k++) {
            jobs_labelled(text, job, "outcome",
                          mst_shadow_outcome_name((enum mst_shadow_outcome)k),
                          job->shadow.outcomes[k]);
        }
    }
    mst_metrics_family(text, &skipped);
    for (size_t i = 0; i < jobs->len; i++) {
        if (jobs->items[i].has_shadow) {
            mst_metrics_number(text, jobs->items[i].labels,
                               jobs->items[i].shadow.skipped);
        }
    }
}

static void
jobs_histogram(struct mst_metrics_text *text, const struct mst_metrics_job *job,
               enum mst_meter meter, const char *stage)
{
    struct mst_buf labels;
    bool times = meter != MST_METER_BATCH;
    const struct mst_histogram_look *look =
        &job->status.totals.meters.of[meter];
    mst_buf_init(&labels, MST_API_ANSWER_MAX);
    enum mst_status status = mst_buf_append_str(&labels, job->labels);
    if (status == MST_OK && stage != NULL) {
        status = mst_metrics_label(&labels, "stage", stage);
    }
    const char *all = status == MST_OK ? mst_buf_text(&labels) : NULL;
    if (all != NULL) {
        mst_metrics_histogram(text, all, look,
                              times ? mst_histogram_times : mst_histogram_sizes,
                              times ? 1e6 : 1);
    }
    mst_json_did(text->out, all != NULL ? MST_OK : MST_FATAL);
    mst_buf_clear(&labels);
}

static void
jobs_histograms(struct mst_metrics_text *text,
                const struct mst_metrics_jobs *jobs)
{
    static const struct mst_metric_family latency = {
        "mstream_job_latency_seconds", MST_METRIC_HISTOGRAM, "seconds",
        "How long events took, stage by stage; each counts with its batch."};
    static const struct mst_metric_family batch = {
        "mstream_job_batch_events", MST_METRIC_HISTOGRAM, NULL,
        "Events that were read together."};
    static const char *const stages[] = {[MST_METER_SOURCE] = "source",
                                         [MST_METER_CONVERT] = "convert",
                                         [MST_METER_SINK] = "sink",
                                         [MST_METER_TOTAL] = "total"};
    mst_metrics_family(text, &latency);
    for (size_t i = 0; i < jobs->len; i++) {
        for (size_t k = 0; k < MST_ARRAY_SIZE(stages); k++) {
            jobs_histogram(text, &jobs->items[i], (enum mst_meter)k, stages[k]);
        }
    }
    mst_metrics_family(text, &batch);
    for (size_t i = 0; i < jobs->len; i++) {
        jobs_histogram(text, &jobs->items[i], MST_METER_BATCH, NULL);
    }
}

void
mst_metrics_write_jobs(struct mst_metrics_text *text,
                       const struct mst_metrics_jobs *jobs)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(jobs_rows) && !text->out->failed;
         i++) {
        jobs_one(text, &jobs_rows[i], jobs);
    }
    jobs_errors(text, jobs);
    jobs_shadows(text, jobs);
    jobs_state(text, jobs);
    jobs_histograms(text, jobs);
}
