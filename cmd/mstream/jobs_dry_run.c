/* SPDX-License-Identifier: MIT */
/* mstream jobs dry-run: what the sinks of a daemon's job would get. */
#include <stdio.h>
#include <stdlib.h>

#include "dry_step.h"
#include "jobs_online.h"
#include "online.h"
#include "paint.h"

enum { DRY_LIMIT = 10, DRY_LIMIT_MAX = 100, DRY_EXTRA_MS = 5000 };

static const struct mst_cli_flag dry_flags[] = {
    {"limit", "N", "end after this many events (10)", NULL},
    {"wait", "S",
     "wait this long for events that come; without it, only what is there now",
     NULL},
    MST_PAINT_FLAG,
    MST_ONLINE_FLAGS,
};

static void
dry_text(struct mst_output *out, const json_t *one, bool color)
{
    char number[64];
    char text[64];
    mst_dry_steps_text(out, json_integer_value(json_object_get(one, "event")),
                       mst_online_text(one, "op", text),
                       json_object_get(one, "steps"), color);
    const json_t *preview = json_object_get(one, "preview");
    mst_output_text(out, "%s %s", mst_online_text(one, "event", number),
                    mst_online_text(one, "op", text));
    if (json_is_true(json_object_get(one, "dropped"))) {
        mst_output_text(out, ": dropped by a middleware\n");
        return;
    }
    mst_output_text(out, " -> %s: ", mst_online_text(one, "sink", text));
    if (json_object_get(one, "rejected") != NULL) {
        mst_output_text(out, "REJECTED: %s\n",
                        mst_online_text(one, "rejected", text));
        return;
    }
    char *shown = preview != NULL
                      ? json_dumps(preview, JSON_COMPACT | JSON_ENCODE_ANY)
                      : NULL;
    if (shown != NULL) {
        mst_output_text(out, "%s\n    ", shown);
    }
    mst_output_text(out, "%s\n", mst_online_text(one, "payload", text));
    free(shown);
}

static int
dry_print(const struct mst_cli_args *args, const json_t *answer)
{
    const json_t *deliveries = json_object_get(answer, "deliveries");
    bool color = mst_paint_is_on(args);
    bool refused = json_integer_value(json_object_get(answer, "rejected")) > 0;
    struct mst_output out;
    char events[64];
    char rejected[64];
    int code = MST_EXIT_OK;
    if (args->json) {
        code = mst_online_print(answer);
    } else {
        mst_output_init(&out);
        for (size_t i = 0; i < json_array_size(deliveries); i++) {
            dry_text(&out, json_array_get(deliveries, i), color);
        }
        mst_output_text(&out, "%s events, %s rejected; nothing was written\n",
                        mst_online_text(answer, "events", events),
                        mst_online_text(answer, "rejected", rejected));
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    return code == MST_EXIT_OK && refused ? MST_EXIT_REJECTED : code;
}

static int
dry_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"jobs", args->words[0], "dry-run", NULL};
    const char *wait = mst_cli_value(args, "wait");
    int64_t limit = DRY_LIMIT;
    int64_t wait_ms = 0;
    int code = MST_EXIT_USAGE;
    if (!mst_cli_number(args, "limit", limit, &limit)
        || !mst_cli_duration(args, "wait", 0, &wait_ms)) {
        return code;
    }
    if (limit < 1 || limit > DRY_LIMIT_MAX) {
        mst_cli_fail(args, NULL, "--limit is from 1 to %d", DRY_LIMIT_MAX);
        return code;
    }
    json_t *body = json_pack("{s:I}", "limit", (json_int_t)limit);
    char milliseconds[32];
    (void)snprintf(milliseconds, sizeof(milliseconds), "%lldms",
                   (long long)wait_ms);
    bool good =
        body != NULL
        && (wait == NULL
            || (json_object_set_new(body, "timeout", json_string(milliseconds))
                    == 0
                && json_object_set_new(body, "follow", json_true()) == 0));
    char *text = good ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    const struct mst_online_message message = {
        .method = "POST",
        .segments = path,
        .body = mst_slice_str(text != NULL ? text : ""),
        .extra_ms = wait_ms + DRY_EXTRA_MS};
    json_t *answer = mst_online_send(args, &message, &code);
    free(text);
    if (answer != NULL) {
        code = dry_print(args, answer);
        json_decref(answer);
    }
    return code;
}

const struct mst_cli_command mst_jobs_dry_run = {
    .group = "jobs",
    .name = "dry-run",
    .synopsis = "JOB [--limit N] [--wait S] [--color WHEN] [--url URL]",
    .summary = "Show what each sink of a job would get; write nothing.",
    .details = "Reads real input from where the job stands; says what each\n"
               "middleware makes of each event. Exit code 3 when an event\n"
               "would be rejected.\n" MST_ONLINE_DETAILS,
    .example = "mstream jobs dry-run users --limit 3",
    .flags = dry_flags,
    .flags_len = MST_ARRAY_SIZE(dry_flags),
    .words_min = 1,
    .words_max = 1,
    .run = dry_run,
};
