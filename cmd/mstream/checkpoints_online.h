/* SPDX-License-Identifier: MIT */
/* mstream checkpoints with --url: the same, done by a daemon. */
#ifndef MST_MSTREAM_CHECKPOINTS_ONLINE_H
#define MST_MSTREAM_CHECKPOINTS_ONLINE_H

#include "cli.h"

/* Each returns the exit code. */
int mst_checkpoints_online_list(const struct mst_cli_args *args);
int mst_checkpoints_online_show(const struct mst_cli_args *args);
/* position NULL: its checkpoint is removed. */
int mst_checkpoints_online_set(const struct mst_cli_args *args,
                               const char *position);
int mst_checkpoints_online_rewind(const struct mst_cli_args *args,
                                  int64_t wall_ms);

#endif
