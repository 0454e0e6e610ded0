/* SPDX-License-Identifier: MIT */
/* Relaxed counters: a reader may see a value counted and not yet summed. */
#include "base/histogram.h"

const uint64_t mst_histogram_times[MST_HISTOGRAM_BOUNDS] = {
    100,      500,      1000,     5000,      10000,
    50000,    100000,   500000,   1000000,   5000000,
    10000000, 30000000, 60000000, 300000000, 3600000000};

const uint64_t mst_histogram_sizes[MST_HISTOGRAM_BOUNDS] = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000};

void
mst_histogram_add(struct mst_histogram *histogram,
                  const uint64_t bounds[MST_HISTOGRAM_BOUNDS], int64_t value,
                  uint64_t n)
{
    uint64_t counted = value > 0 ? (uint64_t)value : 0;
    size_t class = 0;
    while (class < MST_HISTOGRAM_BOUNDS && counted > bounds[class]) {
        class ++;
    }
    (void)atomic_fetch_add_explicit(&histogram->counts[class], n,
                                    memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&histogram->sum, counted * n,
                                    memory_order_relaxed);
}

void
mst_histogram_read(const struct mst_histogram *histogram,
                   struct mst_histogram_look *look)
{
    for (size_t i = 0; i < MST_HISTOGRAM_CLASSES; i++) {
        look->counts[i] +=
            atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
    }
    look->sum += atomic_load_explicit(&histogram->sum, memory_order_relaxed);
}

void
mst_histogram_sum(struct mst_histogram_look *sum,
                  const struct mst_histogram_look *more)
{
    for (size_t i = 0; i < MST_HISTOGRAM_CLASSES; i++) {
        sum->counts[i] += more->counts[i];
    }
    sum->sum += more->sum;
}

uint64_t
mst_histogram_total(const struct mst_histogram_look *look)
{
    uint64_t total = 0;
    for (size_t i = 0; i < MST_HISTOGRAM_CLASSES; i++) {
        total += look->counts[i];
    }
    return total;
}
