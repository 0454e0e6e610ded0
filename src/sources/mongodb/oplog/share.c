/* SPDX-License-Identifier: MIT */
/* A job's side of the shared tail. */
#include "sources/mongodb/oplog/share.h"

#include "base/clock.h"
#include "log/log.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

/* A reply of so many bytes is not the end: half of what is asked for. */
enum { SHARE_SMALL = 256 * 1024, SHARE_KEY_MAX = 64 * 1024 };

enum mst_status
mst_oplog_share_create(struct mst_mongo_source *source, struct mst_error *err)
{
    struct mst_oplog_share *share = &source->share;
    atomic_init(&share->tail, MST_OPLOG_TAIL_NONE);
    atomic_init(&share->switches, 0);
    if (source->options->reader == MST_MONGO_READER_CHANGE_STREAM
        || !source->options->oplog_share || source->args->commons == NULL) {
        return MST_OK;
    }
    struct mst_buf key;
    void *hub = NULL;
    mst_buf_init(&key, SHARE_KEY_MAX);
    enum mst_status status = mst_oplog_hub_key(source->service, &key);
    status =
        status != MST_OK
            ? mst_fail_memory(err, ORIGIN)
            : mst_commons_take(source->args->commons, &mst_oplog_hub_type,
                               mst_buf_slice(&key), source->service, &hub, err);
    mst_buf_clear(&key);
    if (status != MST_OK) {
        return status;
    }
    share->hub = hub;
    return mst_oplog_seat_create(mst_oplog_hub_fan(hub), &share->seat, err);
}

void
mst_oplog_share_destroy(struct mst_mongo_source *source)
{
    struct mst_oplog_share *share = &source->share;
    mst_oplog_seat_destroy(share->seat);
    if (share->hub != NULL) {
        mst_commons_give_back(source->args->commons, share->hub);
    }
    share->seat = NULL;
    share->hub = NULL;
}

static void
share_set_tail(struct mst_oplog_share *share, enum mst_oplog_share_tail tail)
{
    atomic_store_explicit(&share->tail, (int)tail, memory_order_relaxed);
}

void
mst_oplog_share_come(struct mst_mongo_source *source)
{
    struct mst_oplog_share *share = &source->share;
    if (share->seat == NULL || source->oplog == NULL || source->bounded) {
        return;
    }
    const struct mst_oplog_wish wish = {
        .scope = source->oplog->map.scope,
        .heartbeat_ms = source->options->heartbeat_interval_ms,
        .silence_ms = source->options->silence_ms,
        .batch_size = source->options->batch_size,
        .await_ms = source->options->max_await_ms,
    };
    mst_oplog_seat_come(share->seat, &wish);
    share_set_tail(share, MST_OPLOG_OWN);
}

void
mst_oplog_share_leave(struct mst_mongo_source *source)
{
    struct mst_oplog_share *share = &source->share;
    if (share->seat == NULL) {
        return;
    }
    mst_oplog_seat_leave(share->seat);
    share->asked = false;
    share->shared = false;
    share_set_tail(share, MST_OPLOG_TAIL_NONE);
}

/* All up to source->resume is done. */
static bool
share_is_placed(const struct mst_mongo_source *source)
{
    const struct mst_mongo_position *resume = &source->resume;
    return !resume->now && resume->after && resume->token.len == 0;
}

bool
mst_oplog_share_wants_probe(const struct mst_mongo_source *source)
{
    const struct mst_oplog_share *share = &source->share;
    return share->seat != NULL && !share->shared
           && (share->asked || !share_is_placed(source));
}

static void
share_switch(struct mst_mongo_source *source, bool shared, const char *why)
{
    struct mst_oplog_share *share = &source->share;
    share->shared = shared;
    share->asked = false;
    share_set_tail(share, shared ? MST_OPLOG_SHARED : MST_OPLOG_OWN);
    atomic_fetch_add_explicit(&share->switches, 1, memory_order_relaxed);
    mst_log_info(ORIGIN, "job '%s': '%s' is read from %s%s", source->args->job,
                 source->ns,
                 shared ? "the oplog's tail that jobs share"
                        : "a tail of the oplog of its own: ",
                 why);
}

/* What the hub has begins at or before the position: goes on with it. The
 * connection is kept for documents, and is with the hub's member then. */
static void
share_begin(struct mst_mongo_source *source, struct mst_oplog_time at,
            const char *member)
{
    struct mst_oplog_reader *reader = source->oplog;
    mst_mongo_fetch_end(source);
    mst_mongo_stream_end(&source->stream);
    mst_mongo_stream_close(&source->aside);
    if (!mst_mongo_stream_move(&source->stream, member)) {
        mst_oplog_seat_decline(source->share.seat);
        source->share.asked = false;
        return;
    }
    reader->skip = at;
    reader->skip_after = true;
    reader->skip_changes = 0;
    reader->skips = true;
    reader->last = (struct mst_oplog_time){0, 0};
    share_switch(source, true, "");
}

void
mst_oplog_share_note(struct mst_mongo_source *source)
{
    source->share.small =
        source->reply->doc.len < SHARE_SMALL
        && source->reply_events < (size_t)source->options->batch_size;
}

void
mst_oplog_share_turn(struct mst_mongo_source *source)
{
    struct mst_oplog_share *share = &source->share;
    struct mst_oplog_time from;
    char member[MST_MONGO_MEMBER_MAX];
    if (share->seat == NULL || share->shared || source->bounded
        || source->restart || !share_is_placed(source)) {
        return;
    }
    const struct mst_oplog_time at = {source->resume.seconds,
                                      source->resume.increment};
    if (share->asked && mst_oplog_seat_is_served(share->seat, &from, member)) {
        if (mst_oplog_time_compare(at, from) >= 0) {
            share_begin(source, at, member);
        }
        return;
    }
    share->asked = (share->small || share->asked)
                   && mst_oplog_seat_ask(share->seat, at, mst_clock_ms());
}

/* Milliseconds until something is to be said, though nothing comes. */
static int
share_wait_ms(const struct mst_mongo_source *source, int timeout_ms)
{
    int64_t left = source->mark_due_ms - mst_clock_ms();
    left = left < 1 ? 1 : left;
    return left < timeout_ms ? (int)left : timeout_ms;
}

enum mst_status
mst_oplog_share_fetch(struct mst_mongo_source *source, int timeout_ms,
                      struct mst_error *err)
{
    struct mst_oplog_share *share = &source->share;
    struct mst_oplog_take take;
    if (source->restart) {
        mst_oplog_seat_leave(share->seat);
        mst_oplog_share_come(source);
        share_switch(source, false, "its position changed");
        return mst_oplog_reader_open(source, err);
    }
    source->oplog->probe = (struct mst_oplog_time){0, 0};
    switch (mst_oplog_seat_take(share->seat, share_wait_ms(source, timeout_ms),
                                &take)) {
    case MST_OPLOG_TAKEN_REPLY:
        source->oplog->last = (struct mst_oplog_time){0, 0};
        return mst_mongo_reader_adopt(source, take.reply, err);
    case MST_OPLOG_TAKEN_QUIET:
        source->oplog->probe = take.through;
        return MST_OK;
    case MST_OPLOG_TAKEN_BROKEN:
        share_switch(source, false, "the other one broke");
        *err = take.why;
        return MST_DISCONNECTED;
    case MST_OPLOG_TAKEN_OUT:
    default:
        share_switch(source, false, "it is behind the other jobs");
        return mst_oplog_reader_open(source, err);
    }
}
