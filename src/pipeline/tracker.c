/* SPDX-License-Identifier: MIT */
/* A list of flights in reading order. */
#include "pipeline/tracker.h"

#include "base/thread.h"

enum mst_status
mst_tracker_init(struct mst_tracker *tracker, struct mst_error *err)
{
    memset(tracker, 0, sizeof(*tracker));
    int rc = pthread_mutex_init(&tracker->mutex, NULL);
    if (rc != 0) {
        return mst_fail(err, MST_FATAL, "tracker", rc, "can not make a mutex");
    }
    return MST_OK;
}

void
mst_tracker_clear(struct mst_tracker *tracker,
                  const struct mst_tracker_events *events)
{
    while (tracker->head != NULL) {
        struct mst_flight *flight = tracker->head;
        tracker->head = flight->next;
        events->release(events->arg, flight);
    }
    (void)pthread_mutex_destroy(&tracker->mutex);
}

void
mst_tracker_add(struct mst_tracker *tracker, struct mst_flight *flight,
                unsigned sinks)
{
    struct mst_batch *batch = flight->batch;
    for (size_t i = 0; i < batch->len; i++) {
        atomic_init(&batch->events[i].pending, sinks);
    }
    size_t deliveries = batch->len * sinks;
    atomic_init(&flight->outstanding, deliveries > 0 ? deliveries + 1 : 0);
    flight->settled = 0;
    flight->next = NULL;
    batch->owner = flight;
    mst_mutex_lock(&tracker->mutex);
    if (tracker->tail == NULL) {
        tracker->head = flight;
    } else {
        tracker->tail->next = flight;
    }
    tracker->tail = flight;
    tracker->flights++;
    mst_mutex_unlock(&tracker->mutex);
}

void
mst_tracker_multiply(struct mst_event *event, unsigned sinks, uint32_t results)
{
    if (results > 1) {
        (void)atomic_fetch_add_explicit(&event->pending, sinks * (results - 1),
                                        memory_order_relaxed);
    } else if (results == 0) {
        (void)atomic_fetch_sub_explicit(&event->pending, sinks,
                                        memory_order_release);
    }
}

struct mst_flight *
mst_tracker_expect(struct mst_flight *flight, ptrdiff_t more)
{
    if (more >= 0) {
        (void)atomic_fetch_add_explicit(&flight->outstanding, (size_t)more,
                                        memory_order_relaxed);
        return NULL;
    }
    size_t less = (size_t)-more;
    size_t before = atomic_fetch_sub_explicit(&flight->outstanding, less,
                                              memory_order_acq_rel);
    return before == less + 1 ? flight : NULL;
}

struct mst_flight *
mst_tracker_confirm(struct mst_event *event)
{
    event = event->origin != NULL ? event->origin : event;
    struct mst_flight *flight = event->batch->owner;
    (void)atomic_fetch_sub_explicit(&event->pending, 1, memory_order_release);
    /* The event may be gone as soon as somebody else confirms the last. */
    size_t before = atomic_fetch_sub_explicit(&flight->outstanding, 1,
                                              memory_order_acq_rel);
    return before == 2 ? flight : NULL;
}

void
mst_tracker_let_go(struct mst_flight *flight)
{
    (void)atomic_fetch_sub_explicit(&flight->outstanding, 1,
                                    memory_order_release);
}

/* Settles the confirmed events at the front of a flight; true: all are. */
static bool
tracker_settle(struct mst_tracker *tracker, struct mst_flight *flight,
               const struct mst_tracker_events *events, bool *moved)
{
    struct mst_batch *batch = flight->batch;
    while (flight->settled < batch->len) {
        struct mst_event *event = &batch->events[flight->settled];
        if (atomic_load_explicit(&event->pending, memory_order_acquire) != 0) {
            return false;
        }
        if (event->mark.data != NULL) {
            events->settle(events->arg, event->mark);
        }
        tracker->settled_seq = event->seq;
        flight->settled++;
        *moved = true;
    }
    /* All events are at 0, but who took the last one down may not have let
     * go of the flight yet. */
    if (atomic_load_explicit(&flight->outstanding, memory_order_acquire) != 0) {
        return false;
    }
    if (batch->end_mark.data != NULL) {
        events->settle(events->arg, batch->end_mark);
        *moved = true;
    }
    return true;
}

bool
mst_tracker_advance(struct mst_tracker *tracker,
                    const struct mst_tracker_events *events)
{
    bool moved = false;
    mst_mutex_lock(&tracker->mutex);
    while (tracker->head != NULL
           && tracker_settle(tracker, tracker->head, events, &moved)) {
        struct mst_flight *flight = tracker->head;
        tracker->head = flight->next;
        if (tracker->head == NULL) {
            tracker->tail = NULL;
        }
        tracker->flights--;
        events->release(events->arg, flight);
    }
    mst_mutex_unlock(&tracker->mutex);
    return moved;
}

bool
mst_tracker_is_empty(struct mst_tracker *tracker)
{
    mst_mutex_lock(&tracker->mutex);
    bool empty = tracker->head == NULL;
    mst_mutex_unlock(&tracker->mutex);
    return empty;
}
