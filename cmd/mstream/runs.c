/* SPDX-License-Identifier: MIT */
/* mstream runs: what the runs of a job did, and how they ended. */
#include <stdio.h>

#include "commands.h"
#include "online.h"
#include "table.h"

enum { RUNS_DEFAULT = 20, RUNS_MAX = 100 };

static const struct mst_cli_flag runs_flags[] = {
    {"limit", "N", "the newest so many (20)", NULL}, MST_ONLINE_FLAGS};

static void
runs_table(const json_t *runs, const char *job, struct mst_output *out)
{
    static const char *const headings[] = {"RUN",      "STARTED", "ENDED",
                                           "STATE",    "READ",    "DELIVERED",
                                           "REJECTED", "REASON"};
    static const char *const keys[] = {
        "id",          "started_at",       "stopped_at",      "state",
        "events_read", "events_delivered", "events_rejected", "reason"};
    struct mst_table table;
    mst_table_init(&table, headings, MST_ARRAY_SIZE(headings));
    mst_table_fit(&table);
    for (size_t i = 0; i < json_array_size(runs); i++) {
        for (size_t k = 0; k < MST_ARRAY_SIZE(keys); k++) {
            char text[64];
            mst_table_add(
                &table, "%s",
                mst_online_text(json_array_get(runs, i), keys[k], text));
        }
    }
    if (json_array_size(runs) == 0) {
        mst_output_text(out, "job '%s' has not run yet\n", job);
    }
    mst_table_end(&table, out);
}

static int
runs_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"jobs", args->words[0], "runs", NULL};
    struct mst_output out;
    char query[32];
    int64_t limit = 0;
    int code = MST_EXIT_OK;
    if (!mst_cli_number(args, "limit", RUNS_DEFAULT, &limit)) {
        return MST_EXIT_USAGE;
    }
    if (limit < 1 || limit > RUNS_MAX) {
        mst_cli_fail(args, NULL, "--limit is from 1 to %d", RUNS_MAX);
        return MST_EXIT_USAGE;
    }
    (void)snprintf(query, sizeof(query), "limit=%lld", (long long)limit);
    json_t *runs = mst_online_query(args, "GET", path, query, &code);
    if (runs == NULL) {
        return code;
    }
    if (args->json) {
        code = mst_online_print(runs);
    } else {
        mst_output_init(&out);
        runs_table(runs, args->words[0], &out);
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(runs);
    return code;
}

const struct mst_cli_command mst_command_runs = {
    .name = "runs",
    .synopsis = "JOB [--limit N] [--url URL]",
    .summary = "What the runs of a job did and how they ended, newest first.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream runs users --limit 5",
    .flags = runs_flags,
    .flags_len = MST_ARRAY_SIZE(runs_flags),
    .words_min = 1,
    .words_max = 1,
    .run = runs_run,
};
