/* SPDX-License-Identifier: MIT */
/* What the commands that look at the state have in common. */
#ifndef MST_MSTREAM_STATE_H
#define MST_MSTREAM_STATE_H

#include "cli.h"
#include "core/store.h"

/* The flag that all of them take. */
#define MST_STATE_FLAG_CONFIG                                                  \
    {                                                                          \
        "config", "FILE", "configuration (" MST_CONFIG_DEFAULT_FILE ")", NULL  \
    }

struct mst_state {
    struct mst_config *config;
    struct mst_store *store; /* NULL: read only, and there is none yet */
};

/* Loads --config, and keeps the log quiet: what is wrong is said by the command.
 * NULL: said what is wrong (exit 2). */
struct mst_config *mst_state_config(const struct mst_cli_args *args);

/* Loads --config and opens its state. *ret_code is the exit
 * code; false: said what is wrong. */
bool mst_state_open(const struct mst_cli_args *args, bool read_only,
                    struct mst_state *ret_state, int *ret_code);
void mst_state_close(struct mst_state *state);

/* Says the error; its exit code: a lease that another holds is its own. */
int mst_state_fail(const struct mst_cli_args *args, enum mst_status status,
                   const struct mst_error *err);

/* A yes on a terminal; true at once with --yes, false where nobody can be
 * asked. */
bool mst_state_confirm(const struct mst_cli_args *args, const char *question);

#endif
