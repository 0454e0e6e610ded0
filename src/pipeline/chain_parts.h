/* SPDX-License-Identifier: MIT */
/* What the files of the chain share. */
#ifndef MST_PIPELINE_CHAIN_PARTS_H
#define MST_PIPELINE_CHAIN_PARTS_H

#include "pipeline/chain.h"

struct chain_step {
    const struct mst_pipeline_middleware *spec;
    void *ctx;
    bool is_open;
};

/* An event on its way, and which of the unit's it comes from. */
struct chain_item {
    struct mst_event *event;
    struct mst_event *ready; /* as the step was shown it; NULL: it was not */
    uint32_t root;
    const struct chain_item *from; /* what the step made it of */
};

struct chain_list {
    struct chain_item *items;
    size_t len;
    size_t cap;
};

struct mst_chain {
    struct mst_emit emit; /* first: its function casts back */
    const struct mst_plan *plan;
    const struct mst_retry_policy *retry;
    struct chain_step *steps;
    size_t steps_len;
    struct chain_list lists[2]; /* what a step gets and what it gives */
    struct mst_buf scratch;     /* what a conversion writes to */
    atomic_bool interrupted;
    struct mst_chain_watch *watch; /* NULL: nobody looks */
    atomic_bool timed;
    /* The event at hand. */
    const struct chain_step *step;
    struct chain_item *given;
    struct chain_list *out;
    struct mst_slice seen; /* its payload as the step gets it */
    size_t bytes;          /* emitted for it */
    size_t first;          /* of its results in out */
    /* Events that are given together; group_len 0: the one at hand. */
    struct chain_item **group;
    const struct mst_event **group_events;
    struct mst_error **group_errors; /* per event; NULL: not rejected */
    size_t group_len;
    size_t group_first; /* of its results in out */
};

/* The event as the step gets it. */
MST_MUST_CHECK enum mst_status mst_chain_make(struct mst_chain *chain,
                                              const struct chain_step *step,
                                              const struct mst_event *event,
                                              struct mst_event *ret_in,
                                              struct mst_error *err);
/* One event, or those of the group, at one step, until it is done, refused, or
 * given up. */
MST_MUST_CHECK enum mst_status mst_chain_apply(struct mst_chain *chain,
                                               struct chain_step *step,
                                               struct mst_error *err);
/* Takes note that the unit's event number root is refused; step NULL: by a
 * conversion. */
MST_MUST_CHECK enum mst_status mst_chain_refuse(struct mst_unit *unit,
                                                uint32_t root,
                                                const struct chain_step *step,
                                                const struct mst_error *why,
                                                struct mst_error *err);

/* Shows what became of the event at hand: so many results from chain->first
 * on. */
MST_MUST_CHECK enum mst_status mst_chain_show(struct mst_chain *chain,
                                              const struct mst_unit *unit,
                                              size_t results,
                                              struct mst_error *err);
/* What is emitted now is of that event of the group (chain_batch.c). */
void mst_chain_group_of(struct mst_emit *emit, size_t index);
/* All events through a step that takes them together (chain_batch.c). */
MST_MUST_CHECK enum mst_status mst_chain_pass_batch(struct mst_chain *chain,
                                                    struct chain_step *step,
                                                    const struct chain_list *in,
                                                    struct mst_unit *unit,
                                                    struct mst_error *err);

#endif
