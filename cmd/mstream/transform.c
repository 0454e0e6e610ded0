/* SPDX-License-Identifier: MIT */
/* mstream transform: the group. */
#include "transform.h"

#include "commands.h"

static const struct mst_cli_command *const transform_commands[] = {
    &mst_transform_command_run,
    NULL,
};

const struct mst_cli_command mst_command_transform = {
    .name = "transform",
    .synopsis = "COMMAND [options]",
    .summary = "Try Lua scripts on documents.",
    .details = "docs/lua.md tells more.",
    .example = "mstream transform run mask.lua --input doc.json",
    .subcommands = transform_commands,
};
