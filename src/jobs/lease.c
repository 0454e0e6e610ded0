/* SPDX-License-Identifier: MIT */
/* Asking the store for a lease. */
#include "jobs/lease.h"

#include "base/clock.h"

enum mst_status
mst_job_lease_acquire(struct mst_store *store, const char *job,
                      const char *holder, int64_t ttl_ms,
                      struct mst_lease *ret_lease, struct mst_error *err)
{
    struct mst_lease held = {0};
    enum mst_status status =
        store->type->lease_acquire(store, job, holder, ttl_ms, &held, err);
    if (status == MST_OK) {
        *ret_lease = held;
    } else if (status == MST_AGAIN) {
        char until[MST_TIME_TEXT_MAX];
        mst_time_format(held.expires_ms, until);
        (void)mst_fail(err, MST_AGAIN, "lease", 0,
                       "job '%s' runs elsewhere: %s holds its lease until %s "
                       "unless renewed",
                       job, held.holder, until);
        mst_error_hint(err, "stop it there, or wait for the lease to expire");
    }
    return status;
}

void
mst_job_lease_release(struct mst_store *store, const char *job,
                      const struct mst_lease *lease)
{
    struct mst_error ignored;
    (void)!store->type->lease_release(store, job, lease, &ignored);
}
