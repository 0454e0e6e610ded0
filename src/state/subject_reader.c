/* SPDX-License-Identifier: MIT */
/* Looks schemas up by subject, by number and by text. */
#include "state/subject_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema/subject.h"
#include "state/subject_registry.h"
#include "state/subject_schema.h"

#define ORIGIN "schema"

enum mst_status
mst_subject_read_nothing(const struct mst_schema_ref *ref,
                         struct mst_error *err)
{
    if (ref->subject.data == NULL) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "there is no schema with id %" PRIu32, ref->id);
    } else if (ref->version == 0) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "there is no subject '%.*s'", (int)ref->subject.len,
                       (const char *)ref->subject.data);
    } else {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "subject '%.*s' has no version %" PRIu32,
                       (int)ref->subject.len, (const char *)ref->subject.data,
                       ref->version);
    }
    if (err != NULL) {
        mst_error_hint(err, "mstream schema list shows which there are");
    }
    return MST_REJECTED;
}

static enum mst_status
reader_load_name(struct mst_subject_store *store, struct mst_slice name,
                 struct mst_subject *ret, struct mst_error *err)
{
    char *copy = strndup((const char *)name.data, name.len);
    if (copy == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status = store->type->load(store, copy, ret, err);
    free(copy);
    return status;
}

static enum mst_status
reader_load(struct mst_subject_store *store, const struct mst_schema_ref *ref,
            struct mst_subject *ret, bool *ret_by_id, struct mst_error *err)
{
    char name[16];
    *ret_by_id = false;
    if (ref->subject.data != NULL) {
        return reader_load_name(store, ref->subject, ret, err);
    }
    enum mst_status status = store->type->find(store, ref->id, ret, err);
    if (status != MST_END) {
        *ret_by_id = true;
        return status;
    }
    (void)snprintf(name, sizeof(name), "%" PRIu32, ref->id);
    return store->type->load(store, name, ret, err);
}

static const struct mst_schema_version *
reader_pick(const struct mst_subject *subject, const struct mst_schema_ref *ref,
            bool by_id)
{
    for (size_t i = 0; by_id && i < subject->versions_len; i++) {
        if (subject->versions[i].id == ref->id) {
            return &subject->versions[i];
        }
    }
    return by_id ? NULL : mst_subject_version(subject, ref->version);
}

enum mst_status
mst_subject_read(struct mst_subject_store *store,
                 const struct mst_schema_ref *ref, struct mst_schema_text *ret,
                 struct mst_error *err)
{
    struct mst_subject subject = {.name = NULL};
    bool by_id = false;
    enum mst_status status = reader_load(store, ref, &subject, &by_id, err);
    const struct mst_schema_version *one =
        status == MST_OK ? reader_pick(&subject, ref, by_id) : NULL;
    if (one == NULL && (status == MST_OK || status == MST_END)) {
        status = mst_subject_read_nothing(ref, err);
    }
    if (status == MST_OK
        && mst_buf_append(&ret->text, one->text.data, one->text.len)
               != MST_OK) {
        status = mst_fail_memory(err, ORIGIN);
    }
    if (status == MST_OK) {
        ret->kind = one->kind;
        ret->id = one->id;
        ret->version = one->number;
    }
    mst_subject_clear(&subject);
    return status;
}

/* The id of the version with that hash; 0: there is none. */
static uint32_t
reader_id_of(const struct mst_subject *subject,
             const struct mst_subject_schema *schema)
{
    const uint8_t *hash = mst_subject_schema_hash(schema);
    for (size_t i = subject->versions_len; i > 0; i--) {
        const struct mst_schema_version *one = &subject->versions[i - 1];
        if (memcmp(one->hash, hash, sizeof(one->hash)) == 0) {
            return one->id;
        }
    }
    return 0;
}

enum mst_status
mst_subject_find(struct mst_subject_store *store, const char *subject,
                 const struct mst_schema_text *schema, uint32_t *ret_id,
                 struct mst_error *err)
{
    struct mst_subject found = {.name = NULL};
    struct mst_subject_schema *parsed = NULL;
    uint32_t id = 0;
    enum mst_status status = mst_subject_schema_create(
        mst_buf_slice(&schema->text), schema->kind, &parsed, err);
    if (status == MST_OK) {
        status = store->type->load(store, subject, &found, err);
    }
    if (status == MST_OK) {
        id = reader_id_of(&found, parsed);
    }
    mst_subject_schema_destroy(parsed);
    mst_subject_clear(&found);
    if (status == MST_OK && id != 0) {
        *ret_id = id;
        return MST_OK;
    }
    return status == MST_OK || status == MST_END
               ? mst_fail(err, MST_REJECTED, ORIGIN, 0,
                          "subject '%s' does not have this schema", subject)
               : status;
}

enum mst_status
mst_subject_put(struct mst_subject_store *store, const char *subject,
                const struct mst_schema_text *schema, bool dry_run,
                uint32_t *ret_id, struct mst_error *err)
{
    struct mst_compat_report report = {.len = 0};
    struct mst_subject_result result = {.version = 0};
    const struct mst_subject_change change = {.subject = subject,
                                              .text =
                                                  mst_buf_slice(&schema->text),
                                              .kind = schema->kind,
                                              .dry_run = dry_run};
    enum mst_status status =
        mst_subject_apply(store, &change, &report, &result, err);
    if (status == MST_REJECTED && report.len > 0) {
        struct mst_buf why;
        mst_buf_init(&why, MST_ERROR_TEXT_MAX);
        if (mst_compat_describe(&report.problems[0], &why) == MST_OK
            && mst_buf_text(&why) != NULL) {
            (void)mst_fail(err, MST_REJECTED, ORIGIN, 0, "subject '%.255s': %s",
                           subject, (const char *)why.data);
        }
        mst_buf_clear(&why);
    }
    mst_compat_report_clear(&report);
    if (status == MST_OK) {
        *ret_id = result.id;
    }
    return status;
}

static enum mst_status
reader_list_one(void *arg, const struct mst_subject *one)
{
    struct mst_schema_list *list = arg;
    return list->add(list, one->name, 0);
}

enum mst_status
mst_subject_list(struct mst_subject_store *store, const char *subject,
                 struct mst_schema_list *list, struct mst_error *err)
{
    struct mst_subject found = {.name = NULL};
    if (subject == NULL) {
        return store->type->list(store, reader_list_one, list, err);
    }
    const struct mst_schema_ref ref = {.subject = mst_slice_str(subject)};
    enum mst_status status = store->type->load(store, subject, &found, err);
    for (size_t i = 0; status == MST_OK && i < found.versions_len; i++) {
        status = list->add(list, found.name, found.versions[i].number);
    }
    mst_subject_clear(&found);
    return status == MST_END ? mst_subject_read_nothing(&ref, err) : status;
}
