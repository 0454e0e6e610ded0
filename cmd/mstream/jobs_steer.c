/* SPDX-License-Identifier: MIT */
/* mstream jobs start, stop, restart, pause and resume. */
#include "jobs_online.h"

#include <time.h>

#include "base/clock.h"
#include "online.h"
#include "output.h"

enum { STEER_LOOK_MS = 100 };

static const struct mst_cli_flag steer_flags[] = {MST_ONLINE_FLAGS};
static const struct mst_cli_flag end_flags[] = {
    MST_ONLINE_FLAGS,
    {"wait", "S", "until it has ended, but no longer than this", NULL},
};

static bool
steer_has_ended(const json_t *job)
{
    static const char *const ends[] = {"stopped", "paused", "failed",
                                       "completed"};
    char text[64];
    const char *state = mst_online_text(job, "state", text);
    for (size_t i = 0; i < MST_ARRAY_SIZE(ends); i++) {
        if (strcmp(state, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Looks at the job until it has ended, or the time is over (*ret_code). The
 * job as it was then; NULL: said what went wrong. */
static json_t *
steer_wait(const struct mst_cli_args *args, int64_t wait_ms, int *ret_code)
{
    static const struct timespec pause = {.tv_nsec = STEER_LOOK_MS * 1000000L};
    const char *const path[] = {"jobs", args->words[0], NULL};
    int64_t until = mst_clock_ms() + wait_ms;
    for (;;) {
        json_t *job = mst_online_call(args, "GET", path, ret_code);
        if (job == NULL || steer_has_ended(job)) {
            return job;
        }
        if (mst_clock_ms() >= until) {
            *ret_code = MST_EXIT_TIMED_OUT;
            return job;
        }
        json_decref(job);
        (void)nanosleep(&pause, NULL);
    }
}

/* code: of the command so far. */
static int
steer_say(const struct mst_cli_args *args, const json_t *answer, int code)
{
    const json_t *item = json_object_get(answer, "item");
    struct mst_output out;
    char text[64];
    if (args->json) {
        int printed = mst_online_print(answer);
        return printed != MST_EXIT_OK ? printed : code;
    }
    mst_output_init(&out);
    mst_output_text(&out, "%s: %s", args->words[0],
                    mst_online_text(answer, "message", text));
    mst_output_text(&out, " (%s)\n", mst_online_text(item, "state", text));
    return mst_output_end(&out, code);
}

static int
steer_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"jobs", args->words[0], args->command->name,
                                NULL};
    const char *wait = mst_cli_value(args, "wait");
    int64_t wait_ms = 0;
    int code = MST_EXIT_OK;
    if (wait != NULL && !mst_cli_duration(args, "wait", 0, &wait_ms)) {
        return MST_EXIT_USAGE;
    }
    json_t *answer = mst_online_call(args, "POST", path, &code);
    if (answer == NULL) {
        return code;
    }
    json_t *job = wait == NULL ? NULL : steer_wait(args, wait_ms, &code);
    if (job != NULL) {
        (void)json_object_set_new(answer, "item", job);
    }
    if (wait == NULL || job != NULL) {
        code = steer_say(args, answer, code);
    }
    json_decref(answer);
    return code;
}

#define END_DETAILS                                                            \
    "Without --wait it may still drain when the command is over; with it,\n"   \
    "the exit code is 4 when it does so for longer."

#define STEER(verb, text, more, end, flags_of)                                 \
    const struct mst_cli_command mst_jobs_##verb = {                           \
        .group = "jobs",                                                       \
        .name = #verb,                                                         \
        .synopsis = "JOB " end "[--url URL]",                                  \
        .summary = (text),                                                     \
        .details = more "\n" MST_ONLINE_DETAILS,                               \
        .example = "mstream jobs " #verb " users",                             \
        .flags = (flags_of),                                                   \
        .flags_len = MST_ARRAY_SIZE(flags_of),                                 \
        .words_min = 1,                                                        \
        .words_max = 1,                                                        \
        .run = steer_run,                                                      \
    }

STEER(start, "Start a job that is stopped, has failed or is through.",
      "One that runs goes on as it is.", "", steer_flags);
STEER(stop, "Drain a job and stop it.",
      "It stays stopped until it is started, also when the daemon "
      "is.\n" END_DETAILS,
      "[--wait S] ", end_flags);
STEER(restart, "Drain a job and start it anew.", "One that is stopped starts.",
      "", steer_flags);
STEER(pause, "Drain a job that runs, and keep it as paused.",
      "It stays paused until it is resumed, also when the daemon "
      "starts.\n" END_DETAILS,
      "[--wait S] ", end_flags);
STEER(resume, "Let a job that was paused go on.",
      "One that runs goes on as it is.", "", steer_flags);
