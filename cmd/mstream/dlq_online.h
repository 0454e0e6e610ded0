/* SPDX-License-Identifier: MIT */
/* mstream dlq with --url: the same, done by a daemon. */
#ifndef MST_MSTREAM_DLQ_ONLINE_H
#define MST_MSTREAM_DLQ_ONLINE_H

#include "cli.h"

/* Each returns the exit code; id 0: all of the job. */
int mst_dlq_online_list(const struct mst_cli_args *args, int64_t limit);
int mst_dlq_online_show(const struct mst_cli_args *args, uint64_t id);
int mst_dlq_online_replay(const struct mst_cli_args *args, uint64_t id);
int mst_dlq_online_discard(const struct mst_cli_args *args, uint64_t id);

#endif
