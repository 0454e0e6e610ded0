/* SPDX-License-Identifier: MIT */
/*
 * Leases: one row per job that is never deleted, so that its fence never
 * goes back. A lease that nobody holds has an empty holder.
 */
#include "state/sqlite_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/process.h"
#include "state/sqlite_db.h"

static const char leases_get_sql[] =
    "SELECT holder, fence, expires_ms FROM leases WHERE job = ?";
static const char leases_put_sql[] =
    "INSERT INTO leases(job, holder, fence, expires_ms) VALUES(?, ?, ?, ?)"
    " ON CONFLICT(job) DO UPDATE SET holder = excluded.holder,"
    " fence = excluded.fence, expires_ms = excluded.expires_ms";

/* All zero when there is none. */
static enum mst_status
leases_get(struct mst_sqlite *sqlite, const char *job, struct mst_lease *ret,
           struct mst_error *err)
{
    memset(ret, 0, sizeof(*ret));
    struct mst_query query =
        mst_query_open(sqlite, leases_get_sql, "read a lease");
    mst_query_text(&query, job);
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK) {
        const char *holder = mst_query_get_text(&query, 0);
        (void)snprintf(ret->holder, sizeof(ret->holder), "%s",
                       holder == NULL ? "" : holder);
        ret->fence = (uint64_t)mst_query_get_int(&query, 1);
        ret->expires_ms = mst_query_get_int(&query, 2);
    }
    mst_query_close(&query);
    return status == MST_END ? MST_OK : status;
}

static enum mst_status
leases_put(struct mst_sqlite *sqlite, const char *job,
           const struct mst_lease *lease, struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, leases_put_sql, "write a lease");
    mst_query_text(&query, job);
    mst_query_text(&query, lease->holder);
    mst_query_int(&query, (int64_t)lease->fence);
    mst_query_int(&query, lease->expires_ms);
    return mst_query_run(&query, err);
}

static bool
leases_is_held(const struct mst_lease *lease, int64_t now_ms)
{
    return lease->holder[0] != '\0' && lease->expires_ms > now_ms
           && !mst_process_is_gone(lease->holder);
}

static int64_t
leases_expiry(int64_t ttl_ms)
{
    int64_t expires_ms;
    if (__builtin_add_overflow(mst_clock_wall_ms(), ttl_ms, &expires_ms)) {
        return ttl_ms < 0 ? INT64_MIN : INT64_MAX;
    }
    return expires_ms;
}

static enum mst_status
leases_fail_held(enum mst_status status, const char *job,
                 const struct mst_lease *lease, struct mst_error *err)
{
    char until[MST_TIME_TEXT_MAX];
    mst_time_format(lease->expires_ms, until);
    (void)mst_fail(err, status, "state", 0,
                   "job '%s' is run by %s, whose lease lasts until %s", job,
                   lease->holder, until);
    mst_error_hint(err, "stop the job there first, or wait: a lease that is "
                        "not renewed ends by itself");
    return status;
}

static enum mst_status
leases_take(struct mst_sqlite *sqlite, const char *job,
            const struct mst_lease *wanted, struct mst_lease *ret,
            struct mst_error *err)
{
    struct mst_lease lease;
    enum mst_status status = leases_get(sqlite, job, &lease, err);
    if (status != MST_OK) {
        return status;
    }
    if (strcmp(lease.holder, wanted->holder) != 0
        && leases_is_held(&lease, mst_clock_wall_ms())) {
        *ret = lease;
        return leases_fail_held(MST_AGAIN, job, &lease, err);
    }
    struct mst_lease taken = *wanted;
    taken.fence = lease.fence + 1;
    status = leases_put(sqlite, job, &taken, err);
    if (status == MST_OK) {
        *ret = taken;
    }
    return status;
}

enum mst_status
mst_sqlite_lease_acquire(struct mst_store *store, const char *job,
                         const char *holder, int64_t ttl_ms,
                         struct mst_lease *ret, struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    struct mst_lease wanted = {.expires_ms = leases_expiry(ttl_ms)};
    size_t len = strlen(holder);
    if (len == 0 || len >= sizeof(wanted.holder)) {
        return mst_fail(err, MST_FATAL, "state", 0,
                        "the holder of a lease needs a name of 1 to %zu bytes",
                        sizeof(wanted.holder) - 1);
    }
    memcpy(wanted.holder, holder, len + 1);
    struct mst_lease got = {.fence = 0};
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    status = leases_take(sqlite, job, &wanted, &got, err);
    status = mst_sqlite_end(sqlite, status, err);
    if (status == MST_OK || status == MST_AGAIN) {
        *ret = got;
    }
    return status;
}

/* MST_REJECTED when the lease is no longer this one. */
static enum mst_status
leases_check_own(struct mst_sqlite *sqlite, const char *job,
                 const struct mst_lease *lease, struct mst_error *err)
{
    struct mst_lease now;
    enum mst_status status = leases_get(sqlite, job, &now, err);
    if (status != MST_OK) {
        return status;
    }
    if (now.fence == lease->fence && strcmp(now.holder, lease->holder) == 0) {
        return MST_OK;
    }
    return mst_fail(err, MST_REJECTED, "state", 0,
                    "the lease of job '%s' was lost: %s took it with fence "
                    "%" PRIu64 ", ours was %" PRIu64,
                    job, now.holder[0] == '\0' ? "somebody" : now.holder,
                    now.fence, lease->fence);
}

enum mst_status
mst_sqlite_lease_renew(struct mst_store *store, const char *job,
                       struct mst_lease *lease, int64_t ttl_ms,
                       struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    struct mst_lease longer = *lease;
    longer.expires_ms = leases_expiry(ttl_ms);
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    status = leases_check_own(sqlite, job, lease, err);
    if (status == MST_OK) {
        status = leases_put(sqlite, job, &longer, err);
    }
    status = mst_sqlite_end(sqlite, status, err);
    if (status == MST_OK) {
        *lease = longer;
    }
    return status;
}

enum mst_status
mst_sqlite_lease_release(struct mst_store *store, const char *job,
                         const struct mst_lease *lease, struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    struct mst_lease nobody = {.fence = lease->fence};
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_error lost = {.status = MST_OK};
    status = leases_check_own(sqlite, job, lease, &lost);
    if (status == MST_OK) {
        status = leases_put(sqlite, job, &nobody, &lost);
    }
    bool is_ours = status != MST_REJECTED;
    if (is_ours && status != MST_OK && err != NULL) {
        *err = lost;
    }
    status = mst_sqlite_end(sqlite, status, err);
    return is_ours ? status : MST_OK;
}

enum mst_status
mst_sqlite_check_fence(struct mst_sqlite *sqlite, const char *job,
                       uint64_t fence, struct mst_error *err)
{
    struct mst_lease lease;
    enum mst_status status = leases_get(sqlite, job, &lease, err);
    if (status != MST_OK) {
        return status;
    }
    if (fence == 0 && leases_is_held(&lease, mst_clock_wall_ms())) {
        return leases_fail_held(MST_REJECTED, job, &lease, err);
    }
    if (fence == 0 && lease.fence > 0) {
        /* A process that slept through its lease must not write over what
         * a person sets now. */
        struct mst_lease nobody = {.fence = lease.fence + 1};
        return leases_put(sqlite, job, &nobody, err);
    }
    if (fence != 0 && lease.fence > fence) {
        return mst_fail(err, MST_REJECTED, "state", 0,
                        "the lease of job '%s' was lost: %s has fence %" PRIu64
                        ", ours is %" PRIu64 "; nothing was written",
                        job,
                        lease.holder[0] == '\0' ? "somebody" : lease.holder,
                        lease.fence, fence);
    }
    return MST_OK;
}
