/* SPDX-License-Identifier: MIT */
/* The store of schemas, opened for each question: they are seldom. */
#include <stdio.h>

#include "mongo_sample.h"
#include "open_subjects.h"
#include "schema/subject.h"
#include "state/mongo_subjects.h"
#include "state/subject_registry.h"
#include "tools.h"

#define ORIGIN "schema"

enum { SUBJECTS_REASON_MAX = 4096, SUBJECTS_TIMEOUT_MS = 5000 };

/* Those of a service, or of the configuration. */
static enum mst_status
subjects_open(const struct mst_api_subject *what, bool read_only,
              struct mst_subject_store **ret_store, struct mst_error *err)
{
    const char *collection = what->config->system.schemas.resource;
    if (what->service == NULL) {
        return mst_cmd_open_subjects(what->config, read_only, ret_store, err);
    }
    if (strcmp(what->service->provider, "mongodb") != 0) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "service '%s' is %s: only one of mongodb keeps schemas",
                       what->service->name, what->service->provider);
        return MST_REJECTED;
    }
    struct mst_mongo_options options =
        *(const struct mst_mongo_options *)what->service->options;
    /* Who asks over the API does not wait for ever. */
    mst_cmd_mongo_hurry(&options, SUBJECTS_TIMEOUT_MS);
    return mst_mongo_subjects_create(
        &options, "mstream",
        collection != NULL ? collection : MST_MONGO_SUBJECTS_COLLECTION,
        ret_store, err);
}

static enum mst_status
subjects_none(const char *name, struct mst_error *err)
{
    return mst_fail(err, MST_END, ORIGIN, 0, "there is no subject '%s'", name);
}

static void
subjects_version(struct mst_json *out, const char *subject,
                 const struct mst_schema_version *one, bool whole)
{
    mst_json_open(out, NULL, '{');
    if (subject != NULL) {
        mst_json_str(out, "subject", subject);
    }
    mst_json_number(out, "version", one->number);
    mst_json_number(out, "id", one->id);
    mst_json_str(out, "encoding", mst_schema_kind_name(one->kind));
    mst_json_time(out, "created_at", one->created_ms);
    if (whole) {
        mst_json_slice(out, "definition", one->text);
    }
    mst_json_close(out, '}');
}

static void
subjects_one(struct mst_json *out, const struct mst_subject *subject,
             bool whole)
{
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "subject", subject->name);
    mst_json_str(out, "compatibility", mst_schema_level_name(subject->level));
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        const struct mst_subject_names *keys = &subject->keys[i];
        mst_json_open(out, mst_subject_key_name((enum mst_subject_key)i), '[');
        for (size_t j = 0; j < keys->len; j++) {
            mst_json_str(out, NULL, keys->names[j]);
        }
        mst_json_close(out, ']');
    }
    mst_json_open(out, "versions", '[');
    for (size_t i = 0; i < subject->versions_len; i++) {
        subjects_version(out, NULL, &subject->versions[i], whole);
    }
    mst_json_close(out, ']');
    mst_json_close(out, '}');
}

/* A subject as the published mstream has it; whole: with the schema. */
static void
subjects_published(struct mst_json *out, const char *key,
                   const struct mst_subject *subject, bool whole)
{
    const struct mst_schema_version *newest = mst_subject_version(subject, 0);
    if (newest == NULL) {
        return;
    }
    mst_json_open(out, key, '{');
    mst_json_str(out, "id", subject->name);
    mst_json_str(out, "name", subject->name);
    mst_json_str(out, "encoding", mst_schema_kind_name(newest->kind));
    if (whole) {
        mst_json_slice(out, "definition", newest->text);
        mst_json_time(out, "created_at", subject->versions[0].created_ms);
        mst_json_time(out, "updated_at", newest->created_ms);
        mst_json_number(out, "version", newest->number);
    }
    mst_json_close(out, '}');
}

struct subjects_list {
    const struct mst_api_subject *what;
    struct mst_json *out;
    int64_t left;
};

static enum mst_status
subjects_list_one(void *arg, const struct mst_subject *one)
{
    struct subjects_list *list = arg;
    bool wanted =
        list->what->after == NULL || strcmp(one->name, list->what->after) > 0;
    if (!wanted || list->left == 0) {
        return MST_OK;
    }
    list->left--;
    if (list->what->service != NULL) {
        subjects_published(list->out, NULL, one, false);
    } else {
        subjects_one(list->out, one, false);
    }
    return MST_OK;
}

enum mst_status
mst_tools_subjects(const struct mst_api_subject *what, struct mst_json *out,
                   struct mst_error *err)
{
    struct mst_subject_store *store = NULL;
    struct subjects_list list = {what, out, what->limit};
    enum mst_status status = subjects_open(what, true, &store, err);
    mst_json_open(out, NULL, '[');
    if (status == MST_OK) {
        status = store->type->list(store, subjects_list_one, &list, err);
        store->type->destroy(store);
    }
    mst_json_close(out, ']');
    return status == MST_END ? MST_OK : status;
}

enum mst_status
mst_tools_subject(const struct mst_api_subject *what, struct mst_json *out,
                  struct mst_error *err)
{
    struct mst_subject_store *store = NULL;
    struct mst_subject subject = {.name = NULL};
    enum mst_status status = subjects_open(what, true, &store, err);
    if (status == MST_OK) {
        status = store->type->load(store, what->name, &subject, err);
        store->type->destroy(store);
    }
    if (status == MST_END) {
        return subjects_none(what->name, err);
    }
    if (status == MST_OK && what->limit == 1) {
        const struct mst_schema_version *one =
            mst_subject_version(&subject, (uint32_t)what->version);
        if (one != NULL) {
            subjects_version(out, what->name, one, true);
        } else {
            status = mst_fail(err, MST_END, ORIGIN, 0,
                              "subject '%s' has no version %u", what->name,
                              (unsigned)what->version);
        }
    } else if (status == MST_OK && what->service != NULL) {
        subjects_published(out, NULL, &subject, true);
    } else if (status == MST_OK) {
        subjects_one(out, &subject, true);
    }
    mst_subject_clear(&subject);
    return status;
}

/* The first reason in full; the rest is what `mstream schema check` is for. */
static void
subjects_explain(const struct mst_compat_report *report, struct mst_error *err)
{
    struct mst_buf text;
    mst_buf_init(&text, SUBJECTS_REASON_MAX);
    if (report->len > 0
        && mst_compat_describe(&report->problems[0], &text) == MST_OK) {
        const char *reason = mst_buf_text(&text);
        char more[48] = "";
        if (report->len + report->more > 1) {
            (void)snprintf(more, sizeof(more), " (and %zu more)",
                           report->len + report->more - 1);
        }
        char said[MST_ERROR_TEXT_MAX];
        memcpy(said, err->text, sizeof(said));
        (void)mst_fail(err, err->status, ORIGIN, 0, "%s: %s%s", said,
                       reason == NULL ? "" : reason, more);
    }
    mst_buf_clear(&text);
}

/* What became of it. */
static enum mst_status
subjects_put_done(const struct mst_api_subject *what,
                  struct mst_subject_store *store,
                  const struct mst_subject_result *result, struct mst_json *out,
                  struct mst_error *err)
{
    struct mst_subject subject = {.name = NULL};
    enum mst_status status = MST_OK;
    mst_json_open(out, NULL, '{');
    if (what->service == NULL) {
        mst_json_str(out, "subject", what->name);
        mst_json_number(out, "version", result->version);
        mst_json_number(out, "id", result->id);
        mst_json_bool(out, "new", result->is_new);
        mst_json_bool(out, "dry_run", what->only_check);
    } else {
        mst_json_str(out, "message",
                     result->is_new ? "the schema is kept"
                                    : "the schema was there already");
        status = store->type->load(store, what->name, &subject, err);
        if (status == MST_OK) {
            subjects_published(out, "item", &subject, true);
        }
        mst_subject_clear(&subject);
    }
    mst_json_close(out, '}');
    return status;
}

static struct mst_subject_change
subjects_change(const struct mst_api_subject *what,
                enum mst_schema_level *level)
{
    bool levelled =
        what->level != NULL && mst_schema_level_find(what->level, level);
    return (struct mst_subject_change){
        .subject = what->name,
        .text = what->text != NULL ? mst_slice_str(what->text) : MST_SLICE_NONE,
        .kind = what->kind != NULL ? mst_schema_kind_find(what->kind)
                                   : MST_SCHEMA_KIND_NONE,
        .level = levelled ? level : NULL,
        .dry_run = what->only_check};
}

enum mst_status
mst_tools_subject_put(const struct mst_api_subject *what, struct mst_json *out,
                      struct mst_error *err)
{
    struct mst_subject_store *store = NULL;
    struct mst_compat_report report = {.len = 0};
    struct mst_subject_result result = {.version = 0};
    enum mst_schema_level level = MST_LEVEL_BACKWARD;
    const struct mst_subject_change change = subjects_change(what, &level);
    enum mst_status status = subjects_open(what, false, &store, err);
    if (status != MST_OK) {
        return status;
    }
    status = mst_subject_apply(store, &change, &report, &result, err);
    if (status == MST_OK) {
        status = subjects_put_done(what, store, &result, out, err);
    } else if (status == MST_REJECTED) {
        subjects_explain(&report, err);
    } else if (status == MST_END) {
        status = subjects_none(what->name, err);
    }
    store->type->destroy(store);
    mst_compat_report_clear(&report);
    return status;
}

enum mst_status
mst_tools_subject_remove(const struct mst_api_subject *what,
                         struct mst_json *out, struct mst_error *err)
{
    struct mst_subject_store *store = NULL;
    enum mst_status status = subjects_open(what, false, &store, err);
    if (status == MST_OK) {
        status =
            mst_subject_delete(store, what->name, (uint32_t)what->version, err);
        store->type->destroy(store);
    }
    if (status == MST_OK) {
        mst_json_open(out, NULL, '{');
        mst_json_str(out, "message",
                     what->service != NULL ? "the schema is gone"
                     : what->version == 0  ? "the subject is gone"
                                           : "the version is gone");
        mst_json_close(out, '}');
    }
    return status;
}
