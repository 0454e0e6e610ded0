/* SPDX-License-Identifier: MIT */
/* The subcommands of mstream dlq. */
#ifndef MST_MSTREAM_DLQ_H
#define MST_MSTREAM_DLQ_H

#include "cli.h"
#include "state.h"

extern const struct mst_cli_command mst_dlq_list;
extern const struct mst_cli_command mst_dlq_show;
extern const struct mst_cli_command mst_dlq_replay;
extern const struct mst_cli_command mst_dlq_discard;

/* The number of a letter; false: said that it is none. */
bool mst_dlq_id(const struct mst_cli_args *args, const char *word,
                uint64_t *ret_id);
/* Says that there is no such letter; exit code. */
int mst_dlq_no_letter(const struct mst_cli_args *args, uint64_t id);

#endif
