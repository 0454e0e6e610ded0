/* SPDX-License-Identifier: MIT */
/* Subjects in the embedded store. */
#ifndef MST_STATE_SQLITE_SUBJECTS_H
#define MST_STATE_SQLITE_SUBJECTS_H

#include "core/subject_store.h"

/* Opens DIRECTORY/state.db, beside whoever else has it open. Statuses as
 * mst_sqlite_store_open.
 * Ownership: the caller ends it with store->type->destroy. */
MST_MUST_CHECK enum mst_status
mst_sqlite_subjects_open(const char *directory, bool read_only,
                         struct mst_subject_store **ret_store,
                         struct mst_error *err);

#endif
