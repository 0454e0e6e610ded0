/* SPDX-License-Identifier: MIT */
/*
 * How long events take, stage by stage, and how many travel together. Counted
 * once per batch: its events count with the times of at most MST_METER_AGES of
 * them, so that no stage costs anything per event.
 */
#ifndef MST_PIPELINE_METERS_H
#define MST_PIPELINE_METERS_H

#include "base/histogram.h"
#include "pipeline/tracker.h"

enum mst_meter {
    /* From the event's time at its origin to its batch being read. */
    MST_METER_SOURCE,
    MST_METER_CONVERT, /* of its batch */
    /* From there to the last confirmation of its batch. */
    MST_METER_SINK,
    /* From the event's time to that. */
    MST_METER_TOTAL,
    MST_METER_BATCH, /* events that were read together */
    MST_METERS
};

/* Zeroed: nothing was counted. */
struct mst_meters {
    struct mst_histogram of[MST_METERS];
};

struct mst_meters_look {
    struct mst_histogram_look of[MST_METERS];
};

void mst_meters_read(const struct mst_meters *meters,
                     struct mst_meters_look *ret_look);
void mst_meters_sum(struct mst_meters_look *sum,
                    const struct mst_meters_look *more);

/* The batch was read: remembers in the flight how old its events are. */
void mst_meters_received(struct mst_meters *meters, struct mst_flight *flight);
/* So many of its events were converted, since that moment (mst_clock_ns). To
 * be called before a sink has them. */
void mst_meters_converted(struct mst_meters *meters, struct mst_flight *flight,
                          size_t events, int64_t since_ns);
/* All of it is confirmed, and it is still there. */
void mst_meters_confirmed(struct mst_meters *meters,
                          const struct mst_flight *flight);

#endif
