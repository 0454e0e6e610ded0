/* SPDX-License-Identifier: MIT */
/* Commands on local.oplog.rs: the tail itself, its ends, single entries. All
 * read what a majority has, and nothing that could be rolled back. */
#ifndef MST_SOURCES_MONGODB_OPLOG_TAIL_H
#define MST_SOURCES_MONGODB_OPLOG_TAIL_H

#include "sources/mongodb/oplog/entry.h"
#include "sources/mongodb/oplog/scope.h"
#include "sources/mongodb/stream.h"

/* What a tail is to show. */
struct mst_oplog_find {
    struct mst_oplog_time from;
    bool after;          /* what follows that entry; else from it on */
    const bson_t *where; /* further conditions */
    int64_t batch_size;
    const char *who; /* reads it, for the server's operators */
};

/* Opens the cursor; the first entries come with it. Goes on with
 * mst_mongo_stream_more (stream->db is "local"). */
MST_MUST_CHECK bool mst_oplog_tail_open(struct mst_mongo_stream *stream,
                                        const struct mst_oplog_find *find,
                                        struct mst_mongo_reply **ret_reply,
                                        struct mst_mongo_failure *failure);

/* The oldest entry's time; *ret_complete: it is the first that the set ever
 * wrote, so nothing was truncated. */
MST_MUST_CHECK bool mst_oplog_tail_oldest(struct mst_mongo_stream *stream,
                                          struct mst_oplog_time *ret_time,
                                          bool *ret_complete,
                                          struct mst_mongo_failure *failure);
/* The newest entry's. */
MST_MUST_CHECK bool mst_oplog_tail_newest(struct mst_mongo_stream *stream,
                                          struct mst_oplog_time *ret_time,
                                          struct mst_mongo_failure *failure);

/* The entry of that very time: *ret_reply's batch has it, or is empty. brief:
 * without what it holds. */
MST_MUST_CHECK bool mst_oplog_tail_entry(struct mst_mongo_stream *stream,
                                         struct mst_oplog_time time, bool brief,
                                         struct mst_mongo_reply **ret_reply,
                                         struct mst_mongo_failure *failure);

/* Runs a command that answers with documents. */
MST_MUST_CHECK bool mst_oplog_tail_run(struct mst_mongo_stream *stream,
                                       const char *db, const bson_t *command,
                                       struct mst_mongo_reply **ret_reply,
                                       struct mst_mongo_failure *failure);

/* The first document of a reply; false: there is none. */
MST_MUST_CHECK bool mst_oplog_tail_first(const struct mst_mongo_reply *reply,
                                         struct mst_slice *ret_doc);

#endif
