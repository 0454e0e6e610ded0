/* SPDX-License-Identifier: MIT */
/* Records in the embedded store. */
#ifndef MST_STATE_SQLITE_RECORDS_H
#define MST_STATE_SQLITE_RECORDS_H

#include "core/record_store.h"

/* Opens DIRECTORY/state.db, beside whoever else has it open. Statuses as
 * mst_sqlite_store_open.
 * Ownership: the caller ends it with store->type->destroy. */
MST_MUST_CHECK enum mst_status
mst_sqlite_records_open(const char *directory, bool read_only,
                        struct mst_record_store **ret_store,
                        struct mst_error *err);

#endif
