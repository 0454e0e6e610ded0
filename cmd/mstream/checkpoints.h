/* SPDX-License-Identifier: MIT */
/* The subcommands of mstream checkpoints. */
#ifndef MST_MSTREAM_CHECKPOINTS_H
#define MST_MSTREAM_CHECKPOINTS_H

#include "cli.h"
#include "core/store.h"

extern const struct mst_cli_command mst_checkpoints_list;
extern const struct mst_cli_command mst_checkpoints_show;
extern const struct mst_cli_command mst_checkpoints_set;
extern const struct mst_cli_command mst_checkpoints_rewind;
extern const struct mst_cli_command mst_checkpoints_export;
extern const struct mst_cli_command mst_checkpoints_import;

#endif
