/* SPDX-License-Identifier: MIT */
/*
 * Subjects in a MongoDB collection: one document each, so that a save is one
 * update whose filter compares the revision. The document is also one of the
 * published mstream's (id, name, encoding, definition: the newest version),
 * and documents that only have these are read as a subject with one version.
 */
#ifndef MST_STATE_MONGO_SUBJECTS_H
#define MST_STATE_MONGO_SUBJECTS_H

#include "clients/mongo_cancel.h"
#include "clients/mongo_options.h"
#include "core/subject_store.h"

/* The collection where none is named. */
#define MST_MONGO_SUBJECTS_COLLECTION "schemas"

/* service and collection are borrowed during the call only. No network.
 * Ownership: the caller ends it with store->type->destroy. */
MST_MUST_CHECK enum mst_status
mst_mongo_subjects_create(const struct mst_mongo_options *service,
                          const char *app_name, const char *collection,
                          struct mst_subject_store **ret_store,
                          struct mst_error *err);

/* The same for one thread at a time, whose waiting cancel ends; it outlives
 * the store. */
MST_MUST_CHECK enum mst_status mst_mongo_subjects_create_for(
    const struct mst_mongo_options *service, const char *app_name,
    const char *collection, struct mst_mongo_cancel *cancel,
    struct mst_subject_store **ret_store, struct mst_error *err);

#endif
