/* SPDX-License-Identifier: MIT */
/*
 * Changes that wait together for the documents that they lack: looked up now
 * (updateLookup), or kept by the server from before the change (pre-images).
 * One command fetches those of a whole group. Its size follows the size of
 * what comes, so that memory stays bounded.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_GROUP_H
#define MST_SOURCES_MONGODB_OPLOG_GROUP_H

#include "core/batch.h"
#include "sources/mongodb/oplog/map.h"
#include "sources/mongodb/stream.h"

enum { MST_OPLOG_GROUP_MAX = 1000 };

struct mst_oplog_slot {
    struct mst_oplog_change change;
    /* Where its operation begins, to read it once more: offset in the reply,
     * or the transaction's part, and the numbers there. */
    size_t from;
    uint32_t index;
    uint32_t part_index;
    bool needs_image;
    bool needs_document;
    struct mst_slice image; /* the document before; none */
};

/* Zeroed is empty. Thread: reader. */
struct mst_oplog_group {
    struct mst_oplog_slot *slots; /* MST_OPLOG_GROUP_MAX; NULL: none yet */
    size_t len;
    size_t limit; /* slots to fill; 0: not said yet */
    struct mst_buf command;
    struct mst_buf post; /* a document after a change, being made */
    /* Slots by the hash of what they want, as indexes + 1. */
    uint16_t table[4 * 512];
    uint16_t next[MST_OPLOG_GROUP_MAX];
};

MST_MUST_CHECK enum mst_status
mst_oplog_group_init(struct mst_oplog_group *group, struct mst_error *err);
void mst_oplog_group_clear(struct mst_oplog_group *group);

static inline bool
mst_oplog_group_is_full(const struct mst_oplog_group *group)
{
    return group->len >= group->limit;
}

/* Marks what a slot needs, as the options ask. */
void mst_oplog_group_mark(struct mst_oplog_slot *slot,
                          const struct mst_mongo_source_options *options);

/* What a fetch works with. */
struct mst_oplog_fetch {
    struct mst_mongo_stream *stream;
    const char *db; /* of the source */
    const struct mst_mongo_source_options *options;
    struct mst_batch *batch; /* keeps what is fetched */
    struct mst_mongo_failure failure;
};

/* Fetches what the slots need. *ret_len slots from the first are complete,
 * the others are to be read once more: their documents were too much at once.
 * Else failure says why. */
MST_MUST_CHECK enum mst_status
mst_oplog_group_fetch(struct mst_oplog_group *group,
                      struct mst_oplog_fetch *fetch, size_t *ret_len);

/* Of documents.c and images.c. */
MST_MUST_CHECK enum mst_status
mst_oplog_group_documents(struct mst_oplog_group *group,
                          struct mst_oplog_fetch *fetch, size_t *len);
MST_MUST_CHECK enum mst_status
mst_oplog_group_images(struct mst_oplog_group *group,
                       struct mst_oplog_fetch *fetch, size_t *len);
/* The table: empties it, enters a slot, and walks over the slots of a hash
 * (SIZE_MAX: no more). */
void mst_oplog_group_forget(struct mst_oplog_group *group);
void mst_oplog_group_enter(struct mst_oplog_group *group, uint64_t hash,
                           size_t slot);
size_t mst_oplog_group_find(const struct mst_oplog_group *group, uint64_t hash);
size_t mst_oplog_group_next(const struct mst_oplog_group *group, size_t slot);
/* Sends group->command for wanted documents and makes the batch keep the
 * reply. MST_AGAIN: they were too much for one reply: ask for half. */
MST_MUST_CHECK enum mst_status
mst_oplog_group_ask(struct mst_oplog_group *group,
                    struct mst_oplog_fetch *fetch, const char *db,
                    size_t wanted, struct mst_mongo_reply **ret_reply);

#endif
