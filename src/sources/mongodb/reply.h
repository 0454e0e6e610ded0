/* SPDX-License-Identifier: MIT */
/*
 * One reply of the server to aggregate or getMore, kept for as long as events
 * point into it: by the reader, and by each batch that has some.
 */
#ifndef MST_SOURCES_MONGODB_REPLY_H
#define MST_SOURCES_MONGODB_REPLY_H

#include <bson/bson.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

struct mst_mongo_reply {
    atomic_uint refs;
    struct mst_slice doc; /* the reply's memory, from libbson */
    /* All below point into doc, or were read from it. */
    int64_t cursor_id;      /* 0: the stream has ended */
    struct mst_slice ns;    /* of the cursor: "db.collection" */
    struct mst_slice batch; /* firstBatch or nextBatch, an array */
    struct mst_slice token; /* postBatchResumeToken; may be none */
    uint32_t seconds;       /* operationTime; 0: not said */
    uint32_t increment;
};

/* Takes the memory out of bson, which is destroyed whatever the outcome.
 * NULL without memory. */
MST_MUST_CHECK struct mst_mongo_reply *mst_mongo_reply_create(bson_t *bson);
/* Finds the fields. MST_DISCONNECTED: not a cursor's reply. */
MST_MUST_CHECK enum mst_status
mst_mongo_reply_parse(struct mst_mongo_reply *reply, struct mst_error *err);

/* Thread: any. */
struct mst_mongo_reply *mst_mongo_reply_ref(struct mst_mongo_reply *reply);
void mst_mongo_reply_unref(struct mst_mongo_reply *reply);
/* As a batch's release callback. */
void mst_mongo_reply_release(void *reply);

#endif
