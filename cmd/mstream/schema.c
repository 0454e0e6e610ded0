/* SPDX-License-Identifier: MIT */
/* mstream schema: the group. */
#include "schema.h"

#include "commands.h"

static const struct mst_cli_command *const schema_commands[] = {
    &mst_schema_command_check,
    NULL,
};

const struct mst_cli_command mst_command_schema = {
    .name = "schema",
    .synopsis = "COMMAND [options]",
    .summary = "Check schemas.",
    .details = "docs/schemas.md tells more.",
    .example = "mstream schema check order.avsc",
    .subcommands = schema_commands,
};
