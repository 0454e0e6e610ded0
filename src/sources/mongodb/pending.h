/* SPDX-License-Identifier: MIT */
/*
 * Changes of a stream that wait for their documents: looked up many at once
 * instead of one by one by the server. All of them leave in their order.
 */
#ifndef MST_SOURCES_MONGODB_PENDING_H
#define MST_SOURCES_MONGODB_PENDING_H

#include "sources/mongodb/change.h"
#include "sources/mongodb/lookup.h"

struct mst_mongo_source;

struct mst_mongo_pending_slot {
    struct mst_mongo_change change;
    size_t from; /* where it begins in the reply */
    bool looks;  /* it waits for a document */
};

/* Zeroed is empty. Thread: reader. */
struct mst_mongo_pending {
    struct mst_mongo_pending_slot *slots; /* MST_MONGO_LOOKUPS_MAX */
    size_t len;
    struct mst_mongo_lookups lookups; /* an item for each slot */
};

MST_MUST_CHECK enum mst_status
mst_mongo_pending_init(struct mst_mongo_pending *pending,
                       struct mst_error *err);
void mst_mongo_pending_clear(struct mst_mongo_pending *pending);

/* Takes events from the source's reply until the batch is full; none waits
 * afterwards. */
MST_MUST_CHECK enum mst_status
mst_mongo_pending_fill(struct mst_mongo_source *source, struct mst_batch *batch,
                       struct mst_error *err);

/* Writes event with the field fullDocument (document; none: null) where a
 * change stream that looks documents up has it, into the arena. MST_REJECTED:
 * it is no event of a document; MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_mongo_pending_insert(struct mst_slice event, struct mst_slice document,
                         struct mst_arena *arena, struct mst_slice *ret_bytes);

#endif
