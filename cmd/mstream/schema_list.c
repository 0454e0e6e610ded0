/* SPDX-License-Identifier: MIT */
/* mstream schema list and show: what the store has. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "schema.h"
#include "schema/subject.h"
#include "schema_subject.h"
#include "table.h"

static const struct mst_cli_flag list_flags[] = {
    MST_STATE_FLAG_CONFIG,
};

static const struct mst_cli_flag show_flags[] = {
    MST_STATE_FLAG_CONFIG,
    {"version", "N", "this version, or 'latest'", NULL},
    {"id", "N", "the schema of this id, instead of a subject", NULL},
    {"text", NULL, "only the text, as it was registered", NULL},
};

struct schema_list {
    const struct mst_cli_args *args;
    struct mst_output out;
    struct mst_table table;
    size_t seen;
};

/* "a, b", or "-". */
static void
list_names(struct mst_buf *out, const struct mst_subject_names *names)
{
    enum mst_status status = MST_OK;
    mst_buf_reset(out);
    for (size_t i = 0; i < names->len && status == MST_OK; i++) {
        status =
            mst_buf_printf(out, "%s%s", i > 0 ? ", " : "", names->names[i]);
    }
    if (names->len == 0 || status != MST_OK) {
        mst_buf_reset(out);
        (void)!mst_buf_append_str(out, "-");
    }
}

static void
list_row(struct schema_list *self, const struct mst_subject *one)
{
    const struct mst_schema_version *newest = mst_subject_version(one, 0);
    char when[MST_TIME_TEXT_MAX] = "-";
    struct mst_buf keys;
    mst_buf_init(&keys, MST_CLI_OUTPUT_MAX);
    list_names(&keys, &one->keys[MST_SUBJECT_KEY_PROPERTIES]);
    if (newest->created_ms != 0) {
        mst_time_format(newest->created_ms, when);
    }
    const char *text = mst_buf_text(&keys);
    mst_table_add(&self->table, "%s", one->name);
    mst_table_add(&self->table, "%" PRIu32, newest->number);
    mst_table_add(&self->table, "%" PRIu32, newest->id);
    mst_table_add(&self->table, "%s", mst_schema_kind_name(newest->kind));
    mst_table_add(&self->table, "%s", mst_schema_level_name(one->level));
    mst_table_add(&self->table, "%s", text == NULL ? "-" : text);
    mst_table_add(&self->table, "%s", when);
    mst_buf_clear(&keys);
}

static void
list_settings_json(struct mst_output *out, const struct mst_subject *one)
{
    mst_output_str(out, "subject", one->name);
    mst_output_str(out, "compatibility", mst_schema_level_name(one->level));
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        mst_schema_names(out, mst_subject_key_name((enum mst_subject_key)i),
                         &one->keys[i]);
    }
}

static void
list_version_json(struct mst_output *out, const struct mst_schema_version *one)
{
    mst_output_number(out, "version", one->number);
    mst_output_number(out, "id", one->id);
    mst_output_str(out, "type", mst_schema_kind_name(one->kind));
    mst_output_time(out, "created", one->created_ms);
}

static enum mst_status
list_one(void *arg, const struct mst_subject *one)
{
    struct schema_list *self = arg;
    if (one->versions_len == 0) {
        return MST_OK;
    }
    self->seen++;
    if (!self->args->json) {
        list_row(self, one);
        return MST_OK;
    }
    mst_output_open(&self->out, NULL, '{');
    list_settings_json(&self->out, one);
    mst_output_open(&self->out, "versions", '[');
    for (size_t i = 0; i < one->versions_len; i++) {
        mst_output_open(&self->out, NULL, '{');
        list_version_json(&self->out, &one->versions[i]);
        mst_output_close(&self->out, '}');
    }
    mst_output_close(&self->out, ']');
    mst_output_close(&self->out, '}');
    return MST_OK;
}

static int
list_run(const struct mst_cli_args *args)
{
    static const char *const headings[] = {
        "SUBJECT", "VERSION", "ID", "TYPE", "COMPATIBILITY", "KEY", "CREATED"};
    struct schema_list self = {.args = args};
    struct mst_schema_place place;
    struct mst_error err;
    enum mst_status status = MST_OK;
    int code = MST_EXIT_OK;
    if (!mst_schema_open(args, true, &place, &code)) {
        return code;
    }
    mst_error_clear(&err);
    mst_output_init(&self.out);
    mst_table_init(&self.table, headings, MST_ARRAY_SIZE(headings));
    if (args->json) {
        mst_output_open(&self.out, NULL, '[');
    }
    if (place.store != NULL) {
        status = place.store->type->list(place.store, list_one, &self, &err);
    }
    mst_schema_close(&place);
    mst_table_end(&self.table, &self.out);
    if (args->json) {
        mst_output_close(&self.out, ']');
        mst_output_newline(&self.out);
    } else if (self.seen == 0 && status == MST_OK) {
        mst_output_text(&self.out, "there are no schemas yet\n");
    }
    /* What is whole is shown beside what is damaged. */
    if (status != MST_OK) {
        code = mst_schema_fail(args, status, &err);
    }
    return mst_output_end(&self.out, code);
}

static void
show_text(struct mst_output *out, const struct mst_subject *subject,
          const struct mst_schema_version *one)
{
    char when[MST_TIME_TEXT_MAX] = "-";
    struct mst_buf line;
    mst_buf_init(&line, MST_CLI_OUTPUT_MAX);
    if (one->created_ms != 0) {
        mst_time_format(one->created_ms, when);
    }
    mst_output_text(out,
                    "subject         %s\nversion         %" PRIu32
                    "%s\nid              %" PRIu32 "\ntype            %s\n"
                    "created         %s\ncompatibility   %s\n",
                    subject->name, one->number,
                    one == mst_subject_version(subject, 0) ? " (latest)" : "",
                    one->id, mst_schema_kind_name(one->kind), when,
                    mst_schema_level_name(subject->level));
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        list_names(&line, &subject->keys[i]);
        mst_output_text(out, "%-15s ",
                        mst_subject_key_name((enum mst_subject_key)i));
        mst_output_shown_line(out, mst_buf_slice(&line));
        mst_output_text(out, "\n");
    }
    mst_output_text(out, "versions       ");
    for (size_t i = 0; i < subject->versions_len; i++) {
        mst_output_text(out, " %" PRIu32, subject->versions[i].number);
    }
    mst_output_text(out, "\n\n");
    mst_output_shown(out, one->text);
    mst_output_text(out, "\n");
    mst_buf_clear(&line);
}

static int
show_print(const struct mst_cli_args *args, const struct mst_subject *subject,
           const struct mst_schema_version *one)
{
    struct mst_output out;
    mst_output_init(&out);
    if (mst_cli_value(args, "text") != NULL && !args->json) {
        mst_output_bytes(&out, one->text);
    } else if (!args->json) {
        show_text(&out, subject, one);
    } else {
        mst_output_open(&out, NULL, '{');
        list_settings_json(&out, subject);
        list_version_json(&out, one);
        mst_output_open(&out, "versions", '[');
        for (size_t i = 0; i < subject->versions_len; i++) {
            mst_output_number(&out, NULL, subject->versions[i].number);
        }
        mst_output_close(&out, ']');
        mst_output_slice(&out, "text", one->text);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

/* The version that is asked for: by number, or by the id. */
static const struct mst_schema_version *
show_find(const struct mst_subject *subject, uint32_t version, uint32_t id)
{
    for (size_t i = 0; id != 0 && i < subject->versions_len; i++) {
        if (subject->versions[i].id == id) {
            return &subject->versions[i];
        }
    }
    return id != 0 ? NULL : mst_subject_version(subject, version);
}

static enum mst_status
show_load(const struct mst_cli_args *args, struct mst_subject_store *store,
          uint32_t id, struct mst_subject *subject, struct mst_error *err)
{
    enum mst_status status = MST_END;
    if (store != NULL && id != 0) {
        status = store->type->find(store, id, subject, err);
    } else if (store != NULL) {
        status = store->type->load(store, args->words[0], subject, err);
    }
    if (status != MST_END) {
        return status;
    }
    return id != 0 ? mst_fail(err, MST_END, "schema", 0,
                              "there is no schema with id %" PRIu32, id)
                   : mst_fail(err, MST_END, "schema", 0,
                              "there is no subject '%s'", args->words[0]);
}

static int
show_run(const struct mst_cli_args *args)
{
    struct mst_subject subject = {.name = NULL};
    struct mst_schema_place place;
    struct mst_error err;
    uint32_t version = 0;
    int64_t id = 0;
    int code = MST_EXIT_USAGE;
    if (!mst_schema_version_flag(args, &version)
        || !mst_cli_number(args, "id", 0, &id)) {
        return code;
    }
    if ((args->words_len > 0) == (id > 0) || id > UINT32_MAX) {
        mst_cli_fail(args, NULL, "say either SUBJECT or --id N");
        return code;
    }
    if (!mst_schema_open(args, true, &place, &code)) {
        return code;
    }
    mst_error_clear(&err);
    enum mst_status status =
        show_load(args, place.store, (uint32_t)id, &subject, &err);
    mst_schema_close(&place);
    const struct mst_schema_version *one =
        status == MST_OK ? show_find(&subject, version, (uint32_t)id) : NULL;
    if (status == MST_OK && one == NULL) {
        status = mst_fail(&err, MST_END, "schema", 0,
                          "subject '%s' has no version %" PRIu32, subject.name,
                          version);
    }
    code = status == MST_OK ? show_print(args, &subject, one)
                            : mst_schema_fail(args, status, &err);
    mst_subject_clear(&subject);
    return code;
}

const struct mst_cli_command mst_schema_command_list = {
    .group = "schema",
    .name = "list",
    .synopsis = "[--config FILE]",
    .summary = "Subjects, with their newest version.",
    .example = "mstream schema list --config mstream-config.toml",
    .flags = list_flags,
    .flags_len = MST_ARRAY_SIZE(list_flags),
    .run = list_run,
};

const struct mst_cli_command mst_schema_command_show = {
    .group = "schema",
    .name = "show",
    .synopsis = "SUBJECT | --id N [--version N] [--text] [--config FILE]",
    .summary = "A schema, with its subject's level and keys.",
    .example = "mstream schema show orders --version 2 --text > order.avsc",
    .flags = show_flags,
    .flags_len = MST_ARRAY_SIZE(show_flags),
    .words_max = 1,
    .run = show_run,
};
