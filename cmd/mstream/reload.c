/* SPDX-License-Identifier: MIT */
/* mstream reload: a daemon reads its configuration file again. */
#include "commands.h"
#include "online.h"
#include "output.h"

static const struct mst_cli_flag reload_flags[] = {MST_ONLINE_FLAGS};

static int
reload_run(const struct mst_cli_args *args)
{
    static const char *const path[] = {"reload", NULL};
    int code = MST_EXIT_OK;
    struct mst_output out;
    char text[64];
    json_t *answer = mst_online_call(args, "POST", path, &code);
    if (answer == NULL) {
        return code;
    }
    if (args->json) {
        code = mst_online_print(answer);
    } else {
        mst_output_init(&out);
        mst_output_text(&out, "%s\n", mst_online_text(answer, "message", text));
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(answer);
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
