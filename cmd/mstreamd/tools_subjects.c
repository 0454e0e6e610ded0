/* SPDX-License-Identifier: MIT */
/* The store of schemas, opened for each question: they are seldom. */
#include <stdio.h>

#include "open_subjects.h"
#include "schema/subject.h"
#include "state/subject_registry.h"
#include "tools.h"

#define ORIGIN "schema"

enum { SUBJECTS_REASON_MAX = 4096 };

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
    if (wanted && list->left > 0) {
        subjects_one(list->out, one, false);
        list->left--;
    }
    return MST_OK;
}

enum mst_status
mst_tools_subjects(const struct mst_api_subject *what, struct mst_json *out,
                   struct mst_error *err)
{
    struct mst_subject_store *store = NULL;
    struct subjects_list list = {what, out, what->limit};
    enum mst_status status =
        mst_cmd_open_subjects(what->config, true, &store, err);
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
    enum mst_status status =
        mst_cmd_open_subjects(what->config, true, &store, err);
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

enum mst_status
mst_tools_subject_put(const struct mst_api_subject *what, struct mst_json *out,
                      struct mst_error *err)
{
    struct mst_subject_store *store = NULL;
    struct mst_compat_report report = {.len = 0};
    struct mst_subject_result result = {.version = 0};
    enum mst_schema_level level = MST_LEVEL_BACKWARD;
    bool levelled =
        what->level != NULL && mst_schema_level_find(what->level, &level);
    const struct mst_subject_change change = {
        .subject = what->name,
        .text = what->text != NULL ? mst_slice_str(what->text) : MST_SLICE_NONE,
        .kind = what->kind != NULL ? mst_schema_kind_find(what->kind)
                                   : MST_SCHEMA_KIND_NONE,
        .level = levelled ? &level : NULL,
        .dry_run = what->only_check};
    enum mst_status status =
        mst_cmd_open_subjects(what->config, false, &store, err);
    if (status == MST_OK) {
        status = mst_subject_apply(store, &change, &report, &result, err);
        store->type->destroy(store);
    }
    if (status == MST_OK) {
        mst_json_open(out, NULL, '{');
        mst_json_str(out, "subject", what->name);
        mst_json_number(out, "version", result.version);
        mst_json_number(out, "id", result.id);
        mst_json_bool(out, "new", result.is_new);
        mst_json_bool(out, "dry_run", what->only_check);
        mst_json_close(out, '}');
    } else if (status == MST_REJECTED) {
        subjects_explain(&report, err);
    } else if (status == MST_END) {
        status = subjects_none(what->name, err);
    }
    mst_compat_report_clear(&report);
    return status;
}

enum mst_status
mst_tools_subject_remove(const struct mst_api_subject *what,
                         struct mst_json *out, struct mst_error *err)
{
    struct mst_subject_store *store = NULL;
    enum mst_status status =
        mst_cmd_open_subjects(what->config, false, &store, err);
    if (status == MST_OK) {
        status =
            mst_subject_delete(store, what->name, (uint32_t)what->version, err);
        store->type->destroy(store);
    }
    if (status == MST_OK) {
        mst_json_open(out, NULL, '{');
        mst_json_str(out, "message",
                     what->version == 0 ? "the subject is gone"
                                        : "the version is gone");
        mst_json_close(out, '}');
    }
    return status;
}
