/* SPDX-License-Identifier: MIT */
/* Flights: taken from a small pool, settled in order, given back. */
#include <stdlib.h>

#include "base/thread.h"
#include "pipeline/letter_event.h"
#include "pipeline/run.h"

enum {
    FLIGHTS_POOLED = 4,
    FLIGHTS_KEEP = 4 * 1024 * 1024 /* bytes per buffer of a pooled flight */
};

struct mst_flight *
mst_pipeline_take_flight(struct mst_pipeline *pipeline)
{
    mst_mutex_lock(&pipeline->pool_mutex);
    struct mst_flight *flight = pipeline->pool;
    if (flight != NULL) {
        pipeline->pool = flight->next;
        pipeline->pool_len--;
    }
    mst_mutex_unlock(&pipeline->pool_mutex);
    if (flight == NULL) {
        flight = mst_flight_create(pipeline->spec->batch_events,
                                   pipeline->spec->batch_bytes);
    }
    return flight;
}

void
mst_pipeline_give_flight(struct mst_pipeline *pipeline,
                         struct mst_flight *flight)
{
    uint64_t charged = flight->charged;
    for (size_t i = 0; i < flight->units_len; i++) {
        charged += flight->units[i].charged;
    }
    mst_budget_refund(&pipeline->budget, charged);
    mst_flight_reset(flight, FLIGHTS_KEEP);
    mst_mutex_lock(&pipeline->pool_mutex);
    bool keep = pipeline->pool_len < FLIGHTS_POOLED;
    if (keep) {
        flight->next = pipeline->pool;
        pipeline->pool = flight;
        pipeline->pool_len++;
    }
    mst_mutex_unlock(&pipeline->pool_mutex);
    if (!keep) {
        mst_flight_destroy(flight);
    }
}

static void
flights_settle(void *arg, struct mst_slice mark)
{
    struct mst_pipeline *pipeline = arg;
    pipeline->spec->source->settle(pipeline->source, mark);
}

static void
flights_release(void *arg, struct mst_flight *flight)
{
    mst_pipeline_give_flight(arg, flight);
}

void
mst_pipeline_advance(struct mst_pipeline *pipeline)
{
    const struct mst_tracker_events events = {
        .settle = flights_settle, .release = flights_release, .arg = pipeline};
    if (mst_tracker_advance(&pipeline->tracker, &events)) {
        atomic_store(&pipeline->dirty, true);
    }
}

/* last: a flight of which all is confirmed, or NULL. */
static void
flights_done(struct mst_pipeline *pipeline, struct mst_flight *last)
{
    if (last == NULL) {
        return;
    }
    mst_meters_confirmed(&pipeline->meters, last);
    mst_tracker_let_go(last);
    if (atomic_load(&pipeline->reader_waits)) {
        mst_mutex_lock(&pipeline->mutex);
        (void)pthread_cond_broadcast(&pipeline->changed);
        mst_mutex_unlock(&pipeline->mutex);
    }
}

void
mst_pipeline_settle(struct mst_pipeline *pipeline,
                    struct mst_delivery *delivery)
{
    if (MST_UNLIKELY(delivery->original != NULL)) {
        struct mst_delivery *original = delivery->original;
        mst_letter_event_destroy(delivery);
        atomic_fetch_add(&pipeline->rejected, 1);
        free(original->error);
        original->error = NULL;
        delivery = original;
    }
    flights_done(pipeline, mst_tracker_confirm(delivery->event));
}

void
mst_pipeline_expect(struct mst_pipeline *pipeline, struct mst_unit *unit)
{
    struct mst_flight *flight = unit->flight;
    unsigned sinks = (unsigned)pipeline->plan.sinks_len;
    uint64_t dropped = 0;
    for (size_t i = 0; i < unit->len; i++) {
        dropped += unit->counts[i] == 0 ? 1 : 0;
        if (unit->counts[i] != 1) {
            mst_tracker_multiply(unit->events[i], sinks, unit->counts[i]);
        }
    }
    atomic_fetch_add(&pipeline->dropped, dropped);
    unit->charged = unit->arena.held;
    mst_budget_charge(&pipeline->budget, unit->charged);
    ptrdiff_t more = (ptrdiff_t)unit->results_len - (ptrdiff_t)unit->len;
    flights_done(pipeline, mst_tracker_expect(flight, more * (ptrdiff_t)sinks));
}
