/* SPDX-License-Identifier: MIT */
/*
 * Leases in the documents of the jobs: {_id: job, holder, fence, expires}.
 * Time is the server's ($$NOW), so the clocks of the machines that share the
 * jobs do not matter. A document is never removed: its fence never goes back.
 */
#include "state/mongo_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/process.h"
#include "encodings/bson_reader.h"

#define ORIGIN "state"

static void
lease_of_doc(void *arg, struct mst_slice doc)
{
    struct mst_lease *lease = arg;
    struct mst_bson_value value;
    struct mst_slice holder = MST_SLICE_NONE;
    int64_t fence = 0;
    *lease = (struct mst_lease){0};
    if (mst_bson_find(doc, "holder", &value)
        && mst_bson_get_string(&value, &holder)
        && holder.len < sizeof(lease->holder)) {
        memcpy(lease->holder, holder.data, holder.len);
    }
    if (mst_bson_find(doc, "fence", &value)
        && mst_bson_as_int64(&value, &fence)) {
        lease->fence = (uint64_t)fence;
    }
    if (mst_bson_find(doc, "expires", &value)) {
        (void)mst_bson_get_date(&value, &lease->expires_ms);
    }
}

static enum mst_status
lease_found(void *arg, struct mst_slice doc)
{
    lease_of_doc(arg, doc);
    return MST_OK;
}

enum mst_status
mst_mongo_lease_read(struct mst_mongo_store *store, const char *job,
                     struct mst_lease *ret, bool *ret_held,
                     struct mst_error *err)
{
    struct mst_lease lease = {0};
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(job));
    bson_t *options =
        BCON_NEW("projection", "{", "holder", BCON_INT32(1), "fence",
                 BCON_INT32(1), "expires", BCON_INT32(1), "}");
    enum mst_status status =
        mst_mongo_store_find(store, filter, options, lease_found, &lease, err);
    bson_destroy(filter);
    bson_destroy(options);
    if (status == MST_OK) {
        *ret_held =
            lease.holder[0] != '\0' && !mst_process_is_gone(lease.holder);
        *ret = lease;
    }
    return status;
}

void
mst_mongo_lease_free(bson_t *filter, const char *gone)
{
    bson_t any;
    bson_t one;
    BSON_APPEND_ARRAY_BEGIN(filter, "$or", &any);
    /* null: the field is not there either. */
    BSON_APPEND_DOCUMENT_BEGIN(&any, "0", &one);
    BSON_APPEND_NULL(&one, "holder");
    bson_append_document_end(&any, &one);
    BSON_APPEND_DOCUMENT_BEGIN(&any, "1", &one);
    BSON_APPEND_UTF8(&one, "holder", "");
    bson_append_document_end(&any, &one);
    BSON_APPEND_DOCUMENT_BEGIN(&any, "2", &one);
    BCON_APPEND(&one, "$expr", "{", "$lte", "[", BCON_UTF8("$expires"),
                BCON_UTF8("$$NOW"), "]", "}");
    bson_append_document_end(&any, &one);
    if (gone != NULL && gone[0] != '\0') {
        BSON_APPEND_DOCUMENT_BEGIN(&any, "3", &one);
        BSON_APPEND_UTF8(&one, "holder", gone);
        bson_append_document_end(&any, &one);
    }
    bson_append_array_end(filter, &any);
}

enum mst_status
mst_mongo_lease_fail_held(enum mst_status status, const char *job,
                          const struct mst_lease *lease, struct mst_error *err)
{
    char until[MST_TIME_TEXT_MAX];
    mst_time_format(lease->expires_ms, until);
    (void)mst_fail(err, status, ORIGIN, 0,
                   "job '%s' is run by %s, whose lease lasts until %s", job,
                   lease->holder, until);
    mst_error_hint(err, "stop the job there first, or wait: a lease that is "
                        "not renewed ends by itself");
    return status;
}

enum mst_status
mst_mongo_lease_ensure(struct mst_mongo_store *store, const char *job,
                       struct mst_error *err)
{
    bson_t *fields = BCON_NEW(
        "query", "{", "_id", BCON_UTF8(job), "}", "update", "{", "$setOnInsert",
        "{", "v", BCON_INT32(1), "holder", BCON_UTF8(""), "fence",
        BCON_INT64(0), "}", "}", "upsert", BCON_BOOL(true), "new",
        BCON_BOOL(true), "fields", "{", "_id", BCON_INT32(1), "}");
    enum mst_status status =
        mst_mongo_store_modify(store, fields, NULL, NULL, err);
    bson_destroy(fields);
    /* Somebody else made it at the same moment. */
    return status == MST_REJECTED ? MST_OK : status;
}

/* What a lease shall be. */
struct lease_wish {
    struct mst_mongo_store *store;
    const char *job;
    const char *holder;
    int64_t ttl_ms;
};

/* Takes the lease if nobody, or only `gone`, holds it. MST_END: held. */
static enum mst_status
lease_take(const struct lease_wish *wish, const char *gone,
           struct mst_lease *ret, struct mst_error *err)
{
    bson_t fields = BSON_INITIALIZER;
    bson_t query;
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "query", &query);
    BSON_APPEND_UTF8(&query, "_id", wish->job);
    mst_mongo_lease_free(&query, gone);
    bson_append_document_end(&fields, &query);
    BCON_APPEND(&fields, "update", "[", "{", "$set", "{", "v", BCON_INT32(1),
                "holder", "{", "$literal", BCON_UTF8(wish->holder), "}",
                "fence", "{", "$add", "[", "{", "$ifNull", "[",
                BCON_UTF8("$fence"), BCON_INT64(0), "]", "}", BCON_INT64(1),
                "]", "}", "expires", "{", "$add", "[", BCON_UTF8("$$NOW"),
                BCON_INT64(wish->ttl_ms), "]", "}", "}", "}", "]", "new",
                BCON_BOOL(true), "fields", "{", "holder", BCON_INT32(1),
                "fence", BCON_INT32(1), "expires", BCON_INT32(1), "}");
    enum mst_status status =
        mst_mongo_store_modify(wish->store, &fields, lease_of_doc, ret, err);
    bson_destroy(&fields);
    return status;
}

enum mst_status
mst_mongo_lease_acquire(struct mst_store *base, const char *job,
                        const char *holder, int64_t ttl_ms,
                        struct mst_lease *ret, struct mst_error *err)
{
    struct mst_mongo_store *store = (struct mst_mongo_store *)base;
    const struct lease_wish wish = {store, job, holder, ttl_ms};
    struct mst_lease lease = {0};
    bool held = false;
    if (holder[0] == '\0' || strlen(holder) >= sizeof(lease.holder)) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "the holder of a lease needs a name of 1 to %zu bytes",
                        sizeof(lease.holder) - 1);
    }
    enum mst_status status = mst_mongo_lease_ensure(store, job, err);
    if (status == MST_OK) {
        /* One's own lease may be taken again. */
        status = lease_take(&wish, holder, &lease, err);
    }
    if (status == MST_END) {
        status = mst_mongo_lease_read(store, job, &lease, &held, err);
        if (status == MST_OK && !held) {
            status = lease_take(&wish, lease.holder, &lease, err);
            if (status == MST_END) {
                status = mst_fail(err, MST_RETRY, ORIGIN, 0,
                                  "the lease of job '%s' changes hands", job);
            }
        } else if (status == MST_OK) {
            *ret = lease;
            return mst_mongo_lease_fail_held(MST_AGAIN, job, &lease, err);
        }
    }
    if (status == MST_OK) {
        *ret = lease;
    }
    return status;
}

/* Changes the lease that is still ours. MST_END: it is not. */
static enum mst_status
lease_change(const struct lease_wish *wish, const struct mst_lease *lease,
             struct mst_lease *ret, struct mst_error *err)
{
    bson_t *fields = BCON_NEW(
        "query", "{", "_id", BCON_UTF8(wish->job), "holder",
        BCON_UTF8(lease->holder), "fence", BCON_INT64((int64_t)lease->fence),
        "}", "update", "[", "{", "$set", "{", "holder", "{", "$literal",
        BCON_UTF8(wish->holder), "}", "expires", "{", "$add", "[",
        BCON_UTF8("$$NOW"), BCON_INT64(wish->ttl_ms), "]", "}", "}", "}", "]",
        "new", BCON_BOOL(true), "fields", "{", "holder", BCON_INT32(1), "fence",
        BCON_INT32(1), "expires", BCON_INT32(1), "}");
    enum mst_status status =
        mst_mongo_store_modify(wish->store, fields, lease_of_doc, ret, err);
    bson_destroy(fields);
    return status;
}

enum mst_status
mst_mongo_lease_renew(struct mst_store *base, const char *job,
                      struct mst_lease *lease, int64_t ttl_ms,
                      struct mst_error *err)
{
    struct mst_mongo_store *store = (struct mst_mongo_store *)base;
    struct mst_lease now = {0};
    bool held = false;
    const struct lease_wish wish = {store, job, lease->holder, ttl_ms};
    enum mst_status status = lease_change(&wish, lease, &now, err);
    if (status == MST_OK) {
        lease->expires_ms = now.expires_ms;
        return MST_OK;
    }
    if (status != MST_END) {
        return status;
    }
    status = mst_mongo_lease_read(store, job, &now, &held, err);
    if (status != MST_OK) {
        return status;
    }
    return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                    "the lease of job '%s' was lost: %s took it with fence "
                    "%" PRIu64 ", ours was %" PRIu64,
                    job, now.holder[0] == '\0' ? "somebody" : now.holder,
                    now.fence, lease->fence);
}

enum mst_status
mst_mongo_lease_release(struct mst_store *base, const char *job,
                        const struct mst_lease *lease, struct mst_error *err)
{
    struct mst_mongo_store *store = (struct mst_mongo_store *)base;
    struct mst_lease now;
    const struct lease_wish wish = {store, job, "", 0};
    enum mst_status status = lease_change(&wish, lease, &now, err);
    return status == MST_END ? MST_OK : status;
}
