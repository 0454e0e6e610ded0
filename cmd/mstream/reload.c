/* SPDX-License-Identifier: MIT */
/* mstream reload: a daemon reads its configuration file again. */
#include "commands.h"
#include "online.h"

static const struct mst_cli_flag reload_flags[] = {MST_ONLINE_FLAGS};

static int
reload_run(const struct mst_cli_args *args)
{
    static const char *const path[] = {"reload", NULL};
    int code = MST_EXIT_OK;
    json_t *answer = mst_online_call(args, "POST", path, &code);
    if (answer != NULL) {
        code = mst_online_say(args, answer);
        json_decref(answer);
    }
    return code;
}

const struct mst_cli_command mst_command_reload = {
    .name = "reload",
    .synopsis = "[--url URL]",
    .summary = "Let a daemon read its configuration file again.",
    .details =
        "Jobs that changed drain and start anew, the others run. With a\n"
        "mistake in the file nothing changes.\n" MST_ONLINE_DETAILS,
    .example = "mstream reload",
    .flags = reload_flags,
    .flags_len = MST_ARRAY_SIZE(reload_flags),
    .run = reload_run,
};
