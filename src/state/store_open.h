/* SPDX-License-Identifier: MIT */
/* Opening the store that a configuration names. */
#ifndef MST_STATE_STORE_OPEN_H
#define MST_STATE_STORE_OPEN_H

#include "core/store.h"

/* Where the state is. Borrowed. */
struct mst_store_place {
    const char *path; /* of [state]; ":memory:" keeps nothing */
    bool read_only;   /* for commands that only look */
};

/* shared: an open store for checkpoints and leases ([system] checkpoints), or
 * NULL: all is in the embedded one. Statuses of mst_sqlite_store_open; with
 * shared and read_only, MST_END does not come: what this machine does not
 * have yet is taken as empty.
 * Ownership: shared is moved in, on success only. The result ends with
 * mst_store_close. */
MST_MUST_CHECK enum mst_status
mst_store_open(const struct mst_store_place *place, struct mst_store *shared,
               struct mst_store **ret_store, struct mst_error *err);

/* NULL is fine. */
void mst_store_close(struct mst_store *store);

#endif
