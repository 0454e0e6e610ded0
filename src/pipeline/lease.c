/* SPDX-License-Identifier: MIT */
/*
 * Keeping the job's lease while a run goes on.
 *
 * A run delivers only while nobody else can have the lease. When the store
 * does not answer for so long that it may run out, delivery waits: the run
 * stays as it is, with all that it has read. When the store answers again the
 * lease is either still this run's, and delivery goes on, or somebody took
 * it, and the run ends.
 */
#include "base/clock.h"
#include "base/thread.h"
#include "pipeline/run.h"

enum { LEASE_RETRY_MS = 1000 };

static void
lease_end(struct mst_pipeline *pipeline, enum mst_status status,
          struct mst_error *err)
{
    bool lost = status == MST_REJECTED;
    err->status = MST_FATAL;
    mst_error_prefix(err, lost ? "lease lost: " : "lease not renewed: ");
    if (lost) {
        mst_mutex_lock(&pipeline->mutex);
        pipeline->lease_lost = true;
        mst_mutex_unlock(&pipeline->mutex);
    }
    pipeline->lease_next_ms = INT64_MAX;
    mst_pipeline_fail(pipeline, err);
}

void
mst_pipeline_renew(struct mst_pipeline *pipeline)
{
    const struct mst_pipeline_spec *spec = pipeline->spec;
    int64_t ttl_ms = spec->lease_ttl_ms;
    int64_t now = mst_clock_ms();
    int64_t asked_ms = mst_clock_boot_ms();
    struct mst_error err;
    if (now < pipeline->lease_next_ms) {
        return;
    }
    mst_error_clear(&err);
    enum mst_status status = spec->store->type->lease_renew(
        spec->store, spec->job, spec->lease, ttl_ms, &err);
    if (status == MST_OK) {
        /* Counted from before the call. The last fifth is for what the sinks
         * were given and did not confirm yet. */
        atomic_store(&pipeline->lease_until_ms, asked_ms + ttl_ms - ttl_ms / 5);
        pipeline->lease_next_ms = now + ttl_ms / 3;
        mst_pipeline_trouble(pipeline, &pipeline->lease_problem, NULL, 0);
        if (spec->lease_renewed != NULL
            && spec->lease_renewed(spec->lease_arg)) {
            mst_pipeline_stop(pipeline);
        }
        return;
    }
    if (status == MST_REJECTED || status == MST_FATAL) {
        lease_end(pipeline, status, &err);
        return;
    }
    int64_t wait = ttl_ms / 10 < LEASE_RETRY_MS ? ttl_ms / 10 : LEASE_RETRY_MS;
    pipeline->lease_next_ms = mst_clock_ms() + wait;
    err.status = MST_RETRY;
    mst_error_prefix(&err, mst_pipeline_may_deliver(pipeline)
                               ? "lease not renewed: "
                               : "delivery waits until the lease of the job "
                                 "can be renewed: ");
    mst_pipeline_trouble(pipeline, &pipeline->lease_problem, &err, wait);
}

bool
mst_pipeline_may_deliver(struct mst_pipeline *pipeline)
{
    return mst_clock_boot_ms() < atomic_load(&pipeline->lease_until_ms);
}
