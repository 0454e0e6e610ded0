/* SPDX-License-Identifier: MIT */
/* Filling and recycling batches. */
#include "core/batch.h"

#include <stdlib.h>

struct mst_batch *
mst_batch_create(size_t max_events, size_t max_bytes)
{
    struct mst_batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL) {
        return NULL;
    }
    batch->events = calloc(max_events, sizeof(*batch->events));
    if (batch->events == NULL) {
        free(batch);
        return NULL;
    }
    batch->cap = max_events;
    batch->max_events = max_events;
    batch->max_bytes = max_bytes;
    return batch;
}

static void
batch_release_holds(struct mst_batch *batch)
{
    for (size_t i = 0; i < batch->holds_len; i++) {
        batch->holds[i].release(batch->holds[i].memory);
    }
    batch->holds_len = 0;
    batch->held_bytes = 0;
}

void
mst_batch_destroy(struct mst_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    batch_release_holds(batch);
    mst_arena_clear(&batch->arena);
    free(batch->holds);
    free(batch->events);
    free(batch);
}

void
mst_batch_reset(struct mst_batch *batch, size_t keep)
{
    batch_release_holds(batch);
    mst_arena_reset(&batch->arena, keep);
    batch->len = 0;
    batch->bytes = 0;
    batch->end_mark = MST_SLICE_NONE;
    batch->flush = false;
}

struct mst_event *
mst_batch_add(struct mst_batch *batch)
{
    if (batch->len == batch->cap) {
        return NULL;
    }
    struct mst_event *event = &batch->events[batch->len++];
    memset(event, 0, sizeof(*event));
    event->batch = batch;
    event->source_ts_ms = MST_TIME_UNKNOWN;
    return event;
}

void
mst_batch_undo(struct mst_batch *batch)
{
    if (batch->len > 0) {
        batch->len--;
    }
}

void
mst_batch_added(struct mst_batch *batch, const struct mst_event *event)
{
    batch->bytes += event->payload.len + event->key.len + event->mark.len;
}

bool
mst_batch_is_full(const struct mst_batch *batch)
{
    return batch->len >= batch->max_events
           || (batch->len > 0 && batch->bytes >= batch->max_bytes);
}

enum mst_status
mst_batch_hold(struct mst_batch *batch, void (*release)(void *memory),
               void *memory, size_t bytes)
{
    if (batch->holds_len == batch->holds_cap) {
        size_t cap = batch->holds_cap == 0 ? 16 : batch->holds_cap * 2;
        struct mst_batch_hold *holds =
            realloc(batch->holds, cap * sizeof(*holds));
        if (holds == NULL) {
            return MST_FATAL;
        }
        batch->holds = holds;
        batch->holds_cap = cap;
    }
    batch->holds[batch->holds_len++] =
        (struct mst_batch_hold){.release = release, .memory = memory};
    batch->held_bytes += bytes;
    return MST_OK;
}

struct mst_attribute *
mst_batch_attributes(struct mst_batch *batch, size_t n)
{
    if (n > SIZE_MAX / sizeof(struct mst_attribute)) {
        return NULL;
    }
    return mst_arena_alloc(&batch->arena, n * sizeof(struct mst_attribute));
}

size_t
mst_batch_memory(const struct mst_batch *batch)
{
    return batch->arena.held + batch->held_bytes
           + batch->cap * sizeof(*batch->events);
}
