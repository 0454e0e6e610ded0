/* SPDX-License-Identifier: MIT */
/* Reads back what is stored under the _id of operations. */
#ifndef MST_SINKS_MONGODB_LOOKUP_H
#define MST_SINKS_MONGODB_LOOKUP_H

#include <mongoc/mongoc.h>

#include "sinks/mongodb/mongodb_op.h"

/* What is wanted of the documents. */
struct mst_mongosink_lookup {
    bool only_ids; /* just their _id */
    /* Called for each operation whose document exists; doc is borrowed. */
    void (*each)(void *arg, struct mst_mongosink_op *op, struct mst_slice doc);
    void *arg;
};

/* All operations have one target. Status and err as of the read. */
MST_MUST_CHECK enum mst_status mst_mongosink_lookup(
    mongoc_client_t *client, struct mst_mongosink_op *const *ops, size_t n,
    const struct mst_mongosink_lookup *wanted, struct mst_error *err);

#endif
