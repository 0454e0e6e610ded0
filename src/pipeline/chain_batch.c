/* SPDX-License-Identifier: MIT */
/*
 * Events that a step takes together. What it says of each is taken note of
 * when it has said all; where it fails, each is given again alone, and only
 * what fails alone is refused.
 */
#include "base/clock.h"
#include "pipeline/chain_parts.h"

enum {
    GROUP_EVENTS = 1000,
    GROUP_BYTES = 8 * 1024 * 1024 /* or one event that is larger */
};

void
mst_chain_group_of(struct mst_emit *emit, size_t index)
{
    struct mst_chain *chain = (struct mst_chain *)emit;
    chain->given = chain->group[index];
    chain->seen = chain->group_events[index]->payload;
    chain->first = chain->out->len;
}

static enum mst_status
group_reject(struct mst_emit *emit, size_t index, const struct mst_error *why,
             struct mst_error *err)
{
    struct mst_chain *chain = (struct mst_chain *)emit;
    struct mst_error *copy = mst_arena_alloc(emit->arena, sizeof(*copy));
    if (copy == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    *copy = *why;
    mst_error_prefix(copy, "middleware '%s': ", chain->step->spec->name);
    chain->group_errors[index] = copy;
    return MST_OK;
}

/* Room for a group, for as long as the unit lasts. */
static enum mst_status
group_prepare(struct mst_chain *chain, size_t len, struct mst_error *err)
{
    struct mst_arena *arena = chain->emit.arena;
    len = len < GROUP_EVENTS ? len + 1 : GROUP_EVENTS;
    chain->group = mst_arena_alloc(arena, len * sizeof(*chain->group));
    chain->group_events =
        mst_arena_alloc(arena, len * sizeof(*chain->group_events));
    chain->group_errors =
        mst_arena_alloc(arena, len * sizeof(*chain->group_errors));
    return chain->group == NULL || chain->group_events == NULL
                   || chain->group_errors == NULL
               ? mst_fail_memory(err, "pipeline")
               : MST_OK;
}

/* Adds an event in the form that the step wants. What can not be converted is
 * refused at once. */
static enum mst_status
group_add(struct mst_chain *chain, const struct chain_step *step,
          struct chain_item *item, struct mst_unit *unit, struct mst_error *err)
{
    if (item->ready == NULL) {
        struct mst_event *ready =
            mst_arena_alloc(chain->emit.arena, sizeof(*ready));
        if (ready == NULL) {
            return mst_fail_memory(err, "pipeline");
        }
        enum mst_status status =
            mst_chain_make(chain, step, item->event, ready, err);
        if (status == MST_REJECTED) {
            mst_error_prefix(err, "middleware '%s': ", step->spec->name);
            return mst_chain_refuse(unit, item->root, step, err, err);
        }
        if (status != MST_OK) {
            return status;
        }
        item->ready = ready;
    }
    chain->group[chain->group_len] = item;
    chain->group_events[chain->group_len++] = item->ready;
    return MST_OK;
}

/* The next events from *at on; none: all have been given. */
static enum mst_status
group_fill(struct mst_chain *chain, const struct chain_step *step,
           const struct chain_list *in, size_t *at, struct mst_unit *unit,
           struct mst_error *err)
{
    size_t bytes = 0;
    enum mst_status status = MST_OK;
    chain->group_len = 0;
    while (*at < in->len && chain->group_len < GROUP_EVENTS
           && status == MST_OK) {
        struct chain_item *item = &in->items[*at];
        bytes += item->event->payload.len;
        if (chain->group_len > 0 && bytes > GROUP_BYTES) {
            return MST_OK;
        }
        (*at)++;
        if (unit->refusals[item->root] == NULL) {
            status = group_add(chain, step, item, unit, err);
        }
    }
    return status;
}

/* Takes note of what the step said. */
static enum mst_status
group_settle(struct mst_chain *chain, const struct chain_step *step,
             struct mst_unit *unit, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < chain->group_len && status == MST_OK; i++) {
        if (chain->group_errors[i] != NULL) {
            status = mst_chain_refuse(unit, chain->group[i]->root, step,
                                      chain->group_errors[i], err);
        }
    }
    return status;
}

/* The events of the group once more, each in a group of its own. */
static enum mst_status
group_split(struct mst_chain *chain, struct chain_step *step,
            struct mst_unit *unit, struct mst_error *err)
{
    struct chain_item **group = chain->group;
    const struct mst_event **events = chain->group_events;
    size_t len = chain->group_len;
    enum mst_status status = MST_OK;
    chain->group_len = 1;
    for (size_t i = 0; i < len && status == MST_OK; i++) {
        chain->group = &group[i];
        chain->group_events = &events[i];
        if (unit->refusals[group[i]->root] != NULL) {
            continue; /* another one that came of the same event */
        }
        status = mst_chain_apply(chain, step, err);
        if (status == MST_REJECTED) {
            chain->out->len = chain->group_first;
            status = mst_chain_refuse(unit, group[i]->root, step, err, err);
        } else if (status == MST_OK) {
            status = group_settle(chain, step, unit, err);
        }
    }
    chain->group = group;
    chain->group_events = events;
    chain->group_len = len;
    return status;
}

/* Shows each event of the group; its results follow each other. */
static enum mst_status
group_show(struct mst_chain *chain, const struct mst_unit *unit,
           struct mst_error *err)
{
    enum mst_status status = MST_OK;
    size_t at = chain->group_first;
    for (size_t i = 0; i < chain->group_len && status == MST_OK; i++) {
        chain->given = chain->group[i];
        chain->first = at;
        while (at < chain->out->len
               && chain->out->items[at].from == chain->given) {
            at++;
        }
        bool refused = unit->refusals[chain->given->root] != NULL;
        status =
            mst_chain_show(chain, unit, refused ? 0 : at - chain->first, err);
    }
    return status;
}

/* The group that is filled, until each of it is done or refused. */
static enum mst_status
group_pass(struct mst_chain *chain, struct chain_step *step,
           struct mst_unit *unit, struct mst_error *err)
{
    int64_t since_ns = unit->spent != NULL ? mst_clock_ns() : 0;
    enum mst_status status = mst_chain_apply(chain, step, err);
    size_t first = chain->group_first;
    if (status == MST_OK) {
        status = group_settle(chain, step, unit, err);
    } else if (status == MST_REJECTED) {
        chain->out->len = chain->group_first;
        status = group_split(chain, step, unit, err);
    }
    chain->group_first = first;
    uint64_t each_ns = (uint64_t)(mst_clock_ns() - since_ns) / chain->group_len;
    for (size_t i = 0; unit->spent != NULL && i < chain->group_len; i++) {
        unit->spent[chain->group[i]->root] += each_ns;
    }
    return status == MST_OK && chain->watch != NULL
               ? group_show(chain, unit, err)
               : status;
}

enum mst_status
mst_chain_pass_batch(struct mst_chain *chain, struct chain_step *step,
                     const struct chain_list *in, struct mst_unit *unit,
                     struct mst_error *err)
{
    size_t at = 0;
    enum mst_status status = group_prepare(chain, in->len, err);
    chain->emit.of = mst_chain_group_of;
    chain->emit.reject = group_reject;
    while (status == MST_OK && at < in->len) {
        status = group_fill(chain, step, in, &at, unit, err);
        if (status != MST_OK || chain->group_len == 0) {
            continue;
        }
        status = group_pass(chain, step, unit, err);
    }
    chain->group_len = 0;
    chain->emit.of = NULL;
    chain->emit.reject = NULL;
    return status == MST_OK || status == MST_RETRY ? status : MST_FATAL;
}
