/* SPDX-License-Identifier: MIT */
/* /health, /livez, /readyz, /stats: how the daemon is. */
#include "api/operations.h"

struct system_look {
    struct mst_api_census census;
    struct mst_json *problems; /* NULL: not asked for */
};

static bool
system_is_problem(const struct mst_job_look *look)
{
    enum mst_job_state state = look->status.state;
    return look->stuck || state == MST_JOB_FAILED
           || (state == MST_JOB_RETRYING && !look->status.elsewhere);
}

static enum mst_status
system_one(void *arg, const struct mst_job_look *look)
{
    struct system_look *self = arg;
    struct mst_json *out = self->problems;
    mst_api_census_add(&self->census, look);
    if (out != NULL && system_is_problem(look)) {
        const struct mst_error *reason = &look->status.reason;
        mst_json_open(out, NULL, '{');
        mst_json_str(out, "job", look->name);
        mst_json_str(out, "state", mst_job_state_name(look->status.state));
        mst_json_str(out, "message", reason->text);
        mst_json_str(out, "hint",
                     reason->hint[0] != '\0' ? reason->hint : NULL);
        mst_json_close(out, '}');
    }
    return MST_OK;
}

static int64_t
system_uptime(const struct mst_api *api)
{
    return (mst_clock_wall_ms() - api->started_ms) / 1000;
}

static void
system_counts(struct mst_json *out, const struct mst_api_census *census)
{
    mst_json_number(out, "running", (int64_t)census->running);
    mst_json_number(out, "retrying", (int64_t)census->retrying);
    mst_json_number(out, "paused", (int64_t)census->paused);
    mst_json_number(out, "stopped", (int64_t)census->stopped);
    mst_json_number(out, "completed", (int64_t)census->completed);
    mst_json_number(out, "failed", (int64_t)census->failed);
    mst_json_number(out, "stuck", (int64_t)census->stuck);
    mst_json_number(out, "elsewhere", (int64_t)census->elsewhere);
}

static void
system_health(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    struct mst_json problems;
    struct mst_job_totals gone;
    size_t unmade = 0;
    struct system_look look = {.problems = &problems};
    struct mst_json *out = &answer->body;
    (void)request;
    mst_json_init(&problems, MST_API_ANSWER_MAX);
    mst_json_open(&problems, NULL, '[');
    mst_json_did(out, mst_api_each_job(api, "", system_one, &look));
    mst_json_close(&problems, ']');
    mst_manager_rest(api->args.manager, &gone, &unmade);
    const struct mst_api_census *census = &look.census;
    bool healthy = census->failed == 0 && census->retrying == 0
                   && census->stuck == 0 && unmade == 0;
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "status", healthy ? "healthy" : "degraded");
    mst_json_str(out, "version", MST_VERSION);
    mst_json_number(out, "uptime_seconds", system_uptime(api));
    mst_json_open(out, "jobs", '{');
    system_counts(out, census);
    mst_json_close(out, '}');
    mst_json_raw(out, "problems", mst_buf_slice(&problems.buf));
    mst_json_close(out, '}');
    out->failed = out->failed || problems.failed;
    mst_json_clear(&problems);
}

static void
system_live(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    (void)api;
    (void)request;
    mst_json_open(&answer->body, NULL, '{');
    mst_json_str(&answer->body, "status", "alive");
    mst_json_close(&answer->body, '}');
}

static void
system_ready(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    (void)request;
    if (mst_manager_is_stopping(api->args.manager)) {
        mst_api_refuse(answer, 503, "stopping", NULL,
                       "the daemon drains, to end");
        return;
    }
    mst_json_open(&answer->body, NULL, '{');
    mst_json_str(&answer->body, "status", "ready");
    mst_json_close(&answer->body, '}');
}

static void
system_stats(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    struct system_look look = {0};
    struct mst_job_totals *totals = &look.census.totals;
    struct mst_json *out = &answer->body;
    size_t unmade = 0;
    (void)request;
    mst_manager_rest(api->args.manager, totals, &unmade);
    mst_json_did(out, mst_api_each_job(api, "", system_one, &look));
    const struct mst_api_census *census = &look.census;
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "total_events_processed", (int64_t)totals->events_in);
    mst_json_number(out, "total_bytes_processed", (int64_t)totals->bytes_in);
    mst_json_number(out, "total_events_delivered", (int64_t)totals->events_out);
    mst_json_number(out, "total_events_rejected", (int64_t)totals->rejected);
    mst_json_number(out, "uptime_seconds", system_uptime(api));
    mst_json_number(out, "running_jobs", (int64_t)census->running);
    mst_json_number(
        out, "stopped_jobs",
        (int64_t)(census->stopped + census->paused + census->completed));
    mst_json_number(out, "error_jobs", (int64_t)(census->failed + unmade));
    mst_json_open(out, "jobs", '{');
    system_counts(out, census);
    mst_json_close(out, '}');
    mst_json_close(out, '}');
}

const struct mst_api_operation mst_api_system[] = {
    {.method = "GET",
     .path = "/health",
     .role = MST_API_READ,
     .id = "getHealth",
     .quick = true,
     .summary = "How the daemon is: degraded while a job failed, retries or "
                "gets nowhere, with the reasons.",
     .status = 200,
     .answer = "Health",
     .run = system_health},
    {.method = "GET",
     .path = "/livez",
     .role = MST_API_ANYONE,
     .id = "getLive",
     .quick = true,
     .summary = "That the daemon answers.",
     .status = 200,
     .answer = "Status",
     .run = system_live},
    {.method = "GET",
     .path = "/readyz",
     .role = MST_API_ANYONE,
     .id = "getReady",
     .quick = true,
     .summary = "That it works; 503 while it drains to end.",
     .status = 200,
     .answer = "Status",
     .run = system_ready},
    {.method = "GET",
     .path = "/stats",
     .role = MST_API_READ,
     .id = "getStats",
     .quick = true,
     .summary = "Totals since the start; they only grow.",
     .status = 200,
     .answer = "Stats",
     .run = system_stats},
    {0},
};
