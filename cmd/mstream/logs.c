/* SPDX-License-Identifier: MIT */
/* mstream logs and mstream jobs logs: a daemon's newest lines, and those to
 * come. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "clients/http_client.h"
#include "commands.h"
#include "jobs_online.h"
#include "online.h"
#include "output.h"

enum {
    LOGS_DEFAULT = 100,
    LOGS_MAX = 10000,
    LOGS_QUERY_MAX = 2048,
    LOGS_EVENT_MAX = 1024 * 1024,
    LOGS_ID_MAX = 32
};

static const char *const logs_levels[] = {"debug", "info", "warn", "error",
                                          NULL};

static const struct mst_cli_flag logs_flags[] = {
    {"follow", NULL, "go on with the lines to come", NULL},
    {"level", "LEVEL", "this and above: debug, info, warn, error", logs_levels},
    {"since", "WHEN",
     "from this moment, or so long ago: 2026-11-21T10:00:00Z, "
     "10m",
     NULL},
    {"lines", "N", "the newest so many (100)", NULL},
    MST_ONLINE_FLAGS};

/* What was asked for, and how far it is told. */
struct logs {
    const struct mst_cli_args *args;
    char query[LOGS_QUERY_MAX];  /* of both */
    char recent[LOGS_QUERY_MAX]; /* of the lines there are */
    char last_id[LOGS_ID_MAX];
    struct mst_buf event; /* the line of the stream at hand */
    bool heard;           /* since it listened last */
    int code;
};

/* "2026-11-21T10:00:00Z warn  job: text job=users hint=..." */
static void
logs_text(struct mst_output *out, const json_t *line)
{
    const json_t *job = json_object_get(line, "job_name");
    const char *key = NULL;
    json_t *value = NULL;
    char text[64];
    mst_output_text(out, "%s", mst_online_text(line, "timestamp", text));
    mst_output_text(out, " %-5s", mst_online_text(line, "level", text));
    mst_output_text(out, " %s:", mst_online_text(line, "target", text));
    mst_output_text(out, " %s", mst_online_text(line, "message", text));
    if (json_is_string(job)) {
        mst_output_text(out, " job=%s", json_string_value(job));
    }
    json_object_foreach(json_object_get(line, "fields"), key, value)
    {
        char *dump = json_dumps(value, JSON_ENCODE_ANY);
        mst_output_text(out, " %s=%s", key, dump != NULL ? dump : "-");
        free(dump);
    }
    mst_output_text(out, "\n");
}

/* False: it can not be printed. */
static bool
logs_print(struct logs *logs, const json_t *line)
{
    struct mst_output out;
    const json_t *id = json_object_get(line, "id");
    if (logs->args->json) {
        logs->code = mst_online_print(line);
    } else {
        mst_output_init(&out);
        logs_text(&out, line);
        logs->code = mst_output_end(&out, MST_EXIT_OK);
    }
    (void)snprintf(logs->last_id, sizeof(logs->last_id), "%lld",
                   (long long)json_integer_value(id));
    return logs->code == MST_EXIT_OK && fflush(stdout) == 0;
}

static bool
logs_line(struct logs *logs, const char *text)
{
    static const char data[] = "data: ";
    logs->heard = true;
    if (text[0] == ':' && strcmp(text, ": alive") != 0) {
        (void)fprintf(stderr, "(%s)\n", text + 1 + strspn(text + 1, " "));
    }
    if (strncmp(text, data, sizeof(data) - 1) != 0) {
        return true;
    }
    json_t *line = json_loads(text + sizeof(data) - 1, 0, NULL);
    bool good = line == NULL || logs_print(logs, line);
    json_decref(line);
    return good;
}

static bool
logs_take(void *arg, struct mst_slice piece)
{
    struct logs *logs = arg;
    for (size_t i = 0; i < piece.len; i++) {
        if (piece.data[i] != '\n') {
            if (mst_buf_append(&logs->event, &piece.data[i], 1) != MST_OK) {
                return false;
            }
            continue;
        }
        const char *text = mst_buf_text(&logs->event);
        bool good = text != NULL && logs_line(logs, text);
        mst_buf_reset(&logs->event);
        if (!good) {
            return false;
        }
    }
    return true;
}

static int
logs_follow(struct logs *logs)
{
    static const char *const path[] = {"logs", "stream", NULL};
    static const struct timespec pause = {.tv_sec = 1};
    const struct mst_online_listener listener = {
        .last_id = logs->last_id, .take = logs_take, .arg = logs};
    struct mst_error err;
    bool told = false;
    enum mst_status status = MST_OK;
    while (status == MST_OK || status == MST_RETRY) {
        logs->heard = false;
        mst_buf_reset(&logs->event);
        status =
            mst_online_stream(logs->args, path, logs->query, &listener, &err);
        if (logs->code != MST_EXIT_OK) {
            return logs->code;
        }
        if (status != MST_OK && status != MST_RETRY) {
            break;
        }
        if (!told || logs->heard) {
            (void)fprintf(stderr, "(the daemon is gone, trying again: %s)\n",
                          status == MST_OK ? "it ended the stream" : err.text);
            told = true;
        }
        (void)nanosleep(&pause, NULL);
    }
    mst_cli_error(logs->args, &err);
    return MST_EXIT_FAILED;
}

static int
logs_recent(struct logs *logs)
{
    static const char *const path[] = {"logs", NULL};
    json_t *answer =
        mst_online_query(logs->args, "GET", path, logs->recent, &logs->code);
    const json_t *lines = json_object_get(answer, "logs");
    bool good = answer != NULL;
    for (size_t i = 0; i < json_array_size(lines) && good; i++) {
        good = logs_print(logs, json_array_get(lines, i));
    }
    json_decref(answer);
    return logs->code;
}

/* A moment, or a duration back from now, as RFC 3339. */
static bool
logs_since(const struct mst_cli_args *args, char out[MST_TIME_TEXT_MAX])
{
    const char *since = mst_cli_value(args, "since");
    struct mst_error err;
    int64_t ms = 0;
    out[0] = '\0';
    if (since == NULL) {
        return true;
    }
    if (mst_time_parse(since, strlen(since), &ms, &err) != MST_OK) {
        if (!mst_cli_duration(args, "since", 0, &ms)) {
            return false;
        }
        ms = mst_clock_wall_ms() - ms;
    }
    mst_time_format(ms, out);
    return true;
}

/* The queries. False: said what is wrong with the flags. */
static bool
logs_read(struct logs *logs, const char *job)
{
    const char *level = mst_cli_value(logs->args, "level");
    char since[MST_TIME_TEXT_MAX];
    struct mst_buf text;
    int64_t lines = 0;
    if (!logs_since(logs->args, since)
        || !mst_cli_number(logs->args, "lines", LOGS_DEFAULT, &lines)) {
        return false;
    }
    if (lines < 1 || lines > LOGS_MAX) {
        mst_cli_fail(logs->args, NULL, "--lines is from 1 to %d", LOGS_MAX);
        return false;
    }
    mst_buf_init(&text, LOGS_QUERY_MAX - 1);
    enum mst_status status =
        mst_buf_printf(&text, "level=%s", level != NULL ? level : "debug");
    if (status == MST_OK && job != NULL) {
        status = mst_buf_append_str(&text, "&job_name=");
        status = status == MST_OK
                     ? mst_http_append_escaped(&text, mst_slice_str(job))
                     : status;
    }
    const char *both = status == MST_OK ? mst_buf_text(&text) : NULL;
    if (both != NULL) {
        /* Without a line to go on behind, only what is new. */
        (void)snprintf(logs->query, sizeof(logs->query), "%s&initial=0", both);
        (void)snprintf(logs->recent, sizeof(logs->recent),
                       "%.1800s&limit=%lld%s%s", both, (long long)lines,
                       since[0] != '\0' ? "&since=" : "", since);
    } else {
        mst_cli_fail(logs->args, NULL, "this name is too long");
    }
    mst_buf_clear(&text);
    return both != NULL;
}

static int
logs_main(const struct mst_cli_args *args, const char *job)
{
    struct logs logs = {.args = args};
    if (!logs_read(&logs, job)) {
        return MST_EXIT_USAGE;
    }
    int code = logs_recent(&logs);
    if (code == MST_EXIT_OK && mst_cli_value(args, "follow") != NULL) {
        mst_buf_init(&logs.event, LOGS_EVENT_MAX);
        code = logs_follow(&logs);
        mst_buf_clear(&logs.event);
    }
    return code;
}

static int
logs_run(const struct mst_cli_args *args)
{
    return logs_main(args, NULL);
}

static int
logs_of_job_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"jobs", args->words[0], NULL};
    int code = MST_EXIT_OK;
    json_t *job = mst_online_call(args, "GET", path, &code);
    json_decref(job);
    return job != NULL ? logs_main(args, args->words[0]) : code;
}

#define LOGS_DETAILS                                                           \
    "The daemon keeps the newest lines in memory. With --follow it goes on\n"  \
    "where it was when the daemon was away or started again, until it is\n"    \
    "interrupted. With --json each line is an object.\n" MST_ONLINE_DETAILS

const struct mst_cli_command mst_command_logs = {
    .name = "logs",
    .synopsis = "[--follow] [--level LEVEL] [--since WHEN] [--url URL]",
    .summary = "The newest log lines of a daemon, and those to come.",
    .details = LOGS_DETAILS,
    .example = "mstream logs --level warn --follow",
    .flags = logs_flags,
    .flags_len = MST_ARRAY_SIZE(logs_flags),
    .run = logs_run,
};

const struct mst_cli_command mst_jobs_logs = {
    .group = "jobs",
    .name = "logs",
    .synopsis = "JOB [--follow] [--level LEVEL] [--since WHEN] [--url URL]",
    .summary = "The newest log lines of a job, and those to come.",
    .details = LOGS_DETAILS,
    .example = "mstream jobs logs users --since 10m --follow",
    .flags = logs_flags,
    .flags_len = MST_ARRAY_SIZE(logs_flags),
    .words_min = 1,
    .words_max = 1,
    .run = logs_of_job_run,
};
