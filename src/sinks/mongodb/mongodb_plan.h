/* SPDX-License-Identifier: MIT */
/*
 * Puts a window of operations into as few commands as keep the order per
 * document.
 *
 * A command holds operations of one family (deletes, updates, inserts) on
 * one collection. Operations on different documents may change places;
 * operations on one document may not. So each gets a level: an update right
 * behind another update of the same document stays on its level (the server
 * runs the statements of an ordered command one after the other), anything
 * else goes one level above what came before it. Levels run one after the
 * other; within one, deletes go first: they make room for unique values.
 */
#ifndef MST_SINKS_MONGODB_PLAN_H
#define MST_SINKS_MONGODB_PLAN_H

#include "base/error.h"
#include "sinks/mongodb/mongodb_op.h"

enum mst_mongosink_family {
    MST_MONGOSINK_DELETES = 0,
    MST_MONGOSINK_UPDATES,
    MST_MONGOSINK_INSERTS
};

/* Operations for one command. */
struct mst_mongosink_step {
    enum mst_mongosink_family family;
    bool ordered; /* one document occurs twice: stop at an error */
    struct mst_mongosink_op **ops;
    size_t len;
};

/* The planner's memory, used again for each window. A zeroed struct is
 * valid. */
struct mst_mongosink_plan {
    struct mst_mongosink_step *steps;
    size_t steps_len;
    size_t steps_cap;
    struct mst_mongosink_op **ops; /* in the order of the steps */
    size_t ops_len;
    struct plan_entry *entries;
    size_t entries_cap;
    struct plan_slot *slots;
    size_t slots_cap; /* a power of two */
    uint32_t round;   /* slots of earlier windows count as empty */
};

/* Plans the operations that wait (not SKIP); the others are left out. Sets
 * level, and is_fresh where an earlier operation tells. MST_FATAL: memory. */
MST_MUST_CHECK enum mst_status
mst_mongosink_plan_make(struct mst_mongosink_plan *plan,
                        struct mst_mongosink_op *const *ops, size_t n,
                        struct mst_error *err);
void mst_mongosink_plan_clear(struct mst_mongosink_plan *plan);

#endif
