/* SPDX-License-Identifier: MIT */
/*
 * The middlewares of one worker: what becomes of the events of a unit between
 * the source's step and the sinks.
 *
 *   event ─ source's step ─► in ─ apply ─ out ─► in ─ apply ─ out ─► results
 *
 * Step by step over the whole unit. An event that one step refuses is refused
 * as a whole: nothing of it goes on.
 */
#ifndef MST_PIPELINE_CHAIN_H
#define MST_PIPELINE_CHAIN_H

#include "pipeline/unit.h"

struct mst_chain;

/* What one step made of one event. Borrowed: until the unit ends. */
struct mst_chain_look {
    const char *name;           /* of the step */
    size_t step;                /* from 0 */
    uint32_t root;              /* which of the unit's events it comes from */
    const struct mst_event *in; /* before the step's conversion */
    const struct mst_event *const *out; /* after it */
    size_t out_len;
    const struct mst_error *refused; /* NULL: it is not */
};

/* Who looks on. Thread: the one that runs the chain. */
struct mst_chain_watch {
    enum mst_status (*step)(struct mst_chain_watch *self,
                            const struct mst_chain_look *look,
                            struct mst_error *err);
};

/* spec and plan are borrowed and outlive it; what plan->wait waits for may
 * need its pipeline. No network. MST_FATAL: as a middleware's create. */
MST_MUST_CHECK enum mst_status
mst_chain_create(const struct mst_pipeline_spec *spec,
                 const struct mst_plan *plan, struct mst_chain **ret_chain,
                 struct mst_error *err);
/* NULL is fine. */
void mst_chain_destroy(struct mst_chain *chain);

/* Takes the unit's events through all steps; the results are the unit's then,
 * and its deliveries are made from them. MST_RETRY: given up, because the run
 * ends; MST_FATAL: it can not go on. No delivery may be used then. */
MST_MUST_CHECK enum mst_status mst_chain_run(struct mst_chain *chain,
                                             struct mst_unit *unit,
                                             struct mst_error *err);

/* From now on each step of each event is shown; NULL: to nobody. What watch
 * answers but MST_OK ends the run of the unit. */
void mst_chain_set_watch(struct mst_chain *chain,
                         struct mst_chain_watch *watch);

/* Whether unit->spent says how long the steps took for each event. */
void mst_chain_set_timed(struct mst_chain *chain, bool timed);

/* Ends the connections of its steps; the next run opens them again. */
void mst_chain_close(struct mst_chain *chain);

/* Thread: any. Whatever runs ends soon, for good. */
void mst_chain_interrupt(struct mst_chain *chain);

#endif
