/* SPDX-License-Identifier: MIT */
/*
 * Getting replies: asked for by the reader itself, or, once documents have to
 * be fetched for changes, in advance by a thread of its own. The stream is
 * that thread's then, and the reader asks for documents by another line to
 * the same member.
 */
#include <stdio.h>

#include "base/clock.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

enum {
    FETCH_BOUNDED_AWAIT_MS = 20,
    /* Bytes of a reply that are aimed at: replies live for as long as their
     * events do, and large blocks that come and go leave holes. */
    FETCH_REPLY_BYTES = 512 * 1024,
    FETCH_EVENTS_MIN = 16
};

/* Milliseconds that the server is to wait for the first event. A bounded read
 * asks whether that was all; it does not wait for more. */
static int64_t
fetch_await(const struct mst_mongo_source *source)
{
    return source->bounded ? FETCH_BOUNDED_AWAIT_MS
                           : source->options->max_await_ms;
}

static int64_t
fetch_batch_size(const struct mst_mongo_source *source)
{
    bool single = source->mode == MST_MONGO_MODE_SINGLE
                  || source->mode == MST_MONGO_MODE_BARE;
    int64_t most = source->options->batch_size;
    int64_t fit = source->fit_events;
    if (single) {
        return 1;
    }
    return fit > 0 && fit < most ? fit : most;
}

void
mst_mongo_fetch_adapt(struct mst_mongo_source *source)
{
    if (source->reply_events > 0) {
        size_t each = source->reply->doc.len / source->reply_events + 1;
        int64_t fit = (int64_t)(FETCH_REPLY_BYTES / each);
        source->fit_events = fit > FETCH_EVENTS_MIN ? fit : FETCH_EVENTS_MIN;
        atomic_store(&source->ask_events, fetch_batch_size(source));
    }
}

/* When the newest entry is to be known the next time. */
static int64_t
fetch_probe_due(const struct mst_mongo_source *source)
{
    bool at_once = source->bounded || source->mark_wanted
                   || mst_oplog_share_wants_probe(source);
    return at_once ? 0 : source->mark_due_ms;
}

static void
fetch_probe(struct mst_mongo_source *source, int64_t due_ms,
            struct mst_mongo_ahead_item *item)
{
    struct mst_mongo_failure failure;
    struct mst_oplog_time newest;
    if (mst_clock_ms() >= due_ms
        && mst_oplog_tail_newest(&source->stream, &newest, &failure)) {
        item->seconds = newest.seconds;
        item->increment = newest.increment;
    }
}

/* Thread: the ahead's, which nothing else of source is changed beside. */
static void
fetch_in_advance(void *arg, struct mst_mongo_ahead_item *ret_item)
{
    struct mst_mongo_source *source = arg;
    if (source->oplog != NULL) {
        fetch_probe(source, atomic_load(&source->probe_due_ms), ret_item);
    }
    if (!mst_mongo_stream_more(
            &source->stream, atomic_load(&source->ask_events),
            source->ahead_await_ms, &ret_item->reply, &ret_item->failure)) {
        ret_item->reply = NULL;
        ret_item->cancelled = mst_mongo_cancel_is_now(source->cancel);
    }
}

static enum mst_status
fetch_connect_aside(struct mst_mongo_source *source, struct mst_error *err)
{
    char app[128];
    if (source->aside.client != NULL) {
        return MST_OK;
    }
    (void)snprintf(app, sizeof(app), "mstream %.100s", source->args->job);
    enum mst_status status = mst_mongo_stream_connect(
        &source->aside, source->service, app,
        mst_mongo_reader_socket_timeout(source), source->cancel, err);
    if (status == MST_OK
        && !mst_mongo_stream_move(&source->aside, source->stream.member)) {
        status = mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                          "the member %.200s can not be reached a second time",
                          source->stream.member);
    }
    if (status != MST_OK) {
        mst_mongo_stream_close(&source->aside);
    }
    return status;
}

enum mst_status
mst_mongo_fetch_begin(struct mst_mongo_source *source, struct mst_error *err)
{
    if (!source->fetches || source->ahead != NULL) {
        return MST_OK;
    }
    enum mst_status status = fetch_connect_aside(source, err);
    if (status != MST_OK) {
        return status;
    }
    atomic_store(&source->ask_events, fetch_batch_size(source));
    source->ahead_await_ms = fetch_await(source);
    atomic_store(&source->probe_due_ms, fetch_probe_due(source));
    return mst_mongo_ahead_create(&source->ahead, fetch_in_advance, source,
                                  err);
}

void
mst_mongo_fetch_end(struct mst_mongo_source *source)
{
    if (source->ahead == NULL) {
        return;
    }
    bool interrupted = mst_mongo_cancel_is_now(source->cancel);
    mst_mongo_cancel_now(source->cancel);
    mst_mongo_ahead_destroy(source->ahead);
    source->ahead = NULL;
    if (!interrupted) {
        mst_mongo_cancel_reset(source->cancel);
    }
}

struct mst_mongo_stream *
mst_mongo_fetch_aside(struct mst_mongo_source *source)
{
    return source->ahead != NULL ? &source->aside : &source->stream;
}

enum mst_status
mst_mongo_fetch_more(struct mst_mongo_source *source, int timeout_ms,
                     struct mst_mongo_reply **ret_reply,
                     struct mst_mongo_failure *failure)
{
    struct mst_mongo_ahead_item item;
    memset(&item, 0, sizeof(item));
    if (source->ahead != NULL) {
        atomic_store(&source->probe_due_ms, fetch_probe_due(source));
        if (!mst_mongo_ahead_take(source->ahead, timeout_ms, &item)) {
            return MST_AGAIN;
        }
    } else {
        int64_t await_ms = fetch_await(source);
        if (timeout_ms < await_ms) {
            await_ms = timeout_ms > 0 ? timeout_ms : 1;
        }
        if (source->oplog != NULL) {
            fetch_probe(source, fetch_probe_due(source), &item);
        }
        if (!mst_mongo_stream_more(&source->stream, fetch_batch_size(source),
                                   await_ms, &item.reply, &item.failure)) {
            item.reply = NULL;
        }
    }
    if (source->oplog != NULL) {
        source->oplog->probe.seconds = item.seconds;
        source->oplog->probe.increment = item.increment;
    }
    if (item.reply == NULL) {
        mst_mongo_fetch_end(source);
        *failure = item.failure;
        source->restart = true;
        return item.cancelled ? MST_AGAIN : MST_DISCONNECTED;
    }
    *ret_reply = item.reply;
    return MST_OK;
}
