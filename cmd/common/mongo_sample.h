/* SPDX-License-Identifier: MIT */
/* What is in a live database, for both programs. Only reads. */
#ifndef MST_CMD_MONGO_SAMPLE_H
#define MST_CMD_MONGO_SAMPLE_H

#include "base/error.h"
#include "base/slice.h"
#include "clients/mongo_options.h"

/* Borrowed. */
struct mst_cmd_sample {
    const struct mst_mongo_options *service;
    const char *collection;
    int64_t count;
    int timeout_ms; /* in all; 0: as the service has it */
};

/* Gives random documents of a collection to add, one by one. What add says
 * ends it. */
MST_MUST_CHECK enum mst_status
mst_cmd_mongo_sample(const struct mst_cmd_sample *what,
                     enum mst_status (*add)(void *ctx, struct mst_slice bson,
                                            struct mst_error *err),
                     void *ctx, struct mst_error *err);

/* Lets clients of these options give up after timeout_ms, if not before; 0:
 * changes nothing. */
void mst_cmd_mongo_hurry(struct mst_mongo_options *options, int timeout_ms);

/* Calls each with the names of the collections, by name. */
MST_MUST_CHECK enum mst_status
mst_cmd_mongo_collections(const struct mst_mongo_options *service,
                          int timeout_ms,
                          void (*each)(void *ctx, const char *name), void *ctx,
                          struct mst_error *err);

#endif
