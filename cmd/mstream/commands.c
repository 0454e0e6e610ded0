/* SPDX-License-Identifier: MIT */
/* All commands, in the order of the help. */
#include "commands.h"

#include "builtins.h"

/* clang-format off */
const struct mst_cli_command *const mst_cli_commands[] = {
    &mst_command_validate,
    &mst_command_doctor,
    &mst_command_explain,
    &mst_command_run,
    &mst_command_dry_run,
    &mst_command_convert,
    &mst_command_jobs,
    &mst_command_services,
    &mst_command_reload,
    &mst_command_top,
    &mst_command_logs,
    &mst_command_runs,
    &mst_command_stats,
    &mst_command_checkpoints,
    &mst_command_dlq,
    &mst_command_schema,
    &mst_command_transform,
    &mst_command_suites,
    &mst_command_health,
    &mst_command_token,
    &mst_command_key,
    &mst_command_completion,
    NULL,
};
/* clang-format on */

const struct mst_registry *
mst_cli_registry(void)
{
    return &mst_builtins;
}
