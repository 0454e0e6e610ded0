/* SPDX-License-Identifier: MIT */
/*
 * The part of a flight that goes through one worker: its events, what they
 * were converted to, and one delivery per event and sink.
 */
#ifndef MST_PIPELINE_UNIT_H
#define MST_PIPELINE_UNIT_H

#include "core/letter.h"
#include "pipeline/pipeline.h"
#include "pipeline/tracker.h"

enum {
    /* Waking a thread costs more than converting or writing so few events,
     * which are all that comes while there is no load. */
    MST_UNIT_FEW = 16
};

/* Which conversions a job needs, found once: the source's step, then one per
 * different wish of the sinks. */
struct mst_plan {
    size_t middlewares_len;       /* their conversions are the chain's */
    struct mst_transcoder source; /* run NULL: none */
    struct mst_transcoder *steps; /* distinct ones, run never NULL */
    size_t steps_len;
    /* Per sink: index into steps, or -1: gets the source's form. */
    int *sink_step;
    size_t sinks_len;
    bool may_wait; /* one of the conversions may */
    /* Set by the engine, called by a worker: a conversion is to be tried again
     * (failures in a row, from 1; 0: it works again). Waits; false: it is to
     * be given up. NULL: it always is. */
    bool (*wait)(void *arg, unsigned failures, const struct mst_error *err);
    void *wait_arg;
};

/* A part is what one sink gets of a unit; a queue's item. */
struct mst_part {
    struct mst_delivery *deliveries;
    size_t len;
};

/* Why an event is not delivered. */
struct mst_refusal {
    struct mst_error err;
    struct mst_refuser by;
};

/* A conversion. */
extern const struct mst_refuser mst_refused_by_encoding;

struct mst_unit {
    struct mst_flight *flight;
    struct mst_event **events;
    size_t len;
    struct mst_buf source_out; /* memory of the source's step */
    struct mst_buf *step_out;  /* memory of each step */
    size_t step_out_len;
    struct mst_part *parts; /* one per sink */
    size_t filled;          /* of them, whose deliveries are there */

    /* With middlewares only. */
    struct mst_arena arena;     /* of what follows and what it points to */
    struct mst_event **results; /* in the order of events */
    size_t results_len;
    uint32_t *counts;              /* per event: its results */
    struct mst_refusal **refusals; /* per event; NULL: it is not refused */
    uint64_t *spent;  /* per event, ns in steps; NULL: not measured */
    uint64_t charged; /* bytes of the budget */
};

MST_MUST_CHECK enum mst_status
mst_plan_init(struct mst_plan *plan, const struct mst_pipeline_spec *spec,
              struct mst_error *err);
void mst_plan_clear(struct mst_plan *plan);

/* Splits the flight's events by key hash over `workers` units, in order. */
MST_MUST_CHECK enum mst_status mst_flight_split(struct mst_flight *flight,
                                                const struct mst_plan *plan,
                                                unsigned workers,
                                                struct mst_error *err);

/* One conversion: tries until it is done, refused, or given up. out's length
 * is as before unless it is done. */
MST_MUST_CHECK enum mst_status
mst_plan_convert(const struct mst_plan *plan, const struct mst_transcoder *step,
                 struct mst_slice in, struct mst_buf *out,
                 struct mst_error *err);

/* Converts for all sinks and fills the deliveries. An event that does not
 * convert gets outcome REJECTED and its error. Others end it: MST_FATAL, or
 * MST_RETRY when the plan's wait gave up; no delivery may be used then. */
MST_MUST_CHECK enum mst_status mst_unit_convert(struct mst_unit *unit,
                                                const struct mst_plan *plan,
                                                struct mst_error *err);

/* Copies of a batch's bytes that are to be expected. */
uint64_t mst_plan_copies(const struct mst_plan *plan);

/* Bytes that conversions took. */
uint64_t mst_unit_memory(const struct mst_unit *unit);

/* What a batch is charged before it is converted: its own memory, its
 * deliveries, and room for the conversions that are to come. */
uint64_t mst_flight_estimate(const struct mst_batch *batch,
                             const struct mst_plan *plan);

MST_MUST_CHECK struct mst_flight *mst_flight_create(size_t max_events,
                                                    size_t max_bytes);
/* For reuse: empties the batch, keeps at most keep bytes per buffer. */
void mst_flight_reset(struct mst_flight *flight, size_t keep);
void mst_flight_destroy(struct mst_flight *flight);

#endif
