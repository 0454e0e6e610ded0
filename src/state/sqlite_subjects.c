/* SPDX-License-Identifier: MIT */
/* Subjects in the embedded store: settings in one row, a row per version. A
 * save replaces both, if the revision is still the one that was loaded. */
#include "state/sqlite_subjects.h"

#include <stdlib.h>

#include "base/thread.h"
#include "core/revision.h"
#include "schema/subject.h"
#include "state/damage.h"
#include "state/sqlite_db.h"
#include "state/sqlite_store.h"
#include "state/subject_sum.h"

struct sqlite_subjects {
    struct mst_subject_store base; /* first */
    struct mst_store *store;       /* owns the connection */
};

static const char subjects_get_sql[] =
    "SELECT level, last, revision, sum, key_properties, unique_by, sort_by"
    " FROM subjects WHERE name = ?";
static const char subjects_revision_sql[] =
    "SELECT revision FROM subjects WHERE name = ?";
static const char subjects_of_id_sql[] =
    "SELECT subject FROM schemas WHERE id = ? ORDER BY subject LIMIT 1";
static const char subjects_names_sql[] =
    "SELECT name FROM subjects ORDER BY name";
static const char subjects_put_sql[] =
    "INSERT OR REPLACE INTO subjects(name, level, last, revision, sum,"
    " key_properties, unique_by, sort_by) VALUES(?, ?, ?, ?, ?, ?, ?, ?)";
static const char subjects_delete_sql[] = "DELETE FROM subjects WHERE name = ?";
static const char versions_get_sql[] =
    "SELECT number, id, kind, hash, created_ms, sum, text FROM schemas"
    " WHERE subject = ? ORDER BY number";
static const char versions_put_sql[] =
    "INSERT INTO schemas(subject, number, id, kind, hash, created_ms, sum,"
    " text) VALUES(?, ?, ?, ?, ?, ?, ?, ?)";
static const char versions_delete_sql[] =
    "DELETE FROM schemas WHERE subject = ?";
static const char ids_add_sql[] =
    "INSERT OR IGNORE INTO schema_ids(hash) VALUES(?)";
static const char ids_get_sql[] = "SELECT id FROM schema_ids WHERE hash = ?";

static struct mst_sqlite *
subjects_sqlite(struct mst_subject_store *store)
{
    return (struct mst_sqlite *)((struct sqlite_subjects *)store)->store;
}

/* Names one after the other, each closed by a NUL. */
static enum mst_status
subjects_unpack(struct mst_slice packed, struct mst_subject_names *names,
                struct mst_error *err)
{
    const uint8_t *at = packed.data;
    const uint8_t *end = at == NULL ? at : at + packed.len;
    enum mst_status status = MST_OK;
    while (at < end && status == MST_OK) {
        const uint8_t *nul = memchr(at, '\0', (size_t)(end - at));
        nul = nul == NULL ? end : nul;
        status = mst_subject_names_add(
            names, mst_slice_of(at, (size_t)(nul - at)), err);
        at = nul == end ? end : nul + 1;
    }
    return status;
}

static enum mst_status
subjects_pack(const struct mst_subject_names *names, struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < names->len && status == MST_OK; i++) {
        status =
            mst_buf_append(out, names->names[i], strlen(names->names[i]) + 1);
    }
    return status;
}

/* Lock: mutex held, in a transaction. */
static enum mst_status
versions_read(struct mst_sqlite *sqlite, struct mst_subject *subject,
              struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, versions_get_sql, "read a schema");
    mst_query_text(&query, subject->name);
    enum mst_status status;
    while ((status = mst_query_step(&query, err)) == MST_OK) {
        struct mst_slice hash = mst_query_get_bytes(&query, 3);
        struct mst_schema_version one = {
            .number = (uint32_t)mst_query_get_int(&query, 0),
            .id = (uint32_t)mst_query_get_int(&query, 1),
            .kind = (enum mst_schema_kind)mst_query_get_int(&query, 2),
            .created_ms = mst_query_get_int(&query, 4),
            .text = mst_query_get_bytes(&query, 6)};
        bool whole = hash.len == sizeof(one.hash);
        if (whole) {
            memcpy(one.hash, hash.data, hash.len);
        }
        if (!whole
            || mst_query_get_int(&query, 5)
                   != mst_schema_version_sum(subject->name, &one, one.id)) {
            status = mst_subject_fail_damaged(err, subject->name, one.number,
                                              sqlite->path);
            break;
        }
        status = mst_subject_add(subject, &one, err);
        if (status != MST_OK) {
            break;
        }
    }
    mst_query_close(&query);
    return status == MST_END ? MST_OK : status;
}

/* Lock: mutex held, in a transaction. What is in subject is the caller's to
 * clear. */
static enum mst_status
subjects_read(struct mst_sqlite *sqlite, const char *name,
              struct mst_subject *subject, struct mst_error *err)
{
    int64_t sum = 0;
    struct mst_query query =
        mst_query_open(sqlite, subjects_get_sql, "read a subject");
    mst_query_text(&query, name);
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK) {
        subject->name = strdup(name);
        subject->level = (enum mst_schema_level)mst_query_get_int(&query, 0);
        subject->last = (uint32_t)mst_query_get_int(&query, 1);
        subject->revision = (uint64_t)mst_query_get_int(&query, 2);
        sum = mst_query_get_int(&query, 3);
        status = subject->name == NULL ? mst_fail_memory(err, "state") : MST_OK;
    }
    for (int i = 0; i < MST_SUBJECT_KEYS && status == MST_OK; i++) {
        status = subjects_unpack(mst_query_get_bytes(&query, 4 + i),
                                 &subject->keys[i], err);
    }
    mst_query_close(&query);
    if (status == MST_OK
        && (sum != mst_subject_sum(subject)
            || (int)subject->level >= MST_LEVELS)) {
        status = mst_subject_fail_damaged(err, name, 0, sqlite->path);
    }
    return status == MST_OK ? versions_read(sqlite, subject, err) : status;
}

/* Several queries on one state of the file. Takes the mutex; on failure not. */
static enum mst_status
subjects_begin_read(struct mst_sqlite *sqlite, struct mst_error *err)
{
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query = mst_query_open(sqlite, "BEGIN", "read");
    enum mst_status status = mst_query_run(&query, err);
    if (status != MST_OK) {
        mst_mutex_unlock(&sqlite->mutex);
    }
    return status;
}

static void
subjects_end_read(struct mst_sqlite *sqlite)
{
    (void)sqlite3_exec(sqlite->db, "COMMIT", NULL, NULL, NULL);
    mst_mutex_unlock(&sqlite->mutex);
}

static enum mst_status
subjects_load(struct mst_subject_store *store, const char *name,
              struct mst_subject *ret, struct mst_error *err)
{
    struct mst_sqlite *sqlite = subjects_sqlite(store);
    struct mst_subject subject = {.name = NULL};
    enum mst_status status = subjects_begin_read(sqlite, err);
    if (status == MST_OK) {
        status = subjects_read(sqlite, name, &subject, err);
        subjects_end_read(sqlite);
    }
    if (status == MST_OK) {
        *ret = subject;
    } else {
        mst_subject_clear(&subject);
    }
    return status;
}

static enum mst_status
subjects_find(struct mst_subject_store *store, uint32_t id,
              struct mst_subject *ret, struct mst_error *err)
{
    struct mst_sqlite *sqlite = subjects_sqlite(store);
    char *name = NULL;
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query =
        mst_query_open(sqlite, subjects_of_id_sql, "look for a schema");
    mst_query_int(&query, id);
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK) {
        const char *found = mst_query_get_text(&query, 0);
        name = found == NULL ? NULL : strdup(found);
        status = name == NULL ? mst_fail_memory(err, "state") : MST_OK;
    }
    mst_query_close(&query);
    mst_mutex_unlock(&sqlite->mutex);
    if (status == MST_OK) {
        status = subjects_load(store, name, ret, err);
    }
    free(name);
    return status;
}

/* Lock: in a write transaction. MST_AGAIN: another revision is there; then
 * *ret is false where nothing is. */
static enum mst_status
subjects_compare(struct mst_sqlite *sqlite, const struct mst_subject *subject,
                 bool *ret_exists, struct mst_error *err)
{
    uint64_t revision = 0;
    struct mst_query query =
        mst_query_open(sqlite, subjects_revision_sql, "read a subject");
    mst_query_text(&query, subject->name);
    enum mst_status status = mst_query_step(&query, err);
    *ret_exists = status == MST_OK;
    if (status == MST_OK) {
        revision = (uint64_t)mst_query_get_int(&query, 0);
    }
    mst_query_close(&query);
    if (status != MST_OK && status != MST_END) {
        return status;
    }
    if (revision != subject->revision) {
        return mst_fail(err, MST_AGAIN, "state", 0,
                        "subject '%s' was changed by somebody else meanwhile",
                        subject->name);
    }
    return MST_OK;
}

static enum mst_status
subjects_delete(struct mst_sqlite *sqlite, const char *name,
                struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, versions_delete_sql, "write a subject");
    mst_query_text(&query, name);
    enum mst_status status = mst_query_run(&query, err);
    if (status == MST_OK) {
        query = mst_query_open(sqlite, subjects_delete_sql, "write a subject");
        mst_query_text(&query, name);
        status = mst_query_run(&query, err);
    }
    return status;
}

/* The id of the text, a new one where it has none. */
static enum mst_status
subjects_id(struct mst_sqlite *sqlite, const struct mst_schema_version *one,
            uint32_t *ret_id, struct mst_error *err)
{
    const struct mst_slice hash = mst_slice_of(one->hash, sizeof(one->hash));
    struct mst_query query =
        mst_query_open(sqlite, ids_add_sql, "number a schema");
    mst_query_bytes(&query, hash);
    enum mst_status status = mst_query_run(&query, err);
    if (status != MST_OK) {
        return status;
    }
    query = mst_query_open(sqlite, ids_get_sql, "number a schema");
    mst_query_bytes(&query, hash);
    status = mst_query_step(&query, err);
    if (status == MST_OK) {
        *ret_id = (uint32_t)mst_query_get_int(&query, 0);
    }
    mst_query_close(&query);
    return status;
}

static enum mst_status
versions_put(struct mst_sqlite *sqlite, const char *subject,
             const struct mst_schema_version *one, uint32_t id,
             struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, versions_put_sql, "write a schema");
    mst_query_text(&query, subject);
    mst_query_int(&query, one->number);
    mst_query_int(&query, id);
    mst_query_int(&query, one->kind);
    mst_query_bytes(&query, mst_slice_of(one->hash, sizeof(one->hash)));
    mst_query_int(&query, one->created_ms);
    mst_query_int(&query, mst_schema_version_sum(subject, one, id));
    mst_query_bytes(&query, one->text);
    return mst_query_run(&query, err);
}

static enum mst_status
subjects_put(struct mst_sqlite *sqlite, const struct mst_subject *subject,
             uint64_t revision, struct mst_error *err)
{
    struct mst_buf packed[MST_SUBJECT_KEYS];
    enum mst_status status = MST_OK;
    struct mst_query query =
        mst_query_open(sqlite, subjects_put_sql, "write a subject");
    mst_query_text(&query, subject->name);
    mst_query_int(&query, subject->level);
    mst_query_int(&query, subject->last);
    mst_query_int(&query, (int64_t)revision);
    mst_query_int(&query, mst_subject_sum(subject));
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        mst_buf_init(&packed[i], MST_SUBJECT_BYTES_MAX);
        if (status == MST_OK) {
            status = subjects_pack(&subject->keys[i], &packed[i]);
        }
        mst_query_bytes(&query, mst_buf_slice(&packed[i]));
    }
    if (status == MST_OK) {
        status = mst_query_run(&query, err);
    } else {
        mst_query_close(&query);
        status =
            mst_fail(err, status, "state", 0,
                     "the names of subject '%s' are too long", subject->name);
    }
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        mst_buf_clear(&packed[i]);
    }
    return status;
}

/* In a write transaction. ids: of the versions. */
static enum mst_status
subjects_write(struct mst_sqlite *sqlite, const struct mst_subject *subject,
               uint64_t revision, uint32_t *ids, struct mst_error *err)
{
    bool exists = false;
    enum mst_status status = subjects_compare(sqlite, subject, &exists, err);
    if (status == MST_OK) {
        status = subjects_delete(sqlite, subject->name, err);
    }
    for (size_t i = 0; i < subject->versions_len && status == MST_OK; i++) {
        const struct mst_schema_version *one = &subject->versions[i];
        ids[i] = one->id;
        if (one->id == 0) {
            status = subjects_id(sqlite, one, &ids[i], err);
        }
        if (status == MST_OK) {
            status = versions_put(sqlite, subject->name, one, ids[i], err);
        }
    }
    return status == MST_OK ? subjects_put(sqlite, subject, revision, err)
                            : status;
}

static enum mst_status
subjects_save(struct mst_subject_store *store, struct mst_subject *subject,
              struct mst_error *err)
{
    struct mst_sqlite *sqlite = subjects_sqlite(store);
    uint64_t revision = mst_next_revision(subject->revision);
    uint32_t *ids = calloc(subject->versions_len + 1, sizeof(*ids));
    if (ids == NULL) {
        return mst_fail_memory(err, "state");
    }
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status == MST_OK) {
        status = mst_sqlite_end(
            sqlite, subjects_write(sqlite, subject, revision, ids, err), err);
    }
    for (size_t i = 0; i < subject->versions_len && status == MST_OK; i++) {
        subject->versions[i].id = ids[i];
    }
    subject->revision = status == MST_OK ? revision : subject->revision;
    free(ids);
    return status;
}

static enum mst_status
subjects_remove(struct mst_subject_store *store,
                const struct mst_subject *subject, struct mst_error *err)
{
    struct mst_sqlite *sqlite = subjects_sqlite(store);
    bool exists = false;
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    status = subjects_compare(sqlite, subject, &exists, err);
    if (status == MST_AGAIN && subject->revision == 0) {
        status = MST_OK;
    }
    if (status == MST_OK && !exists) {
        status = mst_fail(err, MST_END, "state", 0, "there is no subject '%s'",
                          subject->name);
    }
    if (status == MST_OK) {
        status = subjects_delete(sqlite, subject->name, err);
    }
    return mst_sqlite_end(sqlite, status, err);
}

static enum mst_status
subjects_names(struct mst_sqlite *sqlite, struct mst_subject_names *names,
               struct mst_error *err)
{
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query =
        mst_query_open(sqlite, subjects_names_sql, "list the subjects");
    enum mst_status status;
    while ((status = mst_query_step(&query, err)) == MST_OK) {
        const char *name = mst_query_get_text(&query, 0);
        status = name == NULL
                     ? mst_fail_memory(err, "state")
                     : mst_subject_names_add(names, mst_slice_str(name), err);
        if (status != MST_OK) {
            break;
        }
    }
    mst_query_close(&query);
    mst_mutex_unlock(&sqlite->mutex);
    return status == MST_END ? MST_OK : status;
}

static enum mst_status
subjects_list(struct mst_subject_store *store,
              enum mst_status (*each)(void *arg, const struct mst_subject *one),
              void *arg, struct mst_error *err)
{
    struct mst_subject_names names = {.len = 0};
    struct mst_damage damage = {.why = {.status = MST_OK}};
    enum mst_status status =
        subjects_names(subjects_sqlite(store), &names, err);
    for (size_t i = 0; i < names.len && status == MST_OK; i++) {
        struct mst_subject one;
        struct mst_error why;
        mst_error_clear(&why);
        status = subjects_load(store, names.names[i], &one, &why);
        if (status == MST_OK) {
            status = each(arg, &one);
            mst_subject_clear(&one);
        } else if (status == MST_END) {
            status = MST_OK; /* removed meanwhile */
        } else {
            status = mst_damage_note(&damage, status, &why, err);
        }
    }
    mst_subject_names_clear(&names);
    return mst_damage_end(&damage, status, err);
}

static void
subjects_destroy(struct mst_subject_store *store)
{
    struct sqlite_subjects *self = (struct sqlite_subjects *)store;
    self->store->type->destroy(self->store);
    free(self);
}

static const struct mst_subject_store_type subjects_type = {
    .name = "sqlite",
    .load = subjects_load,
    .find = subjects_find,
    .save = subjects_save,
    .remove = subjects_remove,
    .list = subjects_list,
    .destroy = subjects_destroy,
};

enum mst_status
mst_sqlite_subjects_open(const char *directory, bool read_only,
                         struct mst_subject_store **ret_store,
                         struct mst_error *err)
{
    struct sqlite_subjects *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return mst_fail_memory(err, "state");
    }
    enum mst_status status =
        mst_sqlite_store_open(directory, read_only, &self->store, err);
    if (status != MST_OK) {
        free(self);
        return status;
    }
    self->base.type = &subjects_type;
    *ret_store = &self->base;
    return MST_OK;
}
