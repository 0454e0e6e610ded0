/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints and leases in MongoDB: one document per job, so that a save is
 * one update whose filter compares the lease's fence, and several machines
 * can share the jobs. Dead letters and runs stay in the embedded store: see
 * composite_store.h.
 */
#ifndef MST_STATE_MONGO_STORE_H
#define MST_STATE_MONGO_STORE_H

#include "clients/mongo_cancel.h"
#include "clients/mongo_options.h"
#include "core/store.h"

/* service and collection are borrowed during the call only. No network: a
 * server that is away makes the calls fail with MST_RETRY. Letters and runs
 * are not implemented (NULL in the type).
 * Ownership: the caller ends it with store->type->destroy. */
MST_MUST_CHECK enum mst_status
mst_mongo_store_create(const struct mst_mongo_options *service,
                       const char *app_name, const char *collection,
                       struct mst_store **ret_store, struct mst_error *err);

/* The same for one thread at a time, whose waiting cancel ends; it outlives
 * the store. NULL: nothing does, and any thread may use it. */
MST_MUST_CHECK enum mst_status
mst_mongo_store_create_for(const struct mst_mongo_options *service,
                           const char *app_name, const char *collection,
                           struct mst_mongo_cancel *cancel,
                           struct mst_store **ret_store, struct mst_error *err);

#endif
