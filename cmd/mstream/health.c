/* SPDX-License-Identifier: MIT */
/* mstream health: for people, and for probes by its exit code. */
#include "commands.h"
#include "online.h"
#include "output.h"

static const struct mst_cli_flag health_flags[] = {MST_ONLINE_FLAGS};

static void
health_text(struct mst_output *out, const json_t *health)
{
    const json_t *problems = json_object_get(health, "problems");
    char text[64];
    mst_output_text(out, "%s", mst_online_text(health, "status", text));
    mst_output_text(out, ", version %s",
                    mst_online_text(health, "version", text));
    mst_output_text(out, ", up %s s\n",
                    mst_online_text(health, "uptime_seconds", text));
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *one = json_array_get(problems, i);
        mst_output_text(out, "%s", mst_online_text(one, "job", text));
        mst_output_text(out, " is %s: ", mst_online_text(one, "state", text));
        mst_output_text(out, "%s\n", mst_online_text(one, "message", text));
        if (json_is_string(json_object_get(one, "hint"))) {
            mst_output_text(out, "  hint: %s\n",
                            mst_online_text(one, "hint", text));
        }
    }
}

static int
health_run(const struct mst_cli_args *args)
{
    static const char *const path[] = {"health", NULL};
    int code = MST_EXIT_OK;
    char text[64];
    struct mst_output out;
    json_t *health = mst_online_call(args, "GET", path, &code);
    if (health == NULL) {
        return code;
    }
    bool healthy =
        strcmp(mst_online_text(health, "status", text), "healthy") == 0;
    if (args->json) {
        code = mst_online_print(health);
    } else {
        mst_output_init(&out);
        health_text(&out, health);
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(health);
    return code != MST_EXIT_OK ? code : healthy ? MST_EXIT_OK : MST_EXIT_FAILED;
}

const struct mst_cli_command mst_command_health = {
    .name = "health",
    .synopsis = "[--url URL]",
    .summary = "Ask a daemon how it is.",
    .details =
        "The exit code is 0 when it is healthy, and 1 when a job failed,\n"
        "retries or gets nowhere, or when there is no "
        "answer.\n" MST_ONLINE_DETAILS,
    .example = "mstream health --timeout 2s",
    .flags = health_flags,
    .flags_len = MST_ARRAY_SIZE(health_flags),
    .run = health_run,
};
