/* SPDX-License-Identifier: MIT */
/* Splitting flights, and converting the events of a unit. */
#include "pipeline/unit.h"

#include <assert.h>
#include <stdlib.h>

/* What one unit may convert to at most: a batch of events is far below it, a
 * single hostile event must not get above it. */
enum { UNIT_OUT_MAX = 1024 * 1024 * 1024 };

const struct mst_refuser mst_refused_by_encoding = {.stage = "encode"};

struct mst_flight *
mst_flight_create(size_t max_events, size_t max_bytes)
{
    struct mst_flight *flight = calloc(1, sizeof(*flight));
    if (flight == NULL) {
        return NULL;
    }
    flight->batch = mst_batch_create(max_events, max_bytes);
    if (flight->batch == NULL) {
        free(flight);
        return NULL;
    }
    return flight;
}

static void
unit_trim(struct mst_buf *buf, size_t keep)
{
    mst_buf_reset(buf);
    if (buf->cap > keep) {
        mst_buf_clear(buf);
    }
}

/* The errors that no letter took over: the run ended before. */
static void
unit_forget_errors(struct mst_unit *unit)
{
    for (size_t s = 0; s < unit->filled; s++) {
        const struct mst_part *part = &unit->parts[s];
        for (size_t i = 0; i < part->len; i++) {
            free(part->deliveries[i].error);
        }
    }
    unit->filled = 0;
}

void
mst_flight_reset(struct mst_flight *flight, size_t keep)
{
    for (size_t i = 0; i < flight->units_len; i++) {
        struct mst_unit *unit = &flight->units[i];
        unit_forget_errors(unit);
        unit_trim(&unit->source_out, keep);
        for (size_t k = 0; k < unit->step_out_len; k++) {
            unit_trim(&unit->step_out[k], keep);
        }
        mst_arena_reset(&unit->arena, keep);
        unit->results = NULL;
        unit->charged = 0;
    }
    flight->units_len = 0;
    flight->charged = 0;
    mst_arena_reset(&flight->arena, keep);
    mst_batch_reset(flight->batch, keep);
}

void
mst_flight_destroy(struct mst_flight *flight)
{
    if (flight == NULL) {
        return;
    }
    for (size_t i = 0; i < flight->units_cap; i++) {
        struct mst_unit *unit = &flight->units[i];
        unit_forget_errors(unit);
        mst_buf_clear(&unit->source_out);
        for (size_t k = 0; k < unit->step_out_len; k++) {
            mst_buf_clear(&unit->step_out[k]);
        }
        free(unit->step_out);
        mst_arena_clear(&unit->arena);
    }
    free(flight->units);
    mst_arena_clear(&flight->arena);
    mst_batch_destroy(flight->batch);
    free(flight);
}

/* Units are kept with their buffers from one use of the flight to the next. */
static enum mst_status
flight_make_units(struct mst_flight *flight, const struct mst_plan *plan,
                  unsigned workers)
{
    if (flight->units_cap < workers) {
        struct mst_unit *units = calloc(workers, sizeof(*units));
        if (units == NULL) {
            return MST_FATAL;
        }
        free(flight->units); /* only ever made once: workers is constant */
        flight->units = units;
        flight->units_cap = workers;
        for (size_t i = 0; i < workers; i++) {
            mst_buf_init(&units[i].source_out, UNIT_OUT_MAX);
            units[i].step_out =
                calloc(plan->steps_len + 1, sizeof(*units[i].step_out));
            if (units[i].step_out == NULL) {
                return MST_FATAL;
            }
            units[i].step_out_len = plan->steps_len;
            for (size_t k = 0; k < plan->steps_len; k++) {
                mst_buf_init(&units[i].step_out[k], UNIT_OUT_MAX);
            }
        }
    }
    flight->units_len = workers;
    return MST_OK;
}

static enum mst_status
unit_make_parts(struct mst_unit *unit, const struct mst_plan *plan)
{
    struct mst_arena *arena = &unit->flight->arena;
    size_t bytes = unit->len * sizeof(struct mst_delivery);
    unit->parts =
        mst_arena_alloc(arena, plan->sinks_len * sizeof(*unit->parts));
    if (unit->parts == NULL) {
        return MST_FATAL;
    }
    /* With middlewares nobody knows yet how many there will be. */
    for (size_t s = 0; s < plan->sinks_len && plan->middlewares_len == 0; s++) {
        unit->parts[s].deliveries = mst_arena_alloc(arena, bytes);
        unit->parts[s].len = unit->len;
        if (unit->parts[s].deliveries == NULL) {
            return MST_FATAL;
        }
    }
    return MST_OK;
}

enum mst_status
mst_flight_split(struct mst_flight *flight, const struct mst_plan *plan,
                 unsigned workers, struct mst_error *err)
{
    struct mst_batch *batch = flight->batch;
    assert(workers > 0);
    if (flight_make_units(flight, plan, workers) != MST_OK) {
        return mst_fail_memory(err, "pipeline");
    }
    for (unsigned w = 0; w < workers; w++) {
        struct mst_unit *unit = &flight->units[w];
        unit->flight = flight;
        unit->len = 0;
        unit->events =
            mst_arena_alloc(&flight->arena, batch->len * sizeof(*unit->events));
        if (unit->events == NULL) {
            return mst_fail_memory(err, "pipeline");
        }
    }
    for (size_t i = 0; i < batch->len; i++) {
        struct mst_event *event = &batch->events[i];
        struct mst_unit *unit =
            &flight->units[workers == 1 ? 0 : event->key_hash % workers];
        unit->events[unit->len++] = event;
    }
    for (unsigned w = 0; w < workers; w++) {
        if (unit_make_parts(&flight->units[w], plan) != MST_OK) {
            return mst_fail_memory(err, "pipeline");
        }
    }
    return MST_OK;
}

uint64_t
mst_unit_memory(const struct mst_unit *unit)
{
    uint64_t bytes = unit->source_out.cap;
    for (size_t k = 0; k < unit->step_out_len; k++) {
        bytes += unit->step_out[k].cap;
    }
    return bytes;
}

uint64_t
mst_plan_copies(const struct mst_plan *plan)
{
    return plan->steps_len + plan->middlewares_len
           + (plan->source.run != NULL ? 1 : 0);
}

uint64_t
mst_flight_estimate(const struct mst_batch *batch, const struct mst_plan *plan)
{
    /* A client library's own records of a message in its queue, and of each
     * of its headers. */
    const uint64_t queued = 320;
    const uint64_t header = 96;
    uint64_t copies = mst_plan_copies(plan);
    uint64_t attributes = 0;
    for (size_t i = 0; i < batch->len; i++) {
        attributes += batch->events[i].attributes_len;
    }
    return mst_batch_memory(batch)
           + plan->sinks_len
                 * (batch->len * (sizeof(struct mst_delivery) + queued)
                    + attributes * header)
           + copies * (batch->bytes + batch->bytes / 2);
}

/* Tries until it is done, refused, or given up. */
static enum mst_status
unit_run(const struct mst_plan *plan, const struct mst_transcoder *step,
         struct mst_slice in, struct mst_buf *out, struct mst_error *err)
{
    unsigned failures = 0;
    enum mst_status status = step->run(step, in, out, err);
    while (MST_UNLIKELY(status == MST_RETRY) && plan->wait != NULL
           && plan->wait(plan->wait_arg, ++failures, err)) {
        status = step->run(step, in, out, err);
    }
    if (failures > 0 && status != MST_RETRY) {
        (void)plan->wait(plan->wait_arg, 0, NULL);
    }
    return status;
}

enum mst_status
mst_plan_convert(const struct mst_plan *plan, const struct mst_transcoder *step,
                 struct mst_slice in, struct mst_buf *out,
                 struct mst_error *err)
{
    size_t before = out->len;
    enum mst_status status = unit_run(plan, step, in, out, err);
    if (status != MST_OK) {
        out->len = before;
    }
    return status;
}

/* An event that has no payload has none in any encoding. */
static enum mst_status
unit_convert_one(const struct mst_plan *plan, const struct mst_transcoder *step,
                 struct mst_slice in, struct mst_buf *out, size_t *ret_len,
                 struct mst_error *err)
{
    size_t before = out->len;
    *ret_len = 0;
    if (in.data == NULL) {
        return MST_OK;
    }
    enum mst_status status = mst_plan_convert(plan, step, in, out, err);
    *ret_len = out->len - before;
    return status;
}

static enum mst_status
unit_reject(struct mst_delivery *delivery, const struct mst_refuser *refuser,
            const struct mst_error *err)
{
    struct mst_error *copy = malloc(sizeof(*copy));
    if (copy == NULL) {
        return MST_FATAL;
    }
    *copy = *err;
    free(delivery->error);
    delivery->error = copy;
    delivery->outcome = MST_REJECTED;
    delivery->refuser = refuser;
    return MST_OK;
}

/* Converts all deliveries of a part in place. Lengths first, pointers after:
 * the buffer may move while it grows. */
static enum mst_status
unit_convert_part(const struct mst_plan *plan,
                  const struct mst_transcoder *step, struct mst_part *part,
                  struct mst_buf *out, struct mst_error *err)
{
    size_t start = out->len;
    for (size_t i = 0; i < part->len; i++) {
        struct mst_delivery *delivery = &part->deliveries[i];
        size_t len = 0;
        if (delivery->outcome == MST_REJECTED) {
            continue;
        }
        enum mst_status status =
            unit_convert_one(plan, step, delivery->payload, out, &len, err);
        if (status != MST_OK && status != MST_REJECTED) {
            return status;
        }
        if (status == MST_REJECTED
            && unit_reject(delivery, &mst_refused_by_encoding, err) != MST_OK) {
            return mst_fail_memory(err, "pipeline");
        }
        delivery->payload.len = len;
        delivery->encoding = step->to;
    }
    for (size_t i = 0; i < part->len; i++) {
        struct mst_delivery *delivery = &part->deliveries[i];
        if (delivery->outcome != MST_REJECTED
            && delivery->payload.data != NULL) {
            delivery->payload.data = out->data + start;
            start += delivery->payload.len;
        }
    }
    return MST_OK;
}

static void
unit_start_part(struct mst_unit *unit, struct mst_part *part)
{
    memset(part->deliveries, 0, part->len * sizeof(*part->deliveries));
    for (size_t i = 0; i < part->len; i++) {
        part->deliveries[i].event = unit->events[i];
        part->deliveries[i].payload = unit->events[i]->payload;
        part->deliveries[i].encoding = unit->events[i]->encoding;
    }
}

/* Takes over what another sink's part was converted to. */
static enum mst_status
unit_share_part(struct mst_part *part, const struct mst_part *done)
{
    for (size_t i = 0; i < part->len; i++) {
        const struct mst_delivery *from = &done->deliveries[i];
        part->deliveries[i].payload = from->payload;
        part->deliveries[i].encoding = from->encoding;
        if (from->outcome == MST_REJECTED
            && unit_reject(&part->deliveries[i], from->refuser, from->error)
                   != MST_OK) {
            return MST_FATAL;
        }
    }
    return MST_OK;
}

/* The source's step is done once, on the first sink's part, and shared. */
static enum mst_status
unit_source_step(struct mst_unit *unit, const struct mst_plan *plan,
                 struct mst_error *err)
{
    for (size_t s = 0; s < plan->sinks_len; s++) {
        unit_start_part(unit, &unit->parts[s]);
    }
    unit->filled = plan->sinks_len;
    if (plan->source.run == NULL || plan->sinks_len == 0) {
        return MST_OK;
    }
    enum mst_status status = unit_convert_part(
        plan, &plan->source, &unit->parts[0], &unit->source_out, err);
    for (size_t s = 1; s < plan->sinks_len && status == MST_OK; s++) {
        if (unit_share_part(&unit->parts[s], &unit->parts[0]) != MST_OK) {
            status = mst_fail_memory(err, "pipeline");
        }
    }
    return status;
}

/* What the middlewares gave, or refused. */
static enum mst_status
unit_result_part(struct mst_unit *unit, struct mst_part *part)
{
    part->len = unit->results_len;
    part->deliveries = mst_arena_alloc_zeroed(&unit->arena, part->len + 1,
                                              sizeof(*part->deliveries));
    if (part->deliveries == NULL) {
        return MST_FATAL;
    }
    unit->filled++;
    size_t root = 0;
    for (size_t i = 0; i < part->len; i++) {
        struct mst_delivery *delivery = &part->deliveries[i];
        delivery->event = unit->results[i];
        delivery->payload = delivery->event->payload;
        delivery->encoding = delivery->event->encoding;
        if (delivery->event->origin != NULL) {
            continue;
        }
        while (unit->events[root] != delivery->event) {
            root++;
        }
        const struct mst_refusal *refusal = unit->refusals[root];
        if (unit_reject(delivery, &refusal->by, &refusal->err) != MST_OK) {
            return MST_FATAL;
        }
    }
    return MST_OK;
}

/* All parts before the sinks' conversions. */
static enum mst_status
unit_start_parts(struct mst_unit *unit, const struct mst_plan *plan,
                 struct mst_error *err)
{
    unit_forget_errors(unit);
    if (unit->results == NULL) {
        return unit_source_step(unit, plan, err);
    }
    for (size_t s = 0; s < plan->sinks_len; s++) {
        if (unit_result_part(unit, &unit->parts[s]) != MST_OK) {
            return mst_fail_memory(err, "pipeline");
        }
    }
    return MST_OK;
}

enum mst_status
mst_unit_convert(struct mst_unit *unit, const struct mst_plan *plan,
                 struct mst_error *err)
{
    enum mst_status status = unit_start_parts(unit, plan, err);
    for (size_t k = 0; k < plan->steps_len && status == MST_OK; k++) {
        struct mst_part *done = NULL;
        for (size_t s = 0; s < plan->sinks_len && status == MST_OK; s++) {
            if (plan->sink_step[s] != (int)k) {
                continue;
            }
            if (done == NULL) {
                done = &unit->parts[s];
                status = unit_convert_part(plan, &plan->steps[k], done,
                                           &unit->step_out[k], err);
            } else if (unit_share_part(&unit->parts[s], done) != MST_OK) {
                status = mst_fail_memory(err, "pipeline");
            }
        }
    }
    return status;
}
