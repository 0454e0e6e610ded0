/* SPDX-License-Identifier: MIT */
/* One table per command, each in the file of its name. */
#ifndef MST_MSTREAM_COMMANDS_H
#define MST_MSTREAM_COMMANDS_H

#include "cli.h"

extern const struct mst_cli_command mst_command_doctor;
extern const struct mst_cli_command mst_command_explain;
extern const struct mst_cli_command mst_command_run;
extern const struct mst_cli_command mst_command_validate;

#endif
