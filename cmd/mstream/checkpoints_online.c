/* SPDX-License-Identifier: MIT */
#include "checkpoints_online.h"

#include <stdlib.h>

#include "base/clock.h"
#include "online.h"
#include "output.h"
#include "table.h"

static const char *const online_headings[] = {"JOB", "SAVED", "EVENTS",
                                              "POSITION"};

static void
online_row(struct mst_table *table, const json_t *one)
{
    static const char *const keys[] = {"job_name", "saved_at", "events"};
    const char *origin = json_string_value(json_object_get(one, "origin"));
    const char *words = json_string_value(json_object_get(one, "words"));
    char text[64];
    for (size_t i = 0; i < MST_ARRAY_SIZE(keys); i++) {
        mst_table_add(table, "%s", mst_online_text(one, keys[i], text));
    }
    mst_table_add(
        table, "%s%s", words != NULL ? words : "-",
        origin != NULL && strcmp(origin, "set") == 0 ? " (set by hand)" : "");
}

/* The newest of a job goes to list. */
static int
online_add(const struct mst_cli_args *args, const char *job, json_t *list)
{
    const char *const path[] = {"jobs", job, "checkpoints", NULL};
    int code = MST_EXIT_OK;
    json_t *all = mst_online_call(args, "GET", path, &code);
    json_t *newest = json_array_get(all, 0);
    if (newest != NULL && json_array_append(list, newest) != 0) {
        mst_cli_fail(args, NULL, "out of memory");
        code = MST_EXIT_FAILED;
    }
    json_decref(all);
    return code;
}

static int
online_print(const struct mst_cli_args *args, const json_t *list,
             const char *none)
{
    struct mst_output out;
    struct mst_table table;
    if (args->json) {
        return mst_online_print(list);
    }
    mst_output_init(&out);
    mst_table_init(&table, online_headings, MST_ARRAY_SIZE(online_headings));
    for (size_t i = 0; i < json_array_size(list); i++) {
        online_row(&table, json_array_get(list, i));
    }
    if (json_array_size(list) == 0) {
        mst_output_text(&out, "%s\n", none);
    }
    mst_table_end(&table, &out);
    return mst_output_end(&out, MST_EXIT_OK);
}

int
mst_checkpoints_online_list(const struct mst_cli_args *args)
{
    static const char *const path[] = {"jobs", NULL};
    int code = MST_EXIT_OK;
    json_t *jobs = mst_online_call(args, "GET", path, &code);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(jobs) && code == MST_EXIT_OK; i++) {
        const json_t *job = json_array_get(jobs, i);
        char text[64];
        const char *name = json_string_value(json_object_get(job, "name"));
        code = online_add(
            args, name != NULL ? name : mst_online_text(job, "name", text),
            list);
    }
    if (code == MST_EXIT_OK) {
        code = online_print(args, list, "no job has a checkpoint yet");
    }
    json_decref(list);
    json_decref(jobs);
    return code;
}

int
mst_checkpoints_online_show(const struct mst_cli_args *args)
{
    const char *const path[] = {"jobs", args->words[0], "checkpoints", NULL};
    struct mst_output out;
    char text[64];
    int code = MST_EXIT_OK;
    json_t *all = mst_online_call(args, "GET", path, &code);
    if (all == NULL) {
        return code;
    }
    if (json_array_size(all) == 0 && !args->json) {
        mst_cli_fail(args, "mstream checkpoints list shows which jobs have one",
                     "job '%s' has no checkpoint", args->words[0]);
        json_decref(all);
        return MST_EXIT_FAILED;
    }
    code = online_print(args, all, "");
    if (!args->json && code == MST_EXIT_OK) {
        const json_t *newest = json_array_get(all, 0);
        mst_output_init(&out);
        mst_output_text(&out, "\nposition  %s\n",
                        mst_online_text(newest, "position", text));
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(all);
    return code;
}

/* Sends it, and says what the daemon says. */
static int
online_change(const struct mst_cli_args *args, const char *method, bool rewind,
              const char *body)
{
    const char *const path[] = {"jobs", args->words[0], "checkpoints",
                                rewind ? "rewind" : NULL, NULL};
    const struct mst_online_message message = {
        .method = method,
        .segments = path,
        .body = body != NULL ? mst_slice_str(body) : MST_SLICE_NONE};
    struct mst_output out;
    char text[64];
    int code = MST_EXIT_OK;
    json_t *answer = mst_online_send(args, &message, &code);
    if (answer == NULL) {
        return code;
    }
    if (args->json) {
        code = mst_online_print(answer);
    } else {
        const json_t *item = json_object_get(answer, "item");
        mst_output_init(&out);
        mst_output_text(&out, "%s: %s\n", args->words[0],
                        item != NULL
                            ? mst_online_text(item, "words", text)
                            : mst_online_text(answer, "message", text));
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(answer);
    return code;
}

/* The body is freed. */
static int
online_change_to(const struct mst_cli_args *args, const char *method,
                 bool rewind, json_t *body)
{
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    int code = MST_EXIT_FAILED;
    if (text == NULL) {
        mst_cli_fail(args, NULL, "out of memory");
    } else {
        code = online_change(args, method, rewind, text);
    }
    free(text);
    json_decref(body);
    return code;
}

int
mst_checkpoints_online_set(const struct mst_cli_args *args,
                           const char *position)
{
    json_error_t error;
    if (position == NULL) {
        return online_change(args, "DELETE", false, NULL);
    }
    json_t *at = json_loads(position, JSON_DECODE_ANY, &error);
    if (at == NULL) {
        mst_cli_fail(args, "mstream checkpoints show prints positions",
                     "the position is not JSON: %s", error.text);
        return MST_EXIT_USAGE;
    }
    return online_change_to(args, "PUT", false,
                            json_pack("{s:o}", "position", at));
}

int
mst_checkpoints_online_rewind(const struct mst_cli_args *args, int64_t wall_ms)
{
    char to[MST_TIME_TEXT_MAX];
    mst_time_format(wall_ms, to);
    return online_change_to(
        args, "POST", true,
        json_pack("{s:s,s:b}", "to", to, "force",
                  mst_cli_value(args, "force") != NULL ? 1 : 0));
}
