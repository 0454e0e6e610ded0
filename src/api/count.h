/* SPDX-License-Identifier: MIT */
/* What was asked of the API, and how that was answered. */
#ifndef MST_API_COUNT_H
#define MST_API_COUNT_H

#include "api/router.h"
#include "base/histogram.h"

enum {
    MST_API_STATUS_CLASSES = 6, /* by status / 100 */
    MST_API_OPERATIONS_MAX = 160
};

enum mst_api_refusal {
    MST_API_UNAUTHORIZED, /* 401 */
    MST_API_FORBIDDEN,    /* 403 */
    MST_API_TOO_MANY,     /* 429 */
    MST_API_REFUSALS
};

/* Zeroed: nothing was asked. Thread: any. */
struct mst_api_counts {
    /* By the place of the operation in the tables; the last is for requests
     * of none. */
    atomic_uint_fast64_t answers[MST_API_OPERATIONS_MAX + 1]
                                [MST_API_STATUS_CLASSES];
    atomic_uint_fast64_t refusals[MST_API_REFUSALS];
    struct mst_histogram duration;
};

/* operation NULL: none. since_ns: when it came in (mst_clock_ns); 0: unknown.
 */
void mst_api_count(struct mst_api_counts *counts,
                   const struct mst_api_operation *operation, int status,
                   int64_t since_ns);

typedef void (*mst_api_count_one)(void *arg, const char *operation, int class,
                                  uint64_t n);
/* All that are not zero. */
void mst_api_count_each(const struct mst_api_counts *counts,
                        mst_api_count_one each, void *arg);

#endif
