/* SPDX-License-Identifier: MIT */
/* Reads back what is stored under the _id of operations. */
#ifndef MST_SINKS_MONGODB_LOOKUP_H
#define MST_SINKS_MONGODB_LOOKUP_H

#include <mongoc/mongoc.h>

#include "sinks/mongodb/mongodb_op.h"

/* Calls each for every operation whose document exists, with the document
 * (only_ids: just its _id), borrowed. All operations have one target. Status
 * and err as of the read. */
MST_MUST_CHECK enum mst_status mst_mongosink_lookup(
    mongoc_client_t *client, struct mst_mongosink_op *const *ops, size_t n,
    bool only_ids,
    void (*each)(void *arg, struct mst_mongosink_op *op, struct mst_slice doc),
    void *arg, struct mst_error *err);

#endif
