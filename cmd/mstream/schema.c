/* SPDX-License-Identifier: MIT */
/* mstream schema: the group. */
#include "schema.h"

#include "commands.h"

static const struct mst_cli_command *const schema_commands[] = {
    &mst_schema_command_check,  &mst_schema_command_register,
    &mst_schema_command_list,   &mst_schema_command_show,
    &mst_schema_command_compat, &mst_schema_command_delete,
    &mst_schema_command_infer,  &mst_schema_command_convert,
    &mst_schema_command_fill,   NULL,
};

const struct mst_cli_command mst_command_schema = {
    .name = "schema",
    .synopsis = "COMMAND [options]",
    .summary = "Check schemas, and keep them with their versions.",
    .details = "docs/schemas.md tells more.",
    .example = "mstream schema check order.avsc",
    .subcommands = schema_commands,
};
