/* SPDX-License-Identifier: MIT */
/* mstream dry-run: real input, real conversions, nothing written. */
#include <stdio.h>

#include "base/clock.h"
#include "commands.h"
#include "dry_show.h"
#include "open_store.h"
#include "paint.h"
#include "state.h"
#include "state/store_open.h"

enum {
    DRY_LIMIT = 10,
    DRY_TIMEOUT_MS = 30000 /* for what is there; enough for slow servers */
};

static const struct mst_cli_flag dry_flags[] = {
    {"job", "NAME", "the job to try", NULL},
    {"limit", "N", "end after this many events (10)", NULL},
    {"timeout", "S",
     "wait this long for events that come; without it, only "
     "what is there now",
     NULL},
    MST_PAINT_FLAG,
};

static int
dry_end(const struct mst_cli_args *args, enum mst_status status, bool late,
        const struct mst_dry_totals *totals, const struct mst_error *err)
{
    if (status == MST_END || (status == MST_AGAIN && totals->events > 0)) {
        if (!args->json) {
            (void)fprintf(stderr, "%llu event%s, %llu rejected\n",
                          (unsigned long long)totals->events,
                          totals->events == 1 ? "" : "s",
                          (unsigned long long)totals->rejected);
        }
        return totals->rejected > 0 ? MST_EXIT_REJECTED : MST_EXIT_OK;
    }
    if (status == MST_AGAIN && err->text[0] == '\0') {
        mst_cli_fail(args, NULL, "no event came within the time");
        return MST_EXIT_TIMED_OUT;
    }
    mst_cli_error(args, err);
    bool away = status == MST_RETRY || status == MST_DISCONNECTED
                || status == MST_AGAIN;
    return away && late ? MST_EXIT_TIMED_OUT : MST_EXIT_FAILED;
}

static int
dry_config(const struct mst_cli_args *args, const struct mst_config *config,
           uint64_t limit, int64_t timeout_ms)
{
    const struct mst_config_connector *connector =
        mst_cli_connector(args, config, mst_cli_value(args, "job"));
    int64_t until_ms = mst_clock_ms() + timeout_ms;
    struct mst_dry_totals totals = {0};
    struct mst_store *store = NULL;
    struct mst_dry_show show;
    struct mst_error err;
    if (connector == NULL) {
        return MST_EXIT_USAGE;
    }
    mst_error_clear(&err);
    enum mst_status status =
        connector->checkpoint.enabled
            ? mst_cmd_open_store(config, true, &store, &err)
            : MST_END;
    if (status != MST_OK && status != MST_END) {
        mst_cli_error(args, &err);
        return MST_EXIT_FAILED;
    }
    mst_dry_show_init(&show, args->json, mst_paint_is_on(args));
    const struct mst_dry_args what = {
        .config = config,
        .connector = connector,
        .registry = mst_cli_registry(),
        .store = store,
        .viewer = &show.viewer,
        .as_json = args->json,
        .bounded = mst_cli_value(args, "timeout") == NULL,
        .limit = limit,
        .timeout_ms = timeout_ms,
    };
    status = mst_dry_run(&what, &totals, &err);
    int code = dry_end(args, status, mst_clock_ms() >= until_ms, &totals, &err);
    mst_dry_show_clear(&show);
    mst_store_close(store);
    return code;
}

static int
dry_run(const struct mst_cli_args *args)
{
    int64_t limit = DRY_LIMIT;
    int64_t timeout_ms = DRY_TIMEOUT_MS;
    if (mst_cli_value(args, "job") == NULL) {
        mst_cli_fail(args, "mstream dry-run FILE --job NAME",
                     "--job is missing");
        return MST_EXIT_USAGE;
    }
    if (!mst_cli_number(args, "limit", limit, &limit)
        || !mst_cli_duration(args, "timeout", timeout_ms, &timeout_ms)) {
        return MST_EXIT_USAGE;
    }
    if (limit == 0) {
        mst_cli_fail(args, NULL, "--limit wants at least 1");
        return MST_EXIT_USAGE;
    }
    struct mst_config *config = mst_cli_load(args, args->words[0]);
    if (config == NULL) {
        return MST_EXIT_USAGE;
    }
    mst_log_set_level(MST_LOG_OFF);
    int code = dry_config(args, config, (uint64_t)limit, timeout_ms);
    mst_config_destroy(config);
    return code;
}

const struct mst_cli_command mst_command_dry_run = {
    .name = "dry-run",
    .synopsis = "FILE --job NAME [--limit N] [--timeout S] [--color WHEN]",
    .summary = "Show what each sink of a job would get; write nothing.",
    .details = "Reads real input from where the job stands and converts it;\n"
               "says what each middleware makes of each event.\n"
               "Nothing is written or saved, no lease is taken, no consumer\n"
               "group is joined. Exit code 3 when an event would be "
               "rejected.",
    .example = "mstream dry-run mstream-config.toml --job users --limit 3",
    .flags = dry_flags,
    .flags_len = MST_ARRAY_SIZE(dry_flags),
    .words_min = 1,
    .words_max = 1,
    .run = dry_run,
};
