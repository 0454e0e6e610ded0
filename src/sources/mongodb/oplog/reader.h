/* SPDX-License-Identifier: MIT */
/*
 * The source's other reader: the oplog itself instead of a change stream. It
 * shares the source's connection, replies, positions and events.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_READER_H
#define MST_SOURCES_MONGODB_OPLOG_READER_H

#include "core/batch.h"
#include "sources/mongodb/oplog/group.h"
#include "sources/mongodb/oplog/render.h"
#include "sources/mongodb/oplog/unwind.h"
#include "sources/mongodb/position.h"

struct mst_mongo_source;

/* Thread: reader. */
struct mst_oplog_reader {
    struct mst_oplog_map map;
    struct mst_oplog_render render;
    struct mst_oplog_group group;
    struct mst_oplog_unwind unwind;
    struct mst_oplog_time last;   /* entry of the reply that was taken last */
    struct mst_oplog_time newest; /* of the oplog when it was opened */
    struct mst_oplog_time probe;  /* newest before this reply was asked for */
    /* The place that reading began at: what is done of it is passed over. */
    bool skips;
    bool skip_after;
    uint32_t skip_changes;
    struct mst_oplog_time skip;
};

/* Looks whether the oplog can be read, where the options ask for it, and makes
 * source->oplog then. MST_FATAL: it can not, and is asked for. */
MST_MUST_CHECK enum mst_status
mst_oplog_reader_choose(struct mst_mongo_source *source, struct mst_error *err);
void mst_oplog_reader_destroy(struct mst_oplog_reader *reader);

/* Why this job can not read the oplog of the server that stream is connected
 * to; MST_OK: it can. err says it, with what to do. */
MST_MUST_CHECK enum mst_status
mst_oplog_reader_check(struct mst_mongo_stream *stream,
                       const struct mst_mongo_watch *watch, const char *db,
                       struct mst_error *err);

/* Appends the command that makes a role with all that this reader needs. */
MST_MUST_CHECK enum mst_status
mst_oplog_role_print(const struct mst_mongo_watch *watch, const char *db,
                     struct mst_buf *out);

/* Opens the tail at source->resume; source->reply is its first reply. */
MST_MUST_CHECK enum mst_status
mst_oplog_reader_open(struct mst_mongo_source *source, struct mst_error *err);
/* Takes events from the reply until the batch is full. */
MST_MUST_CHECK enum mst_status
mst_oplog_reader_fill(struct mst_mongo_source *source, struct mst_batch *batch,
                      struct mst_error *err);
/* The reply is read (quiet: it was empty): moves source->resume, and marks
 * the batch's end when it is time. */
MST_MUST_CHECK enum mst_status
mst_oplog_reader_advance(struct mst_mongo_source *source, bool quiet,
                         struct mst_batch *batch, struct mst_error *err);

/* Marks of this reader: a place in the oplog. */
enum { MST_OPLOG_MARK_LEN = 13 };
void mst_oplog_mark_write(uint8_t out[MST_OPLOG_MARK_LEN],
                          struct mst_oplog_time time, uint32_t changes,
                          bool after);
/* False: it is none of these. */
bool mst_oplog_mark_read(struct mst_slice mark,
                         struct mst_mongo_position *position);

#endif
