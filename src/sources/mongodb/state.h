/* SPDX-License-Identifier: MIT */
/* One instance of the MongoDB source. Private to this folder. */
#ifndef MST_SOURCES_MONGODB_STATE_H
#define MST_SOURCES_MONGODB_STATE_H

#include <stdatomic.h>

#include "core/source.h"
#include "encodings/bson_reader.h"
#include "sources/mongodb/aggregate.h"
#include "sources/mongodb/ahead.h"
#include "sources/mongodb/envelope.h"
#include "sources/mongodb/join.h"
#include "sources/mongodb/labels.h"
#include "sources/mongodb/oplog/reader.h"
#include "sources/mongodb/oplog/share.h"
#include "sources/mongodb/oplog/silence.h"
#include "sources/mongodb/oplog/tail.h"
#include "sources/mongodb/pending.h"
#include "sources/mongodb/stream.h"

struct mst_mongo_source {
    const struct mst_source_args *args;
    const struct mst_mongo_options *service;
    const struct mst_mongo_source_options *options;
    char ns[MST_MONGO_COLLECTION_MAX + 128]; /* "app.users", for messages */
    struct mst_mongo_watch watch;
    struct mst_mongo_labels *labels;

    /* --- reader thread ------------------------------------------------ */
    struct mst_mongo_stream stream;
    /* Replies that are read in advance; NULL: by the reader itself. While it
     * is there the stream is its thread's, and aside is the line to the same
     * member for all else. */
    struct mst_mongo_ahead *ahead;
    struct mst_mongo_stream aside;
    bool fetches; /* documents had to be fetched: read in advance */
    int64_t ahead_await_ms;
    _Atomic int64_t ask_events;       /* per reply; read by its thread */
    _Atomic int64_t probe_due_ms;     /* read by its thread */
    int64_t fit_events;               /* in a reply; 0: not known */
    struct mst_mongo_position resume; /* all before it was handed out */
    /* Where reading began, when that is amidst a transaction: the first
     * changes of that time are done. */
    struct mst_oplog_time done_time;
    uint32_t done_changes;
    struct mst_mongo_position pinned; /* where `now` was, `now`: not yet */
    enum mst_mongo_mode mode;
    bool earliest;             /* the position is "as far back as there is" */
    bool split_refused;        /* the server has no split stage */
    bool pre_images_done;      /* collMod was run */
    uint64_t mode_events;      /* read since the mode was entered */
    int64_t socket_timeout_ms; /* grows while the server needs longer */

    struct mst_mongo_reply *reply; /* being read, NULL: none */
    struct mst_bson_iter iter;     /* over its batch */
    size_t reply_events;           /* taken from it so far */
    bool reply_opened;             /* it opened the stream: nothing is read */
    struct mst_slice last_token;   /* of its last complete event */
    struct mst_oplog_silence silence; /* of the oplog's member */
    struct mst_oplog_reader *oplog;   /* NULL: changes come by a stream */
    struct mst_mongo_pending pending; /* no slots: the server looks up */
    struct mst_oplog_share share;
    struct mst_mongo_join join;
    struct mst_mongo_envelope envelope;
    bool mark_wanted;    /* give the reply's own token, quiet or not */
    bool restart;        /* open the stream anew before reading on */
    int64_t mark_due_ms; /* monotonic; quiet streams give a mark then */

    bool bounded;
    uint32_t until_seconds; /* bounded: to here */
    uint32_t until_increment;

    uint64_t said[MST_MONGO_KINDS]; /* of counts, in the log already */

    /* --- any thread --------------------------------------------------- */
    struct mst_mongo_cancel *cancel; /* now: interrupted */
    _Atomic int64_t newest_ms;       /* source time of the newest event */
    atomic_bool caught_up;
    _Atomic uint64_t counts[MST_MONGO_KINDS]; /* written by the reader */

    /* --- commit thread ------------------------------------------------ */
    struct mst_mongo_position settled;
};

/* The reader's half of the contract (reader.c). */
enum mst_status mst_mongo_reader_open(void *ctx, const struct mst_start *start,
                                      struct mst_error *err);
enum mst_status mst_mongo_reader_read(void *ctx, struct mst_batch *batch,
                                      int timeout_ms, struct mst_error *err);
void mst_mongo_reader_close(void *ctx);

/* How long a connection may be silent. */
int64_t mst_mongo_reader_socket_timeout(const struct mst_mongo_source *source);

/* Replies (fetch.c): begins to read in advance where that is worth while;
 * does nothing else. The cursor is open. */
MST_MUST_CHECK enum mst_status
mst_mongo_fetch_begin(struct mst_mongo_source *source, struct mst_error *err);
/* The stream is the reader's own again; what was read in advance is gone. */
void mst_mongo_fetch_end(struct mst_mongo_source *source);
/* The reply was read: asks for as many events as fit into the next. */
void mst_mongo_fetch_adapt(struct mst_mongo_source *source);
/* Where the reader may run commands. */
struct mst_mongo_stream *mst_mongo_fetch_aside(struct mst_mongo_source *source);
/* The next reply. MST_AGAIN: none within that time, or interrupted;
 * MST_DISCONNECTED: failure says why, and the stream is the reader's. */
MST_MUST_CHECK enum mst_status
mst_mongo_fetch_more(struct mst_mongo_source *source, int timeout_ms,
                     struct mst_mongo_reply **ret_reply,
                     struct mst_mongo_failure *failure);

/* Gives the server longer to answer, when it has just not in time. */
void mst_mongo_reader_note_failure(struct mst_mongo_source *source,
                                   const struct mst_mongo_failure *failure);

/* Takes a reply, which it owns then, as the one to read from. */
MST_MUST_CHECK enum mst_status
mst_mongo_reader_adopt(struct mst_mongo_source *source,
                       struct mst_mongo_reply *reply, struct mst_error *err);

/* Opens the stream at source->resume, and changes what has to be changed to
 * get it open (resume.c). */
MST_MUST_CHECK enum mst_status
mst_mongo_resume_open(struct mst_mongo_source *source, struct mst_error *err);
/* Sets the position to the oplog's first entry. */
MST_MUST_CHECK enum mst_status
mst_mongo_resume_earliest(struct mst_mongo_source *source,
                          struct mst_error *err);
/* A stream failed. MST_OK: what was to be changed is changed, open it again;
 * else how the failure ends. */
MST_MUST_CHECK enum mst_status
mst_mongo_resume_adapt(struct mst_mongo_source *source,
                       const struct mst_mongo_failure *failure,
                       struct mst_error *err);

/* The position is lost: says what with it. MST_OK: it is `now` instead. */
MST_MUST_CHECK enum mst_status
mst_mongo_resume_lost(struct mst_mongo_source *source,
                      const struct mst_mongo_failure *failure,
                      struct mst_error *err);

/* Makes an event of a change, where it is to be one (emit.c). */
MST_MUST_CHECK enum mst_status
mst_mongo_emit_change(struct mst_mongo_source *source, struct mst_batch *batch,
                      const struct mst_mongo_change *change,
                      struct mst_error *err);
/* Finds the fields of a reply's element; what is none has no kind. */
void mst_mongo_emit_parse(struct mst_slice bytes,
                          struct mst_mongo_change *ret_change);
/* Turns that into at most one event. */
MST_MUST_CHECK enum mst_status
mst_mongo_emit_parsed(struct mst_mongo_source *source, struct mst_batch *batch,
                      const struct mst_mongo_change *change,
                      struct mst_error *err);
/* Turns one element of a reply's batch into at most one event (emit.c). */
MST_MUST_CHECK enum mst_status mst_mongo_emit(struct mst_mongo_source *source,
                                              struct mst_batch *batch,
                                              struct mst_slice bytes,
                                              struct mst_error *err);

#endif
