/* SPDX-License-Identifier: MIT */
/* The subcommands of mstream transform: each in its own file. */
#ifndef MST_MSTREAM_TRANSFORM_H
#define MST_MSTREAM_TRANSFORM_H

#include "cli.h"

extern const struct mst_cli_command mst_transform_command_run;

#endif
