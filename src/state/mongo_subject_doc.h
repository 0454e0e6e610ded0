/* SPDX-License-Identifier: MIT */
/* The stored form of a subject in MongoDB. */
#ifndef MST_STATE_MONGO_SUBJECT_DOC_H
#define MST_STATE_MONGO_SUBJECT_DOC_H

#include <bson/bson.h>

#include "core/subject_store.h"

/* Set in the revision of what only the published mstream wrote. */
#define MST_MONGO_SUBJECT_FOREIGN (UINT64_C(1) << 63)

/* Appends all fields but _id. */
void mst_mongo_subject_write(const struct mst_subject *subject,
                             uint64_t revision, bson_t *doc);

/* Our documents and those of the published mstream; *ret is the caller's.
 * place: the collection. MST_FATAL: damaged, or no memory. */
MST_MUST_CHECK enum mst_status mst_mongo_subject_read(struct mst_slice doc,
                                                      const char *place,
                                                      struct mst_subject *ret,
                                                      struct mst_error *err);

#endif
