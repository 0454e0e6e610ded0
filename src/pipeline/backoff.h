/* SPDX-License-Identifier: MIT */
/* Exponential waits with full jitter: random in 0 .. min(max, base * 2^n). */
#ifndef MST_PIPELINE_BACKOFF_H
#define MST_PIPELINE_BACKOFF_H

#include "pipeline/pipeline.h"

struct mst_backoff {
    unsigned failures;  /* in a row */
    int64_t started_ms; /* monotonic, of the first in this row; 0: none */
};

/* Counts one more failure and returns how long to wait, in ms. What the other
 * side asked for (retry_after_ms) is the least. */
int64_t mst_backoff_next(struct mst_backoff *backoff,
                         const struct mst_retry_policy *policy,
                         int64_t retry_after_ms);

/* True when the policy allows no further attempt. */
bool mst_backoff_is_over(const struct mst_backoff *backoff,
                         const struct mst_retry_policy *policy);

void mst_backoff_reset(struct mst_backoff *backoff);

#endif
