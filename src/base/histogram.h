/* SPDX-License-Identifier: MIT */
/* How often which values came, in a few classes. Counting takes no lock and
 * no memory. */
#ifndef MST_BASE_HISTOGRAM_H
#define MST_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MST_HISTOGRAM_BOUNDS = 15,
    /* The last class is for what is above all bounds. */
    MST_HISTOGRAM_CLASSES = MST_HISTOGRAM_BOUNDS + 1
};

/* The greatest value of each class, growing. */
extern const uint64_t mst_histogram_times[MST_HISTOGRAM_BOUNDS]; /* us */
extern const uint64_t mst_histogram_sizes[MST_HISTOGRAM_BOUNDS];

/* Zeroed: nothing came. */
struct mst_histogram {
    atomic_uint_fast64_t counts[MST_HISTOGRAM_CLASSES];
    atomic_uint_fast64_t sum;
};

/* A look at it: each class without those before it. */
struct mst_histogram_look {
    uint64_t counts[MST_HISTOGRAM_CLASSES];
    uint64_t sum;
};

/* The value came n times; negative ones (clocks differ) count as 0. bounds:
 * always the same. Thread: any. */
void mst_histogram_add(struct mst_histogram *histogram,
                       const uint64_t bounds[MST_HISTOGRAM_BOUNDS],
                       int64_t value, uint64_t n);
/* Adds what it has to ret_look. Thread: any. */
void mst_histogram_read(const struct mst_histogram *histogram,
                        struct mst_histogram_look *look);
void mst_histogram_sum(struct mst_histogram_look *sum,
                       const struct mst_histogram_look *more);
uint64_t mst_histogram_total(const struct mst_histogram_look *look);

#endif
