/* SPDX-License-Identifier: MIT */
/*
 * Records in a MongoDB collection, a document each:
 *
 *   {_id: {kind: "job", name: "orders"}, revision, definition: "{...}",
 *    created: date, changed: date, changed_by, sum}
 *
 * A service has `sealed` (binary) and the state of a job `state` in place of
 * `definition`. The unique index is that of _id, so a save is one update
 * whose filter compares the revision. All kinds may share a collection.
 * All other documents are neither read nor changed; of those of the published
 * mstream a line of the log says that they are there.
 */
#ifndef MST_STATE_MONGO_RECORDS_H
#define MST_STATE_MONGO_RECORDS_H

#include "clients/mongo_options.h"
#include "core/record_store.h"

/* service and collection are borrowed during the call only. No network.
 * Ownership: the caller ends it with store->type->destroy. */
MST_MUST_CHECK enum mst_status
mst_mongo_records_create(const struct mst_mongo_options *service,
                         const char *app_name, const char *collection,
                         struct mst_record_store **ret_store,
                         struct mst_error *err);

#endif
