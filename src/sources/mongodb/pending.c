/* SPDX-License-Identifier: MIT */
/* From a stream's reply to events, with documents that are looked up. */
#include "sources/mongodb/pending.h"

#include <stdlib.h>

#include "encodings/little_endian.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

enum mst_status
mst_mongo_pending_init(struct mst_mongo_pending *pending, struct mst_error *err)
{
    memset(pending, 0, sizeof(*pending));
    pending->slots = calloc(MST_MONGO_LOOKUPS_MAX, sizeof(*pending->slots));
    if (pending->slots == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    return mst_mongo_lookups_init(&pending->lookups, err);
}

void
mst_mongo_pending_clear(struct mst_mongo_pending *pending)
{
    free(pending->slots);
    pending->slots = NULL;
    pending->len = 0;
    mst_mongo_lookups_clear(&pending->lookups);
}

/* --- one event ---------------------------------------------------------- */

enum mst_status
mst_mongo_pending_insert(struct mst_slice event, struct mst_slice document,
                         struct mst_arena *arena, struct mst_slice *ret_bytes)
{
    static const char name[] = "fullDocument";
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, event, NULL) != MST_OK) {
        return MST_REJECTED;
    }
    do {
        if (mst_bson_iter_next(&iter) != MST_OK) {
            return MST_REJECTED;
        }
    } while (!mst_slice_is(iter.key, "ns"));
    size_t at = iter.offset;
    size_t len = event.len + 1 + sizeof(name) + document.len;
    uint8_t *out = len <= INT32_MAX ? mst_arena_alloc(arena, len) : NULL;
    if (out == NULL) {
        return MST_FATAL;
    }
    uint8_t *to = out;
    memcpy(to, event.data, at);
    mst_put_le32(to, (uint32_t)len);
    to += at;
    *to++ = document.data != NULL ? MST_BSON_DOCUMENT : MST_BSON_NULL;
    memcpy(to, name, sizeof(name));
    to += sizeof(name);
    if (document.data != NULL) {
        memcpy(to, document.data, document.len);
        to += document.len;
    }
    memcpy(to, event.data + at, event.len - at);
    *ret_bytes = mst_slice_of(out, len);
    return MST_OK;
}

/* The collection's name of {db, coll}. */
static bool
pending_name(struct mst_slice ns, struct mst_slice *ret_name)
{
    struct mst_bson_value value;
    return ns.data != NULL && mst_bson_find(ns, "coll", &value)
           && mst_bson_get_string(&value, ret_name);
}

/* Fills in what the slot behind the last one waits for, if anything. */
static void
pending_mark(struct mst_mongo_source *source,
             const struct mst_mongo_change *change)
{
    struct mst_mongo_pending *pending = &source->pending;
    struct mst_mongo_lookup *item = &pending->lookups.items[pending->len];
    *item = (struct mst_mongo_lookup){
        .key = change->key,
        .seconds = change->seconds,
        .increment = change->increment,
    };
    item->wanted = change->kind == MST_MONGO_UPDATE && change->fragment == 0
                   && change->key.data != NULL
                   && source->mode == MST_MONGO_MODE_PLAIN
                   && pending_name(change->ns, &item->name);
}

/* --- all of them -------------------------------------------------------- */

/* Takes back the slots from this one on: they are read once more. */
static void
pending_cut(struct mst_mongo_source *source, size_t slot)
{
    struct mst_mongo_pending *pending = &source->pending;
    if (slot < pending->len) {
        source->iter.next = pending->slots[slot].from;
        pending->len = slot;
    }
}

static enum mst_status
pending_emit(struct mst_mongo_source *source, struct mst_batch *batch, size_t i,
             struct mst_error *err)
{
    struct mst_mongo_pending_slot *slot = &source->pending.slots[i];
    const struct mst_slice document = source->pending.lookups.items[i].document;
    if (slot->looks) {
        slot->change.full_document = document;
    }
    if (slot->looks && source->options->payload == MST_MONGO_PAYLOAD_CHANGE) {
        enum mst_status status = mst_mongo_pending_insert(
            slot->change.bytes, document, &batch->arena, &slot->change.bytes);
        if (status != MST_OK) {
            return mst_fail(err, MST_FATAL, ORIGIN, 0,
                            "a change's document can not be put into it");
        }
    }
    return mst_mongo_emit_parsed(source, batch, &slot->change, err);
}

static enum mst_status
pending_flush(struct mst_mongo_source *source, struct mst_batch *batch,
              struct mst_error *err)
{
    struct mst_mongo_pending *pending = &source->pending;
    struct mst_mongo_fetch fetch = {
        .stream = mst_mongo_fetch_aside(source),
        .db = source->service->db_name,
        .batch = batch,
    };
    size_t len = pending->len;
    if (len == 0) {
        return MST_OK;
    }
    source->fetches = true;
    enum mst_status status =
        mst_mongo_lookups_fetch(&pending->lookups, &fetch, &len);
    if (status != MST_OK) {
        pending_cut(source, 0);
        return mst_mongo_failure_say(&fetch.failure, source->ns, err);
    }
    pending_cut(source, len);
    for (size_t i = 0; status == MST_OK && i < pending->len; i++) {
        status = pending_emit(source, batch, i, err);
    }
    pending->len = 0;
    return status;
}

static enum mst_status
pending_take(struct mst_mongo_source *source, struct mst_batch *batch,
             struct mst_error *err)
{
    struct mst_mongo_pending *pending = &source->pending;
    struct mst_mongo_pending_slot *slot = &pending->slots[pending->len];
    size_t from = source->iter.next;
    if (mst_bson_iter_next(&source->iter) != MST_OK) {
        return mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                        "the server's reply is damaged");
    }
    source->reply_events++;
    mst_mongo_emit_parse(source->iter.value, &slot->change);
    pending_mark(source, &slot->change);
    slot->from = from;
    slot->looks = pending->lookups.items[pending->len].wanted;
    if (pending->len == 0 && !slot->looks) {
        return mst_mongo_emit_parsed(source, batch, &slot->change, err);
    }
    pending->len++;
    return pending->len >= pending->lookups.limit
               ? pending_flush(source, batch, err)
               : MST_OK;
}

static bool
pending_has_room(const struct mst_mongo_source *source,
                 const struct mst_batch *batch)
{
    return !mst_batch_is_full(batch)
           && batch->len + source->pending.len < batch->max_events;
}

enum mst_status
mst_mongo_pending_fill(struct mst_mongo_source *source, struct mst_batch *batch,
                       struct mst_error *err)
{
    struct mst_mongo_pending *pending = &source->pending;
    enum mst_status status = MST_OK;
    pending->len = 0;
    while (status == MST_OK && pending_has_room(source, batch)) {
        if (source->iter.next < source->iter.end) {
            status = pending_take(source, batch, err);
        } else if (pending->len > 0) {
            /* May bring some back that are to be read once more. */
            status = pending_flush(source, batch, err);
        } else {
            break;
        }
    }
    return status == MST_OK ? pending_flush(source, batch, err) : status;
}
