/* SPDX-License-Identifier: MIT */
/* Subjects as documents. Ids are given in a collection beside, so that the
 * published mstream finds nothing but schemas in this one. */
#include "state/mongo_subjects.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/revision.h"
#include "encodings/bson_reader.h"
#include "schema/subject.h"
#include "state/damage.h"
#include "state/mongo_parts.h"
#include "state/mongo_store.h"
#include "state/mongo_subject_doc.h"

#define ORIGIN     "state"
#define IDS_SUFFIX "_ids"

enum { SUBJECTS_ID_TRIES = 20 };

struct mongo_subjects {
    struct mst_subject_store base; /* first */
    struct mst_mongo_store *docs;
    char *ids; /* the collection of ids */
};

/* What a search found. */
struct subjects_found {
    const char *place;
    const char *name; /* asked for; NULL: by id */
    struct mst_subject best;
    int rank; /* 3: _id is the name, 2: id is, 1: name is, 0: nothing yet */
    struct mst_error *err;
};

static bool
subjects_is(struct mst_slice doc, const char *field, const char *name)
{
    struct mst_bson_value value;
    struct mst_slice text;
    return mst_bson_find(doc, field, &value)
           && mst_bson_get_string(&value, &text) && mst_slice_is(text, name);
}

static enum mst_status
subjects_keep_best(void *arg, struct mst_slice doc)
{
    struct subjects_found *found = arg;
    struct mst_subject one;
    int rank = 1;
    if (found->name != NULL) {
        rank = subjects_is(doc, "_id", found->name)  ? 3
               : subjects_is(doc, "id", found->name) ? 2
                                                     : 1;
    }
    if (rank <= found->rank) {
        return MST_OK;
    }
    enum mst_status status =
        mst_mongo_subject_read(doc, found->place, &one, found->err);
    if (status == MST_OK) {
        mst_subject_clear(&found->best);
        found->best = one;
        found->rank = rank;
    }
    return status;
}

/* Appends what finds a subject by any of its names. */
static void
subjects_by_name(bson_t *filter, const char *name)
{
    BCON_APPEND(filter, "$or", "[", "{", "_id", BCON_UTF8(name), "}", "{", "id",
                BCON_UTF8(name), "}", "{", "name", BCON_UTF8(name), "}", "]");
}

static enum mst_status
subjects_search(struct mongo_subjects *self, const bson_t *filter,
                const char *name, struct mst_subject *ret,
                struct mst_error *err)
{
    struct subjects_found found = {
        .place = self->docs->place, .name = name, .err = err};
    enum mst_status status = mst_mongo_store_find(
        self->docs, filter, NULL, subjects_keep_best, &found, err);
    if (status == MST_OK && found.rank == 0) {
        status = MST_END;
    }
    if (status == MST_OK) {
        *ret = found.best;
    } else {
        mst_subject_clear(&found.best);
    }
    return status;
}

static enum mst_status
subjects_load(struct mst_subject_store *store, const char *name,
              struct mst_subject *ret, struct mst_error *err)
{
    bson_t filter = BSON_INITIALIZER;
    subjects_by_name(&filter, name);
    enum mst_status status = subjects_search((struct mongo_subjects *)store,
                                             &filter, name, ret, err);
    bson_destroy(&filter);
    return status;
}

static enum mst_status
subjects_find(struct mst_subject_store *store, uint32_t id,
              struct mst_subject *ret, struct mst_error *err)
{
    bson_t filter = BSON_INITIALIZER;
    BSON_APPEND_INT64(&filter, "versions.schema_id", id);
    enum mst_status status = subjects_search((struct mongo_subjects *)store,
                                             &filter, NULL, ret, err);
    bson_destroy(&filter);
    return status;
}

static void
subjects_take_id(void *arg, struct mst_slice doc)
{
    struct mst_bson_value value;
    int64_t *ret_id = arg;
    if (mst_bson_find(doc, "id", &value)) {
        (void)mst_bson_as_int64(&value, ret_id);
    }
}

/* One document of ids, made where it is not there; its id. */
static enum mst_status
subjects_modify_id(struct mst_mongo_store *ids, bson_t *query,
                   const bson_t *update, int64_t *ret_id, struct mst_error *err)
{
    bson_t fields = BSON_INITIALIZER;
    BSON_APPEND_DOCUMENT(&fields, "query", query);
    BSON_APPEND_DOCUMENT(&fields, "update", update);
    BSON_APPEND_BOOL(&fields, "upsert", true);
    BSON_APPEND_BOOL(&fields, "new", true);
    enum mst_status status =
        mst_mongo_store_modify(ids, &fields, subjects_take_id, ret_id, err);
    bson_destroy(&fields);
    return status;
}

static enum mst_status
subjects_try_id(struct mst_mongo_store *ids,
                const struct mst_schema_version *one, int64_t *ret_id,
                struct mst_error *err)
{
    int64_t next = 0;
    bson_t *last = BCON_NEW("_id", BCON_UTF8("last"));
    bson_t *count = BCON_NEW("$inc", "{", "id", BCON_INT64(1), "}");
    bson_t query = BSON_INITIALIZER;
    bson_t update = BSON_INITIALIZER;
    BSON_APPEND_BINARY(&query, "_id", BSON_SUBTYPE_BINARY, one->hash,
                       sizeof(one->hash));
    /* Nothing to set: one that is there stays, and tells its id. */
    BCON_APPEND(&update, "$setOnInsert", "{", "seen", BCON_BOOL(true), "}");
    enum mst_status status =
        subjects_modify_id(ids, &query, &update, ret_id, err);
    if (status == MST_OK && *ret_id == 0) {
        status = subjects_modify_id(ids, last, count, &next, err);
    }
    if (status == MST_OK && *ret_id == 0) {
        bson_destroy(&update);
        bson_init(&update);
        BCON_APPEND(&query, "id", "{", "$exists", BCON_BOOL(false), "}");
        BCON_APPEND(&update, "$set", "{", "id", BCON_INT64(next), "}");
        status = subjects_modify_id(ids, &query, &update, ret_id, err);
    }
    bson_destroy(&update);
    bson_destroy(&query);
    bson_destroy(count);
    bson_destroy(last);
    return status;
}

/* The id of the text, a new one where it has none. Of two that give it one,
 * the first wins, and the other asks again. */
static enum mst_status
subjects_id(struct mongo_subjects *self, struct mst_schema_version *one,
            struct mst_error *err)
{
    static const uint8_t none[MST_SCHEMA_HASH_LEN];
    struct mst_mongo_store ids = *self->docs;
    enum mst_status status = MST_REJECTED;
    int64_t id = 0;
    if (one->id != 0 || memcmp(one->hash, none, sizeof(none)) == 0) {
        return MST_OK;
    }
    ids.collection = self->ids;
    for (int i = 0; i < SUBJECTS_ID_TRIES && status == MST_REJECTED; i++) {
        status = subjects_try_id(&ids, one, &id, err);
    }
    if (status == MST_OK) {
        one->id = (uint32_t)id;
    }
    return status == MST_REJECTED ? MST_RETRY : status;
}

/* Appends the condition that the stored one is the one that was loaded. */
static void
subjects_guard(bson_t *query, const struct mst_subject *subject)
{
    if (subject->revision == 0) {
        BSON_APPEND_UTF8(query, "_id", subject->name);
        BSON_APPEND_INT64(query, "revision", 0);
        return;
    }
    subjects_by_name(query, subject->name);
    if (subject->revision != MST_MONGO_SUBJECT_FOREIGN) {
        BSON_APPEND_INT64(query, "revision", (int64_t)subject->revision);
        return;
    }
    BCON_APPEND(query, "revision", "{", "$exists", BCON_BOOL(false), "}");
    (void)bson_append_utf8(query, "definition", -1,
                           (const char *)subject->versions[0].text.data,
                           (int)subject->versions[0].text.len);
}

static enum mst_status
subjects_changed(const struct mst_subject *subject, enum mst_status status,
                 struct mst_error *err)
{
    if (status != MST_END && status != MST_REJECTED) {
        return status;
    }
    return mst_fail(err, MST_AGAIN, ORIGIN, 0,
                    "subject '%s' was changed by somebody else meanwhile",
                    subject->name);
}

static enum mst_status
subjects_save(struct mst_subject_store *store, struct mst_subject *subject,
              struct mst_error *err)
{
    struct mongo_subjects *self = (struct mongo_subjects *)store;
    uint64_t revision = mst_next_revision(
        subject->revision == MST_MONGO_SUBJECT_FOREIGN ? 0 : subject->revision);
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < subject->versions_len && status == MST_OK; i++) {
        status = subjects_id(self, &subject->versions[i], err);
    }
    if (status != MST_OK) {
        return status;
    }
    bson_t fields = BSON_INITIALIZER;
    bson_t child;
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "query", &child);
    subjects_guard(&child, subject);
    bson_append_document_end(&fields, &child);
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "update", &child);
    mst_mongo_subject_write(subject, revision, &child);
    bson_append_document_end(&fields, &child);
    BSON_APPEND_BOOL(&fields, "upsert", subject->revision == 0);
    BSON_APPEND_BOOL(&fields, "new", true);
    BCON_APPEND(&fields, "fields", "{", "_id", BCON_INT32(1), "}");
    status = mst_mongo_store_modify(self->docs, &fields, NULL, NULL, err);
    bson_destroy(&fields);
    if (status == MST_OK) {
        subject->revision = revision;
    }
    return subjects_changed(subject, status, err);
}

static enum mst_status
subjects_remove(struct mst_subject_store *store,
                const struct mst_subject *subject, struct mst_error *err)
{
    struct mongo_subjects *self = (struct mongo_subjects *)store;
    bson_t fields = BSON_INITIALIZER;
    bson_t query;
    BSON_APPEND_DOCUMENT_BEGIN(&fields, "query", &query);
    if (subject->revision == 0) {
        subjects_by_name(&query, subject->name);
    } else {
        subjects_guard(&query, subject);
    }
    bson_append_document_end(&fields, &query);
    BSON_APPEND_BOOL(&fields, "remove", true);
    BCON_APPEND(&fields, "fields", "{", "_id", BCON_INT32(1), "}");
    enum mst_status status =
        mst_mongo_store_modify(self->docs, &fields, NULL, NULL, err);
    bson_destroy(&fields);
    if (status == MST_END && subject->revision == 0) {
        return mst_fail(err, MST_END, ORIGIN, 0, "there is no subject '%s'",
                        subject->name);
    }
    return subjects_changed(subject, status, err);
}

/* A list while it runs. */
struct subjects_each {
    const char *place;
    enum mst_status (*each)(void *arg, const struct mst_subject *one);
    void *arg;
    struct mst_error *err;
    struct mst_damage damage;
};

static enum mst_status
subjects_list_one(void *arg, struct mst_slice doc)
{
    struct subjects_each *list = arg;
    struct mst_subject one;
    struct mst_error why;
    mst_error_clear(&why);
    enum mst_status status =
        mst_mongo_subject_read(doc, list->place, &one, &why);
    if (status == MST_OK) {
        status = list->each(list->arg, &one);
        mst_subject_clear(&one);
    } else {
        status = mst_damage_note(&list->damage, status, &why, list->err);
    }
    return status;
}

static enum mst_status
subjects_list(struct mst_subject_store *store,
              enum mst_status (*each)(void *arg, const struct mst_subject *one),
              void *arg, struct mst_error *err)
{
    struct mongo_subjects *self = (struct mongo_subjects *)store;
    struct subjects_each list = {
        .place = self->docs->place, .each = each, .arg = arg, .err = err};
    bson_t filter = BSON_INITIALIZER;
    bson_t *options =
        BCON_NEW("sort", "{", "name", BCON_INT32(1), "id", BCON_INT32(1), "}");
    BCON_APPEND(&filter, "definition", "{", "$type", BCON_UTF8("string"), "}");
    enum mst_status status = mst_mongo_store_find(
        self->docs, &filter, options, subjects_list_one, &list, err);
    bson_destroy(options);
    bson_destroy(&filter);
    return mst_damage_end(&list.damage, status, err);
}

static void
subjects_destroy(struct mst_subject_store *store)
{
    struct mongo_subjects *self = (struct mongo_subjects *)store;
    if (self->docs != NULL) {
        self->docs->base.type->destroy(&self->docs->base);
    }
    free(self->ids);
    free(self);
}

static const struct mst_subject_store_type subjects_type = {
    .name = "mongodb",
    .load = subjects_load,
    .find = subjects_find,
    .save = subjects_save,
    .remove = subjects_remove,
    .list = subjects_list,
    .destroy = subjects_destroy,
};

enum mst_status
mst_mongo_subjects_create_for(const struct mst_mongo_options *service,
                              const char *app_name, const char *collection,
                              struct mst_mongo_cancel *cancel,
                              struct mst_subject_store **ret_store,
                              struct mst_error *err)
{
    struct mongo_subjects *self = calloc(1, sizeof(*self));
    struct mst_store *docs = NULL;
    if (self == NULL || asprintf(&self->ids, "%s" IDS_SUFFIX, collection) < 0) {
        free(self);
        return mst_fail_memory(err, ORIGIN);
    }
    self->base.type = &subjects_type;
    enum mst_status status = mst_mongo_store_create_for(
        service, app_name, collection, cancel, &docs, err);
    if (status != MST_OK) {
        subjects_destroy(&self->base);
        return status;
    }
    self->docs = (struct mst_mongo_store *)docs;
    *ret_store = &self->base;
    return MST_OK;
}

enum mst_status
mst_mongo_subjects_create(const struct mst_mongo_options *service,
                          const char *app_name, const char *collection,
                          struct mst_subject_store **ret_store,
                          struct mst_error *err)
{
    return mst_mongo_subjects_create_for(service, app_name, collection, NULL,
                                         ret_store, err);
}
