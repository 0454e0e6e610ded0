/* SPDX-License-Identifier: MIT */
/* mstream stats: the totals of a daemon. */
#include "commands.h"
#include "online.h"

static const struct mst_cli_flag stats_flags[] = {MST_ONLINE_FLAGS};

static int
stats_run(const struct mst_cli_args *args)
{
    static const char *const path[] = {"stats", NULL};
    return mst_online_show(args, path);
}

const struct mst_cli_command mst_command_stats = {
    .name = "stats",
    .synopsis = "[--url URL]",
    .summary = "The totals of a daemon since its start, and its jobs counted.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream stats --json",
    .flags = stats_flags,
    .flags_len = MST_ARRAY_SIZE(stats_flags),
    .run = stats_run,
};
