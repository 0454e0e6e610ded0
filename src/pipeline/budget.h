/* SPDX-License-Identifier: MIT */
/*
 * The byte budget of a job: what is in flight counts, and when it is used up
 * the source is not read.
 */
#ifndef MST_PIPELINE_BUDGET_H
#define MST_PIPELINE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Thread: charge and refund from any; fits from the reader. */
struct mst_budget {
    atomic_uint_fast64_t limit;
    atomic_uint_fast64_t used;
    struct mst_budget *whole; /* of all jobs; charged as well; NULL: none */
};

static inline void
mst_budget_init(struct mst_budget *budget, uint64_t limit)
{
    atomic_init(&budget->limit, limit);
    atomic_init(&budget->used, 0);
    budget->whole = NULL;
}

/* Thread: any. What is charged beyond it stays until it is refunded. */
static inline void
mst_budget_set_limit(struct mst_budget *budget, uint64_t limit)
{
    atomic_store_explicit(&budget->limit, limit, memory_order_relaxed);
}

static inline void
mst_budget_charge(struct mst_budget *budget, uint64_t bytes)
{
    atomic_fetch_add_explicit(&budget->used, bytes, memory_order_relaxed);
    if (budget->whole != NULL) {
        mst_budget_charge(budget->whole, bytes);
    }
}

static inline void
mst_budget_refund(struct mst_budget *budget, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
    if (budget->whole != NULL) {
        mst_budget_refund(budget->whole, bytes);
    }
}

static inline uint64_t
mst_budget_used(struct mst_budget *budget)
{
    return atomic_load_explicit(&budget->used, memory_order_relaxed);
}

/* May another batch of about this size be read? An empty budget always lets
 * one through, whatever the whole is: an event larger than the budget goes
 * alone, and no job waits for another. */
static inline bool
mst_budget_fits(struct mst_budget *budget, uint64_t bytes)
{
    uint64_t used = mst_budget_used(budget);
    uint64_t limit = atomic_load_explicit(&budget->limit, memory_order_relaxed);
    return used == 0
           || (used < limit && bytes <= limit - used
               && (budget->whole == NULL
                   || mst_budget_fits(budget->whole, bytes)));
}

#endif
