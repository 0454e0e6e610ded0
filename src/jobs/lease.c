/* SPDX-License-Identifier: MIT */
/* Asking the store for a lease. */
#include "jobs/lease.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/thread.h"

enum mst_status
mst_job_lease_acquire(struct mst_store *store, const char *job,
                      const char *holder, int64_t ttl_ms,
                      struct mst_lease *ret_lease, struct mst_error *err)
{
    struct mst_lease lease = {.holds = ret_lease->holds};
    enum mst_status status =
        store->type->lease_acquire(store, job, holder, ttl_ms, &lease, err);
    if (status == MST_OK || status == MST_AGAIN) {
        *ret_lease = lease;
    }
    if (status == MST_AGAIN) {
        char until[MST_TIME_TEXT_MAX];
        mst_time_format(lease.expires_ms, until);
        (void)mst_fail(err, MST_AGAIN, "lease", 0,
                       "job '%s' runs elsewhere: %s holds its lease", job,
                       lease.holder);
        mst_error_hint(err,
                       "stop it there, or wait: the lease ends at %s unless "
                       "it is renewed",
                       until);
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

bool
mst_hold_init(struct mst_hold *hold)
{
    return pthread_mutex_init(&hold->mutex, NULL) == 0;
}

void
mst_hold_clear(struct mst_hold *hold)
{
    (void)pthread_mutex_destroy(&hold->mutex);
}

static void
hold_know(struct mst_hold *hold, const char *holder, bool elsewhere)
{
    mst_mutex_lock(&hold->mutex);
    (void)snprintf(hold->known_holder, sizeof(hold->known_holder), "%s",
                   holder);
    hold->elsewhere = elsewhere;
    mst_mutex_unlock(&hold->mutex);
}

enum mst_status
mst_hold_try(struct mst_hold *hold, struct mst_error *err)
{
    struct mst_spread *spread = hold->spread;
    struct mst_lease lease = {
        .holds = spread == NULL ? 0 : atomic_load(&spread->held) + 1};
    enum mst_status status = mst_job_lease_acquire(
        hold->store, hold->job, hold->holder, hold->ttl_ms, &lease, err);
    if (status == MST_OK) {
        hold->lease = lease;
        hold->giving = false;
        hold_know(hold, hold->holder, false);
        if (spread != NULL) {
            atomic_fetch_add(&spread->held, 1);
        }
    } else if (status == MST_AGAIN) {
        hold_know(hold, lease.holder, true);
        if (spread != NULL && hold->moves) {
            mst_spread_ask(spread, hold->store, hold->job, &lease,
                           hold->holder);
        }
    }
    return status;
}

void
mst_hold_end(struct mst_hold *hold, bool lost)
{
    if (!lost) {
        mst_job_lease_release(hold->store, hold->job, &hold->lease);
    }
    /* What was given away is about to run elsewhere. */
    hold_know(hold, "", hold->giving);
    if (hold->spread != NULL) {
        atomic_fetch_sub(&hold->spread->held, 1);
    }
}

bool
mst_hold_gives(void *arg)
{
    struct mst_hold *hold = arg;
    if (hold->spread == NULL) {
        return false;
    }
    hold->lease.holds = atomic_load(&hold->spread->held);
    hold->giving =
        hold->giving
        || (hold->moves && mst_spread_gives(hold->spread, &hold->lease));
    return hold->giving;
}

bool
mst_hold_has_given(struct mst_hold *hold)
{
    bool given = hold->giving;
    hold->giving = false;
    return given;
}

void
mst_hold_look(struct mst_hold *hold, char ret_holder[128], bool *ret_elsewhere)
{
    mst_mutex_lock(&hold->mutex);
    memcpy(ret_holder, hold->known_holder, sizeof(hold->known_holder));
    *ret_elsewhere = hold->elsewhere;
    mst_mutex_unlock(&hold->mutex);
}
