/* SPDX-License-Identifier: MIT */
/*
 * Notices a member that is cut off from the others: it answers, and its oplog
 * stands still, without even a heartbeat. Where another member's goes on, that
 * one is read instead.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_SILENCE_H
#define MST_SOURCES_MONGODB_OPLOG_SILENCE_H

#include "sources/mongodb/oplog/entry.h"
#include "sources/mongodb/stream.h"

/* Zeroed: never, until limit_ms is set. Thread: one at a time. */
struct mst_oplog_silence {
    int64_t limit_ms;             /* so long without anything new; 0: never */
    int64_t since_ms;             /* monotonic; when newest was learnt */
    struct mst_oplog_time newest; /* entry of the member that is known */
    char prefer[MST_MONGO_MEMBER_MAX]; /* to go to next; "": as it comes */
};

/* A connection was made: goes to the preferred member, where it is still
 * there, and knows nothing of its oplog yet. */
void mst_oplog_silence_begin(struct mst_oplog_silence *silence,
                             struct mst_mongo_stream *stream);
/* An entry of that time is there; {0, 0}: some entry. */
void mst_oplog_silence_hear(struct mst_oplog_silence *silence,
                            struct mst_oplog_time time, int64_t now_ms);
/* It is time for a look. */
bool mst_oplog_silence_is_due(const struct mst_oplog_silence *silence,
                              int64_t now_ms);

/* Looks at the member that own is connected to, and at the others. MST_OK:
 * all is well, or no other is any further; MST_DISCONNECTED: silence->prefer
 * is, and err says so. cancel (may be NULL) ends the waiting. */
MST_MUST_CHECK enum mst_status
mst_oplog_silence_look(struct mst_oplog_silence *silence,
                       struct mst_mongo_stream *own,
                       const struct mst_mongo_options *options,
                       struct mst_mongo_cancel *cancel, struct mst_error *err);

#endif
