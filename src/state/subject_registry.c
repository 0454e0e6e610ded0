/* SPDX-License-Identifier: MIT */
/* Loads, changes and saves, again when somebody else was faster. */
#include "state/subject_registry.h"

#include <stdlib.h>

#include "base/clock.h"
#include "schema/subject.h"
#include "state/subject_schema.h"

#define ORIGIN "schema"

/* Each one that fails means that somebody else got on. */
enum { REGISTRY_TRIES = 1000 };

static enum mst_status
registry_fail_contended(const char *subject, struct mst_error *err)
{
    return mst_fail(err, MST_RETRY, ORIGIN, 0,
                    "subject '%s' is changed by others all the time", subject);
}

/* The subject, or an empty one of that name where there is none. */
static enum mst_status
registry_load(struct mst_subject_store *store,
              const struct mst_subject_change *change,
              struct mst_subject *subject, struct mst_error *err)
{
    enum mst_status status =
        store->type->load(store, change->subject, subject, err);
    if (status == MST_END && change->text.data != NULL) {
        subject->name = strdup(change->subject);
        subject->level = MST_LEVEL_BACKWARD;
        status = subject->name == NULL ? mst_fail_memory(err, ORIGIN) : MST_OK;
    }
    return status;
}

/* One old version against the new schema, in the ways that are wanted. */
static enum mst_status
registry_compare(const struct mst_subject *subject,
                 const struct mst_schema_version *old,
                 const struct mst_subject_schema *schema,
                 struct mst_compat_report *report, struct mst_error *err)
{
    struct mst_subject_schema *other = NULL;
    enum mst_status status =
        mst_subject_schema_create(old->text, old->kind, &other, err);
    if (status != MST_OK) {
        if (err != NULL) {
            mst_error_prefix(err, "version %u of subject '%s': ", old->number,
                             subject->name);
        }
        return status;
    }
    report->version = old->number;
    for (int forward = 0; forward < 2 && status == MST_OK; forward++) {
        if (mst_compat_wants(subject->level, forward == 1)) {
            report->forward = forward == 1;
            status = mst_subject_schema_reads(forward == 1 ? other : schema,
                                              forward == 1 ? schema : other,
                                              report, err);
        }
    }
    mst_subject_schema_destroy(other);
    return status;
}

static enum mst_status
registry_check_compatible(const struct mst_subject *subject,
                          const struct mst_subject_schema *schema,
                          struct mst_compat_report *report,
                          struct mst_error *err)
{
    bool all = mst_compat_is_transitive(subject->level);
    enum mst_status status = MST_OK;
    if (subject->level == MST_LEVEL_NONE) {
        return MST_OK;
    }
    for (size_t i = subject->versions_len; i > 0 && status == MST_OK; i--) {
        if (all || i == subject->versions_len) {
            status = registry_compare(subject, &subject->versions[i - 1],
                                      schema, report, err);
        }
    }
    if (status == MST_OK && !mst_compat_is_fine(report)) {
        const char *s = report->len + report->more == 1 ? "" : "s";
        status = mst_fail(err, MST_REJECTED, ORIGIN, 0,
                          "the schema is not %s compatible with subject '%s': "
                          "%zu problem%s",
                          mst_schema_level_name(subject->level), subject->name,
                          report->len + report->more, s);
        if (err != NULL) {
            mst_error_hint(err, "change it, or register it as another subject; "
                                "mstream schema compat sets what is asked for");
        }
    }
    return status;
}

static enum mst_status
registry_check_key(const struct mst_subject *subject, enum mst_subject_key key,
                   const char *name, const struct mst_subject_schema *schema,
                   struct mst_error *err)
{
    bool descends = key == MST_SUBJECT_SORT_BY && name[0] == '-';
    enum mst_status status =
        mst_subject_schema_has(schema, descends ? name + 1 : name, err);
    if (status != MST_OK && err != NULL) {
        mst_error_prefix(err, "%s of subject '%s': ", mst_subject_key_name(key),
                         subject->name);
    }
    return status;
}

static enum mst_status
registry_check_keys(const struct mst_subject *subject,
                    const struct mst_subject_schema *schema,
                    struct mst_error *err)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        const struct mst_subject_names *names = &subject->keys[i];
        for (size_t j = 0; j < names->len && status == MST_OK; j++) {
            status = registry_check_key(subject, (enum mst_subject_key)i,
                                        names->names[j], schema, err);
        }
    }
    return status;
}

static enum mst_status
registry_set(struct mst_subject *subject,
             const struct mst_subject_change *change, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (change->level != NULL) {
        subject->level = *change->level;
    }
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        if (change->keys[i] == NULL) {
            continue;
        }
        mst_subject_names_clear(&subject->keys[i]);
        for (size_t j = 0; j < change->keys[i]->len && status == MST_OK; j++) {
            status = mst_subject_names_add(
                &subject->keys[i], mst_slice_str(change->keys[i]->names[j]),
                err);
        }
    }
    return status;
}

static const struct mst_schema_version *
registry_find(const struct mst_subject *subject, const uint8_t *hash)
{
    for (size_t i = subject->versions_len; i > 0; i--) {
        if (memcmp(subject->versions[i - 1].hash, hash, MST_SCHEMA_HASH_LEN)
            == 0) {
            return &subject->versions[i - 1];
        }
    }
    return NULL;
}

static enum mst_status
registry_add(struct mst_subject *subject,
             const struct mst_subject_schema *schema, struct mst_slice text,
             struct mst_error *err)
{
    size_t bytes = text.len;
    for (size_t i = 0; i < subject->versions_len; i++) {
        bytes += subject->versions[i].text.len;
    }
    if (bytes > MST_SUBJECT_BYTES_MAX || subject->last == UINT32_MAX) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "the versions of subject '%s' would have more than %d "
                       "bytes",
                       subject->name, MST_SUBJECT_BYTES_MAX);
        if (err != NULL) {
            mst_error_hint(err, "delete versions that no data need any more");
        }
        return MST_REJECTED;
    }
    struct mst_schema_version one = {.number = subject->last + 1,
                                     .kind = mst_subject_schema_kind(schema),
                                     .text = text,
                                     .created_ms = mst_clock_wall_ms()};
    memcpy(one.hash, mst_subject_schema_hash(schema), sizeof(one.hash));
    enum mst_status status = mst_subject_add(subject, &one, err);
    subject->last += status == MST_OK;
    return status;
}

/* Changes the loaded subject. schema NULL: no new version is wanted. */
static enum mst_status
registry_change(struct mst_subject *subject,
                const struct mst_subject_change *change,
                const struct mst_subject_schema *schema,
                struct mst_compat_report *report,
                struct mst_subject_result *result, struct mst_error *err)
{
    const struct mst_schema_version *known =
        schema == NULL
            ? mst_subject_version(subject, 0)
            : registry_find(subject, mst_subject_schema_hash(schema));
    enum mst_status status = registry_set(subject, change, err);
    result->is_new = schema != NULL && known == NULL;
    if (status == MST_OK && result->is_new) {
        status = registry_check_compatible(subject, schema, report, err);
        if (status == MST_OK) {
            status = registry_add(subject, schema, change->text, err);
        }
        known = mst_subject_version(subject, 0);
    }
    result->version = known == NULL ? 0 : known->number;
    return status;
}

/* Keys are for the newest version, whichever was named. */
static enum mst_status
registry_check_newest(const struct mst_subject *subject, struct mst_error *err)
{
    const struct mst_schema_version *newest = mst_subject_version(subject, 0);
    struct mst_subject_schema *schema = NULL;
    if (newest == NULL) {
        return MST_OK;
    }
    enum mst_status status =
        mst_subject_schema_create(newest->text, newest->kind, &schema, err);
    if (status == MST_OK) {
        status = registry_check_keys(subject, schema, err);
    }
    mst_subject_schema_destroy(schema);
    return status;
}

static bool
registry_changes(const struct mst_subject_change *change, bool is_new)
{
    bool changes = is_new || change->level != NULL;
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        changes = changes || change->keys[i] != NULL;
    }
    return changes && !change->dry_run;
}

static enum mst_status
registry_try(struct mst_subject_store *store,
             const struct mst_subject_change *change,
             const struct mst_subject_schema *schema,
             struct mst_compat_report *report, struct mst_subject_result *ret,
             struct mst_error *err)
{
    struct mst_subject subject = {.name = NULL};
    struct mst_subject_result result = {.version = 0};
    mst_compat_report_clear(report);
    enum mst_status status = registry_load(store, change, &subject, err);
    if (status == MST_OK) {
        status =
            registry_change(&subject, change, schema, report, &result, err);
    }
    if (status == MST_OK) {
        status = registry_check_newest(&subject, err);
    }
    if (status == MST_OK && registry_changes(change, result.is_new)) {
        status = store->type->save(store, &subject, err);
    }
    if (status == MST_OK) {
        const struct mst_schema_version *one =
            result.version == 0 ? NULL
                                : mst_subject_version(&subject, result.version);
        result.id = one == NULL ? 0 : one->id;
        *ret = result;
    }
    mst_subject_clear(&subject);
    return status;
}

enum mst_status
mst_subject_apply(struct mst_subject_store *store,
                  const struct mst_subject_change *change,
                  struct mst_compat_report *report,
                  struct mst_subject_result *ret, struct mst_error *err)
{
    struct mst_subject_schema *schema = NULL;
    enum mst_status status = mst_subject_check_name(change->subject, err);
    if (status == MST_OK && change->text.data != NULL) {
        status =
            mst_subject_schema_create(change->text, change->kind, &schema, err);
    }
    if (status != MST_OK) {
        return status;
    }
    status = MST_AGAIN;
    for (int i = 0; i < REGISTRY_TRIES && status == MST_AGAIN; i++) {
        status = registry_try(store, change, schema, report, ret, err);
    }
    mst_subject_schema_destroy(schema);
    return status == MST_AGAIN ? registry_fail_contended(change->subject, err)
                               : status;
}

static enum mst_status
registry_remove_version(struct mst_subject_store *store, const char *name,
                        uint32_t number, struct mst_error *err)
{
    struct mst_subject subject = {.name = NULL};
    enum mst_status status = store->type->load(store, name, &subject, err);
    if (status == MST_END) {
        return mst_fail(err, MST_END, ORIGIN, 0, "there is no subject '%s'",
                        name);
    }
    if (status != MST_OK) {
        return status;
    }
    size_t i = 0;
    while (i < subject.versions_len && subject.versions[i].number != number) {
        i++;
    }
    if (i == subject.versions_len) {
        status = mst_fail(err, MST_END, ORIGIN, 0,
                          "subject '%s' has no version %u", name, number);
    } else {
        free((void *)(uintptr_t)subject.versions[i].text.data);
        subject.versions_len--;
        memmove(&subject.versions[i], &subject.versions[i + 1],
                (subject.versions_len - i) * sizeof(subject.versions[0]));
        status = registry_check_newest(&subject, err);
    }
    if (status == MST_OK && subject.versions_len == 0) {
        status = store->type->remove(store, &subject, err);
    } else if (status == MST_OK) {
        status = store->type->save(store, &subject, err);
    }
    mst_subject_clear(&subject);
    return status;
}

enum mst_status
mst_subject_delete(struct mst_subject_store *store, const char *subject,
                   uint32_t version, struct mst_error *err)
{
    const struct mst_subject all = {.name = (char *)(uintptr_t)subject};
    enum mst_status status = MST_AGAIN;
    if (version == 0) {
        return store->type->remove(store, &all, err);
    }
    for (int i = 0; i < REGISTRY_TRIES && status == MST_AGAIN; i++) {
        status = registry_remove_version(store, subject, version, err);
    }
    return status == MST_AGAIN ? registry_fail_contended(subject, err) : status;
}
