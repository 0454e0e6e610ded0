/* SPDX-License-Identifier: MIT */
/* mstream jobs: the jobs of a daemon. Here: the group, list, show, metrics. */
#include "jobs_online.h"

#include <stdio.h>

#include "commands.h"
#include "define.h"
#include "online.h"
#include "table.h"

static const struct mst_cli_flag jobs_flags[] = {MST_ONLINE_FLAGS};

static const struct mst_cli_flag show_flags[] = {
    MST_ONLINE_FLAGS,
    {"definition", NULL, "its definition alone, as JSON", NULL},
};

static void
list_row(struct mst_table *table, const json_t *job)
{
    static const char *const keys[] = {"throughput_per_second",
                                       "current_lag_seconds", "total_errors"};
    const json_t *metrics = json_object_get(job, "metrics");
    const json_t *reason = json_object_get(job, "reason");
    bool known = json_is_true(json_object_get(metrics, "lag_known"));
    char text[64];
    mst_table_add(table, "%s", mst_online_text(job, "name", text));
    mst_table_add(table, "%s%s",
                  json_is_true(json_object_get(job, "elsewhere"))
                      ? "elsewhere"
                      : mst_online_text(job, "state", text),
                  json_is_true(json_object_get(job, "stuck")) ? " (stuck)"
                                                              : "");
    for (size_t i = 0; i < MST_ARRAY_SIZE(keys); i++) {
        bool hidden = i == 1 && !known;
        mst_table_add(table, "%s",
                      hidden ? "-" : mst_online_text(metrics, keys[i], text));
    }
    mst_table_add(table, "%s", mst_online_text(job, "started_at", text));
    mst_table_add(table, "%s", mst_online_text(job, "holder", text));
    mst_table_add(table, "%s",
                  json_is_true(json_object_get(job, "elsewhere"))
                      ? "-"
                      : mst_online_text(reason, "message", text));
}

static int
list_run(const struct mst_cli_args *args)
{
    static const char *const headings[] = {"JOB",    "STATE",  "EVENTS/S",
                                           "LAG S",  "ERRORS", "STARTED",
                                           "HOLDER", "REASON"};
    static const char *const path[] = {"jobs", NULL};
    struct mst_output out;
    struct mst_table table;
    int code = MST_EXIT_OK;
    json_t *jobs = mst_online_call(args, "GET", path, &code);
    if (jobs == NULL) {
        return code;
    }
    if (args->json) {
        code = mst_online_print(jobs);
        json_decref(jobs);
        return code;
    }
    mst_output_init(&out);
    mst_table_init(&table, headings, MST_ARRAY_SIZE(headings));
    mst_table_fit(&table);
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        list_row(&table, json_array_get(jobs, i));
    }
    if (json_array_size(jobs) == 0) {
        mst_output_text(&out, "the daemon has no jobs\n");
    }
    mst_table_end(&table, &out);
    json_decref(jobs);
    return mst_output_end(&out, MST_EXIT_OK);
}

/* What `apply` takes. */
static int
show_definition(const struct mst_cli_args *args, const char *const *path)
{
    int code = MST_EXIT_OK;
    json_t *job = mst_online_call(args, "GET", path, &code);
    if (job != NULL) {
        code = mst_online_print(json_object_get(job, "pipeline"));
        json_decref(job);
    }
    return code;
}

static int
show_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"jobs", args->words[0], NULL};
    return mst_cli_value(args, "definition") != NULL
               ? show_definition(args, path)
               : mst_online_show(args, path);
}

static int
metrics_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"jobs", args->words[0], "metrics", NULL};
    return mst_online_show(args, path);
}

static const struct mst_cli_command jobs_list = {
    .group = "jobs",
    .name = "list",
    .synopsis = "[--url URL]",
    .summary = "The jobs of a daemon: state, rate, lag, errors.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream jobs list --url http://127.0.0.1:8787",
    .flags = jobs_flags,
    .flags_len = MST_ARRAY_SIZE(jobs_flags),
    .run = list_run,
};

static const struct mst_cli_command jobs_show = {
    .group = "jobs",
    .name = "show",
    .synopsis = "JOB [--definition] [--url URL]",
    .summary = "One job: its state, why, its numbers and its definition.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream jobs show users",
    .flags = show_flags,
    .flags_len = MST_ARRAY_SIZE(show_flags),
    .words_min = 1,
    .words_max = 1,
    .run = show_run,
};

static const struct mst_cli_command jobs_metrics = {
    .group = "jobs",
    .name = "metrics",
    .synopsis = "JOB [--url URL]",
    .summary = "The numbers of a job since the daemon started.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream jobs metrics users --json",
    .flags = jobs_flags,
    .flags_len = MST_ARRAY_SIZE(jobs_flags),
    .words_min = 1,
    .words_max = 1,
    .run = metrics_run,
};

static const struct mst_cli_command *const jobs_commands[] = {
    &jobs_list,       &jobs_show,        &jobs_metrics,     &mst_jobs_logs,
    &mst_jobs_start,  &mst_jobs_stop,    &mst_jobs_restart, &mst_jobs_pause,
    &mst_jobs_resume, &mst_jobs_dry_run, &mst_jobs_shadow,  &mst_jobs_validate,
    &mst_jobs_create, &mst_jobs_apply,   &mst_jobs_delete,  NULL,
};

const struct mst_cli_command mst_command_jobs = {
    .name = "jobs",
    .synopsis = "COMMAND [options]",
    .summary = "Look at the jobs of a daemon, and steer them.",
    .details =
        "They ask a daemon over its API. What they change lasts, also when\n"
        "the daemon is started again.",
    .example = "mstream jobs list",
    .subcommands = jobs_commands,
};
