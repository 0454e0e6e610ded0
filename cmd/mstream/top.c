/* SPDX-License-Identifier: MIT */
/* mstream top: the jobs of a daemon, live. */
#include "top.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "commands.h"
#include "online.h"
#include "table.h"

enum { TOP_INTERVAL_MS = 1000, TOP_INTERVAL_MIN_MS = 100 };

static const char *const top_orders[] = {"name",  "rate",  "lag", "errors",
                                         "queue", "state", NULL};

static const struct mst_cli_flag top_flags[] = {
    {"once", NULL, "print the table once, and end", NULL},
    {"sort", "BY", "name, rate, lag, errors, queue or state (name)",
     top_orders},
    {"interval", "S", "ask anew after this time (1s)", NULL},
    MST_ONLINE_FLAGS};

static void
top_forget(struct mst_top_look *look)
{
    json_decref(look->jobs);
    json_decref(look->stats);
    *look = (struct mst_top_look){0};
}

/* False: err says why; its status is MST_REJECTED when that was said. */
static bool
top_ask(const struct mst_cli_args *args, struct mst_top_look *look,
        struct mst_error *err)
{
    static const char *const jobs[] = {"jobs", NULL};
    static const char *const stats[] = {"stats", NULL};
    *look = (struct mst_top_look){.at_ms = mst_clock_ms()};
    look->jobs = mst_online_ask(args, "GET", jobs, NULL, err);
    if (look->jobs != NULL) {
        look->stats = mst_online_ask(args, "GET", stats, NULL, err);
    }
    if (look->stats == NULL) {
        top_forget(look);
    }
    return look->stats != NULL;
}

static int
top_print(const struct mst_cli_args *args, const struct mst_top_look *look,
          enum mst_top_sort sort)
{
    const struct mst_top_look none = {0};
    struct mst_output out;
    size_t width = 0;
    size_t rows = 0;
    if (args->json) {
        json_t *both =
            json_pack("{s:O,s:O}", "stats", look->stats, "jobs", look->jobs);
        int code = mst_online_print(both);
        json_decref(both);
        return code;
    }
    if (isatty(STDOUT_FILENO)) {
        mst_top_screen_size(&width, &rows);
    }
    mst_output_init(&out);
    mst_top_view(look, &none, sort, width, 0, &out);
    return mst_output_end(&out, MST_EXIT_OK);
}

/* What is known, and what is wrong now. */
static void
top_draw(const struct mst_top_look *now, const struct mst_top_look *before,
         enum mst_top_sort sort, const struct mst_error *trouble)
{
    struct mst_output out;
    size_t width = 0;
    size_t rows = 0;
    mst_top_screen_size(&width, &rows);
    mst_output_init(&out);
    if (trouble->status != MST_OK) {
        mst_output_text(&out, "%.*s\n", (int)width, trouble->text);
        rows -= rows > 1 ? 1 : 0;
    }
    if (now->jobs != NULL) {
        mst_top_view(now, before, sort, width, rows, &out);
    }
    if (!out.json.failed) {
        mst_top_screen_show(&out.json.buf);
    }
    mst_output_clear(&out);
}

static void
top_live(const struct mst_cli_args *args, struct mst_top_look *now,
         enum mst_top_sort sort, int interval_ms, struct mst_top_screen *screen)
{
    struct mst_top_look before = {0};
    struct mst_error trouble;
    enum mst_top_key key = MST_TOP_NONE;
    int64_t next = mst_clock_ms() + interval_ms;
    mst_error_clear(&trouble);
    while (key != MST_TOP_QUIT) {
        top_draw(now, &before, sort, &trouble);
        int64_t left = next - mst_clock_ms();
        key = mst_top_screen_wait(screen, left > 0 ? (int)left : 0);
        if (key == MST_TOP_SORT) {
            sort = (sort + 1) % MST_TOP_SORTS;
        }
        if (mst_clock_ms() < next) {
            continue;
        }
        struct mst_top_look more;
        mst_error_clear(&trouble);
        if (top_ask(args, &more, &trouble)) {
            mst_error_clear(&trouble);
            top_forget(&before);
            before = *now;
            *now = more;
        }
        next = mst_clock_ms() + interval_ms;
    }
    top_forget(&before);
}

static int
top_run(const struct mst_cli_args *args)
{
    enum mst_top_sort sort =
        (enum mst_top_sort)mst_cli_choice(args, "sort", MST_TOP_BY_NAME);
    struct mst_top_screen screen;
    struct mst_top_look look;
    struct mst_error err;
    int64_t interval_ms = 0;
    int code = MST_EXIT_OK;
    if (!mst_cli_duration(args, "interval", TOP_INTERVAL_MS, &interval_ms)) {
        return MST_EXIT_USAGE;
    }
    if (interval_ms < TOP_INTERVAL_MIN_MS || interval_ms > INT32_MAX) {
        mst_cli_fail(args, NULL, "--interval is 100ms at least");
        return MST_EXIT_USAGE;
    }
    if (!top_ask(args, &look, &err)) {
        if (err.status != MST_REJECTED) {
            mst_cli_error(args, &err);
            return MST_EXIT_FAILED;
        }
        return MST_EXIT_USAGE;
    }
    bool once = args->json || mst_cli_value(args, "once") != NULL;
    if (!once && mst_top_screen_open(&screen)) {
        top_live(args, &look, sort, (int)interval_ms, &screen);
        mst_top_screen_close(&screen);
    } else {
        code = top_print(args, &look, sort);
    }
    top_forget(&look);
    return code;
}

const struct mst_cli_command mst_command_top = {
    .name = "top",
    .synopsis = "[--once] [--sort BY] [--interval S] [--url URL]",
    .summary = "The jobs of a daemon, live: state, rate, lag, errors, queue.",
    .details =
        "q ends it, s sorts by something else. Rates are those between two\n"
        "looks; with --once, with --json and without a terminal there is one\n"
        "look, and they are means since the jobs' starts.\n" MST_ONLINE_DETAILS,
    .example = "mstream top --sort lag",
    .flags = top_flags,
    .flags_len = MST_ARRAY_SIZE(top_flags),
    .run = top_run,
};
