/* SPDX-License-Identifier: MIT */
/* /metrics in Prometheus' text format: family by family, job by job. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/operations.h"

struct metrics_job {
    char *name; /* as a label's value */
    struct mst_job_status status;
    bool stuck;
    bool leaving;
};

struct metrics_all {
    struct metrics_job *jobs;
    size_t len;
};

static const enum mst_job_state metrics_states[] = {
    MST_JOB_STARTING, MST_JOB_RUNNING, MST_JOB_RETRYING, MST_JOB_PAUSED,
    MST_JOB_DRAINING, MST_JOB_STOPPED, MST_JOB_FAILED,   MST_JOB_COMPLETED};

/* Quotes, backslashes and line breaks are written with a backslash. */
static char *
metrics_label(const char *text)
{
    struct mst_buf out;
    enum mst_status status = MST_OK;
    mst_buf_init(&out, (size_t)64 * 1024);
    for (; *text != '\0' && status == MST_OK; text++) {
        if (*text == '\n') {
            status = mst_buf_append_str(&out, "\\n");
        } else if (*text == '"' || *text == '\\') {
            status = mst_buf_printf(&out, "\\%c", *text);
        } else {
            status = mst_buf_append_char(&out, *text);
        }
    }
    char *label = status == MST_OK ? mst_buf_text(&out) : NULL;
    label = label != NULL ? strdup(label) : NULL;
    mst_buf_clear(&out);
    return label;
}

static enum mst_status
metrics_take(void *arg, const struct mst_job_look *look)
{
    struct metrics_all *all = arg;
    struct metrics_job *jobs =
        realloc(all->jobs, (all->len + 1) * sizeof(*jobs));
    if (jobs == NULL) {
        return MST_FATAL;
    }
    all->jobs = jobs;
    jobs[all->len] = (struct metrics_job){.name = metrics_label(look->name),
                                          .status = look->status,
                                          .stuck = look->stuck,
                                          .leaving = look->leaving};
    return jobs[all->len++].name != NULL ? MST_OK : MST_FATAL;
}

static void
metrics_family(struct mst_json *out, const char *name, const char *type,
               const char *help)
{
    mst_json_did(out, mst_buf_printf(&out->buf, "# HELP %s %s\n# TYPE %s %s\n",
                                     name, help, name, type));
}

/* In thousandths where seconds are meant; unknown ones are left out. */
enum metrics_unit { METRICS_PLAIN, METRICS_MS };

struct metrics_row {
    const char *name;
    const char *type;
    const char *help;
    enum metrics_unit unit;
    int64_t (*value)(const struct metrics_job *job); /* < 0: unknown */
};

#define TOTAL(field)                                                           \
    static int64_t metrics_##field(const struct metrics_job *job)              \
    {                                                                          \
        return (int64_t)job->status.totals.field;                              \
    }
TOTAL(events_in)
TOTAL(bytes_in)
TOTAL(events_out)
TOTAL(rejected)
TOTAL(retries)
TOTAL(checkpoints)
TOTAL(runs)
TOTAL(failures)

static bool
metrics_runs_now(const struct metrics_job *job)
{
    return job->status.started_ms != 0 && job->status.stopped_ms == 0;
}

static int64_t
metrics_memory(const struct metrics_job *job)
{
    return metrics_runs_now(job) ? (int64_t)job->status.run.memory : 0;
}

static int64_t
metrics_lag(const struct metrics_job *job)
{
    return metrics_runs_now(job) ? job->status.run.source.lag_ms : -1;
}

static int64_t
metrics_lag_events(const struct metrics_job *job)
{
    return metrics_runs_now(job) ? job->status.run.source.lag_events : -1;
}

static int64_t
metrics_saved(const struct metrics_job *job)
{
    int64_t at = job->status.run.checkpoint_ms;
    return at == 0 ? -1 : at;
}

static int64_t
metrics_stuck(const struct metrics_job *job)
{
    return job->stuck ? 1 : 0;
}

static const struct metrics_row metrics_rows[] = {
    {"mstream_job_events_read_total", "counter", "Events read.", METRICS_PLAIN,
     metrics_events_in},
    {"mstream_job_bytes_read_total", "counter", "Payload bytes read.",
     METRICS_PLAIN, metrics_bytes_in},
    {"mstream_job_events_delivered_total", "counter",
     "Deliveries that sinks confirmed.", METRICS_PLAIN, metrics_events_out},
    {"mstream_job_events_rejected_total", "counter",
     "Deliveries that became dead letters or were skipped.", METRICS_PLAIN,
     metrics_rejected},
    {"mstream_job_retries_total", "counter", "Deliveries offered again.",
     METRICS_PLAIN, metrics_retries},
    {"mstream_job_checkpoints_total", "counter", "Checkpoints saved.",
     METRICS_PLAIN, metrics_checkpoints},
    {"mstream_job_runs_total", "counter", "Runs begun.", METRICS_PLAIN,
     metrics_runs},
    {"mstream_job_failures_total", "counter", "Runs that failed.",
     METRICS_PLAIN, metrics_failures},
    {"mstream_job_memory_bytes", "gauge", "Events in flight.", METRICS_PLAIN,
     metrics_memory},
    {"mstream_job_lag_seconds", "gauge",
     "How old the newest event read is, at the origin.", METRICS_MS,
     metrics_lag},
    {"mstream_job_lag_events", "gauge",
     "Events between here and the end of the origin.", METRICS_PLAIN,
     metrics_lag_events},
    {"mstream_job_last_checkpoint_timestamp_seconds", "gauge",
     "When the last checkpoint of this run was saved.", METRICS_MS,
     metrics_saved},
    {"mstream_job_stuck", "gauge",
     "Whether the job says it runs and gets nowhere.", METRICS_PLAIN,
     metrics_stuck},
};

static void
metrics_one(struct mst_json *out, const struct metrics_row *row,
            const struct metrics_all *all)
{
    metrics_family(out, row->name, row->type, row->help);
    for (size_t i = 0; i < all->len; i++) {
        long long value = row->value(&all->jobs[i]);
        if (value < 0) {
            continue;
        }
        mst_json_did(out, mst_buf_printf(&out->buf, "%s{job=\"%s\"} ",
                                         row->name, all->jobs[i].name));
        mst_json_did(out, row->unit == METRICS_MS
                              ? mst_buf_printf(&out->buf, "%lld.%03lld\n",
                                               value / 1000, value % 1000)
                              : mst_buf_printf(&out->buf, "%lld\n", value));
    }
}

static void
metrics_state(struct mst_json *out, const struct metrics_all *all)
{
    metrics_family(out, "mstream_job_state", "gauge",
                   "1 for the state that the job is in.");
    for (size_t i = 0; i < all->len; i++) {
        for (size_t k = 0; k < MST_ARRAY_SIZE(metrics_states); k++) {
            mst_json_did(
                out,
                mst_buf_printf(
                    &out->buf,
                    "mstream_job_state{job=\"%s\",state=\"%s\"} %d\n",
                    all->jobs[i].name, mst_job_state_name(metrics_states[k]),
                    all->jobs[i].status.state == metrics_states[k] ? 1 : 0));
        }
    }
}

/* Resident memory in bytes; 0: not known. */
static unsigned long long
metrics_resident(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL) {
        if (fscanf(file, "%*u %llu", &pages) != 1) {
            pages = 0;
        }
        (void)fclose(file);
    }
    return pages * (unsigned long long)sysconf(_SC_PAGESIZE);
}

static void
metrics_process(struct mst_api *api, struct mst_json *out)
{
    metrics_family(out, "mstream_build_info", "gauge", "The build.");
    mst_json_did(out, mst_buf_printf(&out->buf,
                                     "mstream_build_info{version=\"%s\"} 1\n",
                                     MST_VERSION));
    metrics_family(out, "process_start_time_seconds", "gauge",
                   "When the daemon started.");
    mst_json_did(out, mst_buf_printf(&out->buf,
                                     "process_start_time_seconds %lld.%03lld\n",
                                     (long long)(api->started_ms / 1000),
                                     (long long)(api->started_ms % 1000)));
    metrics_family(out, "process_resident_memory_bytes", "gauge",
                   "Memory of the daemon.");
    mst_json_did(out, mst_buf_printf(&out->buf,
                                     "process_resident_memory_bytes %llu\n",
                                     metrics_resident()));
    metrics_family(out, "mstream_api_requests_total", "counter",
                   "Answers of the API by class of status.");
    for (size_t i = 1; i < MST_API_STATUS_CLASSES; i++) {
        mst_json_did(out,
                     mst_buf_printf(
                         &out->buf,
                         "mstream_api_requests_total{status=\"%zuxx\"} %llu\n",
                         i, (unsigned long long)atomic_load(&api->answers[i])));
    }
    metrics_family(out, "mstream_api_wrong_tokens_total", "counter",
                   "Requests with a token that is not known.");
    mst_json_did(
        out, mst_buf_printf(&out->buf, "mstream_api_wrong_tokens_total %llu\n",
                            (unsigned long long)atomic_load(&api->refused)));
    metrics_family(out, "mstream_api_streams", "gauge", "Open log streams.");
    mst_json_did(out, mst_buf_printf(&out->buf, "mstream_api_streams %d\n",
                                     atomic_load(&api->streams)));
}

static void
metrics_get(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    struct metrics_all all = {0};
    struct mst_json *out = &answer->body;
    (void)request;
    answer->type = "text/plain; version=0.0.4; charset=utf-8";
    mst_json_did(out,
                 mst_manager_each(api->args.manager, "", metrics_take, &all));
    for (size_t i = 0; i < MST_ARRAY_SIZE(metrics_rows) && !out->failed; i++) {
        metrics_one(out, &metrics_rows[i], &all);
    }
    if (!out->failed) {
        metrics_state(out, &all);
        metrics_process(api, out);
    }
    for (size_t i = 0; i < all.len; i++) {
        free(all.jobs[i].name);
    }
    free(all.jobs);
}

const struct mst_api_operation mst_api_metrics[] = {
    {.method = "GET",
     .path = "/metrics",
     .role = MST_API_READ,
     .id = "getMetrics",
     .summary = "All numbers in Prometheus' text format.",
     .status = 200,
     .answer = "Metrics",
     .run = metrics_get},
    {0},
};
