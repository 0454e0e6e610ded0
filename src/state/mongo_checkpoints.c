/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints in the documents of the jobs: `checkpoints` holds the last ones,
 * the newest at its end. A save is one update: its filter compares the fence,
 * so there is no moment between the comparison and the write.
 */
#include "state/mongo_parts.h"

#include <inttypes.h>

#include "encodings/bson_reader.h"
#include "state/checkpoint_sum.h"
#include "state/mongo_checkpoint_doc.h"

#define ORIGIN "state"

enum {
    CHECKPOINTS_KEPT = 20,
    /* Far below the largest document, whatever a position weighs. */
    CHECKPOINTS_BYTES = 4 * 1024 * 1024
};

static int32_t
checkpoints_kept(const struct mst_checkpoint *checkpoint)
{
    size_t bytes = 1024 + checkpoint->position.len + checkpoint->sink_mark.len;
    size_t fit = CHECKPOINTS_BYTES / bytes;
    if (fit > CHECKPOINTS_KEPT) {
        return CHECKPOINTS_KEPT;
    }
    return fit < 1 ? 1 : (int32_t)fit;
}

/* The condition on the lease: ours or older; for a person, free. */
static void
checkpoints_guard(bson_t *query, const char *job, uint64_t fence,
                  const char *gone)
{
    BSON_APPEND_UTF8(query, "_id", job);
    if (fence == 0) {
        mst_mongo_lease_free(query, gone);
    } else {
        BCON_APPEND(query, "fence", "{", "$not", "{", "$gt",
                    BCON_INT64((int64_t)fence), "}", "}");
    }
}

/* MST_END: the condition does not hold. */
static enum mst_status
checkpoints_push(struct mst_mongo_store *store,
                 const struct mst_checkpoint *checkpoint, const char *gone,
                 struct mst_error *err)
{
    bson_t fields = BSON_INITIALIZER;
    bson_t query;
    bson_t update;
    bson_t child;
    bson_t list;
    bson_t each;
    bson_t one;
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "query", &query);
    checkpoints_guard(&query, checkpoint->job, checkpoint->fence, gone);
    bson_append_document_end(&fields, &query);
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "update", &update);
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$push", &child);
    BSON_APPEND_DOCUMENT_BEGIN(&child, "checkpoints", &list);
    BSON_APPEND_ARRAY_BEGIN(&list, "$each", &each);
    BSON_APPEND_DOCUMENT_BEGIN(&each, "0", &one);
    mst_mongo_checkpoint_write(checkpoint, &one);
    bson_append_document_end(&each, &one);
    bson_append_array_end(&list, &each);
    BSON_APPEND_INT32(&list, "$slice", -checkpoints_kept(checkpoint));
    bson_append_document_end(&child, &list);
    bson_append_document_end(&update, &child);
    BCON_APPEND(&update, "$set", "{", "v", BCON_INT32(1), "}");
    if (checkpoint->fence == 0) {
        /* A process that slept through its lease must not write over what a
         * person sets now. */
        BCON_APPEND(&update, "$inc", "{", "fence", BCON_INT64(1), "}");
    }
    bson_append_document_end(&fields, &update);
    BSON_APPEND_BOOL(&fields, "upsert", checkpoint->fence != 0);
    BSON_APPEND_BOOL(&fields, "new", true);
    BCON_APPEND(&fields, "fields", "{", "_id", BCON_INT32(1), "}");
    enum mst_status status =
        mst_mongo_store_modify(store, &fields, NULL, NULL, err);
    bson_destroy(&fields);
    return status == MST_REJECTED ? MST_END : status;
}

/* Somebody's lease stood in the way of a write with this fence. Tells who, or
 * MST_OK and the holder that is known to have ended. */
static enum mst_status
checkpoints_blocked(struct mst_mongo_store *store, const char *job,
                    uint64_t fence, struct mst_lease *ret_lease,
                    struct mst_error *err)
{
    bool held = false;
    enum mst_status status =
        mst_mongo_lease_read(store, job, ret_lease, &held, err);
    if (status != MST_OK) {
        return status;
    }
    if (fence == 0) {
        return held ? mst_mongo_lease_fail_held(MST_REJECTED, job, ret_lease,
                                                err)
                    : MST_OK;
    }
    return mst_fail(
        err, MST_REJECTED, ORIGIN, 0,
        "the lease of job '%s' was lost: %s has fence %" PRIu64
        ", ours is %" PRIu64 "; nothing was written",
        job, ret_lease->holder[0] == '\0' ? "somebody" : ret_lease->holder,
        ret_lease->fence, fence);
}

enum mst_status
mst_mongo_checkpoint_save(struct mst_store *base,
                          const struct mst_checkpoint *checkpoint,
                          struct mst_error *err)
{
    struct mst_mongo_store *store = (struct mst_mongo_store *)base;
    struct mst_lease lease = {0};
    if (checkpoint->position.len > MST_POSITION_MAX
        || checkpoint->sink_mark.len > CHECKPOINTS_BYTES) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "the position of job '%s' has %zu bytes; at most %d "
                        "are kept",
                        checkpoint->job, checkpoint->position.len,
                        (int)MST_POSITION_MAX);
    }
    enum mst_status status = MST_OK;
    if (checkpoint->fence == 0) {
        status = mst_mongo_lease_ensure(store, checkpoint->job, err);
    }
    if (status == MST_OK) {
        status = checkpoints_push(store, checkpoint, NULL, err);
    }
    if (status != MST_END) {
        return status;
    }
    status = checkpoints_blocked(store, checkpoint->job, checkpoint->fence,
                                 &lease, err);
    if (status == MST_OK) {
        status = checkpoints_push(store, checkpoint, lease.holder, err);
    }
    return status != MST_END ? status
                             : mst_fail(err, MST_RETRY, ORIGIN, 0,
                                        "the lease of job '%s' changes hands",
                                        checkpoint->job);
}

static enum mst_status
checkpoints_drop(struct mst_mongo_store *store, const char *job,
                 const char *gone, struct mst_error *err)
{
    bson_t fields = BSON_INITIALIZER;
    bson_t query;
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "query", &query);
    checkpoints_guard(&query, job, 0, gone);
    bson_append_document_end(&fields, &query);
    BCON_APPEND(&fields, "update", "{", "$unset", "{", "checkpoints",
                BCON_UTF8(""), "}", "$inc", "{", "fence", BCON_INT64(1), "}",
                "}", "fields", "{", "_id", BCON_INT32(1), "}");
    enum mst_status status =
        mst_mongo_store_modify(store, &fields, NULL, NULL, err);
    bson_destroy(&fields);
    return status;
}

enum mst_status
mst_mongo_checkpoint_delete(struct mst_store *base, const char *job,
                            struct mst_error *err)
{
    struct mst_mongo_store *store = (struct mst_mongo_store *)base;
    struct mst_lease lease = {0};
    enum mst_status status = checkpoints_drop(store, job, NULL, err);
    if (status != MST_END) {
        return status;
    }
    /* Nothing there, or somebody holds the lease. */
    status = checkpoints_blocked(store, job, 0, &lease, err);
    if (status == MST_OK && lease.holder[0] != '\0') {
        status = checkpoints_drop(store, job, lease.holder, err);
        status = status == MST_END ? MST_OK : status;
    }
    return status;
}

/* A list on its way, or a load: then limit is 1 and a damaged one counts. */
struct checkpoints_list {
    struct mst_mongo_store *store;
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one);
    void *arg;
    struct mst_error *err;
    size_t given;
    bool damaged;
    char damaged_job[256];
};

static enum mst_status
checkpoints_give(struct checkpoints_list *list, const char *job,
                 struct mst_slice doc)
{
    struct mst_checkpoint one;
    bool damaged = false;
    enum mst_status status =
        mst_mongo_checkpoint_read(doc, job, &one, &damaged, list->err);
    if (status != MST_OK) {
        return status;
    }
    if (!damaged) {
        list->given++;
        status = list->each(list->arg, &one);
    } else if (!list->damaged) {
        size_t len = strlen(job);
        len = len < sizeof(list->damaged_job) ? len
                                              : sizeof(list->damaged_job) - 1;
        memcpy(list->damaged_job, job, len);
        list->damaged_job[len] = '\0';
        list->damaged = true;
    }
    mst_checkpoint_clear(&one);
    return status;
}

/* One job's document: its checkpoints from the newest on. */
static enum mst_status
checkpoints_of_doc(void *arg, struct mst_slice doc)
{
    struct checkpoints_list *list = arg;
    struct mst_bson_value value;
    struct mst_slice job;
    struct mst_slice all;
    struct mst_slice found[CHECKPOINTS_KEPT];
    struct mst_bson_iter iter;
    size_t n = 0;
    if (!mst_bson_find(doc, "_id", &value) || !mst_bson_get_string(&value, &job)
        || !mst_bson_find(doc, "checkpoints", &value)
        || !mst_bson_get_document(&value, &all)
        || mst_bson_iter_init(&iter, all, NULL) != MST_OK) {
        return MST_OK; /* a lease without checkpoints */
    }
    while (n < CHECKPOINTS_KEPT && mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value one = mst_bson_iter_value(&iter);
        if (mst_bson_get_document(&one, &found[n])) {
            n++;
        }
    }
    enum mst_status status = MST_OK;
    while (n > 0 && status == MST_OK) {
        /* BSON texts end with a NUL. */
        status = checkpoints_give(list, (const char *)job.data, found[--n]);
    }
    return status;
}

static enum mst_status
checkpoints_find(struct checkpoints_list *list, const char *job,
                 int32_t per_job)
{
    bson_t *filter = job != NULL ? BCON_NEW("_id", BCON_UTF8(job))
                                 : BCON_NEW("v", BCON_INT32(1));
    bson_t *options = BCON_NEW("projection", "{", "checkpoints", "{", "$slice",
                               BCON_INT32(-per_job), "}", "}", "sort", "{",
                               "_id", BCON_INT32(1), "}");
    enum mst_status status = mst_mongo_store_find(
        list->store, filter, options, checkpoints_of_doc, list, list->err);
    bson_destroy(filter);
    bson_destroy(options);
    return status;
}

/* Moves the checkpoint out of the list. */
static enum mst_status
checkpoints_keep(void *arg, const struct mst_checkpoint *one)
{
    struct mst_checkpoint *ret = arg;
    struct mst_checkpoint *own = (struct mst_checkpoint *)(uintptr_t)one;
    *ret = *own;
    *own = (struct mst_checkpoint){0};
    return MST_OK;
}

enum mst_status
mst_mongo_checkpoint_load(struct mst_store *base, const char *job,
                          struct mst_checkpoint *ret, struct mst_error *err)
{
    struct mst_checkpoint found = {0};
    struct checkpoints_list list = {.store = (struct mst_mongo_store *)base,
                                    .each = checkpoints_keep,
                                    .arg = &found,
                                    .err = err};
    enum mst_status status = checkpoints_find(&list, job, 1);
    if (status != MST_OK) {
        mst_checkpoint_clear(&found);
        return status;
    }
    if (list.damaged) {
        return mst_checkpoint_fail_damaged(err, job, list.store->place);
    }
    if (list.given == 0) {
        return MST_END;
    }
    *ret = found;
    return MST_OK;
}

enum mst_status
mst_mongo_checkpoint_list(
    struct mst_store *base, const char *job,
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one),
    void *arg, struct mst_error *err)
{
    struct checkpoints_list list = {.store = (struct mst_mongo_store *)base,
                                    .each = each,
                                    .arg = arg,
                                    .err = err};
    enum mst_status status =
        checkpoints_find(&list, job, job == NULL ? 1 : CHECKPOINTS_KEPT);
    if (status == MST_OK && list.damaged) {
        return mst_checkpoint_fail_damaged(err, list.damaged_job,
                                           list.store->place);
    }
    return status;
}
