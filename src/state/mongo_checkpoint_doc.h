/* SPDX-License-Identifier: MIT */
/* A checkpoint as a BSON document, and back. */
#ifndef MST_STATE_MONGO_CHECKPOINT_DOC_H
#define MST_STATE_MONGO_CHECKPOINT_DOC_H

#include <bson/bson.h>

#include "core/store.h"

/* Appends the fields of checkpoint and its check sum to doc. */
void mst_mongo_checkpoint_write(const struct mst_checkpoint *checkpoint,
                                bson_t *doc);

/* ret_damaged: the check sum does not fit, or a field is missing; ret is
 * empty then but for the job. MST_FATAL: memory. */
MST_MUST_CHECK enum mst_status
mst_mongo_checkpoint_read(struct mst_slice doc, const char *job,
                          struct mst_checkpoint *ret, bool *ret_damaged,
                          struct mst_error *err);

#endif
