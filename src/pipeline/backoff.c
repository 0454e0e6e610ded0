/* SPDX-License-Identifier: MIT */
/* Full jitter spreads the retries of many jobs best of all simple schemes. */
#include "pipeline/backoff.h"

#include "base/clock.h"
#include "base/hash.h"

enum { BACKOFF_MAX_SHIFT = 20 };

int64_t
mst_backoff_next(struct mst_backoff *backoff,
                 const struct mst_retry_policy *policy, int64_t retry_after_ms)
{
    if (backoff->failures == 0) {
        backoff->started_ms = mst_clock_ms();
    }
    unsigned shift = backoff->failures < BACKOFF_MAX_SHIFT ? backoff->failures
                                                           : BACKOFF_MAX_SHIFT;
    backoff->failures++;
    int64_t ceiling = policy->base_ms;
    for (unsigned i = 0; i < shift && ceiling < policy->max_ms; i++) {
        ceiling *= 2;
    }
    ceiling = ceiling < policy->max_ms ? ceiling : policy->max_ms;
    int64_t wait = (int64_t)mst_random_below((uint64_t)ceiling + 1);
    return wait > retry_after_ms ? wait : retry_after_ms;
}

bool
mst_backoff_is_over(const struct mst_backoff *backoff,
                    const struct mst_retry_policy *policy)
{
    if (policy->max_attempts > 0
        && (int64_t)backoff->failures >= policy->max_attempts) {
        return true;
    }
    return policy->max_elapsed_ms > 0 && backoff->failures > 0
           && mst_clock_ms() - backoff->started_ms >= policy->max_elapsed_ms;
}

void
mst_backoff_reset(struct mst_backoff *backoff)
{
    *backoff = (struct mst_backoff){0};
}
