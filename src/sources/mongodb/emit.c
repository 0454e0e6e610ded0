/* SPDX-License-Identifier: MIT */
/* From a change event of the server to an event of the pipeline. */
#include <stdlib.h>

#include "base/clock.h"
#include "log/log.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

static bool
emit_is_document(enum mst_mongo_kind kind)
{
    return kind <= MST_MONGO_DELETE;
}

/* The first of these that there is. */
static struct mst_slice
emit_first(struct mst_slice a, struct mst_slice b, struct mst_slice c)
{
    if (a.data != NULL) {
        return a;
    }
    return b.data != NULL ? b : c;
}

/* Payload of payload = "document". */
static struct mst_slice
emit_document(const struct mst_mongo_change *change)
{
    switch (change->kind) {
    case MST_MONGO_INSERT:
    case MST_MONGO_UPDATE:
    case MST_MONGO_REPLACE:
        return emit_first(change->full_document, change->key, change->bytes);
    case MST_MONGO_DELETE:
        return emit_first(change->before, change->key, change->bytes);
    case MST_MONGO_DROP:
    case MST_MONGO_RENAME:
    case MST_MONGO_DROP_DATABASE:
    case MST_MONGO_INVALIDATE:
    case MST_MONGO_CREATE:
    case MST_MONGO_CREATE_INDEXES:
    case MST_MONGO_DROP_INDEXES:
    case MST_MONGO_MODIFY:
    case MST_MONGO_OTHER:
    default:
        return change->bytes;
    }
}

/* Sets the payload, as `payload` asks for it. */
static enum mst_status
emit_payload(struct mst_mongo_source *source, struct mst_event *event,
             const struct mst_mongo_change *change, struct mst_error *err)
{
    event->encoding = MST_ENCODING_BSON;
    event->payload = change->bytes;
    if (source->options->payload == MST_MONGO_PAYLOAD_DOCUMENT) {
        event->payload = emit_document(change);
    }
    if (source->options->payload != MST_MONGO_PAYLOAD_DEBEZIUM) {
        return MST_OK;
    }
    enum mst_status status = mst_mongo_envelope_make(&source->envelope, change,
                                                     mst_clock_wall_ms(), err);
    if (status != MST_OK) {
        return MST_FATAL;
    }
    event->encoding = MST_ENCODING_JSON;
    event->payload = mst_arena_copy(&event->batch->arena,
                                    mst_buf_slice(&source->envelope.out));
    return event->payload.data != NULL ? MST_OK : mst_fail_memory(err, ORIGIN);
}

static unsigned
emit_remarks(const struct mst_mongo_source *source,
             const struct mst_mongo_change *change)
{
    unsigned remarks = 0;
    if (change->kind == MST_MONGO_UPDATE
        && change->full_document.data == NULL) {
        remarks |= MST_MONGO_FULL_MISSING;
    }
    if (source->mode == MST_MONGO_MODE_BARE
        && source->options->before != MST_MONGO_BEFORE_OFF) {
        remarks |= MST_MONGO_BEFORE_LARGE;
    }
    if (source->options->payload == MST_MONGO_PAYLOAD_CHANGE) {
        remarks |= MST_MONGO_IS_CHANGE;
    } else if (source->options->payload == MST_MONGO_PAYLOAD_DEBEZIUM) {
        remarks |= MST_MONGO_IS_DEBEZIUM;
    }
    return remarks;
}

static enum mst_status
emit_event(struct mst_mongo_source *source, struct mst_batch *batch,
           const struct mst_mongo_change *change, struct mst_error *err)
{
    struct mst_event *event = mst_batch_add(batch);
    if (event == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    event->op = mst_mongo_kind_op(change->kind);
    event->key = change->key;
    event->key_kind = change->key.data != NULL ? MST_KEY_BSON : MST_KEY_NONE;
    event->mark = change->mark.data != NULL ? change->mark : change->token;
    event->source_ts_ms = mst_mongo_change_time(change);
    enum mst_status status = emit_payload(source, event, change, err);
    if (status == MST_OK
        && mst_mongo_labels_set(source->labels, event, change,
                                emit_remarks(source, change))
               != MST_OK) {
        status = mst_fail_memory(err, ORIGIN);
    }
    if (status != MST_OK) {
        mst_batch_undo(batch);
        return status;
    }
    mst_batch_added(batch, event);
    if (event->source_ts_ms != MST_TIME_UNKNOWN) {
        atomic_store_explicit(&source->newest_ms, event->source_ts_ms,
                              memory_order_relaxed);
    }
    return MST_OK;
}

/* Says what happens to the collection: it is rare, and people ask later. */
static void
emit_log(const struct mst_mongo_source *source,
         const struct mst_mongo_change *change)
{
    struct mst_slice name = change->kind_name;
    mst_log_info(ORIGIN, "%.*s on '%s'", (int)(name.len > 60 ? 60 : name.len),
                 name.data == NULL ? "" : (const char *)name.data, source->ns);
}

/* Nobody else writes: no locked instruction is needed. */
static void
emit_count(struct mst_mongo_source *source, enum mst_mongo_kind kind)
{
    _Atomic uint64_t *count = &source->counts[kind];
    uint64_t before = atomic_load_explicit(count, memory_order_relaxed);
    atomic_store_explicit(count, before + 1, memory_order_relaxed);
}

enum mst_status
mst_mongo_emit_change(struct mst_mongo_source *source, struct mst_batch *batch,
                      const struct mst_mongo_change *change,
                      struct mst_error *err)
{
    emit_count(source, change->kind);
    if (emit_is_document(change->kind)) {
        return emit_event(source, batch, change, err);
    }
    bool named = change->kind_name.data != NULL;
    if (named) {
        emit_log(source, change);
    }
    if (change->kind == MST_MONGO_INVALIDATE
        || (named && !source->options->ddl)) {
        return MST_OK;
    }
    /* Without operationType the user's pipeline has made something else. */
    return emit_event(source, batch, change, err);
}

/* One fragment; with the last one, the event. */
static enum mst_status
emit_fragment(struct mst_mongo_source *source, struct mst_batch *batch,
              const struct mst_mongo_change *fragment, struct mst_error *err)
{
    struct mst_slice bytes;
    enum mst_status status =
        mst_mongo_join_add(&source->join, fragment, &bytes, err);
    if (status == MST_AGAIN) {
        return MST_OK;
    }
    if (status != MST_OK) {
        return status == MST_REJECTED ? MST_DISCONNECTED : status;
    }
    /* Ours, held as const. */
    union {
        const uint8_t *borrowed;
        void *owned;
    } memory = {.borrowed = bytes.data};
    if (mst_batch_hold(batch, free, memory.owned, bytes.len) != MST_OK) {
        free(memory.owned);
        return mst_fail_memory(err, ORIGIN);
    }
    source->last_token = fragment->token;
    struct mst_mongo_change change;
    status = mst_mongo_change_parse(bytes, &change, err);
    if (status != MST_OK) {
        return MST_DISCONNECTED;
    }
    return mst_mongo_emit_change(source, batch, &change, err);
}

/* The position is of the oplog reader, in the middle of a transaction, and
 * this change is one of those before it. */
static bool
emit_is_done(const struct mst_mongo_source *source,
             const struct mst_mongo_change *change)
{
    struct mst_mongo_token token;
    return source->done_changes > 0
           && change->seconds == source->done_time.seconds
           && change->increment == source->done_time.increment
           && change->token.data != NULL
           && mst_mongo_token_decode(change->token, &token, NULL) == MST_OK
           && token.index < source->done_changes;
}

void
mst_mongo_emit_parse(struct mst_slice bytes,
                     struct mst_mongo_change *ret_change)
{
    if (mst_mongo_change_parse(bytes, ret_change, NULL) != MST_OK) {
        /* Not BSON inside: whoever looks into it rejects it, with place. */
        ret_change->token = MST_SLICE_NONE;
        ret_change->key = MST_SLICE_NONE;
        ret_change->kind = MST_MONGO_OTHER;
        ret_change->kind_name = MST_SLICE_NONE;
        ret_change->fragment = 0;
    }
}

enum mst_status
mst_mongo_emit_parsed(struct mst_mongo_source *source, struct mst_batch *batch,
                      const struct mst_mongo_change *change,
                      struct mst_error *err)
{
    if (emit_is_done(source, change)) {
        source->last_token = change->token;
        return MST_OK;
    }
    if (change->fragment > 0) {
        return emit_fragment(source, batch, change, err);
    }
    if (change->token.data != NULL) {
        source->last_token = change->token;
    }
    return mst_mongo_emit_change(source, batch, change, err);
}

enum mst_status
mst_mongo_emit(struct mst_mongo_source *source, struct mst_batch *batch,
               struct mst_slice bytes, struct mst_error *err)
{
    struct mst_mongo_change change;
    mst_mongo_emit_parse(bytes, &change);
    return mst_mongo_emit_parsed(source, batch, &change, err);
}
