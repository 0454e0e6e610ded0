/* SPDX-License-Identifier: MIT */
/* Records as documents. */
#include "state/mongo_records.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/fault_point.h"
#include "base/utf8.h"
#include "encodings/bson_reader.h"
#include "log/log.h"
#include "state/damage.h"
#include "state/mongo_doc.h"
#include "state/mongo_parts.h"
#include "state/mongo_store.h"
#include "state/record_sum.h"

#define ORIGIN "state"

struct mongo_records {
    struct mst_record_store base; /* first */
    struct mst_mongo_store *docs;
    atomic_flag told; /* that others keep theirs here too */
};

static const char *
records_body_name(enum mst_record_kind kind)
{
    static const char *const names[MST_RECORD_KINDS] = {
        [MST_RECORD_SERVICE] = "sealed",      [MST_RECORD_JOB] = "definition",
        [MST_RECORD_DESIRED] = "state",       [MST_RECORD_SUITE] = "suite",
        [MST_RECORD_WORKSPACE] = "workspace", [MST_RECORD_SCRIPT] = "text",
    };
    return names[kind];
}

static void
records_append_id(bson_t *query, enum mst_record_kind kind, const char *name)
{
    BCON_APPEND(query, "_id", "{", "kind",
                BCON_UTF8(mst_record_kind_name(kind)), "name", BCON_UTF8(name),
                "}");
}

/* Text where it is, for people who look at the collection. */
static void
records_append_body(bson_t *set, enum mst_record_kind kind,
                    struct mst_slice body)
{
    const char *name = records_body_name(kind);
    if (kind != MST_RECORD_SERVICE
        && mst_utf8_valid(body.data, body.len) == body.len) {
        (void)bson_append_utf8(set, name, -1,
                               body.len == 0 ? "" : (const char *)body.data,
                               (int)body.len);
    } else {
        (void)bson_append_binary(set, name, -1, BSON_SUBTYPE_BINARY, body.data,
                                 (uint32_t)body.len);
    }
}

static void
records_append_update(bson_t *update, enum mst_record_kind kind,
                      const struct mst_record *record)
{
    bson_t set;
    BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
    BSON_APPEND_INT64(&set, "revision", (int64_t)record->revision);
    records_append_body(&set, kind, record->body);
    BSON_APPEND_DATE_TIME(&set, "changed", record->changed_ms);
    BSON_APPEND_UTF8(&set, "changed_by", record->changed_by);
    BSON_APPEND_INT64(&set, "sum", mst_record_sum(kind, record));
    bson_append_document_end(update, &set);
    BCON_APPEND(update, "$setOnInsert", "{", "created",
                BCON_DATE_TIME(record->created_ms), "}");
}

/* The record of a document; *ret is the caller's. */
static enum mst_status
records_read(struct mst_slice doc, enum mst_record_kind kind, const char *place,
             struct mst_record *ret, struct mst_error *err)
{
    struct mst_bson_value value;
    struct mst_slice id;
    const char *body_name = records_body_name(kind);
    struct mst_slice name = MST_SLICE_LIT("");
    if (mst_bson_find(doc, "_id", &value)
        && mst_bson_get_document(&value, &id)) {
        name = mst_mongo_doc_text(id, "name");
    }
    struct mst_slice by = mst_mongo_doc_text(doc, "changed_by");
    /* Owned ones are not const; this one is copied. */
    struct mst_record record = {
        .name = (char *)(uintptr_t)name.data,
        .revision = (uint64_t)mst_mongo_doc_number(doc, "revision"),
        .created_ms = mst_mongo_doc_number(doc, "created"),
        .changed_ms = mst_mongo_doc_number(doc, "changed"),
        .changed_by = (char *)(uintptr_t)by.data,
        .body = mst_mongo_doc_bytes(doc, body_name)};
    if (record.body.data == NULL) {
        record.body = mst_mongo_doc_text(doc, body_name);
    }
    return mst_mongo_doc_number(doc, "sum") == mst_record_sum(kind, &record)
               ? mst_record_copy(&record, ret, err)
               : mst_record_fail_damaged(err, kind, record.name, place);
}

/* A search while it runs. */
struct records_each {
    enum mst_record_kind kind;
    const char *place;
    enum mst_status (*each)(void *arg, const struct mst_record *one);
    void *arg;
    struct mst_record *ret; /* of load */
    bool found;
    struct mst_error *err;
    struct mst_damage damage;
};

static enum mst_status
records_load_one(void *arg, struct mst_slice doc)
{
    struct records_each *search = arg;
    search->found = true;
    return search->ret == NULL ? MST_OK
                               : records_read(doc, search->kind, search->place,
                                              search->ret, search->err);
}

/* MST_END: there is none. ret NULL: is there one? */
static enum mst_status
records_find(struct mongo_records *self, enum mst_record_kind kind,
             const char *name, struct mst_record *ret, struct mst_error *err)
{
    struct records_each search = {
        .kind = kind, .place = self->docs->place, .ret = ret, .err = err};
    bson_t filter = BSON_INITIALIZER;
    records_append_id(&filter, kind, name);
    enum mst_status status = mst_mongo_store_find(
        self->docs, &filter, NULL, records_load_one, &search, err);
    bson_destroy(&filter);
    return status == MST_OK && !search.found
               ? mst_record_fail_none(err, kind, name)
               : status;
}

static enum mst_status
records_load(struct mst_record_store *store, enum mst_record_kind kind,
             const char *name, struct mst_record *ret, struct mst_error *err)
{
    return mst_record_name_is_good(name)
               ? records_find((struct mongo_records *)store, kind, name, ret,
                              err)
               : mst_record_fail_none(err, kind, name);
}

static enum mst_status
records_save(struct mst_record_store *store, enum mst_record_kind kind,
             const struct mst_record *record, uint64_t replaces,
             struct mst_error *err)
{
    struct mongo_records *self = (struct mongo_records *)store;
    enum mst_status status = mst_record_check(kind, record, err);
    if (status != MST_OK) {
        return status;
    }
    bson_t fields = BSON_INITIALIZER;
    bson_t child;
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "query", &child);
    records_append_id(&child, kind, record->name);
    /* None has 0, so a new one that meets an old one is refused by _id. */
    BSON_APPEND_INT64(&child, "revision", (int64_t)replaces);
    bson_append_document_end(&fields, &child);
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "update", &child);
    records_append_update(&child, kind, record);
    bson_append_document_end(&fields, &child);
    BSON_APPEND_BOOL(&fields, "upsert", replaces == 0);
    BSON_APPEND_BOOL(&fields, "new", true);
    BCON_APPEND(&fields, "fields", "{", "_id", BCON_INT32(1), "}");
    mst_fault_point("before_record");
    status = mst_mongo_store_modify(self->docs, &fields, NULL, NULL, err);
    mst_fault_point("after_record");
    bson_destroy(&fields);
    return status == MST_END || status == MST_REJECTED
               ? mst_record_fail_changed(err, kind, record->name)
               : status;
}

static enum mst_status
records_remove(struct mst_record_store *store, enum mst_record_kind kind,
               const char *name, uint64_t revision, struct mst_error *err)
{
    struct mongo_records *self = (struct mongo_records *)store;
    if (!mst_record_name_is_good(name)) {
        return mst_record_fail_none(err, kind, name);
    }
    bson_t fields = BSON_INITIALIZER;
    bson_t query;
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "query", &query);
    records_append_id(&query, kind, name);
    if (revision != 0) {
        BSON_APPEND_INT64(&query, "revision", (int64_t)revision);
    }
    bson_append_document_end(&fields, &query);
    BSON_APPEND_BOOL(&fields, "remove", true);
    BCON_APPEND(&fields, "fields", "{", "_id", BCON_INT32(1), "}");
    mst_fault_point("before_record");
    enum mst_status status =
        mst_mongo_store_modify(self->docs, &fields, NULL, NULL, err);
    mst_fault_point("after_record");
    bson_destroy(&fields);
    if (status != MST_END) {
        return status;
    }
    status = records_find(self, kind, name, NULL, err);
    return status == MST_OK ? mst_record_fail_changed(err, kind, name) : status;
}

static enum mst_status
records_list_one(void *arg, struct mst_slice doc)
{
    struct records_each *list = arg;
    struct mst_record one;
    struct mst_error why;
    mst_error_clear(&why);
    enum mst_status status =
        records_read(doc, list->kind, list->place, &one, &why);
    if (status == MST_OK) {
        status = list->each(list->arg, &one);
        mst_record_clear(&one);
        return status;
    }
    return mst_damage_note(&list->damage, status, &why, list->err);
}

/* Once: whoever expects the jobs of a published mstream here must hear that
 * they are not read. */
static enum mst_status
records_tell_foreign(struct mongo_records *self, struct mst_error *err)
{
    struct records_each search = {.place = self->docs->place};
    if (atomic_flag_test_and_set(&self->told)) {
        return MST_OK;
    }
    bson_t *filter = BCON_NEW("$or", "[", "{", "pipeline", "{", "$exists",
                              BCON_BOOL(true), "}", "}", "{", "nonce", "{",
                              "$exists", BCON_BOOL(true), "}", "}", "]");
    bson_t *options = BCON_NEW("limit", BCON_INT64(1), "projection", "{", "_id",
                               BCON_INT32(1), "}");
    enum mst_status status = mst_mongo_store_find(
        self->docs, filter, options, records_load_one, &search, err);
    bson_destroy(options);
    bson_destroy(filter);
    if (status != MST_OK) {
        atomic_flag_clear(&self->told);
    } else if (search.found) {
        mst_log_warn(ORIGIN,
                     "collection '%s' also holds documents of the published "
                     "mstream: they are left alone, and no job or service "
                     "comes from them; better name a collection of its own",
                     self->docs->place);
    }
    return status;
}

static enum mst_status
records_list(struct mst_record_store *store, enum mst_record_kind kind,
             enum mst_status (*each)(void *arg, const struct mst_record *one),
             void *arg, struct mst_error *err)
{
    struct mongo_records *self = (struct mongo_records *)store;
    struct records_each list = {.kind = kind,
                                .place = self->docs->place,
                                .each = each,
                                .arg = arg,
                                .err = err};
    enum mst_status status = records_tell_foreign(self, err);
    if (status != MST_OK) {
        return status;
    }
    bson_t *filter =
        BCON_NEW("_id.kind", BCON_UTF8(mst_record_kind_name(kind)));
    bson_t *options = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}");
    status = mst_mongo_store_find(self->docs, filter, options, records_list_one,
                                  &list, err);
    bson_destroy(options);
    bson_destroy(filter);
    return mst_damage_end(&list.damage, status, err);
}

static void
records_destroy(struct mst_record_store *store)
{
    struct mongo_records *self = (struct mongo_records *)store;
    self->docs->base.type->destroy(&self->docs->base);
    free(self);
}

static const struct mst_record_store_type records_type = {
    .name = "mongodb",
    .load = records_load,
    .save = records_save,
    .remove = records_remove,
    .list = records_list,
    .destroy = records_destroy,
};

enum mst_status
mst_mongo_records_create(const struct mst_mongo_options *service,
                         const char *app_name, const char *collection,
                         struct mst_record_store **ret_store,
                         struct mst_error *err)
{
    struct mongo_records *self = calloc(1, sizeof(*self));
    struct mst_store *docs = NULL;
    if (self == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status =
        mst_mongo_store_create(service, app_name, collection, &docs, err);
    if (status != MST_OK) {
        free(self);
        return status;
    }
    self->base.type = &records_type;
    self->docs = (struct mst_mongo_store *)docs;
    atomic_flag_clear(&self->told);
    *ret_store = &self->base;
    return MST_OK;
}
