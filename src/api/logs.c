/* SPDX-License-Identifier: MIT */
/* The newest log lines, and those to come as server-sent events. */
#include "api/operations.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LOGS_DEFAULT = 100,
    LOGS_MAX = 10000,
    LOGS_ALIVE_MS = 15000,
    LOGS_PIECE = 32 * 1024 /* that a listener is given at once */
};

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

/* One listener. */
struct logs_listener {
    struct mst_api_stream stream; /* first: cast back */
    struct mst_log_filter filter;
    char job[MST_API_CAPTURE_MAX];
    bool fresh;       /* it has seen nothing yet, and so missed nothing */
    int64_t heard_ms; /* when it was last written to; monotonic */
};

/* Appends the lines behind filter.after, or some of them. */
static void
logs_read(struct logs_listener *listener, struct mst_api *api,
          struct mst_json *out)
{
    uint64_t missed = 0;
    struct mst_json lines;
    mst_json_init(&lines, out->buf.max);
    listener->filter.after =
        mst_log_ring_read(api->args.ring, &listener->filter, &lines, &missed);
    if (missed > 0 && !listener->fresh) {
        mst_json_did(out,
                     mst_buf_printf(&out->buf, ": %llu lines were missed\n\n",
                                    (unsigned long long)missed));
    }
    mst_json_did(out, mst_buf_append(&out->buf, lines.buf.data, lines.buf.len));
    out->failed = out->failed || lines.failed;
    mst_json_clear(&lines);
    listener->filter.limit = SIZE_MAX;
    listener->fresh = false;
}

static bool
logs_more(struct mst_api_stream *self, struct mst_api *api, struct mst_buf *out)
{
    struct logs_listener *listener = (struct logs_listener *)self;
    int64_t now = mst_clock_ms();
    struct mst_json text = {.buf = *out};
    logs_read(listener, api, &text);
    if (text.buf.len == 0 && now - listener->heard_ms >= LOGS_ALIVE_MS) {
        mst_json_did(&text, mst_buf_append_str(&text.buf, ": alive\n\n"));
    }
    *out = text.buf;
    listener->heard_ms = out->len > 0 ? now : listener->heard_ms;
    return !text.failed;
}

static void
logs_close(struct mst_api_stream *self)
{
    free(self);
}

static void
logs_stream(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    const struct mst_api_value *initial = mst_api_query(request, "initial");
    struct logs_listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        answer->body.failed = true;
        return;
    }
    listener->stream.more = logs_more;
    listener->stream.close = logs_close;
    listener->heard_ms = mst_clock_ms();
    listener->filter = logs_filter(request);
    listener->filter.events = true;
    listener->filter.enough = LOGS_PIECE;
    if (listener->filter.job != NULL) {
        (void)snprintf(listener->job, sizeof(listener->job), "%s",
                       listener->filter.job);
        listener->filter.job = listener->job;
    }
    listener->filter.limit = initial->given ? (size_t)initial->number
                                            : (size_t)api->args.stream_preload;
    listener->fresh = request->last_event_id == NULL;
    if (request->last_event_id != NULL) {
        /* What is no number begins as one that was never seen. */
        listener->filter.after = strtoull(request->last_event_id, NULL, 10);
        listener->filter.limit = SIZE_MAX;
    }
    /* Nothing that comes from now on is lost on it. */
    logs_read(listener, api, &answer->body);
    answer->type = "text/event-stream";
    answer->stream = &listener->stream;
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
     .quick = true,
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
     .quick = true,
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
     .quick = true,
     .summary = "The newest warnings and errors of a job, oldest first.",
     .query = logs_errors_query,
     .query_len = MST_ARRAY_SIZE(logs_errors_query),
     .status = 200,
     .answer = "LogLines",
     .run = logs_errors},
    {0},
};
