/* SPDX-License-Identifier: MIT */
/* A row of counters per operation, in the order of the tables. */
#include "api/count.h"

#include "base/clock.h"

/* Where the operation stands among all; those beyond the last row share it. */
static size_t
count_place(const struct mst_api_operation *operation)
{
    size_t place = 0;
    for (const mst_api_table *table = mst_api_tables;
         operation != NULL && *table != NULL; table++) {
        for (mst_api_table one = *table; one->method != NULL; one++) {
            if (one == operation) {
                return place < MST_API_OPERATIONS_MAX ? place
                                                      : MST_API_OPERATIONS_MAX;
            }
            place++;
        }
    }
    return MST_API_OPERATIONS_MAX;
}

static void
count_refusal(struct mst_api_counts *counts, int status)
{
    if (status == 401) {
        (void)atomic_fetch_add(&counts->refusals[MST_API_UNAUTHORIZED], 1);
    } else if (status == 403) {
        (void)atomic_fetch_add(&counts->refusals[MST_API_FORBIDDEN], 1);
    } else if (status == 429) {
        (void)atomic_fetch_add(&counts->refusals[MST_API_TOO_MANY], 1);
    }
}

void
mst_api_count(struct mst_api_counts *counts,
              const struct mst_api_operation *operation, int status,
              int64_t since_ns)
{
    int class = status / 100;
    if (class > 0 && class < MST_API_STATUS_CLASSES) {
        (void)atomic_fetch_add(&counts->answers[count_place(operation)][class],
                               1);
    }
    count_refusal(counts, status);
    if (since_ns > 0) {
        mst_histogram_add(&counts->duration, mst_histogram_times,
                          (mst_clock_ns() - since_ns) / 1000, 1);
    }
}

static void
count_row(const struct mst_api_counts *counts, size_t place, const char *name,
          mst_api_count_one each, void *arg)
{
    for (int class = 1; class < MST_API_STATUS_CLASSES; class ++) {
        uint64_t n = atomic_load(&counts->answers[place][class]);
        if (n > 0) {
            each(arg, name, class, n);
        }
    }
}

void
mst_api_count_each(const struct mst_api_counts *counts, mst_api_count_one each,
                   void *arg)
{
    size_t place = 0;
    for (const mst_api_table *table = mst_api_tables; *table != NULL; table++) {
        for (mst_api_table one = *table;
             one->method != NULL && place < MST_API_OPERATIONS_MAX; one++) {
            count_row(counts, place++, one->id, each, arg);
        }
    }
    count_row(counts, MST_API_OPERATIONS_MAX, "none", each, arg);
}
