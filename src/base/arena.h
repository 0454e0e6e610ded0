/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once. A batch owns one arena; after reset its
 * blocks are used again, so a steady stream allocates nothing.
 */
#ifndef MST_BASE_ARENA_H
#define MST_BASE_ARENA_H

#include "base/error.h"
#include "base/slice.h"

struct mst_arena_block;

/* Thread: one at a time. A zeroed struct is a valid empty arena. Pointers
 * handed out never move and stay valid until reset or clear. */
struct mst_arena {
    struct mst_arena_block *blocks; /* newest first */
    size_t held;                    /* bytes of all blocks */
    size_t want;                    /* what the last filling needed */
};

/* n bytes, aligned for any type; NULL without memory. Not zeroed. */
MST_MUST_CHECK void *mst_arena_alloc(struct mst_arena *arena, size_t n);
/* n items of size bytes, all zero; NULL without memory. */
MST_MUST_CHECK void *mst_arena_alloc_zeroed(struct mst_arena *arena, size_t n,
                                            size_t size);
/* A copy of the bytes with a NUL behind; slice.data NULL without memory. */
MST_MUST_CHECK struct mst_slice mst_arena_copy(struct mst_arena *arena,
                                               struct mst_slice bytes);
/* Forgets all that was handed out. Keeps at most keep bytes for reuse. */
void mst_arena_reset(struct mst_arena *arena, size_t keep);
/* Frees everything. */
void mst_arena_clear(struct mst_arena *arena);

#endif
