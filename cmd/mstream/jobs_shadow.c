/* SPDX-License-Identifier: MIT */
/* mstream jobs shadow: other middlewares beside a daemon's job. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "jobs_online.h"
#include "online.h"
#include "paint.h"
#include "shadow_file.h"
#include "shadow_show.h"
#include "signals.h"

enum {
    SHADOW_LOOK_MS = 500,
    SHADOW_EXTRA_MS = 60000 /* a job may take as long to drain */
};

static const struct mst_cli_flag shadow_flags[] = {
    {"with", "FILE", "start one: middlewares = [...] and their [[services]]",
     NULL},
    {"events", "N", "compare so many events", NULL},
    {"for", "S", "compare for so long", NULL},
    {"ignore", "FIELDS", "whose differences do not count: \"at,meta.id\"",
     NULL},
    {"samples", "N", "keep so many events that differ (10)", NULL},
    {"detach", NULL, "start it and do not wait for it", NULL},
    {"stop", NULL, "end it", NULL},
    {"switch", NULL, "put it in the place of the job's middlewares", NULL},
    {"switch-if-equal", NULL, "likewise, if nothing differs", NULL},
    {"max-different", "N", "with --switch: if at most so many events differ",
     NULL},
    MST_PAINT_FLAG,
    MST_ONLINE_FLAGS,
};

static bool
shadow_switches(const struct mst_cli_args *args)
{
    return mst_cli_value(args, "switch") != NULL
           || mst_cli_value(args, "switch-if-equal") != NULL;
}

/* One request about the shadow; body: borrowed, NULL: none. */
static json_t *
shadow_ask(const struct mst_cli_args *args, const char *method,
           const char *verb, const json_t *body, int *ret_code)
{
    const char *const path[] = {"jobs", args->words[0], "shadow", verb, NULL};
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    const struct mst_online_message message = {
        .method = method,
        .segments = path,
        .body = mst_slice_str(text != NULL ? text : ""),
        .extra_ms = SHADOW_EXTRA_MS};
    json_t *answer = mst_online_send(args, &message, ret_code);
    free(text);
    return answer;
}

/* Prints the report, or the answer of a switch. Differences are exit 3. */
static int
shadow_print(const struct mst_cli_args *args, const json_t *answer)
{
    const json_t *inner = json_object_get(answer, "report");
    const json_t *report = inner != NULL ? inner : answer;
    bool differs = mst_shadow_differences(report) > 0;
    bool failed = json_object_get(report, "error") != NULL;
    struct mst_output out;
    int code = MST_EXIT_OK;
    if (args->json) {
        code = mst_online_print(answer);
    } else {
        char text[64];
        mst_output_init(&out);
        mst_shadow_show(&out, report, mst_paint_is_on(args));
        if (inner != NULL) {
            mst_output_text(&out, "\nswitched: %s (revision %s)\n",
                            mst_online_text(answer, "position", text),
                            mst_online_text(answer, "revision", text));
        }
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    return code != MST_EXIT_OK ? code
           : failed            ? MST_EXIT_FAILED
           : differs           ? MST_EXIT_REJECTED
                               : MST_EXIT_OK;
}

/* Takes the answer over. */
static int
shadow_end(const struct mst_cli_args *args, json_t *answer, int code)
{
    if (answer != NULL) {
        code = shadow_print(args, answer);
        json_decref(answer);
    }
    return code;
}

static int
shadow_switch(const struct mst_cli_args *args)
{
    int64_t most = -1;
    int code = MST_EXIT_USAGE;
    if (!mst_cli_number(args, "max-different", most, &most)) {
        return code;
    }
    if (mst_cli_value(args, "switch-if-equal") != NULL) {
        most = 0;
    }
    json_t *body = most >= 0
                       ? json_pack("{s:I}", "max_different", (json_int_t)most)
                       : json_object();
    json_t *answer = shadow_ask(args, "POST", "switch", body, &code);
    json_decref(body);
    return shadow_end(args, answer, code);
}

/* Appends the fields of a list with commas. */
static bool
shadow_ignore(const struct mst_cli_args *args, json_t *body)
{
    const char *text = mst_cli_value(args, "ignore");
    json_t *list = json_array();
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, ",");
        if (len > 0
            && json_array_append_new(list, json_stringn(text, len)) != 0) {
            break;
        }
        text += len + (text[len] == ',' ? 1 : 0);
    }
    return json_object_set_new(body, "ignore", list) == 0;
}

/* What is sent; NULL: said what is wrong. */
static json_t *
shadow_body(const struct mst_cli_args *args)
{
    struct mst_error err;
    int64_t events = 0;
    int64_t samples = -1;
    int64_t for_ms = 0;
    if (!mst_cli_number(args, "events", 0, &events)
        || !mst_cli_number(args, "samples", -1, &samples)
        || !mst_cli_duration(args, "for", 0, &for_ms)) {
        return NULL;
    }
    json_t *body = mst_shadow_file(mst_cli_value(args, "with"), &err);
    if (body == NULL) {
        mst_cli_error(args, &err);
        return NULL;
    }
    char duration[32];
    (void)snprintf(duration, sizeof(duration), "%lldms", (long long)for_ms);
    bool good =
        shadow_ignore(args, body)
        && (mst_cli_value(args, "events") == NULL
            || json_object_set_new(body, "events", json_integer(events)) == 0)
        && (samples < 0
            || json_object_set_new(body, "samples", json_integer(samples)) == 0)
        && (for_ms == 0
            || json_object_set_new(body, "duration", json_string(duration))
                   == 0);
    if (!good) {
        mst_cli_fail(args, NULL, "out of memory");
        json_decref(body);
        return NULL;
    }
    return body;
}

static void
shadow_progress(const json_t *report, bool last)
{
    struct mst_output out;
    if (isatty(STDERR_FILENO) != 1) {
        return;
    }
    mst_output_init(&out);
    mst_shadow_line(&out, report);
    (void)fprintf(stderr, "\r\033[K%.*s%s", (int)out.json.buf.len,
                  (const char *)out.json.buf.data, last ? "\n" : "");
    mst_output_clear(&out);
}

/* Looks until it has ended, or somebody has seen enough. */
static int
shadow_follow(const struct mst_cli_args *args)
{
    struct mst_cmd_signals signals = {0};
    int code = MST_EXIT_OK;
    for (;;) {
        json_t *report = shadow_ask(args, "GET", NULL, NULL, &code);
        if (report == NULL) {
            return code;
        }
        const char *state = json_string_value(json_object_get(report, "state"));
        bool runs = state != NULL && strcmp(state, "running") == 0;
        bool all =
            state != NULL
            && (strcmp(state, "events") == 0 || strcmp(state, "duration") == 0);
        shadow_progress(report, !runs);
        if (!runs && (!all || !shadow_switches(args))) {
            return shadow_end(args, report, code);
        }
        json_decref(report);
        if (!runs) {
            return shadow_switch(args);
        }
        if (mst_cmd_signals_wait(&signals, SHADOW_LOOK_MS) != 0) {
            return shadow_end(
                args, shadow_ask(args, "DELETE", NULL, NULL, &code), code);
        }
    }
}

static int
shadow_start(const struct mst_cli_args *args)
{
    int code = MST_EXIT_USAGE;
    bool bounded = mst_cli_value(args, "events") != NULL
                   || mst_cli_value(args, "for") != NULL;
    if (shadow_switches(args)
        && (!bounded || mst_cli_value(args, "detach") != NULL)) {
        mst_cli_fail(args,
                     "say --events N or --for S; without --with, --switch "
                     "takes the shadow that runs",
                     "when is the switch to be made?");
        return code;
    }
    json_t *body = shadow_body(args);
    if (body == NULL) {
        return code;
    }
    mst_cmd_signals_block(true);
    json_t *answer = shadow_ask(args, "POST", NULL, body, &code);
    json_decref(body);
    if (answer == NULL) {
        return code;
    }
    if (mst_cli_value(args, "detach") != NULL) {
        code = mst_online_say(args, answer);
        json_decref(answer);
        return code;
    }
    json_decref(answer);
    return shadow_follow(args);
}

static int
shadow_run(const struct mst_cli_args *args)
{
    int code = MST_EXIT_OK;
    if (mst_cli_value(args, "with") != NULL) {
        return shadow_start(args);
    }
    if (shadow_switches(args)) {
        return shadow_switch(args);
    }
    bool stop = mst_cli_value(args, "stop") != NULL;
    json_t *answer =
        shadow_ask(args, stop ? "DELETE" : "GET", NULL, NULL, &code);
    return shadow_end(args, answer, code);
}

const struct mst_cli_command mst_jobs_shadow = {
    .group = "jobs",
    .name = "shadow",
    .synopsis = "JOB [--with FILE [--events N] [--for S] [--switch]] [--stop] "
                "[--url URL]",
    .summary = "Try other middlewares beside a job's own, and compare.",
    .details =
        "The daemon runs the middlewares of FILE on the events that the job\n"
        "gets, publishes nothing, and says where they come out differently\n"
        "and what that costs. Without --with it shows the report of the one\n"
        "that runs. It ends with --events, --for, the job, or Ctrl-C.\n"
        "--switch then makes the middlewares the job's, at one position.\n"
        "Exit code 3 when something differs.\n" MST_ONLINE_DETAILS,
    .example = "mstream jobs shadow users --with new.toml --events 10000",
    .flags = shadow_flags,
    .flags_len = MST_ARRAY_SIZE(shadow_flags),
    .words_min = 1,
    .words_max = 1,
    .run = shadow_run,
};
