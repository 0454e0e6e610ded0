/* SPDX-License-Identifier: MIT */
/* mstream jobs start, stop, restart, pause and resume. */
#include "jobs_online.h"
#include "online.h"
#include "output.h"

static const struct mst_cli_flag steer_flags[] = {MST_ONLINE_FLAGS};

static int
steer_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"jobs", args->words[0], args->command->name,
                                NULL};
    int code = MST_EXIT_OK;
    char text[64];
    struct mst_output out;
    json_t *answer = mst_online_call(args, "POST", path, &code);
    if (answer == NULL) {
        return code;
    }
    if (args->json) {
        code = mst_online_print(answer);
    } else {
        const json_t *item = json_object_get(answer, "item");
        mst_output_init(&out);
        mst_output_text(&out, "%s: %s", args->words[0],
                        mst_online_text(answer, "message", text));
        mst_output_text(&out, " (%s)\n", mst_online_text(item, "state", text));
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(answer);
    return code;
}

#define STEER(verb, text, more)                                                \
    const struct mst_cli_command mst_jobs_##verb = {                           \
        .group = "jobs",                                                       \
        .name = #verb,                                                         \
        .synopsis = "JOB [--url URL]",                                         \
        .summary = (text),                                                     \
        .details = more "\n" MST_ONLINE_DETAILS,                               \
        .example = "mstream jobs " #verb " users",                             \
        .flags = steer_flags,                                                  \
        .flags_len = MST_ARRAY_SIZE(steer_flags),                              \
        .words_min = 1,                                                        \
        .words_max = 1,                                                        \
        .run = steer_run,                                                      \
    }

STEER(start, "Start a job that is stopped, has failed or is through.",
      "One that runs goes on as it is.");
STEER(stop, "Drain a job and stop it.",
      "It stays stopped until it is started, or the daemon is.");
STEER(restart, "Drain a job and start it anew.", "One that is stopped starts.");
STEER(pause, "Drain a job that runs, and keep it as paused.",
      "It stays paused until it is resumed, or the daemon is started.");
STEER(resume, "Let a job that was paused go on.",
      "One that runs goes on as it is.");
