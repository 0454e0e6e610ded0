/* SPDX-License-Identifier: MIT */
/* Jobs to look at: the list, one, its numbers, its runs. */
#include "api/definitions.h"

#include <stdio.h>

enum { JOBS_LIST_MAX = 10000, JOBS_RUNS_DEFAULT = 20 };

static void
jobs_services(struct mst_json *out, const struct mst_job_look *look)
{
    const struct mst_config *config = look->config;
    const struct mst_config_connector *connector = look->connector;
    size_t n = connector == NULL
                   ? 0
                   : 1 + connector->middlewares_len + connector->sinks_len;
    mst_json_open(out, "linked_services", '[');
    for (size_t i = 0; i < n; i++) {
        const struct mst_config_step *step =
            i == 0 ? &connector->source
            : i <= connector->middlewares_len
                ? &connector->middlewares[i - 1]
                : &connector->sinks[i - 1 - connector->middlewares_len];
        mst_json_str(out, NULL, config->services[step->service].name);
    }
    mst_json_close(out, ']');
}

static const char *
jobs_desired(enum mst_job_desired desired)
{
    return desired == MST_JOB_WANT_RUNNING  ? "running"
           : desired == MST_JOB_WANT_PAUSED ? "paused"
                                            : "stopped";
}

static void
jobs_reason(struct mst_json *out, const struct mst_error *reason)
{
    if (reason->status == MST_OK) {
        mst_json_str(out, "reason", NULL);
        return;
    }
    mst_json_open(out, "reason", '{');
    mst_json_str(out, "message", reason->text);
    mst_json_str(out, "origin", reason->origin);
    mst_json_number(out, "code", reason->code);
    mst_json_str(out, "hint", reason->hint[0] != '\0' ? reason->hint : NULL);
    mst_json_close(out, '}');
}

/* Its first words are for people; the last one tells processes apart. */
static void
jobs_holder(struct mst_json *out, const struct mst_job_status *status)
{
    char holder[sizeof(status->holder)];
    (void)snprintf(holder, sizeof(holder), "%s", status->holder);
    char *last = strrchr(holder, ' ');
    if (last != NULL) {
        *last = '\0';
    }
    mst_json_str(out, "holder", holder[0] != '\0' ? holder : NULL);
    mst_json_bool(out, "elsewhere", status->elsewhere);
}

static int64_t
jobs_throughput(const struct mst_job_status *status)
{
    int64_t end =
        status->stopped_ms != 0 ? status->stopped_ms : mst_clock_wall_ms();
    int64_t ms = end - status->started_ms;
    return status->started_ms == 0 || ms <= 0
               ? 0
               : (int64_t)(status->run.events_in * 1000 * 1000 / (uint64_t)ms);
}

static void
jobs_numbers(struct mst_json *out, const char *name,
             const struct mst_job_look *look)
{
    const struct mst_job_status *status = &look->status;
    const struct mst_job_totals *totals = &status->totals;
    bool known = status->stopped_ms == 0 && status->run.source.lag_ms >= 0;
    mst_json_open(out, name, '{');
    mst_json_number(out, "events_processed", (int64_t)totals->events_in);
    mst_json_number(out, "bytes_processed", (int64_t)totals->bytes_in);
    mst_json_seconds(out, "current_lag_seconds",
                     known ? status->run.source.lag_ms : 0);
    mst_json_bool(out, "lag_known", known);
    mst_json_number(out, "lag_events",
                    known ? status->run.source.lag_events : -1);
    mst_json_str(out, "tail",
                 status->stopped_ms == 0 ? status->run.source.tail : NULL);
    mst_json_number(out, "tail_switches",
                    (int64_t)status->run.source.tail_switches);
    /* Thousandths of events a second, shown as events. */
    mst_json_seconds(out, "throughput_per_second", jobs_throughput(status));
    mst_json_number(out, "total_errors",
                    (int64_t)(totals->rejected + totals->failures));
    mst_json_time(out, "last_processed_at", look->last_event_ms);
    mst_json_number(out, "events_delivered", (int64_t)totals->events_out);
    mst_json_number(out, "events_rejected", (int64_t)totals->rejected);
    mst_json_number(out, "retries", (int64_t)totals->retries);
    mst_json_number(out, "checkpoints", (int64_t)totals->checkpoints);
    mst_json_time(out, "last_checkpoint_at", status->run.checkpoint_ms);
    mst_json_number(out, "runs", (int64_t)totals->runs);
    mst_json_number(out, "failures", (int64_t)totals->failures);
    mst_json_number(out, "memory_bytes", (int64_t)status->run.memory);
    mst_json_close(out, '}');
}

void
mst_api_job_json(struct mst_json *out, const char *name,
                 const struct mst_job_look *look)
{
    const struct mst_job_status *status = &look->status;
    char revision[32];
    (void)snprintf(revision, sizeof(revision), "%llu",
                   (unsigned long long)look->revision);
    mst_json_open(out, name, '{');
    mst_json_str(out, "name", look->name);
    mst_json_str(out, "defined_in", look->revision != 0 ? "api" : "file");
    mst_json_str(out, "revision", look->revision != 0 ? revision : NULL);
    mst_json_str(out, "state", mst_job_state_name(status->state));
    mst_json_str(out, "desired_state", jobs_desired(status->desired));
    mst_json_time(out, "started_at", status->started_ms);
    mst_json_time(out, "stopped_at", status->stopped_ms);
    mst_json_time(out, "since", status->since_ms);
    mst_json_bool(out, "stuck", look->stuck);
    mst_json_bool(out, "leaving", look->leaving);
    jobs_holder(out, status);
    jobs_reason(out, &status->reason);
    mst_json_time(out, "next_attempt_at", status->next_attempt_ms);
    jobs_services(out, look);
    jobs_numbers(out, "metrics", look);
    mst_json_raw(out, "pipeline", mst_slice_str(look->definition));
    mst_json_close(out, '}');
}

struct jobs_list {
    struct mst_json *out;
    int64_t left;
};

static enum mst_status
jobs_list_one(void *arg, const struct mst_job_look *look)
{
    struct jobs_list *self = arg;
    mst_api_job_json(self->out, NULL, look);
    return --self->left > 0 ? MST_OK : MST_END;
}

static void
jobs_list(struct mst_api *api, const struct mst_api_request *request,
          struct mst_api_answer *answer)
{
    const struct mst_api_value *limit = mst_api_query(request, "limit");
    const struct mst_api_value *after = mst_api_query(request, "after");
    struct jobs_list self = {.out = &answer->body,
                             .left =
                                 limit->given ? limit->number : JOBS_LIST_MAX};
    mst_json_open(&answer->body, NULL, '[');
    enum mst_status status = mst_api_each_job(
        api, after->given ? after->text : "", jobs_list_one, &self);
    mst_json_close(&answer->body, ']');
    mst_json_did(&answer->body, status == MST_END ? MST_OK : status);
}

struct jobs_show {
    const struct mst_api_request *request;
    struct mst_api_answer *answer;
};

static enum mst_status
jobs_show_one(void *arg, const struct mst_job_look *look)
{
    struct jobs_show *self = arg;
    if (!mst_api_is_known(self->request, self->answer, look->revision)) {
        mst_api_job_json(&self->answer->body, NULL, look);
    }
    return MST_OK;
}

static void
jobs_show(struct mst_api *api, const struct mst_api_request *request,
          struct mst_api_answer *answer)
{
    struct jobs_show self = {.request = request, .answer = answer};
    const char *name = request->captures[0];
    enum mst_status status =
        api->args.catalog != NULL
            ? mst_catalog_one(api->args.catalog, name, jobs_show_one, &self)
            : mst_manager_one(api->args.manager, name, jobs_show_one, &self);
    if (status == MST_END) {
        mst_api_refuse(answer, 404, "not_found", NULL, "there is no job '%s'",
                       name);
    } else {
        mst_json_did(&answer->body, status);
    }
}

static enum mst_status
jobs_metrics_one(void *arg, const struct mst_job_look *look)
{
    jobs_numbers(arg, NULL, look);
    return MST_OK;
}

static void
jobs_metrics(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    if (mst_api_job_exists(api, request, answer)) {
        mst_json_did(&answer->body,
                     mst_manager_one(api->args.manager, request->captures[0],
                                     jobs_metrics_one, &answer->body));
    }
}

static enum mst_status
jobs_runs_one(void *arg, const struct mst_run_record *run)
{
    struct mst_json *out = arg;
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "id", (int64_t)run->id);
    mst_json_time(out, "started_at", run->start_ms);
    mst_json_time(out, "stopped_at", run->end_ms);
    mst_json_str(out, "state", run->end_ms == 0 ? "running" : run->state);
    mst_json_str(out, "reason",
                 run->reason != NULL && run->reason[0] != '\0' ? run->reason
                                                               : NULL);
    mst_json_number(out, "events_read", (int64_t)run->events_in);
    mst_json_number(out, "events_delivered", (int64_t)run->events_out);
    mst_json_number(out, "events_rejected", (int64_t)run->rejected);
    mst_json_number(out, "bytes", (int64_t)run->bytes);
    mst_json_str(out, "first_position", run->first_position);
    mst_json_str(out, "last_position", run->last_position);
    mst_json_close(out, '}');
    return MST_OK;
}

static void
jobs_runs(struct mst_api *api, const struct mst_api_request *request,
          struct mst_api_answer *answer)
{
    struct mst_store *store = mst_manager_store(api->args.manager);
    const struct mst_api_value *limit = mst_api_query(request, "limit");
    struct mst_error err;
    if (!mst_api_job_exists(api, request, answer)) {
        return;
    }
    mst_error_clear(&err);
    mst_json_open(&answer->body, NULL, '[');
    enum mst_status status = store->type->run_list(
        store, request->captures[0],
        limit->given ? (size_t)limit->number : JOBS_RUNS_DEFAULT, jobs_runs_one,
        &answer->body, &err);
    mst_json_close(&answer->body, ']');
    if (status != MST_OK) {
        mst_api_fail(answer, &err);
    }
}

static const struct mst_api_field jobs_list_query[] = {
    MST_API_LIMIT(JOBS_LIST_MAX),
    {.name = "after",
     .type = MST_API_TEXT,
     .max = MST_API_CAPTURE_MAX - 1,
     .help = "Only names behind this one."},
};

static const struct mst_api_field jobs_runs_query[] = {MST_API_LIMIT(100)};

const struct mst_api_operation mst_api_jobs[] = {
    {.method = "GET",
     .path = "/jobs",
     .role = MST_API_READ,
     .id = "listJobs",
     .quick = true,
     .summary = "All jobs, in the order of their names.",
     .query = jobs_list_query,
     .query_len = MST_ARRAY_SIZE(jobs_list_query),
     .status = 200,
     .answer = "Jobs",
     .run = jobs_list},
    {.method = "POST",
     .path = "/jobs",
     .role = MST_API_ADMIN,
     .id = "createJob",
     .summary = "Makes a job: the body is its connector.",
     .document = true,
     .status = 201,
     .answer = "JobDone",
     .run = mst_api_create_job},
    {.method = "GET",
     .path = "/jobs/{name}",
     .role = MST_API_READ,
     .id = "getJob",
     .quick = true,
     .summary = "One job: its state, why, and its definition.",
     .status = 200,
     .answer = "Job",
     .run = jobs_show},
    {.method = "PUT",
     .path = "/jobs/{name}",
     .role = MST_API_ADMIN,
     .id = "replaceJob",
     .summary = "Changes a job, or makes it. If-Match: only the revision "
                "that was read.",
     .document = true,
     .status = 200,
     .answer = "JobDone",
     .run = mst_api_replace_job},
    {.method = "DELETE",
     .path = "/jobs/{name}",
     .role = MST_API_ADMIN,
     .id = "removeJob",
     .summary = "Drains a job and removes it.",
     .query = mst_api_remove_job_query,
     .query_len = MST_API_REMOVE_JOB_QUERY,
     .status = 200,
     .answer = "Done",
     .run = mst_api_remove_job},
    {.method = "GET",
     .path = "/jobs/{name}/metrics",
     .role = MST_API_READ,
     .id = "getJobMetrics",
     .quick = true,
     .summary = "The numbers of a job since the daemon started.",
     .status = 200,
     .answer = "JobMetrics",
     .run = jobs_metrics},
    {.method = "GET",
     .path = "/jobs/{name}/runs",
     .role = MST_API_READ,
     .id = "listJobRuns",
     .summary = "What its runs did and how they ended, newest first.",
     .query = jobs_runs_query,
     .query_len = MST_ARRAY_SIZE(jobs_runs_query),
     .status = 200,
     .answer = "Runs",
     .run = jobs_runs},
    {0},
};
