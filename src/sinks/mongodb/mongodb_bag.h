/* SPDX-License-Identifier: MIT */
/*
 * Operations on their way from the engine's thread to a lane, with the memory
 * they need. Filled by one thread, handed over whole, used again.
 */
#ifndef MST_SINKS_MONGODB_BAG_H
#define MST_SINKS_MONGODB_BAG_H

#include "base/arena.h"
#include "sinks/mongodb/mongodb_op.h"

/* Thread: one owner at a time. */
struct mst_mongosink_bag {
    struct mst_mongosink_op *ops;
    size_t len;
    size_t cap;
    size_t taken; /* operations that the lane has begun with */
    struct mst_arena arena;
    struct mst_mongosink_target *targets; /* in the arena, last used first */
    struct mst_mongosink_bag *next;
};

/* NULL without memory. */
MST_MUST_CHECK struct mst_mongosink_bag *mst_mongosink_bag_create(void);
void mst_mongosink_bag_destroy(struct mst_mongosink_bag *bag);
/* Empties it for the next filling. */
void mst_mongosink_bag_reset(struct mst_mongosink_bag *bag);

/* A zeroed operation at the end; NULL without memory. Pointers from before
 * are void: take them when the bag is full. */
MST_MUST_CHECK struct mst_mongosink_op *
mst_mongosink_bag_add(struct mst_mongosink_bag *bag);

/* The bag's copy of these names; NULL without memory. */
MST_MUST_CHECK const struct mst_mongosink_target *
mst_mongosink_bag_target(struct mst_mongosink_bag *bag,
                         struct mst_slice database, struct mst_slice collection,
                         uint64_t hash);

#endif
