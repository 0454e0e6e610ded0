/* SPDX-License-Identifier: MIT */
/* Counted replies of the server. */
#include "sources/mongodb/reply.h"

#include <stdlib.h>

#include "encodings/bson_reader.h"

struct mst_mongo_reply *
mst_mongo_reply_create(bson_t *bson)
{
    struct mst_mongo_reply *reply = calloc(1, sizeof(*reply));
    if (reply == NULL) {
        bson_destroy(bson);
        return NULL;
    }
    atomic_init(&reply->refs, 1);
    uint32_t len = 0;
    uint8_t *data = bson_destroy_with_steal(bson, true, &len);
    if (data == NULL) {
        free(reply);
        return NULL;
    }
    /* libbson's memory is a power of two; it is kept for as long as events
     * point into it. */
    reply->doc = mst_slice_of(bson_realloc(data, len), len);
    return reply;
}

static void
reply_cursor(struct mst_mongo_reply *reply, struct mst_slice cursor)
{
    struct mst_bson_value value;
    if (mst_bson_find(cursor, "nextBatch", &value)
        || mst_bson_find(cursor, "firstBatch", &value)) {
        (void)mst_bson_get_document(&value, &reply->batch);
    }
    if (mst_bson_find(cursor, "id", &value)) {
        (void)mst_bson_get_int64(&value, &reply->cursor_id);
    }
    if (mst_bson_find(cursor, "ns", &value)) {
        (void)mst_bson_get_string(&value, &reply->ns);
    }
    if (mst_bson_find(cursor, "postBatchResumeToken", &value)) {
        (void)mst_bson_get_document(&value, &reply->token);
    }
}

enum mst_status
mst_mongo_reply_parse(struct mst_mongo_reply *reply, struct mst_error *err)
{
    struct mst_slice doc = reply->doc;
    struct mst_bson_value value;
    struct mst_slice cursor;
    if (mst_bson_find(doc, "cursor", &value)
        && mst_bson_get_document(&value, &cursor)) {
        reply_cursor(reply, cursor);
    }
    if (mst_bson_find(doc, "operationTime", &value)) {
        (void)mst_bson_get_timestamp(&value, &reply->seconds,
                                     &reply->increment);
    }
    if (reply->batch.data == NULL) {
        return mst_fail(err, MST_DISCONNECTED, "mongodb", 0,
                        "the server's reply has no batch of events");
    }
    return MST_OK;
}

struct mst_mongo_reply *
mst_mongo_reply_ref(struct mst_mongo_reply *reply)
{
    atomic_fetch_add_explicit(&reply->refs, 1, memory_order_relaxed);
    return reply;
}

void
mst_mongo_reply_unref(struct mst_mongo_reply *reply)
{
    if (reply != NULL
        && atomic_fetch_sub_explicit(&reply->refs, 1, memory_order_acq_rel)
               == 1) {
        /* Our own memory, held as const. */
        union {
            const uint8_t *borrowed;
            void *owned;
        } data = {.borrowed = reply->doc.data};
        bson_free(data.owned);
        free(reply);
    }
}

void
mst_mongo_reply_release(void *reply)
{
    mst_mongo_reply_unref(reply);
}
