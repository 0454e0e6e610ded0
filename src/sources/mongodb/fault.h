/* SPDX-License-Identifier: MIT */
/* What the errors of a change stream mean, and how they are said. */
#ifndef MST_SOURCES_MONGODB_FAULT_H
#define MST_SOURCES_MONGODB_FAULT_H

#include <bson/bson.h>

#include "base/error.h"

enum mst_mongo_fault {
    MST_MONGO_FAULT_OTHER = 0,   /* as `status` says */
    MST_MONGO_FAULT_CURSOR,      /* the cursor is gone, the server is not */
    MST_MONGO_FAULT_LOST,        /* the position is not in the oplog */
    MST_MONGO_FAULT_LARGE,       /* an event above the server's limit */
    MST_MONGO_FAULT_SPLIT_TOKEN, /* the position needs the split stage */
    MST_MONGO_FAULT_STAGE        /* a stage that the server does not know */
};

struct mst_mongo_failure {
    bson_error_t error;
    enum mst_status status;
    enum mst_mongo_fault fault;
};

/* Classifies failure->error; reply may be NULL. */
void mst_mongo_failure_classify(struct mst_mongo_failure *failure,
                                const bson_t *reply);

/* Says it: what failed on that namespace, why, and what to do. Returns
 * failure->status. */
enum mst_status mst_mongo_failure_say(const struct mst_mongo_failure *failure,
                                      const char *ns, struct mst_error *err);

#endif
