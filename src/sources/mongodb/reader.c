/* SPDX-License-Identifier: MIT */
/* The reader thread's part of the MongoDB source: open, read, close. */
#include <mongoc/mongoc.h>
#include <stdio.h>

#include "base/clock.h"
#include "log/log.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

enum {
    /* Events without a fragment after which SPLIT is left again. */
    READER_SPLIT_EVENTS = 10000,
    READER_SOCKET_TIMEOUT_MAX_MS = 600000,
    READER_SILENCE_MS = 10000
};

/* --- open --------------------------------------------------------------- */

/* Where to begin, before the server is asked. */
static enum mst_status
reader_begin(struct mst_mongo_source *source, const struct mst_start *start,
             struct mst_error *err)
{
    source->earliest = false;
    mst_mongo_position_clear(&source->resume);
    if (start->position.data != NULL) {
        return mst_mongo_position_parse(&source->resume, start->position, err);
    }
    if (!source->pinned.now) {
        /* Nothing is saved yet, but `now` was when we first came. */
        return mst_mongo_position_copy(&source->resume, &source->pinned, err);
    }
    return mst_mongo_position_start(&source->resume, source->options->start,
                                    &source->earliest, err);
}

/* collMod, or create where there is no such collection yet. */
static enum mst_status
reader_pre_images_of(struct mst_mongo_source *source, const char *name,
                     struct mst_error *err)
{
    static const char *const commands[] = {"collMod", "create"};
    struct mst_mongo_failure failure;
    for (size_t i = 0; i < MST_ARRAY_SIZE(commands); i++) {
        bson_t *command = BCON_NEW(commands[i], BCON_UTF8(name),
                                   "changeStreamPreAndPostImages", "{",
                                   "enabled", BCON_BOOL(true), "}");
        bool ok = mst_mongo_stream_run(
            &source->stream, source->service->db_name, command, NULL, &failure);
        bson_destroy(command);
        if (ok) {
            mst_log_info(ORIGIN, "pre-images are on for '%s'%s", name,
                         i == 0 ? "" : ", which was made");
            return MST_OK;
        }
        if (failure.error.code != 26) { /* NamespaceNotFound */
            break;
        }
    }
    char what[360];
    (void)snprintf(what, sizeof(what), "%.300s (enable_pre_images)", name);
    (void)mst_mongo_failure_say(&failure, what, err);
    if (failure.error.code == 13) {
        mst_error_hint(err, "grant the action collMod on the collection, or "
                            "turn pre-images on by hand and leave "
                            "enable_pre_images out");
    }
    return failure.status;
}

static enum mst_status
reader_pre_images(struct mst_mongo_source *source, struct mst_error *err)
{
    if (!source->options->enable_pre_images || source->pre_images_done) {
        return MST_OK;
    }
    const struct mst_strings *names = &source->options->collections;
    enum mst_status status = MST_OK;
    if (names->len == 0) {
        status = reader_pre_images_of(source, source->args->resource, err);
    }
    for (size_t i = 0; status == MST_OK && i < names->len; i++) {
        status = reader_pre_images_of(source, names->items[i], err);
    }
    source->pre_images_done = status == MST_OK;
    return status;
}

/* A line that is silent for longer than a waiting getMore may be is given up
 * soon. */
int64_t
mst_mongo_reader_socket_timeout(const struct mst_mongo_source *source)
{
    int64_t least = source->options->max_await_ms + 5000;
    int64_t wanted = source->socket_timeout_ms;
    if (wanted == 0) {
        wanted = source->service->socket_timeout_ms < READER_SILENCE_MS
                     ? source->service->socket_timeout_ms
                     : READER_SILENCE_MS;
    }
    return wanted > least ? wanted : least;
}

/* Asked once: it is over then. */
static bool
reader_is_interrupted(struct mst_mongo_source *source)
{
    if (!mst_mongo_cancel_is_now(source->cancel)) {
        return false;
    }
    mst_mongo_cancel_reset(source->cancel);
    return true;
}

/* Before anything was settled the position is where reading begins. A stream
 * that was opened at `now` and got events with its first reply only knows the
 * place behind them. */
static void
reader_note_start(struct mst_mongo_source *source)
{
    const struct mst_mongo_position *resume = &source->resume;
    bool behind = source->mark_wanted && source->iter.next < source->iter.end;
    if (!source->settled.now || behind) {
        return;
    }
    /* Without memory it stays `now`, which can not be saved. */
    (void)!mst_mongo_position_copy(&source->settled, resume, NULL);
}

/* Who looks documents up: the server, one by one, or this source. */
static enum mst_status
reader_choose_lookup(struct mst_mongo_source *source, struct mst_error *err)
{
    source->watch.batched =
        mst_mongo_watch_may_batch(source->options) && !source->stream.is_router;
    if (source->watch.batched) {
        return mst_mongo_pending_init(&source->pending, err);
    }
    if (source->options->lookup == MST_MONGO_LOOKUP_BATCHED
        && source->stream.is_router) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "lookup = \"batched\" is not for sharded clusters");
        mst_error_hint(err, "leave lookup out: the server looks documents up "
                            "there");
        mst_error_lasts(err);
        return MST_FATAL;
    }
    return MST_OK;
}

/* Opens what changes come by, at source->resume. */
static enum mst_status
reader_reopen(struct mst_mongo_source *source, struct mst_error *err)
{
    mst_mongo_fetch_end(source);
    return source->oplog != NULL ? mst_oplog_reader_open(source, err)
                                 : mst_mongo_resume_open(source, err);
}

enum mst_status
mst_mongo_reader_open(void *ctx, const struct mst_start *start,
                      struct mst_error *err)
{
    struct mst_mongo_source *source = ctx;
    mst_mongo_reader_close(source);
    enum mst_status status = reader_begin(source, start, err);
    if (status != MST_OK) {
        return status;
    }
    source->done_time.seconds = source->resume.seconds;
    source->done_time.increment = source->resume.increment;
    source->done_changes = source->resume.changes;
    char app[128];
    (void)snprintf(app, sizeof(app), "mstream %.100s", source->args->job);
    status = mst_mongo_stream_connect(&source->stream, source->service, app,
                                      mst_mongo_reader_socket_timeout(source),
                                      source->cancel, err);
    if (status == MST_OK) {
        mst_oplog_silence_begin(&source->silence, &source->stream);
        source->silence.limit_ms = source->options->silence_ms;
    }
    if (status == MST_OK && source->earliest) {
        status = mst_mongo_resume_earliest(source, err);
    }
    if (status == MST_OK && !start->look_only) {
        status = reader_pre_images(source, err);
    }
    if (status == MST_OK) {
        source->mode = source->watch.always_split ? MST_MONGO_MODE_SPLIT
                                                  : MST_MONGO_MODE_PLAIN;
        source->mode_events = 0;
        status = mst_oplog_reader_choose(source, err);
    }
    if (status == MST_OK && source->oplog == NULL) {
        status = reader_choose_lookup(source, err);
    }
    if (status == MST_OK) {
        status = reader_reopen(source, err);
    }
    if (status != MST_OK) {
        bool interrupted = reader_is_interrupted(source);
        mst_mongo_reader_close(source);
        return interrupted ? MST_AGAIN : status;
    }
    reader_note_start(source);
    source->bounded = start->bounded;
    source->until_seconds = source->reply->seconds;
    source->until_increment = source->reply->increment;
    if (source->oplog != NULL) {
        source->until_seconds = source->oplog->newest.seconds;
        source->until_increment = source->oplog->newest.increment;
        mst_oplog_share_come(source);
    }
    source->mark_due_ms =
        mst_clock_ms() + source->options->heartbeat_interval_ms;
    return MST_OK;
}

/* --- read --------------------------------------------------------------- */

/* Time-outs of the socket while the server scans a long oplog for few events
 * would repeat for ever: give it longer each time. */
void
mst_mongo_reader_note_failure(struct mst_mongo_source *source,
                              const struct mst_mongo_failure *failure)
{
    if (failure->error.domain != MONGOC_ERROR_STREAM
        || mst_mongo_cancel_is_now(source->cancel)) {
        return;
    }
    int64_t longer = 2 * mst_mongo_reader_socket_timeout(source);
    if (longer <= READER_SOCKET_TIMEOUT_MAX_MS) {
        source->socket_timeout_ms = longer;
    }
}

enum mst_status
mst_mongo_reader_adopt(struct mst_mongo_source *source,
                       struct mst_mongo_reply *reply, struct mst_error *err)
{
    if (mst_bson_iter_init(&source->iter, reply->batch, NULL) != MST_OK) {
        mst_mongo_reply_unref(reply);
        return mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                        "the server's reply is damaged");
    }
    source->reply = reply;
    source->reply_opened = false;
    source->reply_events = 0;
    source->last_token = MST_SLICE_NONE;
    return MST_OK;
}

/* Gets a reply to read from; none of a shared tail: nothing came. */
static enum mst_status
reader_fetch(struct mst_mongo_source *source, int timeout_ms,
             struct mst_error *err)
{
    if (source->share.shared) {
        return mst_oplog_share_fetch(source, timeout_ms, err);
    }
    if (source->restart
        || (source->ahead == NULL && source->stream.cursor_id == 0)) {
        return reader_reopen(source, err);
    }
    struct mst_mongo_reply *reply = NULL;
    struct mst_mongo_failure failure;
    enum mst_status status = mst_mongo_fetch_begin(source, err);
    if (status != MST_OK) {
        return status;
    }
    status = mst_mongo_fetch_more(source, timeout_ms, &reply, &failure);
    if (status == MST_AGAIN) {
        return MST_AGAIN;
    }
    if (status != MST_OK) {
        mst_mongo_reader_note_failure(source, &failure);
        status = mst_mongo_resume_adapt(source, &failure, err);
        return status == MST_OK ? reader_reopen(source, err) : status;
    }
    source->socket_timeout_ms = 0;
    return mst_mongo_reader_adopt(source, reply, err);
}

static bool
reader_is_exhausted(const struct mst_mongo_source *source)
{
    return source->iter.next >= source->iter.end
           && (source->oplog == NULL || !source->oplog->unwind.active);
}

/* Makes the batch keep what its events will point into. */
static enum mst_status
reader_hold(struct mst_mongo_source *source, struct mst_batch *batch,
            struct mst_error *err)
{
    struct mst_mongo_reply *reply = mst_mongo_reply_ref(source->reply);
    if (mst_batch_hold(batch, mst_mongo_reply_release, reply, 0) != MST_OK) {
        mst_mongo_reply_unref(reply);
        return mst_fail_memory(err, ORIGIN);
    }
    if (mst_mongo_labels_hold(source->labels, batch) != MST_OK) {
        return mst_fail_memory(err, ORIGIN);
    }
    return MST_OK;
}

static enum mst_status
reader_fill(struct mst_mongo_source *source, struct mst_batch *batch,
            struct mst_error *err)
{
    size_t from = source->iter.next;
    enum mst_status status = MST_OK;
    if (source->pending.slots != NULL) {
        status = mst_mongo_pending_fill(source, batch, err);
        batch->held_bytes += source->iter.next - from;
        return status;
    }
    while (status == MST_OK && !mst_batch_is_full(batch)
           && !reader_is_exhausted(source)) {
        if (mst_bson_iter_next(&source->iter) != MST_OK) {
            status = mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                              "the server's reply is damaged");
            break;
        }
        source->reply_events++;
        status = mst_mongo_emit(source, batch, source->iter.value, err);
    }
    batch->held_bytes += source->iter.next - from;
    return status;
}

/* After an event in a mode for large ones: back to the usual? */
static void
reader_leave_mode(struct mst_mongo_source *source)
{
    bool leave = false;
    source->mode_events += source->reply_events;
    switch (source->mode) {
    case MST_MONGO_MODE_SPLIT:
        leave = !source->watch.always_split
                && source->mode_events >= READER_SPLIT_EVENTS
                && !mst_mongo_join_is_open(&source->join);
        break;
    case MST_MONGO_MODE_SINGLE:
        leave = source->mode_events >= (uint64_t)source->options->batch_size;
        break;
    case MST_MONGO_MODE_BARE:
        leave = source->mode_events > 0;
        break;
    case MST_MONGO_MODE_PLAIN:
    default:
        break;
    }
    if (leave) {
        source->mode = source->watch.always_split ? MST_MONGO_MODE_SPLIT
                                                  : MST_MONGO_MODE_PLAIN;
        source->mode_events = 0;
        source->restart = true;
    }
}

/* Bounded: everything that was there at open is read. */
static bool
reader_is_past(const struct mst_mongo_source *source)
{
    uint32_t seconds = source->resume.seconds;
    uint32_t increment = source->resume.increment;
    if (!source->bounded || mst_mongo_join_is_open(&source->join)) {
        return false;
    }
    if (seconds != source->until_seconds) {
        return seconds > source->until_seconds;
    }
    /* At that very time there may be more (a transaction, or what a stream that
     * begins there has not looked at yet), unless the server has just said that
     * there is nothing. */
    return increment > source->until_increment
           || (increment == source->until_increment && source->reply_events == 0
               && !source->reply_opened);
}

/* The reply's own token as the batch's end mark, when it is time. */
static void
reader_end_mark(struct mst_mongo_source *source, struct mst_batch *batch,
                struct mst_slice token)
{
    int64_t now = mst_clock_ms();
    bool wanted = source->mark_wanted || source->reply_events > 0
                  || now >= source->mark_due_ms || reader_is_past(source);
    if (!wanted || mst_slice_equal(token, source->last_token)) {
        return;
    }
    batch->end_mark = token;
    source->mark_wanted = false;
    source->mark_due_ms = now + source->options->heartbeat_interval_ms;
}

/* A member whose oplog stands still may be cut off from the others. */
static enum mst_status
reader_listen(struct mst_mongo_source *source, bool quiet,
              struct mst_error *err)
{
    const struct mst_oplog_reader *oplog = source->oplog;
    int64_t now = mst_clock_ms();
    if (!quiet || oplog->probe.seconds != 0) {
        mst_oplog_silence_hear(&source->silence,
                               quiet ? oplog->probe : oplog->last, now);
    }
    if (!quiet || source->bounded
        || !mst_oplog_silence_is_due(&source->silence, now)) {
        return MST_OK;
    }
    return mst_oplog_silence_look(&source->silence,
                                  mst_mongo_fetch_aside(source),
                                  source->service, source->cancel, err);
}

/* As below, by the oplog's own marks. */
static enum mst_status
reader_finish_oplog(struct mst_mongo_source *source, struct mst_batch *batch,
                    struct mst_error *err)
{
    bool quiet = source->reply_events == 0;
    enum mst_status status =
        mst_oplog_reader_advance(source, quiet, batch, err);
    source->earliest = false;
    atomic_store_explicit(&source->caught_up, quiet, memory_order_relaxed);
    if (source->reply->cursor_id == 0) {
        source->restart = true;
    }
    if (status == MST_OK && reader_is_past(source)) {
        status = MST_END;
    }
    mst_oplog_share_note(source);
    mst_mongo_reply_unref(source->reply);
    source->reply = NULL;
    if (status == MST_OK) {
        mst_oplog_share_turn(source);
    }
    return status == MST_OK && !source->share.shared
               ? reader_listen(source, quiet, err)
               : status;
}

/* Nothing came by the tail that jobs share. */
static enum mst_status
reader_quiet(struct mst_mongo_source *source, struct mst_batch *batch,
             struct mst_error *err)
{
    atomic_store_explicit(&source->caught_up, true, memory_order_relaxed);
    enum mst_status status = mst_oplog_reader_advance(source, true, batch, err);
    return status == MST_OK && batch->end_mark.data == NULL ? MST_AGAIN
                                                            : status;
}

/* The reply is read: remembers where that is, and lets it go. */
static enum mst_status
reader_finish(struct mst_mongo_source *source, struct mst_batch *batch,
              struct mst_error *err)
{
    struct mst_mongo_reply *reply = source->reply;
    enum mst_status status = MST_OK;
    mst_mongo_fetch_adapt(source);
    if (source->oplog != NULL) {
        return reader_finish_oplog(source, batch, err);
    }
    /* Between fragments there is no place to stand. */
    bool whole = !mst_mongo_join_is_open(&source->join);
    bool marked = whole && reply->token.data != NULL;
    struct mst_slice token = marked ? reply->token : source->last_token;
    if (token.data != NULL) {
        status = mst_mongo_position_set_token(&source->resume, token, err);
        source->earliest = false;
    }
    if (status == MST_OK && marked) {
        reader_end_mark(source, batch, token);
    }
    if (reply->cursor_id == 0) {
        /* The collection is gone; its next life comes after that. */
        source->restart = true;
        source->resume.start_after = true;
    }
    reader_leave_mode(source);
    atomic_store_explicit(&source->caught_up, source->reply_events == 0,
                          memory_order_relaxed);
    if (status == MST_OK && reader_is_past(source)) {
        status = MST_END;
    }
    source->reply = NULL;
    source->last_token = MST_SLICE_NONE;
    mst_mongo_reply_unref(reply);
    return status;
}

enum mst_status
mst_mongo_reader_read(void *ctx, struct mst_batch *batch, int timeout_ms,
                      struct mst_error *err)
{
    struct mst_mongo_source *source = ctx;
    if (batch->max_events == 0 || reader_is_interrupted(source)) {
        return MST_AGAIN;
    }
    enum mst_status status = MST_OK;
    if (source->reply == NULL) {
        status = reader_fetch(source, timeout_ms, err);
        if (status == MST_AGAIN) {
            return MST_AGAIN;
        }
        if (status != MST_OK) {
            source->restart = true;
            return reader_is_interrupted(source) ? MST_AGAIN : status;
        }
        if (source->reply == NULL) {
            return reader_quiet(source, batch, err);
        }
    }
    status = reader_hold(source, batch, err);
    if (status == MST_OK) {
        status = source->oplog != NULL
                     ? mst_oplog_reader_fill(source, batch, err)
                     : reader_fill(source, batch, err);
    }
    if (status == MST_OK && reader_is_exhausted(source)) {
        status = reader_finish(source, batch, err);
    }
    if (status != MST_OK && status != MST_END
        && reader_is_interrupted(source)) {
        status = MST_AGAIN;
    }
    if (status == MST_OK && batch->len == 0 && batch->end_mark.data == NULL) {
        return MST_AGAIN;
    }
    return status;
}

/* --- close -------------------------------------------------------------- */

static void
reader_log_counts(struct mst_mongo_source *source)
{
    struct mst_log_field fields[MST_MONGO_KINDS];
    size_t n = 0;
    for (int kind = 0; kind < MST_MONGO_KINDS; kind++) {
        uint64_t count =
            atomic_load_explicit(&source->counts[kind], memory_order_relaxed);
        if (count > source->said[kind]) {
            fields[n++] =
                MST_LOG_NUM(mst_mongo_kind_name((enum mst_mongo_kind)kind),
                            count - source->said[kind]);
            source->said[kind] = count;
        }
    }
    if (n > 0) {
        mst_log_write(MST_LOG_INFO, ORIGIN, fields, n,
                      "job '%s': changes of '%s' read since the stream was "
                      "opened",
                      source->args->job, source->ns);
    }
}

void
mst_mongo_reader_close(void *ctx)
{
    struct mst_mongo_source *source = ctx;
    reader_log_counts(source);
    mst_mongo_fetch_end(source);
    source->fetches = false;
    mst_mongo_reply_unref(source->reply);
    source->reply = NULL;
    source->last_token = MST_SLICE_NONE;
    source->restart = false;
    mst_mongo_join_clear(&source->join);
    mst_mongo_pending_clear(&source->pending);
    mst_oplog_share_leave(source);
    mst_oplog_reader_destroy(source->oplog);
    source->oplog = NULL;
    mst_mongo_stream_close(&source->aside);
    mst_mongo_stream_close(&source->stream);
}
