/* SPDX-License-Identifier: MIT */
/*
 * Puts the fragments of an event that was too large for one back together
 * ($changeStreamSplitLargeEvent): the top-level fields of all fragments, with
 * the resume token of the last.
 */
#ifndef MST_SOURCES_MONGODB_JOIN_H
#define MST_SOURCES_MONGODB_JOIN_H

#include "base/buf.h"
#include "sources/mongodb/change.h"

/* Zeroed is empty. */
struct mst_mongo_join {
    struct mst_buf buf; /* the document so far, without its end */
    int32_t next;       /* fragment expected; 0: none under way */
};

/* Forgets what was collected. */
void mst_mongo_join_clear(struct mst_mongo_join *join);

static inline bool
mst_mongo_join_is_open(const struct mst_mongo_join *join)
{
    return join->next != 0;
}

/* Takes one fragment (fragment->fragment > 0). MST_AGAIN: more to come.
 * MST_OK: that was the last; *ret_bytes is the whole event, malloc'ed and the
 * caller's. MST_DISCONNECTED: out of order. MST_REJECTED: malformed or above
 * 2 GiB. MST_FATAL: no memory. The join is empty after all but MST_AGAIN. */
MST_MUST_CHECK enum mst_status
mst_mongo_join_add(struct mst_mongo_join *join,
                   const struct mst_mongo_change *fragment,
                   struct mst_slice *ret_bytes, struct mst_error *err);

#endif
