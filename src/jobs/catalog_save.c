/* SPDX-License-Identifier: MIT */
/* Changes of the records, durable before anybody is told. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault_point.h"
#include "base/thread.h"
#include "core/revision.h"
#include "jobs/catalog_impl.h"

enum { SAVE_TRIES_MAX = 5 };

static const char *const save_words[] = {
    [MST_JOB_WANT_RUNNING] = "running",
    [MST_JOB_WANT_PAUSED] = "paused",
    [MST_JOB_WANT_STOPPED] = "stopped",
};

static const char *
save_point(enum mst_record_kind kind)
{
    return kind == MST_RECORD_SERVICE ? "service_record" : "job_record";
}

static void
save_known(struct mst_catalog *catalog, enum mst_record_kind kind,
           struct mst_record *record)
{
    mst_mutex_lock(&catalog->lock);
    /* Without memory it is found again by the next look at the store. */
    (void)!catalog_table_put(&catalog->table, kind, record);
    catalog->generation++;
    mst_mutex_unlock(&catalog->lock);
}

/* The body is copied, so that stores and the table own theirs alike. */
static enum mst_status
save_record(struct mst_catalog *catalog, enum mst_record_kind kind,
            struct mst_record *record, uint64_t replaces, struct mst_error *err)
{
    struct mst_record_store *store = catalog->args.records;
    enum mst_status status =
        store->type->save(store, kind, record, replaces, err);
    if (status == MST_OK) {
        mst_fault_point("after_record");
        save_known(catalog, kind, record);
    }
    return status;
}

static enum mst_status
save_fill(struct mst_record *record, const char *name, const char *who,
          struct mst_slice body)
{
    uint8_t *copy = malloc(body.len + 1);
    record->name = strdup(name);
    record->changed_by = strdup(who != NULL ? who : "");
    record->body = mst_slice_of(copy, body.len);
    record->changed_ms = mst_clock_wall_ms();
    if (copy == NULL || record->name == NULL || record->changed_by == NULL) {
        return MST_FATAL;
    }
    memcpy(copy, body.data, body.len);
    return MST_OK;
}

/* What is kept of the definition, sealed where that is asked for. */
static enum mst_status
save_body(struct mst_catalog *catalog, const struct catalog_change *change,
          struct mst_slice plain, struct mst_buf *out, struct mst_error *err)
{
    const struct mst_catalog_seal *seal = &catalog->args.seal;
    const struct mst_record about = {.name = (char *)(uintptr_t)change->name,
                                     .revision = change->revision};
    if (change->kind == MST_RECORD_SERVICE && seal->close != NULL) {
        return seal->close(seal->arg, &about, plain, out, err);
    }
    return mst_buf_append(out, plain.data, plain.len) == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "jobs");
}

enum mst_status
catalog_save(struct mst_catalog *catalog, const struct catalog_change *change,
             bool trusted, const char *who, struct mst_error *err)
{
    const struct catalog_record *before =
        catalog_table_find(&catalog->table, change->kind, change->name);
    uint64_t replaces = before != NULL ? before->record.revision : 0;
    struct mst_record record = {.revision = change->revision};
    record.created_ms =
        before != NULL ? before->record.created_ms : mst_clock_wall_ms();
    struct mst_buf plain;
    struct mst_buf body;
    mst_buf_init(&plain, MST_RECORD_BODY_MAX);
    mst_buf_init(&body, MST_RECORD_BODY_MAX);
    enum mst_status status =
        mst_definition_wrap(change->text, trusted, &plain) == MST_OK
            ? save_body(catalog, change, mst_buf_slice(&plain), &body, err)
            : mst_fail_memory(err, "jobs");
    if (status == MST_OK
        && save_fill(&record, change->name, who, mst_buf_slice(&body))
               != MST_OK) {
        status = mst_fail_memory(err, "jobs");
    }
    if (status == MST_OK) {
        mst_fault_point(save_point(change->kind));
        status = save_record(catalog, change->kind, &record, replaces, err);
    }
    mst_record_clear(&record);
    catalog_wipe(&plain);
    mst_buf_clear(&body);
    return status;
}

void
catalog_forgotten(struct mst_catalog *catalog, enum mst_record_kind kind,
                  const char *name)
{
    mst_fault_point("after_record");
    mst_mutex_lock(&catalog->lock);
    catalog_table_drop(&catalog->table, kind, name);
    catalog->generation++;
    mst_mutex_unlock(&catalog->lock);
}

enum mst_status
catalog_forget(struct mst_catalog *catalog, enum mst_record_kind kind,
               const char *name, struct mst_error *err)
{
    struct mst_record_store *store = catalog->args.records;
    enum mst_status status = store->type->remove(store, kind, name, 0, err);
    if (status != MST_OK && status != MST_END) {
        return status;
    }
    catalog_forgotten(catalog, kind, name);
    return MST_OK;
}

/* The one that is stored becomes the one that is known. */
static enum mst_status
wish_reload(struct mst_catalog *catalog, const char *name,
            struct mst_error *err)
{
    struct mst_record_store *store = catalog->args.records;
    struct mst_record record = {0};
    enum mst_status status =
        store->type->load(store, MST_RECORD_DESIRED, name, &record, err);
    if (status == MST_OK) {
        save_known(catalog, MST_RECORD_DESIRED, &record);
    } else if (status == MST_END) {
        mst_mutex_lock(&catalog->lock);
        catalog_table_drop(&catalog->table, MST_RECORD_DESIRED, name);
        mst_mutex_unlock(&catalog->lock);
        status = MST_OK;
    }
    mst_record_clear(&record);
    return status;
}

static enum mst_status
wish_save(struct mst_catalog *catalog, const char *name,
          enum mst_job_desired want, const char *who, struct mst_error *err)
{
    const struct catalog_record *before =
        catalog_table_find(&catalog->table, MST_RECORD_DESIRED, name);
    uint64_t replaces = before != NULL ? before->record.revision : 0;
    struct mst_record record = {.revision = mst_next_revision(replaces)};
    record.created_ms =
        before != NULL ? before->record.created_ms : mst_clock_wall_ms();
    enum mst_status status =
        save_fill(&record, name, who, mst_slice_str(save_words[want]));
    if (status != MST_OK) {
        status = mst_fail_memory(err, "jobs");
    } else {
        mst_fault_point("desired_record");
        status =
            save_record(catalog, MST_RECORD_DESIRED, &record, replaces, err);
    }
    mst_record_clear(&record);
    return status;
}

enum mst_status
catalog_wish(struct mst_catalog *catalog, const char *name,
             enum mst_job_desired want, const char *who, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (catalog_wanted(catalog, name) == want) {
        return MST_OK;
    }
    if (want == MST_JOB_WANT_RUNNING) {
        mst_fault_point("desired_record");
        return catalog_forget(catalog, MST_RECORD_DESIRED, name, err);
    }
    for (int i = 0; i < SAVE_TRIES_MAX; i++) {
        status = wish_save(catalog, name, want, who, err);
        if (status != MST_AGAIN) {
            return status;
        }
        status = wish_reload(catalog, name, err);
        if (status != MST_OK) {
            return status;
        }
    }
    return mst_fail(err, MST_RETRY, "state", 0,
                    "others change what job '%s' shall do all the time", name);
}

enum mst_job_desired
catalog_wanted(struct mst_catalog *catalog, const char *name)
{
    enum mst_job_desired want = MST_JOB_WANT_RUNNING;
    mst_mutex_lock(&catalog->lock);
    const struct catalog_record *item =
        catalog_table_find(&catalog->table, MST_RECORD_DESIRED, name);
    for (size_t i = 0; item != NULL && i < MST_ARRAY_SIZE(save_words); i++) {
        struct mst_slice body = item->record.body;
        if (body.len == strlen(save_words[i])
            && memcmp(body.data, save_words[i], body.len) == 0) {
            want = (enum mst_job_desired)i;
        }
    }
    mst_mutex_unlock(&catalog->lock);
    return want;
}

enum mst_job_desired
mst_catalog_wanted(void *arg, const char *job)
{
    struct mst_catalog *const *catalog = arg;
    return *catalog != NULL ? catalog_wanted(*catalog, job)
                            : MST_JOB_WANT_RUNNING;
}
