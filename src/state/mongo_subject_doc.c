/* SPDX-License-Identifier: MIT */
/*
 * {_id, id, name, encoding, definition, created_at, updated_at: as the
 *  published mstream has them, of the newest version;
 *  subject, level, last, revision, key_properties, unique_by, sort_by, sum,
 *  versions: [{version, schema_id, encoding, definition, hash, created, sum}]}
 */
#include "state/mongo_subject_doc.h"

#include <stdlib.h>

#include "base/clock.h"
#include "encodings/bson_reader.h"
#include "schema/subject.h"
#include "state/mongo_doc.h"
#include "state/subject_schema.h"
#include "state/subject_sum.h"

static void
doc_write_text(bson_t *doc, const char *name, struct mst_slice text)
{
    (void)bson_append_utf8(doc, name, -1, (const char *)text.data,
                           (int)text.len);
}

static void
doc_write_names(bson_t *doc, const char *name,
                const struct mst_subject_names *names)
{
    bson_t list;
    char index[16];
    BSON_APPEND_ARRAY_BEGIN(doc, name, &list);
    for (size_t i = 0; i < names->len; i++) {
        const char *key = NULL;
        (void)bson_uint32_to_string((uint32_t)i, &key, index, sizeof(index));
        BSON_APPEND_UTF8(&list, key, names->names[i]);
    }
    bson_append_array_end(doc, &list);
}

static void
doc_write_version(bson_t *list, uint32_t at, const char *subject,
                  const struct mst_schema_version *one)
{
    bson_t doc;
    char index[16];
    const char *key = NULL;
    (void)bson_uint32_to_string(at, &key, index, sizeof(index));
    BSON_APPEND_DOCUMENT_BEGIN(list, key, &doc);
    BSON_APPEND_INT64(&doc, "version", one->number);
    BSON_APPEND_INT64(&doc, "schema_id", one->id);
    BSON_APPEND_UTF8(&doc, "encoding", mst_schema_kind_name(one->kind));
    doc_write_text(&doc, "definition", one->text);
    BSON_APPEND_BINARY(&doc, "hash", BSON_SUBTYPE_BINARY, one->hash,
                       sizeof(one->hash));
    BSON_APPEND_DATE_TIME(&doc, "created", one->created_ms);
    BSON_APPEND_INT64(&doc, "sum",
                      mst_schema_version_sum(subject, one, one->id));
    bson_append_document_end(list, &doc);
}

/* What the published mstream reads: moments are text there. */
static void
doc_write_published(const struct mst_subject *subject, bson_t *doc)
{
    const struct mst_schema_version *newest = mst_subject_version(subject, 0);
    char moment[MST_TIME_TEXT_MAX];
    BSON_APPEND_UTF8(doc, "id", subject->name);
    BSON_APPEND_UTF8(doc, "name", subject->name);
    if (newest != NULL) {
        BSON_APPEND_UTF8(doc, "encoding", mst_schema_kind_name(newest->kind));
        doc_write_text(doc, "definition", newest->text);
        mst_time_format(subject->versions[0].created_ms, moment);
        BSON_APPEND_UTF8(doc, "created_at", moment);
        mst_time_format(newest->created_ms, moment);
        BSON_APPEND_UTF8(doc, "updated_at", moment);
    }
}

void
mst_mongo_subject_write(const struct mst_subject *subject, uint64_t revision,
                        bson_t *doc)
{
    bson_t list;
    doc_write_published(subject, doc);
    BSON_APPEND_UTF8(doc, "subject", subject->name);
    BSON_APPEND_UTF8(doc, "level", mst_schema_level_name(subject->level));
    BSON_APPEND_INT64(doc, "last", subject->last);
    BSON_APPEND_INT64(doc, "revision", (int64_t)revision);
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        doc_write_names(doc, mst_subject_key_name((enum mst_subject_key)i),
                        &subject->keys[i]);
    }
    BSON_APPEND_INT64(doc, "sum", mst_subject_sum(subject));
    BSON_APPEND_ARRAY_BEGIN(doc, "versions", &list);
    for (size_t i = 0; i < subject->versions_len; i++) {
        doc_write_version(&list, (uint32_t)i, subject->name,
                          &subject->versions[i]);
    }
    bson_append_array_end(doc, &list);
}

/* Calls each for the elements of an array. */
static enum mst_status
doc_each(struct mst_slice doc, const char *name,
         enum mst_status (*each)(struct mst_subject *subject, int key,
                                 const struct mst_bson_value *value,
                                 struct mst_error *err),
         struct mst_subject *subject, int key, struct mst_error *err)
{
    struct mst_bson_value value;
    struct mst_slice list;
    struct mst_bson_iter iter;
    if (!mst_bson_find(doc, name, &value)
        || !mst_bson_get_document(&value, &list)) {
        return MST_OK;
    }
    enum mst_status status = mst_bson_iter_init(&iter, list, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        value = mst_bson_iter_value(&iter);
        status = each(subject, key, &value, err);
    }
    return status == MST_END ? MST_OK : status;
}

static enum mst_status
doc_read_name(struct mst_subject *subject, int key,
              const struct mst_bson_value *value, struct mst_error *err)
{
    struct mst_slice text = MST_SLICE_LIT("");
    (void)mst_bson_get_string(value, &text);
    return mst_subject_names_add(&subject->keys[key], text, err);
}

/* MST_REJECTED: its sum does not fit; key is the version's number then. */
static enum mst_status
doc_read_version(struct mst_subject *subject, int key,
                 const struct mst_bson_value *value, struct mst_error *err)
{
    struct mst_slice doc;
    (void)key;
    if (!mst_bson_get_document(value, &doc)) {
        return MST_REJECTED;
    }
    struct mst_schema_version one = {
        .number = (uint32_t)mst_mongo_doc_number(doc, "version"),
        .id = (uint32_t)mst_mongo_doc_number(doc, "schema_id"),
        .kind = mst_schema_kind_find(
            (const char *)mst_mongo_doc_text(doc, "encoding").data),
        .text = mst_mongo_doc_text(doc, "definition"),
        .created_ms = mst_mongo_doc_number(doc, "created")};
    struct mst_slice hash = mst_mongo_doc_bytes(doc, "hash");
    if (hash.len != sizeof(one.hash)) {
        return MST_REJECTED;
    }
    memcpy(one.hash, hash.data, hash.len);
    enum mst_status status = mst_subject_add(subject, &one, err);
    return status == MST_OK
                   && mst_mongo_doc_number(doc, "sum")
                          != mst_schema_version_sum(subject->name, &one, one.id)
               ? MST_REJECTED
               : status;
}

static enum mst_status
doc_read_own(struct mst_slice doc, const char *place,
             struct mst_subject *subject, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    const char *level = (const char *)mst_mongo_doc_text(doc, "level").data;
    subject->last = (uint32_t)mst_mongo_doc_number(doc, "last");
    subject->revision = (uint64_t)mst_mongo_doc_number(doc, "revision");
    bool known = mst_schema_level_find(level, &subject->level);
    for (int i = 0; i < MST_SUBJECT_KEYS && status == MST_OK; i++) {
        status = doc_each(doc, mst_subject_key_name((enum mst_subject_key)i),
                          doc_read_name, subject, i, err);
    }
    if (status == MST_OK
        && (!known
            || mst_mongo_doc_number(doc, "sum") != mst_subject_sum(subject))) {
        return mst_subject_fail_damaged(err, subject->name, 0, place);
    }
    if (status == MST_OK) {
        status = doc_each(doc, "versions", doc_read_version, subject, 0, err);
    }
    if (status == MST_REJECTED) {
        uint32_t number =
            subject->versions_len == 0
                ? 0
                : subject->versions[subject->versions_len - 1].number;
        return mst_subject_fail_damaged(err, subject->name, number, place);
    }
    return status;
}

/* A definition alone is version 1; the published mstream checks none, so it
 * may be no schema: then it has no hash. */
static enum mst_status
doc_read_published(struct mst_slice doc, struct mst_subject *subject,
                   struct mst_error *err)
{
    struct mst_subject_schema *schema = NULL;
    struct mst_schema_version one = {
        .number = 1,
        .kind = mst_schema_kind_find(
            (const char *)mst_mongo_doc_text(doc, "encoding").data),
        .text = mst_mongo_doc_text(doc, "definition"),
    };
    enum mst_status status =
        mst_subject_schema_create(one.text, one.kind, &schema, NULL);
    if (status == MST_OK) {
        memcpy(one.hash, mst_subject_schema_hash(schema), sizeof(one.hash));
        mst_subject_schema_destroy(schema);
    }
    subject->level = MST_LEVEL_BACKWARD;
    subject->last = 1;
    subject->revision = MST_MONGO_SUBJECT_FOREIGN;
    return mst_subject_add(subject, &one, err);
}

enum mst_status
mst_mongo_subject_read(struct mst_slice doc, const char *place,
                       struct mst_subject *ret, struct mst_error *err)
{
    static const char *const names[] = {"subject", "name", "id", "_id"};
    struct mst_subject subject = {.name = NULL};
    struct mst_slice name = MST_SLICE_LIT("");
    for (size_t i = 0; i < MST_ARRAY_SIZE(names) && name.len == 0; i++) {
        name = mst_mongo_doc_text(doc, names[i]);
    }
    subject.name = strndup((const char *)name.data, name.len);
    if (subject.name == NULL) {
        return mst_fail_memory(err, "state");
    }
    struct mst_bson_value value;
    enum mst_status status = mst_bson_find(doc, "versions", &value)
                                 ? doc_read_own(doc, place, &subject, err)
                                 : doc_read_published(doc, &subject, err);
    if (status != MST_OK) {
        mst_subject_clear(&subject);
        return status;
    }
    *ret = subject;
    return MST_OK;
}
