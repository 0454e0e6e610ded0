/* SPDX-License-Identifier: MIT */
/*
 * The gap-free tracker: knows which events are confirmed by all sinks, and
 * settles them with the source in the order in which they were read.
 *
 * A flight is one batch on its way. Confirmations are two atomic decrements,
 * no lock. Flights are settled and released strictly from the oldest on, so a
 * position never passes an event that is not confirmed.
 */
#ifndef MST_PIPELINE_TRACKER_H
#define MST_PIPELINE_TRACKER_H

#include <pthread.h>

#include "core/batch.h"

struct mst_unit;

enum { MST_METER_AGES = 8 };

/* Some events of a batch, and how old the first of them is. */
struct mst_flight_age {
    int64_t source_ts_ms;
    size_t events;
};

struct mst_flight {
    struct mst_batch *batch;
    struct mst_flight *next;
    size_t settled; /* events settled so far, tracker only */
    /* Deliveries not yet confirmed, and one for who confirms the last of them
     * for as long as it still looks at the flight. */
    atomic_size_t outstanding;
    struct mst_flight_age ages[MST_METER_AGES]; /* see meters.h */
    size_t ages_len;
    _Atomic int64_t converted_ns; /* monotonic; of the unit that came last */
    uint64_t charged;             /* bytes of the budget, see unit.h */
    struct mst_arena arena;       /* of units, deliveries, pointers */
    struct mst_unit *units;
    size_t units_len;
    size_t units_cap;
};

struct mst_tracker {
    pthread_mutex_t mutex;
    struct mst_flight *head;
    struct mst_flight *tail;
    size_t flights;
    uint64_t settled_seq; /* every event up to here is confirmed */
};

/* What advancing tells. Called with the tracker's mutex held, in order. */
struct mst_tracker_events {
    void (*settle)(void *arg, struct mst_slice mark);
    void (*release)(void *arg, struct mst_flight *flight); /* takes it */
    void *arg;
};

MST_MUST_CHECK enum mst_status mst_tracker_init(struct mst_tracker *tracker,
                                                struct mst_error *err);
/* Releases what is left without settling it. */
void mst_tracker_clear(struct mst_tracker *tracker,
                       const struct mst_tracker_events *events);

/* Moves a flight in; each of its events waits for `sinks` confirmations. */
void mst_tracker_add(struct mst_tracker *tracker, struct mst_flight *flight,
                     unsigned sinks);

/* A middleware made `results` deliveries per sink of it, which has not got
 * any yet. To be followed by mst_tracker_expect. Thread: the worker. */
void mst_tracker_multiply(struct mst_event *event, unsigned sinks,
                          uint32_t results);

/* As many deliveries more (less) are to come. Returns as mst_tracker_confirm.
 * Thread: the worker. */
MST_MUST_CHECK struct mst_flight *mst_tracker_expect(struct mst_flight *flight,
                                                     ptrdiff_t more);

/* One delivery of this event is confirmed (or in the dead-letter store). When
 * that was the last of its flight, returns it, to be let go of; else NULL, and
 * the flight may be gone. Thread: any. */
MST_MUST_CHECK struct mst_flight *mst_tracker_confirm(struct mst_event *event);
/* It may be gone from then on. */
void mst_tracker_let_go(struct mst_flight *flight);

/* Settles what is confirmed from the oldest on and releases whole flights.
 * True when anything was settled. Thread: any. */
bool mst_tracker_advance(struct mst_tracker *tracker,
                         const struct mst_tracker_events *events);

bool mst_tracker_is_empty(struct mst_tracker *tracker);

#endif
