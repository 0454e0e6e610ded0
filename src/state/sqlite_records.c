/* SPDX-License-Identifier: MIT */
/* Records in the embedded store, a row each. */
#include "state/sqlite_records.h"

#include <stdlib.h>

#include "base/fault_point.h"
#include "base/thread.h"
#include "state/damage.h"
#include "state/record_sum.h"
#include "state/sqlite_db.h"
#include "state/sqlite_store.h"

struct sqlite_records {
    struct mst_record_store base; /* first */
    struct mst_store *store;      /* owns the connection */
};

#define RECORDS_FIELDS                                                         \
    "name, revision, created_ms, changed_ms, changed_by, sum, body"

static const char records_get_sql[] =
    "SELECT " RECORDS_FIELDS " FROM records WHERE kind = ? AND name = ?";
static const char records_next_sql[] =
    "SELECT " RECORDS_FIELDS " FROM records WHERE kind = ? AND name > ?"
    " ORDER BY name LIMIT 1";
static const char records_revision_sql[] =
    "SELECT revision FROM records WHERE kind = ? AND name = ?";
static const char records_put_sql[] =
    "INSERT INTO records(kind, name, revision, created_ms, changed_ms,"
    " changed_by, sum, body) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(kind, name) DO UPDATE SET revision = excluded.revision,"
    " changed_ms = excluded.changed_ms, changed_by = excluded.changed_by,"
    " sum = excluded.sum, body = excluded.body";
static const char records_delete_sql[] =
    "DELETE FROM records WHERE kind = ? AND name = ?";

static struct mst_sqlite *
records_sqlite(struct mst_record_store *store)
{
    return (struct mst_sqlite *)((struct sqlite_records *)store)->store;
}

/* The row that the query is at; borrowed from it. False: it is damaged. */
static bool
records_row(struct mst_query *query, enum mst_record_kind kind,
            struct mst_record *ret)
{
    /* Owned ones are not const; this one is copied. */
    *ret = (struct mst_record){
        .name = (char *)(uintptr_t)mst_query_get_text(query, 0),
        .revision = (uint64_t)mst_query_get_int(query, 1),
        .created_ms = mst_query_get_int(query, 2),
        .changed_ms = mst_query_get_int(query, 3),
        .changed_by = (char *)(uintptr_t)mst_query_get_text(query, 4),
        .body = mst_query_get_bytes(query, 6)};
    return ret->name != NULL && ret->changed_by != NULL
           && mst_query_get_int(query, 5) == mst_record_sum(kind, ret);
}

/* What the first row of the query holds. *ret_name: its name, also of one
 * that is damaged; the caller's to free. */
static enum mst_status
records_read(struct mst_sqlite *sqlite, struct mst_query *query,
             enum mst_record_kind kind, char **ret_name, struct mst_record *ret,
             struct mst_error *err)
{
    struct mst_record row;
    char *name = NULL;
    enum mst_status status = mst_query_step(query, err);
    if (status == MST_OK) {
        bool whole = records_row(query, kind, &row);
        name = strdup(row.name == NULL ? "" : row.name);
        if (name == NULL) {
            status = mst_fail_memory(err, "state");
        } else if (!whole) {
            status = mst_record_fail_damaged(err, kind, name, sqlite->path);
        } else {
            status = mst_record_copy(&row, ret, err);
        }
    }
    mst_query_close(query);
    *ret_name = name;
    return status;
}

static enum mst_status
records_load(struct mst_record_store *store, enum mst_record_kind kind,
             const char *name, struct mst_record *ret, struct mst_error *err)
{
    struct mst_sqlite *sqlite = records_sqlite(store);
    char *found = NULL;
    if (!mst_record_name_is_good(name)) {
        return mst_record_fail_none(err, kind, name);
    }
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query =
        mst_query_open(sqlite, records_get_sql, "read a record");
    mst_query_int(&query, kind);
    mst_query_text(&query, name);
    enum mst_status status =
        records_read(sqlite, &query, kind, &found, ret, err);
    mst_mutex_unlock(&sqlite->mutex);
    free(found);
    return status == MST_END ? mst_record_fail_none(err, kind, name) : status;
}

/* In a write transaction. MST_END: there is none. */
static enum mst_status
records_revision(struct mst_sqlite *sqlite, enum mst_record_kind kind,
                 const char *name, uint64_t *ret, struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, records_revision_sql, "read a record");
    mst_query_int(&query, kind);
    mst_query_text(&query, name);
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK) {
        *ret = (uint64_t)mst_query_get_int(&query, 0);
    }
    mst_query_close(&query);
    return status;
}

static enum mst_status
records_put(struct mst_sqlite *sqlite, enum mst_record_kind kind,
            const struct mst_record *record, struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, records_put_sql, "write a record");
    mst_query_int(&query, kind);
    mst_query_text(&query, record->name);
    mst_query_int(&query, (int64_t)record->revision);
    mst_query_int(&query, record->created_ms);
    mst_query_int(&query, record->changed_ms);
    mst_query_text(&query, record->changed_by);
    mst_query_int(&query, mst_record_sum(kind, record));
    mst_query_bytes(&query, record->body.data == NULL ? MST_SLICE_LIT("")
                                                      : record->body);
    return mst_query_run(&query, err);
}

static enum mst_status
records_save(struct mst_record_store *store, enum mst_record_kind kind,
             const struct mst_record *record, uint64_t replaces,
             struct mst_error *err)
{
    struct mst_sqlite *sqlite = records_sqlite(store);
    uint64_t revision = 0;
    enum mst_status status = mst_record_check(kind, record, err);
    if (status == MST_OK) {
        mst_fault_point("before_record");
        status = mst_sqlite_begin(sqlite, err);
    }
    if (status != MST_OK) {
        return status;
    }
    status = records_revision(sqlite, kind, record->name, &revision, err);
    if (status == MST_OK || status == MST_END) {
        status = revision == replaces
                     ? records_put(sqlite, kind, record, err)
                     : mst_record_fail_changed(err, kind, record->name);
    }
    status = mst_sqlite_end(sqlite, status, err);
    mst_fault_point("after_record");
    return status;
}

static enum mst_status
records_delete(struct mst_sqlite *sqlite, enum mst_record_kind kind,
               const char *name, uint64_t revision, struct mst_error *err)
{
    uint64_t stored = 0;
    enum mst_status status = records_revision(sqlite, kind, name, &stored, err);
    if (status == MST_END) {
        return mst_record_fail_none(err, kind, name);
    }
    if (status != MST_OK) {
        return status;
    }
    if (revision != 0 && revision != stored) {
        return mst_record_fail_changed(err, kind, name);
    }
    struct mst_query query =
        mst_query_open(sqlite, records_delete_sql, "delete a record");
    mst_query_int(&query, kind);
    mst_query_text(&query, name);
    return mst_query_run(&query, err);
}

static enum mst_status
records_remove(struct mst_record_store *store, enum mst_record_kind kind,
               const char *name, uint64_t revision, struct mst_error *err)
{
    struct mst_sqlite *sqlite = records_sqlite(store);
    if (!mst_record_name_is_good(name)) {
        return mst_record_fail_none(err, kind, name);
    }
    mst_fault_point("before_record");
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status == MST_OK) {
        status = mst_sqlite_end(
            sqlite, records_delete(sqlite, kind, name, revision, err), err);
        mst_fault_point("after_record");
    }
    return status;
}

/* The first one behind *at, which becomes its name. */
static enum mst_status
records_next(struct mst_sqlite *sqlite, enum mst_record_kind kind, char **at,
             struct mst_record *ret, struct mst_error *err)
{
    char *found = NULL;
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query =
        mst_query_open(sqlite, records_next_sql, "list the records");
    mst_query_int(&query, kind);
    mst_query_text(&query, *at == NULL ? "" : *at);
    enum mst_status status =
        records_read(sqlite, &query, kind, &found, ret, err);
    mst_mutex_unlock(&sqlite->mutex);
    if (found != NULL && strcmp(found, *at == NULL ? "" : *at) <= 0) {
        /* A damaged index or name: there would be no end. */
        if (status == MST_OK) {
            mst_record_clear(ret);
        }
        status =
            mst_sqlite_fail(sqlite, SQLITE_CORRUPT, "list the records", err);
    }
    if (found != NULL) {
        free(*at);
        *at = found;
    }
    return status;
}

static enum mst_status
records_list(struct mst_record_store *store, enum mst_record_kind kind,
             enum mst_status (*each)(void *arg, const struct mst_record *one),
             void *arg, struct mst_error *err)
{
    struct mst_damage damage = {.why = {.status = MST_OK}};
    char *at = NULL;
    enum mst_status status = MST_OK;
    while (status == MST_OK) {
        struct mst_record one;
        struct mst_error why;
        mst_error_clear(&why);
        status = records_next(records_sqlite(store), kind, &at, &one, &why);
        if (status == MST_OK) {
            status = each(arg, &one);
            mst_record_clear(&one);
            continue;
        }
        if (status == MST_END) {
            status = MST_OK;
            break;
        }
        status = mst_damage_note(&damage, status, &why, err);
    }
    free(at);
    return mst_damage_end(&damage, status, err);
}

static void
records_destroy(struct mst_record_store *store)
{
    struct sqlite_records *self = (struct sqlite_records *)store;
    self->store->type->destroy(self->store);
    free(self);
}

static const struct mst_record_store_type records_type = {
    .name = "sqlite",
    .load = records_load,
    .save = records_save,
    .remove = records_remove,
    .list = records_list,
    .destroy = records_destroy,
};

enum mst_status
mst_sqlite_records_open(const char *directory, bool read_only,
                        struct mst_record_store **ret_store,
                        struct mst_error *err)
{
    struct sqlite_records *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return mst_fail_memory(err, "state");
    }
    enum mst_status status =
        mst_sqlite_store_open(directory, read_only, &self->store, err);
    if (status != MST_OK) {
        free(self);
        return status;
    }
    self->base.type = &records_type;
    *ret_store = &self->base;
    return MST_OK;
}
