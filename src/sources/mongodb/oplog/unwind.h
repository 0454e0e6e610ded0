/* SPDX-License-Identifier: MIT */
/*
 * The operations of a transaction, one after the other, when it commits:
 * those of the entries that its prevOpTime leads back to, oldest first, then
 * its own. Only one of those entries is in memory at a time.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_UNWIND_H
#define MST_SOURCES_MONGODB_OPLOG_UNWIND_H

#include "encodings/bson_reader.h"
#include "sources/mongodb/oplog/map.h"
#include "sources/mongodb/stream.h"

enum {
    /* Entries of one transaction; each holds up to 16 MiB. */
    MST_OPLOG_PARTS_MAX = 65536
};

/* Zeroed is idle. Thread: reader. */
struct mst_oplog_unwind {
    bool active;
    struct mst_oplog_commit commit;
    struct mst_oplog_time *parts; /* oldest first */
    size_t len;
    size_t cap;
    size_t part;                   /* the one being read */
    struct mst_mongo_reply *reply; /* that holds it; NULL: not fetched yet */
    struct mst_slice own;          /* operations of the committing entry */
    struct mst_bson_iter items;    /* over the part's operations */
    uint32_t index;                /* of the next operation, over all parts */
    uint32_t part_index;           /* in its part */
};

/* Whether the server's change streams show what an entry of operations holds:
 * 6.0 those of transactions only. */
bool mst_oplog_unwind_shows(const struct mst_oplog_rules *rules,
                            const struct mst_oplog_entry *entry);

/* Frees its memory. */
void mst_oplog_unwind_clear(struct mst_oplog_unwind *unwind);

/* Begins with the entry that commits (command OPERATIONS or COMMIT), which
 * stays in memory until the end. Finds the entries that belong to it: one
 * short look at each. On MST_DISCONNECTED or MST_FATAL failure says why;
 * fault LOST: one of them is no longer there. */
MST_MUST_CHECK enum mst_status mst_oplog_unwind_begin(
    struct mst_oplog_unwind *unwind, struct mst_mongo_stream *stream,
    const struct mst_oplog_entry *entry, struct mst_mongo_failure *failure);
/* Makes the next part the one to read. MST_END: there is none. reply is what
 * the operations lie in, NULL: the committing entry. */
MST_MUST_CHECK enum mst_status
mst_oplog_unwind_part(struct mst_oplog_unwind *unwind,
                      struct mst_mongo_stream *stream,
                      struct mst_mongo_failure *failure);
/* The next operation of this part. MST_END: no more in it; MST_REJECTED: it
 * is malformed. */
MST_MUST_CHECK enum mst_status
mst_oplog_unwind_next(struct mst_oplog_unwind *unwind,
                      struct mst_oplog_entry *ret_operation,
                      struct mst_oplog_commit *ret_commit);

#endif
