/* SPDX-License-Identifier: MIT */
/* Clocks are read once per batch and stage. */
#include "pipeline/meters.h"

#include "base/clock.h"

enum { METERS_US = 1000 }; /* in a ms, and ns in one */

/* To the nearest: small batches are converted in less than one. */
static int64_t
meters_us(int64_t ns)
{
    return (ns + METERS_US / 2) / METERS_US;
}

void
mst_meters_read(const struct mst_meters *meters,
                struct mst_meters_look *ret_look)
{
    memset(ret_look, 0, sizeof(*ret_look));
    for (size_t i = 0; i < MST_METERS; i++) {
        mst_histogram_read(&meters->of[i], &ret_look->of[i]);
    }
}

void
mst_meters_sum(struct mst_meters_look *sum, const struct mst_meters_look *more)
{
    for (size_t i = 0; i < MST_METERS; i++) {
        mst_histogram_sum(&sum->of[i], &more->of[i]);
    }
}

static void
meters_ages(struct mst_histogram *histogram, const struct mst_flight *flight)
{
    int64_t now = mst_clock_wall_ms();
    for (size_t i = 0; i < flight->ages_len; i++) {
        const struct mst_flight_age *age = &flight->ages[i];
        mst_histogram_add(histogram, mst_histogram_times,
                          (now - age->source_ts_ms) * METERS_US, age->events);
    }
}

/* Equal pieces of the batch, each as old as its first event. */
static void
meters_take_ages(struct mst_flight *flight)
{
    const struct mst_batch *batch = flight->batch;
    size_t pieces = batch->len < MST_METER_AGES ? batch->len : MST_METER_AGES;
    flight->ages_len = 0;
    for (size_t i = 0; i < pieces; i++) {
        size_t first = i * batch->len / pieces;
        size_t end = (i + 1) * batch->len / pieces;
        int64_t ts = batch->events[first].source_ts_ms;
        if (ts != MST_TIME_UNKNOWN) {
            flight->ages[flight->ages_len++] = (struct mst_flight_age){
                .source_ts_ms = ts, .events = end - first};
        }
    }
}

void
mst_meters_received(struct mst_meters *meters, struct mst_flight *flight)
{
    meters_take_ages(flight);
    if (flight->batch->len > 0) {
        mst_histogram_add(&meters->of[MST_METER_BATCH], mst_histogram_sizes,
                          (int64_t)flight->batch->len, 1);
    }
    meters_ages(&meters->of[MST_METER_SOURCE], flight);
}

void
mst_meters_converted(struct mst_meters *meters, struct mst_flight *flight,
                     size_t events, int64_t since_ns)
{
    int64_t now = mst_clock_ns();
    atomic_store_explicit(&flight->converted_ns, now, memory_order_relaxed);
    mst_histogram_add(&meters->of[MST_METER_CONVERT], mst_histogram_times,
                      meters_us(now - since_ns), events);
}

void
mst_meters_confirmed(struct mst_meters *meters, const struct mst_flight *flight)
{
    int64_t since =
        atomic_load_explicit(&flight->converted_ns, memory_order_relaxed);
    mst_histogram_add(&meters->of[MST_METER_SINK], mst_histogram_times,
                      meters_us(mst_clock_ns() - since), flight->batch->len);
    meters_ages(&meters->of[MST_METER_TOTAL], flight);
}
