/* SPDX-License-Identifier: MIT */
/* The subcommands of mstream schema: each in its own file, in the table of
 * schema.c. */
#ifndef MST_MSTREAM_SCHEMA_H
#define MST_MSTREAM_SCHEMA_H

#include "cli.h"

extern const struct mst_cli_command mst_schema_command_check;
extern const struct mst_cli_command mst_schema_command_compat;
extern const struct mst_cli_command mst_schema_command_delete;
extern const struct mst_cli_command mst_schema_command_list;
extern const struct mst_cli_command mst_schema_command_register;
extern const struct mst_cli_command mst_schema_command_show;
extern const struct mst_cli_command mst_schema_command_convert;
extern const struct mst_cli_command mst_schema_command_fill;
extern const struct mst_cli_command mst_schema_command_infer;

#endif
