/* SPDX-License-Identifier: MIT */
/*
 * Events that travel together for speed. A batch owns the memory of its
 * events; it is filled by a source, frozen by the engine, and lives until
 * each of its events is confirmed by every sink.
 */
#ifndef MST_CORE_BATCH_H
#define MST_CORE_BATCH_H

#include "base/arena.h"
#include "core/event.h"

/* Foreign memory that the batch keeps alive (a Kafka message, a reply). */
struct mst_batch_hold {
    void (*release)(void *memory);
    void *memory;
};

/* Thread: one owner at a time (source, then engine). */
struct mst_batch {
    struct mst_event *events;
    size_t len;
    size_t cap;
    size_t max_events; /* the source stops filling here ... */
    size_t max_bytes;  /* ... or here, after at least one event */
    size_t bytes;      /* payload, keys, marks, large attributes so far */
    size_t held_bytes; /* foreign memory, said by who gave it */
    int max_age_ms;    /* a source may wait this long to fill it further */
    void *owner;       /* the engine's */
    struct mst_arena arena;
    struct mst_batch_hold *holds;
    size_t holds_len;
    size_t holds_cap;
    /* Set by the source: where it stands after this batch when that is
     * further than the last event (quiet collections); may come alone. */
    struct mst_slice end_mark;
    /* Set by the source: before read is called again, everything read so far
     * must be confirmed, saved and told by `committed` (a partition is about
     * to be given away). The engine does that within its own limits. */
    bool flush;
};

MST_MUST_CHECK struct mst_batch *mst_batch_create(size_t max_events,
                                                  size_t max_bytes);
/* Releases all foreign memory. NULL is fine. */
void mst_batch_destroy(struct mst_batch *batch);
/* Empties it for the next filling; keeps at most keep bytes of memory. */
void mst_batch_reset(struct mst_batch *batch, size_t keep);

/* The next event, zeroed but for batch and unknown time; NULL when there are
 * max_events. It is part of the batch at once, and never moves; fill it, then
 * say mst_batch_added. */
MST_MUST_CHECK struct mst_event *mst_batch_add(struct mst_batch *batch);
/* Takes back the last event added. */
void mst_batch_undo(struct mst_batch *batch);
/* Counts the bytes of the event that was filled. */
void mst_batch_added(struct mst_batch *batch, const struct mst_event *event);
/* True when the source should stop filling. */
bool mst_batch_is_full(const struct mst_batch *batch);

/* Moves foreign memory in: release(memory) is called when the batch ends.
 * bytes counts against the budget. On failure memory stays the caller's. */
MST_MUST_CHECK enum mst_status mst_batch_hold(struct mst_batch *batch,
                                              void (*release)(void *memory),
                                              void *memory, size_t bytes);

/* Array of n attributes in the batch's arena; NULL without memory. */
MST_MUST_CHECK struct mst_attribute *
mst_batch_attributes(struct mst_batch *batch, size_t n);

/* Bytes of memory that the batch stands for: arena, holds, event array. */
size_t mst_batch_memory(const struct mst_batch *batch);

#endif
