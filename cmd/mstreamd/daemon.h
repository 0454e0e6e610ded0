/* SPDX-License-Identifier: MIT */
/* The daemon's life: load, lock, start, watch, reload, drain, end. */
#ifndef MST_MSTREAMD_DAEMON_H
#define MST_MSTREAMD_DAEMON_H

#include "options.h"

/* Signals that it waits for must be blocked in all threads. Returns the exit
 * code. */
int mst_daemon_run(const struct mst_daemon_options *options);

#endif
