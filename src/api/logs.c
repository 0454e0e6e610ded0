/* SPDX-License-Identifier: MIT */
/* The newest log lines, and those to come as server-sent events. */
#include "api/operations.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOGS_DEFAULT = 100, LOGS_MAX = 10000, LOGS_ALIVE_MS = 15000 };

static const char *const logs_levels[] = {"debug", "info", "warn", "error",
                                          NULL};

/* From the query; job: a path's instead. */
static struct mst_log_filter
logs_filter(const struct mst_api_request *request)
{
    const struct mst_api_value *job = mst_api_query(request, "job_name");
    const struct mst_api_value *level = mst_api_query(request, "level");
    const struct mst_api_value *limit = mst_api_query(request, "limit");
    const struct mst_api_value *since = mst_api_query(request, "since");
    return (struct mst_log_filter){
        .job = job->given ? job->text : NULL,
        .level =
            level->given ? (enum mst_log_level)level->number : MST_LOG_DEBUG,
        .since_ms = since->given ? since->number : 0,
        .limit = limit->given ? (size_t)limit->number : LOGS_DEFAULT,
    };
}

static void
logs_list(struct mst_api *api, const struct mst_api_request *request,
          struct mst_api_answer *answer)
{
    struct mst_log_filter filter = logs_filter(request);
    uint64_t missed = 0;
    mst_json_open(&answer->body, NULL, '{');
    mst_json_open(&answer->body, "logs", '[');
    (void)mst_log_ring_read(api->args.ring, &filter, &answer->body, &missed);
    mst_json_close(&answer->body, ']');
    mst_json_close(&answer->body, '}');
}

/* What went wrong in one job. */
static void
logs_errors(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    struct mst_log_filter filter = logs_filter(request);
    uint64_t missed = 0;
    if (!mst_api_job_exists(api, request, answer)) {
        return;
    }
    filter.job = request->captures[0];
    filter.level = MST_LOG_WARN;
    mst_json_open(&answer->body, NULL, '[');
    (void)mst_log_ring_read(api->args.ring, &filter, &answer->body, &missed);
    mst_json_close(&answer->body, ']');
}

/* All lines behind filter->after. False: the listener is gone. */
static bool
logs_push(struct mst_api *api, struct mst_log_filter *filter, bool first,
          struct mst_api_writer *writer)
{
    struct mst_json lines;
    char gap[64] = "";
    uint64_t missed = 0;
    mst_json_init(&lines, MST_API_ANSWER_MAX);
    filter->after = mst_log_ring_read(api->args.ring, filter, &lines, &missed);
    if (missed > 0 && !first) {
        (void)snprintf(gap, sizeof(gap), ": %llu lines were missed\n\n",
                       (unsigned long long)missed);
    }
    bool there = !lines.failed
                 && (gap[0] == '\0' || writer->write(writer, gap, strlen(gap)))
                 && (lines.buf.len == 0
                     || writer->write(writer, lines.buf.data, lines.buf.len));
    mst_json_clear(&lines);
    return there;
}

static void
logs_stream_run(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_writer *writer)
{
    static const char alive[] = ": alive\n\n";
    const struct mst_api_value *initial = mst_api_query(request, "initial");
    struct mst_log_filter filter = logs_filter(request);
    bool resumed = request->last_event_id != NULL;
    filter.events = true;
    filter.limit = initial->given ? (size_t)initial->number
                                  : (size_t)api->args.stream_preload;
    if (resumed) {
        /* What is no number begins as one that was never seen. */
        filter.after = strtoull(request->last_event_id, NULL, 10);
        filter.limit = LOGS_MAX;
    }
    bool there = logs_push(api, &filter, !resumed, writer);
    filter.limit = LOGS_MAX;
    while (there && !atomic_load(&api->stopping)) {
        uint64_t before = filter.after;
        mst_log_ring_wait(api->args.ring, before, LOGS_ALIVE_MS);
        there = logs_push(api, &filter, false, writer)
                && (filter.after != before
                    || writer->write(writer, alive, sizeof(alive) - 1));
    }
}

static void
logs_stream(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    (void)api;
    (void)request;
    answer->type = "text/event-stream";
    answer->stream = logs_stream_run;
}

#define LOGS_JOB                                                               \
    {                                                                          \
        .name = "job_name", .type = MST_API_TEXT,                              \
        .max = MST_API_CAPTURE_MAX - 1, .help = "Only lines of this job."      \
    }
#define LOGS_LEVEL                                                             \
    {                                                                          \
        .name = "level", .type = MST_API_CHOICE, .choices = logs_levels,       \
        .help = "Only lines of this level and above."                          \
    }
#define LOGS_SINCE                                                             \
    {                                                                          \
        .name = "since", .type = MST_API_TIME, .help = "Only lines from then." \
    }

static const struct mst_api_field logs_list_query[] = {
    LOGS_JOB, LOGS_LEVEL, LOGS_SINCE, MST_API_LIMIT(LOGS_MAX)};

static const struct mst_api_field logs_stream_query[] = {
    LOGS_JOB,
    LOGS_LEVEL,
    {.name = "initial",
     .type = MST_API_NUMBER,
     .min = 0,
     .max = LOGS_MAX,
     .help = "Lines of before that it begins with."},
};

static const struct mst_api_field logs_errors_query[] = {
    LOGS_SINCE, MST_API_LIMIT(LOGS_MAX)};

const struct mst_api_operation mst_api_logs[] = {
    {.method = "GET",
     .path = "/logs",
     .role = MST_API_READ,
     .id = "listLogs",
     .summary = "The newest log lines, oldest first.",
     .query = logs_list_query,
     .query_len = MST_ARRAY_SIZE(logs_list_query),
     .status = 200,
     .answer = "Logs",
     .run = logs_list},
    {.method = "GET",
     .path = "/logs/stream",
     .role = MST_API_READ,
     .id = "streamLogs",
     .summary = "Log lines as they come, as server-sent events. Last-Event-ID "
                "goes on behind that line.",
     .query = logs_stream_query,
     .query_len = MST_ARRAY_SIZE(logs_stream_query),
     .status = 200,
     .answer = "LogEvents",
     .run = logs_stream},
    {.method = "GET",
     .path = "/jobs/{name}/errors",
     .role = MST_API_READ,
     .id = "listJobErrors",
     .summary = "The newest warnings and errors of a job, oldest first.",
     .query = logs_errors_query,
     .query_len = MST_ARRAY_SIZE(logs_errors_query),
     .status = 200,
     .answer = "LogLines",
     .run = logs_errors},
    {0},
};
