/* SPDX-License-Identifier: MIT */
/* Events through middlewares: results, refusals, waiting. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "pipeline/backoff.h"
#include "pipeline/chain_parts.h"

enum {
    /* What one event may become at most: a document of Kafka or MongoDB is
     * far below it, a script that never ends must not fill the memory. */
    CHAIN_EVENT_BYTES = 64 * 1024 * 1024,
    CHAIN_EVENT_RESULTS = 100000,
    CHAIN_CONVERTED_MAX = 1024 * 1024 * 1024
};

static bool
chain_push(struct chain_list *list, struct mst_event *event, uint32_t root,
           const struct chain_item *from)
{
    if (list->len == list->cap) {
        size_t cap = list->cap == 0 ? 64 : list->cap * 2;
        struct chain_item *items = realloc(list->items, cap * sizeof(*items));
        if (items == NULL) {
            return false;
        }
        list->items = items;
        list->cap = cap;
    }
    list->items[list->len++] =
        (struct chain_item){.event = event, .root = root, .from = from};
    return true;
}

/* Another form of the payload, in the unit's memory. */
static enum mst_status
chain_convert(struct mst_chain *chain, const struct mst_transcoder *step,
              struct mst_slice *payload, struct mst_error *err)
{
    mst_buf_reset(&chain->scratch);
    enum mst_status status =
        mst_plan_convert(chain->plan, step, *payload, &chain->scratch, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_slice copy =
        mst_arena_copy(chain->emit.arena, mst_buf_slice(&chain->scratch));
    if (copy.data == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    *payload = copy;
    return MST_OK;
}

/* What a step gives, as the next one gets it. */
static enum mst_status
chain_result(struct mst_chain *chain, struct mst_event *result,
             struct mst_error *err)
{
    const struct mst_pipeline_middleware *spec = chain->step->spec;
    const struct mst_event *given = chain->given->event;
    if (spec->passes && result->payload.data == chain->seen.data
        && result->payload.len == chain->seen.len) {
        /* It was not touched: neither are the bytes that came. */
        result->payload = given->payload;
        result->encoding = given->encoding;
        return MST_OK;
    }
    if (result->payload.data != NULL && spec->out.run != NULL) {
        enum mst_status status =
            chain_convert(chain, &spec->out, &result->payload, err);
        if (status != MST_OK) {
            return status;
        }
    }
    if (spec->out.to != MST_ENCODING_NONE) {
        result->encoding = spec->out.to;
    }
    return MST_OK;
}

static enum mst_status
chain_emit(struct mst_emit *emit, const struct mst_event *result,
           struct mst_error *err)
{
    struct mst_chain *chain = (struct mst_chain *)emit;
    const struct mst_event *given = chain->given->event;
    chain->bytes += result->payload.len + sizeof(*result);
    if (chain->out->len - chain->first >= CHAIN_EVENT_RESULTS
        || chain->bytes > CHAIN_EVENT_BYTES) {
        return mst_fail(err, MST_REJECTED, "middleware", 0,
                        "more than %d events or %d MiB come of one event",
                        CHAIN_EVENT_RESULTS, CHAIN_EVENT_BYTES / 1024 / 1024);
    }
    struct mst_event *event = mst_arena_alloc(emit->arena, sizeof(*event));
    if (event == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    mst_event_derive(result, event);
    event->mark = given->mark;
    event->batch = given->batch;
    event->seq = given->seq;
    if (event->key.data != given->key.data) {
        event->key_hash = event->key.data != NULL
                              ? mst_hash64(event->key.data, event->key.len)
                              : 0;
    }
    enum mst_status status = chain_result(chain, event, err);
    if (status == MST_OK
        && !chain_push(chain->out, event, chain->given->root, chain->given)) {
        status = mst_fail_memory(err, "pipeline");
    }
    return status;
}

static void
chain_close(struct chain_step *step)
{
    if (step->is_open && step->spec->type->close != NULL) {
        step->spec->type->close(step->ctx);
    }
    step->is_open = false;
}

static enum mst_status
chain_open(struct chain_step *step, struct mst_error *err)
{
    if (step->is_open) {
        return MST_OK;
    }
    enum mst_status status = MST_OK;
    if (step->spec->type->open != NULL) {
        status = step->spec->type->open(step->ctx, err);
    }
    step->is_open = status == MST_OK;
    /* No event is to blame for that. */
    return status == MST_REJECTED ? MST_FATAL : status;
}

enum mst_status
mst_chain_make(struct mst_chain *chain, const struct chain_step *step,
               const struct mst_event *event, struct mst_event *ret_in,
               struct mst_error *err)
{
    const struct mst_transcoder *in = &step->spec->in;
    enum mst_status status = MST_OK;
    mst_event_derive(event, ret_in);
    if (in->run != NULL && ret_in->payload.data != NULL) {
        status = chain_convert(chain, in, &ret_in->payload, err);
        ret_in->encoding = in->to;
    }
    return status;
}

/* Shows the step what comes. What fails here fails again in its turn. */
static void
chain_ahead(struct mst_chain *chain, struct chain_step *step,
            const struct chain_list *in, const struct mst_unit *unit)
{
    struct mst_error err;
    size_t n = 0;
    const struct mst_event **events =
        mst_arena_alloc(chain->emit.arena, (in->len + 1) * sizeof(*events));
    struct mst_event *all =
        mst_arena_alloc(chain->emit.arena, (in->len + 1) * sizeof(*all));
    if (events == NULL || all == NULL || chain_open(step, &err) != MST_OK) {
        return;
    }
    for (size_t i = 0; i < in->len; i++) {
        struct chain_item *item = &in->items[i];
        struct mst_event *ready = &all[i];
        if (unit->refusals[item->root] == NULL
            && mst_chain_make(chain, step, item->event, ready, &err)
                   == MST_OK) {
            item->ready = ready;
            events[n++] = ready;
        }
    }
    step->spec->type->ahead(step->ctx, events, n);
}

static enum mst_status
chain_give_group(struct mst_chain *chain, struct chain_step *step,
                 struct mst_error *err)
{
    memset(chain->group_errors, 0,
           chain->group_len * sizeof(*chain->group_errors));
    mst_chain_group_of(&chain->emit, 0);
    enum mst_status status = step->spec->type->apply_batch(
        step->ctx, chain->group_events, chain->group_len, &chain->emit, err);
    if (status == MST_DISCONNECTED) {
        chain_close(step);
    }
    return status;
}

/* One try of one event, or of the group, at one step. */
static enum mst_status
chain_try(struct mst_chain *chain, struct chain_step *step,
          struct mst_error *err)
{
    struct mst_event made;
    chain->bytes = 0;
    chain->out->len = chain->group_len > 0 ? chain->group_first : chain->first;
    if (atomic_load_explicit(&chain->interrupted, memory_order_relaxed)) {
        return mst_fail(err, MST_RETRY, "middleware", 0, "interrupted");
    }
    enum mst_status status = chain_open(step, err);
    if (status != MST_OK) {
        return status;
    }
    if (chain->group_len > 0) {
        return chain_give_group(chain, step, err);
    }
    const struct mst_event *in = chain->given->ready;
    if (in == NULL) {
        status = mst_chain_make(chain, step, chain->given->event, &made, err);
        in = &made;
    }
    chain->seen = in->payload;
    if (status == MST_OK) {
        status = step->spec->type->apply(step->ctx, in, &chain->emit, err);
    }
    if (status == MST_DISCONNECTED) {
        chain_close(step);
    }
    return status;
}

enum mst_status
mst_chain_apply(struct mst_chain *chain, struct chain_step *step,
                struct mst_error *err)
{
    const struct mst_plan *plan = chain->plan;
    struct mst_backoff backoff = {0};
    chain->step = step;
    chain->first = chain->out->len;
    chain->group_first = chain->first;
    mst_error_clear(err);
    enum mst_status status = chain_try(chain, step, err);
    while (MST_UNLIKELY(status == MST_RETRY || status == MST_DISCONNECTED)) {
        (void)mst_backoff_next(&backoff, chain->retry, 0);
        if (mst_backoff_is_over(&backoff, chain->retry)) {
            status = MST_REJECTED;
            break;
        }
        mst_error_prefix(err, "middleware '%s': ", step->spec->name);
        err->status = MST_RETRY;
        if (atomic_load(&chain->interrupted) || plan->wait == NULL
            || !plan->wait(plan->wait_arg, backoff.failures, err)) {
            return MST_RETRY;
        }
        mst_error_clear(err);
        status = chain_try(chain, step, err);
    }
    if (backoff.failures > 0 && plan->wait != NULL) {
        (void)plan->wait(plan->wait_arg, 0, NULL);
    }
    if (status != MST_OK) {
        mst_error_prefix(err, "middleware '%s': ", step->spec->name);
    }
    return status;
}

enum mst_status
mst_chain_refuse(struct mst_unit *unit, uint32_t root,
                 const struct chain_step *step, const struct mst_error *why,
                 struct mst_error *err)
{
    struct mst_refusal *refusal =
        mst_arena_alloc_zeroed(&unit->arena, 1, sizeof(*refusal));
    if (refusal == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    refusal->err = *why;
    if (step == NULL) {
        refusal->by = mst_refused_by_encoding;
    } else {
        const struct mst_middleware_type *type = step->spec->type;
        refusal->by.stage = "middleware";
        if (type->script_hash != NULL) {
            refusal->by.script = step->spec->args.resource;
            refusal->by.script_hash = type->script_hash(step->ctx);
        }
    }
    unit->refusals[root] = refusal;
    return MST_OK;
}

/* The event as the source's step leaves it. */
static enum mst_status
chain_source_event(struct mst_chain *chain, const struct mst_event *event,
                   struct mst_event **ret_event, struct mst_error *err)
{
    const struct mst_transcoder *source = &chain->plan->source;
    struct mst_slice payload = event->payload;
    enum mst_status status = chain_convert(chain, source, &payload, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_event *converted =
        mst_arena_alloc(chain->emit.arena, sizeof(*converted));
    if (converted == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    mst_event_derive(event, converted);
    converted->payload = payload;
    converted->encoding = source->to;
    *ret_event = converted;
    return MST_OK;
}

/* The source's step gives the first list of events. */
static enum mst_status
chain_source(struct mst_chain *chain, struct mst_unit *unit,
             struct mst_error *err)
{
    bool converts = chain->plan->source.run != NULL;
    chain->out = &chain->lists[0];
    chain->out->len = 0;
    for (uint32_t i = 0; i < unit->len; i++) {
        struct mst_event *event = unit->events[i];
        enum mst_status status = MST_OK;
        if (converts && event->payload.data != NULL) {
            status = chain_source_event(chain, event, &event, err);
        }
        if (status == MST_REJECTED) {
            status = mst_chain_refuse(unit, i, NULL, err, err);
        } else if (status == MST_OK
                   && !chain_push(chain->out, event, i, NULL)) {
            status = mst_fail_memory(err, "pipeline");
        }
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

enum mst_status
mst_chain_show(struct mst_chain *chain, const struct mst_unit *unit,
               size_t results, struct mst_error *err)
{
    const struct chain_item *item = chain->given;
    const struct mst_refusal *refusal = unit->refusals[item->root];
    struct mst_chain_look look = {
        .name = chain->step->spec->name,
        .step = (size_t)(chain->step - chain->steps),
        .root = item->root,
        .in = item->event,
        .out_len = results,
        .refused = refusal != NULL ? &refusal->err : NULL,
    };
    const struct mst_event **out =
        mst_arena_alloc(chain->emit.arena, (look.out_len + 1) * sizeof(*out));
    if (out == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    for (size_t i = 0; i < look.out_len; i++) {
        out[i] = chain->out->items[chain->first + i].event;
    }
    look.out = out;
    return chain->watch->step(chain->watch, &look, err);
}

/* All events through one step. */
static enum mst_status
chain_pass(struct mst_chain *chain, struct chain_step *step,
           const struct chain_list *in, struct mst_unit *unit,
           struct mst_error *err)
{
    if (step->spec->type->ahead != NULL) {
        chain_ahead(chain, step, in, unit);
    }
    if (step->spec->type->batches != NULL
        && step->spec->type->batches(step->ctx)) {
        return mst_chain_pass_batch(chain, step, in, unit, err);
    }
    for (size_t i = 0; i < in->len; i++) {
        struct chain_item *item = &in->items[i];
        if (unit->refusals[item->root] != NULL) {
            continue;
        }
        chain->given = item;
        int64_t since_ns = unit->spent != NULL ? mst_clock_ns() : 0;
        enum mst_status status = mst_chain_apply(chain, step, err);
        if (unit->spent != NULL) {
            unit->spent[item->root] += (uint64_t)(mst_clock_ns() - since_ns);
        }
        if (status == MST_REJECTED) {
            chain->out->len = chain->first;
            status = mst_chain_refuse(unit, item->root, step, err, err);
        }
        if (status == MST_OK && MST_UNLIKELY(chain->watch != NULL)) {
            status = mst_chain_show(chain, unit, chain->out->len - chain->first,
                                    err);
        }
        if (status != MST_OK) {
            return status == MST_RETRY ? status : MST_FATAL;
        }
    }
    return MST_OK;
}

/* Hands over what came of each event, or that it is refused. */
static enum mst_status
chain_finish(struct mst_chain *chain, struct mst_unit *unit,
             struct mst_error *err)
{
    const struct chain_list *list = chain->out;
    size_t at = 0;
    unit->results = mst_arena_alloc(&unit->arena, (list->len + unit->len)
                                                      * sizeof(*unit->results));
    if (unit->results == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    unit->results_len = 0;
    for (uint32_t root = 0; root < unit->len; root++) {
        uint32_t n = 0;
        for (; at < list->len && list->items[at].root == root; at++) {
            if (unit->refusals[root] == NULL) {
                struct mst_event *event = list->items[at].event;
                event->origin = unit->events[root];
                event->result = n++;
                unit->results[unit->results_len++] = event;
            }
        }
        if (unit->refusals[root] != NULL) {
            unit->results[unit->results_len++] = unit->events[root];
            n = 1;
        }
        unit->counts[root] = n;
    }
    return MST_OK;
}

enum mst_status
mst_chain_run(struct mst_chain *chain, struct mst_unit *unit,
              struct mst_error *err)
{
    chain->emit.arena = &unit->arena;
    unit->refusals = mst_arena_alloc_zeroed(&unit->arena, unit->len + 1,
                                            sizeof(*unit->refusals));
    unit->counts = mst_arena_alloc_zeroed(&unit->arena, unit->len + 1,
                                          sizeof(*unit->counts));
    bool timed = atomic_load_explicit(&chain->timed, memory_order_relaxed);
    unit->spent = timed ? mst_arena_alloc_zeroed(&unit->arena, unit->len + 1,
                                                 sizeof(*unit->spent))
                        : NULL;
    if (unit->refusals == NULL || unit->counts == NULL
        || (timed && unit->spent == NULL)) {
        return mst_fail_memory(err, "pipeline");
    }
    enum mst_status status = chain_source(chain, unit, err);
    for (size_t k = 0; k < chain->steps_len && status == MST_OK; k++) {
        const struct chain_list *in = chain->out;
        chain->out =
            in == &chain->lists[0] ? &chain->lists[1] : &chain->lists[0];
        chain->out->len = 0;
        status = chain_pass(chain, &chain->steps[k], in, unit, err);
    }
    return status == MST_OK ? chain_finish(chain, unit, err) : status;
}

void
mst_chain_set_watch(struct mst_chain *chain, struct mst_chain_watch *watch)
{
    chain->watch = watch;
}

void
mst_chain_set_timed(struct mst_chain *chain, bool timed)
{
    atomic_store_explicit(&chain->timed, timed, memory_order_relaxed);
}

void
mst_chain_close(struct mst_chain *chain)
{
    for (size_t i = 0; i < chain->steps_len; i++) {
        chain_close(&chain->steps[i]);
    }
}

void
mst_chain_interrupt(struct mst_chain *chain)
{
    atomic_store(&chain->interrupted, true);
    for (size_t i = 0; i < chain->steps_len; i++) {
        const struct chain_step *step = &chain->steps[i];
        if (step->spec->type->interrupt != NULL) {
            step->spec->type->interrupt(step->ctx);
        }
    }
}

void
mst_chain_destroy(struct mst_chain *chain)
{
    if (chain == NULL) {
        return;
    }
    for (size_t i = 0; chain->steps != NULL && i < chain->steps_len; i++) {
        chain->steps[i].spec->type->destroy(chain->steps[i].ctx);
    }
    free(chain->steps);
    free(chain->lists[0].items);
    free(chain->lists[1].items);
    mst_buf_clear(&chain->scratch);
    free(chain);
}

enum mst_status
mst_chain_create(const struct mst_pipeline_spec *spec,
                 const struct mst_plan *plan, struct mst_chain **ret_chain,
                 struct mst_error *err)
{
    struct mst_chain *chain = calloc(1, sizeof(*chain));
    if (chain == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    chain->emit.event = chain_emit;
    chain->plan = plan;
    chain->retry = &spec->retry;
    mst_buf_init(&chain->scratch, CHAIN_CONVERTED_MAX);
    chain->steps = calloc(spec->middlewares_len + 1, sizeof(*chain->steps));
    if (chain->steps == NULL) {
        mst_chain_destroy(chain);
        return mst_fail_memory(err, "pipeline");
    }
    for (size_t i = 0; i < spec->middlewares_len; i++) {
        const struct mst_pipeline_middleware *one = &spec->middlewares[i];
        struct chain_step *step = &chain->steps[i];
        step->spec = one;
        enum mst_status status = one->type->create(&step->ctx, &one->args, err);
        if (status != MST_OK) {
            mst_error_prefix(err, "middleware '%s': ", one->name);
            mst_chain_destroy(chain);
            return status;
        }
        chain->steps_len = i + 1;
    }
    *ret_chain = chain;
    return MST_OK;
}
