/* SPDX-License-Identifier: MIT */
/*
 * Leases in the documents of the jobs: {_id: job, holder, fence, expires,
 * holds, asked: {by, holds, until}}. Time is the server's ($$NOW), so the
 * clocks of the machines that share the jobs do not matter. A document is
 * never removed: its fence never goes back.
 */
#include "state/mongo_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/process.h"
#include "encodings/bson_reader.h"

#define ORIGIN "state"

/* An asker repeats it sooner; one that died keeps nobody away for longer. */
enum { LEASE_ASKED_MS = 3000 };

/* `asked` of a document whose lease was renewed for ttl_ms just now. */
struct lease_renewal {
    struct mst_lease lease;
    int64_t ttl_ms;
};

static uint32_t
lease_number(struct mst_slice doc, const char *name)
{
    struct mst_bson_value value;
    int64_t number = 0;
    return mst_bson_find(doc, name, &value)
                   && mst_bson_as_int64(&value, &number) && number > 0
                   && number <= INT32_MAX
               ? (uint32_t)number
               : 0;
}

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
    lease->holds = lease_number(doc, "holds");
}

/* Both times are the server's: its time now is the end less the ttl. */
static void
lease_renewed(void *arg, struct mst_slice doc)
{
    struct lease_renewal *renewal = arg;
    struct mst_lease *lease = &renewal->lease;
    struct mst_bson_value value;
    struct mst_slice asked;
    int64_t until_ms = 0;
    lease_of_doc(lease, doc);
    if (mst_bson_find(doc, "asked", &value)
        && mst_bson_get_document(&value, &asked)
        && mst_bson_find(asked, "until", &value)
        && mst_bson_get_date(&value, &until_ms)) {
        lease->asked = until_ms > lease->expires_ms - renewal->ttl_ms;
        lease->asker_holds = lease_number(asked, "holds");
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
    bson_t *options = BCON_NEW("projection", "{", "holder", BCON_INT32(1),
                               "fence", BCON_INT32(1), "expires", BCON_INT32(1),
                               "holds", BCON_INT32(1), "}");
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
    uint32_t holds;
};

/* Appends that nobody else has asked for the job. */
static void
lease_unasked(bson_t *query, const char *holder)
{
    bson_t both;
    bson_t one;
    BSON_APPEND_ARRAY_BEGIN(query, "$and", &both);
    BSON_APPEND_DOCUMENT_BEGIN(&both, "0", &one);
    BCON_APPEND(&one, "$or", "[", "{", "asked.by", BCON_UTF8(holder), "}", "{",
                "$expr", "{", "$lte", "[", BCON_UTF8("$asked.until"),
                BCON_UTF8("$$NOW"), "]", "}", "}", "]");
    bson_append_document_end(&both, &one);
    bson_append_array_end(query, &both);
}

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
    lease_unasked(&query, wish->holder);
    bson_append_document_end(&fields, &query);
    BCON_APPEND(&fields, "update", "[", "{", "$set", "{", "v", BCON_INT32(1),
                "holder", "{", "$literal", BCON_UTF8(wish->holder), "}",
                "fence", "{", "$add", "[", "{", "$ifNull", "[",
                BCON_UTF8("$fence"), BCON_INT64(0), "]", "}", BCON_INT64(1),
                "]", "}", "expires", "{", "$add", "[", BCON_UTF8("$$NOW"),
                BCON_INT64(wish->ttl_ms), "]", "}", "holds",
                BCON_INT32((int32_t)wish->holds), "asked",
                BCON_UTF8("$$REMOVE"), "}", "}", "]", "new", BCON_BOOL(true),
                "fields", "{", "holder", BCON_INT32(1), "fence", BCON_INT32(1),
                "expires", BCON_INT32(1), "holds", BCON_INT32(1), "}");
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
    const struct lease_wish wish = {store, job, holder, ttl_ms, ret->holds};
    struct mst_lease lease = {0};
    bool held = false;
    if (holder[0] == '\0' || strlen(holder) >= sizeof(lease.holder)) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "the holder of a lease needs a name of 1 to %zu bytes",
                        sizeof(lease.holder) - 1);
    }
    /* One's own lease may be taken again. */
    enum mst_status status = lease_take(&wish, holder, &lease, err);
    if (status == MST_END) {
        status = mst_mongo_lease_read(store, job, &lease, &held, err);
        if (status == MST_OK && lease.fence == 0) {
            status = mst_mongo_lease_ensure(store, job, err);
        }
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
             struct lease_renewal *ret, struct mst_error *err)
{
    bson_t *fields = BCON_NEW(
        "query", "{", "_id", BCON_UTF8(wish->job), "holder",
        BCON_UTF8(lease->holder), "fence", BCON_INT64((int64_t)lease->fence),
        "}", "update", "[", "{", "$set", "{", "holder", "{", "$literal",
        BCON_UTF8(wish->holder), "}", "expires", "{", "$add", "[",
        BCON_UTF8("$$NOW"), BCON_INT64(wish->ttl_ms), "]", "}", "holds",
        BCON_INT32((int32_t)wish->holds), "}", "}", "]", "new", BCON_BOOL(true),
        "fields", "{", "holder", BCON_INT32(1), "fence", BCON_INT32(1),
        "expires", BCON_INT32(1), "holds", BCON_INT32(1), "asked",
        BCON_INT32(1), "}");
    ret->ttl_ms = wish->ttl_ms;
    enum mst_status status =
        mst_mongo_store_modify(wish->store, fields, lease_renewed, ret, err);
    bson_destroy(fields);
    return status;
}

enum mst_status
mst_mongo_lease_renew(struct mst_store *base, const char *job,
                      struct mst_lease *lease, int64_t ttl_ms,
                      struct mst_error *err)
{
    struct mst_mongo_store *store = (struct mst_mongo_store *)base;
    struct lease_renewal renewal = {0};
    struct mst_lease now = {0};
    bool held = false;
    const struct lease_wish wish = {store, job, lease->holder, ttl_ms,
                                    lease->holds};
    enum mst_status status = lease_change(&wish, lease, &renewal, err);
    if (status == MST_OK) {
        *lease = renewal.lease;
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
    struct lease_renewal renewal = {0};
    const struct lease_wish wish = {.store = store, .job = job, .holder = ""};
    enum mst_status status = lease_change(&wish, lease, &renewal, err);
    return status == MST_END ? MST_OK : status;
}

enum mst_status
mst_mongo_lease_ask(struct mst_store *base, const char *job,
                    const struct mst_lease *held, const char *asker,
                    uint32_t holds, struct mst_error *err)
{
    struct mst_mongo_store *store = (struct mst_mongo_store *)base;
    bson_t *fields = BCON_NEW(
        "query", "{", "_id", BCON_UTF8(job), "holder", BCON_UTF8(held->holder),
        "fence", BCON_INT64((int64_t)held->fence), "}", "update", "[", "{",
        "$set", "{", "asked", "{", "by", "{", "$literal", BCON_UTF8(asker), "}",
        "holds", BCON_INT32((int32_t)holds), "until", "{", "$add", "[",
        BCON_UTF8("$$NOW"), BCON_INT64(LEASE_ASKED_MS), "]", "}", "}", "}", "}",
        "]", "fields", "{", "_id", BCON_INT32(1), "}");
    enum mst_status status =
        mst_mongo_store_modify(store, fields, NULL, NULL, err);
    bson_destroy(fields);
    return status == MST_END ? MST_OK : status;
}
