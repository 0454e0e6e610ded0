/* SPDX-License-Identifier: MIT */
/*
 * Changes that wait together for the documents that they lack: looked up now
 * (updateLookup), or kept by the server from before the change (pre-images).
 * One command fetches those of a whole group. Its size follows the size of
 * what comes, so that memory stays bounded.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_GROUP_H
#define MST_SOURCES_MONGODB_OPLOG_GROUP_H

#include "sources/mongodb/lookup.h"
#include "sources/mongodb/oplog/map.h"

struct mst_oplog_slot {
    struct mst_oplog_change change;
    /* Where its operation begins, to read it once more: offset in the reply,
     * or the transaction's part, and the numbers there. */
    size_t from;
    uint32_t index;
    uint32_t part_index;
    bool needs_image;
    struct mst_slice image; /* the document before; none */
};

/* Zeroed is empty. Thread: reader. */
struct mst_oplog_group {
    struct mst_oplog_slot *slots; /* MST_MONGO_LOOKUPS_MAX */
    size_t len;
    struct mst_mongo_lookups lookups; /* an item for each slot */
    struct mst_buf post; /* a document after a change, being made */
};

MST_MUST_CHECK enum mst_status
mst_oplog_group_init(struct mst_oplog_group *group, struct mst_error *err);
void mst_oplog_group_clear(struct mst_oplog_group *group);

static inline bool
mst_oplog_group_is_full(const struct mst_oplog_group *group)
{
    return group->len >= group->lookups.limit;
}

/* Marks what the slot behind the last one needs, as the options ask; false:
 * nothing. */
MST_MUST_CHECK bool
mst_oplog_group_mark(struct mst_oplog_group *group,
                     const struct mst_mongo_source_options *options);

/* Fetches what the slots need. *ret_len slots from the first are complete,
 * the others are to be read once more: their documents were too much at once.
 * Else fetch->failure says why. */
MST_MUST_CHECK enum mst_status mst_oplog_group_fetch(
    struct mst_oplog_group *group, struct mst_mongo_fetch *fetch,
    const struct mst_mongo_source_options *options, size_t *ret_len);

/* Of images.c: the documents before the changes of the first *len slots. */
MST_MUST_CHECK enum mst_status
mst_oplog_group_images(struct mst_oplog_group *group,
                       struct mst_mongo_fetch *fetch, size_t *len);

#endif
