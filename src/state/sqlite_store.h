/* SPDX-License-Identifier: MIT */
/*
 * The embedded store: one SQLite file in the state directory.
 *
 * Several processes may have it open: the daemon, and the command line for
 * reading and, guarded by leases, for writing.
 */
#ifndef MST_STATE_SQLITE_STORE_H
#define MST_STATE_SQLITE_STORE_H

#include "core/store.h"

/* Name of the file in the state directory. */
#define MST_SQLITE_FILE "state.db"

/* Opens DIRECTORY/state.db; makes both, readable by their owner only, unless
 * read_only. ":memory:" keeps nothing beyond this store. An older file is
 * brought to the present schema.
 *   MST_END    read_only, and there is no state yet
 *   MST_RETRY  busy, or no room
 *   MST_FATAL  damaged, not ours, from a newer version, no right
 * Ownership: the caller ends it with store->type->destroy. */
MST_MUST_CHECK enum mst_status
mst_sqlite_store_open(const char *directory, bool read_only,
                      struct mst_store **ret_store, struct mst_error *err);

#endif
