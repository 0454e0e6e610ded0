/* SPDX-License-Identifier: MIT */
/*
 * A store made of two: checkpoints and leases in one that several machines
 * share, dead letters and runs in the embedded one of this machine.
 */
#ifndef MST_STATE_COMPOSITE_STORE_H
#define MST_STATE_COMPOSITE_STORE_H

#include "core/store.h"

/* shared keeps checkpoints and leases: they belong together, because a save
 * is refused by the lease's fence, and a lease on one machine keeps nobody on
 * another from running the job. MST_FATAL: shared has no leases. local keeps
 * the rest.
 * Ownership: both are moved in, on success only. */
MST_MUST_CHECK enum mst_status
mst_composite_store_create(struct mst_store *shared, struct mst_store *local,
                           struct mst_store **ret_store, struct mst_error *err);

#endif
