/* SPDX-License-Identifier: MIT */
/* Opening the store of schemas, and wishes as flags have them. */
#include "schema_subject.h"

#include <string.h>

#include "core/schema_store.h"
#include "input.h"
#include "open_subjects.h"
#include "schema/subject.h"

const char *const mst_schema_levels[] = {"NONE",
                                         "BACKWARD",
                                         "BACKWARD_TRANSITIVE",
                                         "FORWARD",
                                         "FORWARD_TRANSITIVE",
                                         "FULL",
                                         "FULL_TRANSITIVE",
                                         NULL};
const char *const mst_schema_kinds[] = {"avro", "json", NULL};

bool
mst_schema_open(const struct mst_cli_args *args, bool read_only,
                struct mst_schema_place *ret_place, int *ret_code)
{
    struct mst_schema_place place = {.store = NULL};
    struct mst_error err;
    *ret_code = MST_EXIT_USAGE;
    mst_error_clear(&err);
    place.config = mst_state_config(args);
    if (place.config == NULL) {
        return false;
    }
    enum mst_status status =
        mst_cmd_open_subjects(place.config, read_only, &place.store, &err);
    if (status != MST_OK && status != MST_END) {
        mst_config_destroy(place.config);
        *ret_code = mst_schema_fail(args, status, &err);
        return false;
    }
    *ret_place = place;
    *ret_code = MST_EXIT_OK;
    return true;
}

void
mst_schema_close(struct mst_schema_place *place)
{
    if (place->store != NULL) {
        place->store->type->destroy(place->store);
    }
    mst_config_destroy(place->config);
    memset(place, 0, sizeof(*place));
}

int
mst_schema_fail(const struct mst_cli_args *args, enum mst_status status,
                struct mst_error *err)
{
    if (status == MST_END && err->hint[0] == '\0') {
        mst_error_hint(err, "mstream schema list shows which there are");
    }
    mst_cli_error(args, err);
    return status == MST_REJECTED ? MST_EXIT_REJECTED : MST_EXIT_FAILED;
}

bool
mst_schema_read(const struct mst_cli_args *args, const char *path,
                struct mst_buf *out)
{
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(out, MST_SCHEMA_TEXT_MAX + 1);
    if (mst_input_read(path, out, &err) == MST_OK) {
        return true;
    }
    mst_buf_clear(out);
    mst_cli_error(args, &err);
    return false;
}

static bool
wish_names(struct mst_schema_wish *wish, const struct mst_cli_args *args,
           const char *flag, enum mst_subject_key key)
{
    const char *at = mst_cli_value(args, flag);
    struct mst_error err;
    enum mst_status status = MST_OK;
    if (at == NULL) {
        return true;
    }
    wish->change.keys[key] = &wish->keys[key];
    mst_error_clear(&err);
    while (*at != '\0' && status == MST_OK) {
        size_t len = strcspn(at, ",");
        status = mst_subject_names_add(&wish->keys[key], mst_slice_of(at, len),
                                       &err);
        at += len + (at[len] == ',' ? 1 : 0);
    }
    if (status != MST_OK) {
        mst_cli_error(args, &err);
    }
    return status == MST_OK;
}

bool
mst_schema_wish_init(struct mst_schema_wish *wish,
                     const struct mst_cli_args *args, const char *subject)
{
    const char *level = mst_cli_value(args, "compat");
    const char *kind = mst_cli_value(args, "type");
    memset(wish, 0, sizeof(*wish));
    wish->change.subject = subject;
    if (level != NULL && mst_schema_level_find(level, &wish->level)) {
        wish->change.level = &wish->level;
    }
    if (kind != NULL) {
        wish->change.kind = mst_schema_kind_find(kind);
    }
    if (wish_names(wish, args, "key", MST_SUBJECT_KEY_PROPERTIES)
        && wish_names(wish, args, "unique-by", MST_SUBJECT_UNIQUE_BY)
        && wish_names(wish, args, "sort-by", MST_SUBJECT_SORT_BY)) {
        return true;
    }
    mst_schema_wish_clear(wish);
    return false;
}

void
mst_schema_wish_clear(struct mst_schema_wish *wish)
{
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        mst_subject_names_clear(&wish->keys[i]);
    }
}

static void
problems_json(const struct mst_compat_problem *problem, struct mst_output *out)
{
    mst_output_open(out, NULL, '{');
    mst_output_str(out, "type", problem->type);
    mst_output_str(out, "path", problem->path);
    mst_output_str(out, "reason", problem->reason);
    if (problem->version != 0) {
        mst_output_number(out, "version", problem->version);
    }
    mst_output_str(out, "direction", problem->forward ? "forward" : "backward");
    mst_output_close(out, '}');
}

void
mst_schema_problems(const struct mst_cli_args *args,
                    const struct mst_compat_report *report,
                    struct mst_output *out)
{
    struct mst_buf text;
    mst_buf_init(&text, MST_CLI_OUTPUT_MAX);
    if (args->json) {
        mst_output_open(out, "problems", '[');
    }
    for (size_t i = 0; i < report->len; i++) {
        mst_buf_reset(&text);
        if (args->json) {
            problems_json(&report->problems[i], out);
        } else if (mst_compat_describe(&report->problems[i], &text) == MST_OK) {
            mst_output_shown_line(out, mst_buf_slice(&text));
            mst_output_text(out, "\n");
        } else {
            out->json.failed = true;
        }
    }
    if (args->json) {
        mst_output_close(out, ']');
        mst_output_number(out, "more", (int64_t)report->more);
    } else if (report->more > 0) {
        mst_output_text(out, "... and %zu more\n", report->more);
    }
    mst_buf_clear(&text);
}

bool
mst_schema_version_flag(const struct mst_cli_args *args, uint32_t *ret_version)
{
    const char *text = mst_cli_value(args, "version");
    int64_t number = 0;
    *ret_version = 0;
    if (text == NULL || strcmp(text, "latest") == 0) {
        return true;
    }
    if (!mst_cli_number(args, "version", 0, &number)) {
        return false;
    }
    if (number < 1 || number > UINT32_MAX) {
        mst_cli_fail(args, NULL, "--version wants 1 or more, or 'latest'");
        return false;
    }
    *ret_version = (uint32_t)number;
    return true;
}

void
mst_schema_names(struct mst_output *out, const char *name,
                 const struct mst_subject_names *names)
{
    mst_output_open(out, name, '[');
    for (size_t i = 0; i < names->len; i++) {
        mst_output_str(out, NULL, names->names[i]);
    }
    mst_output_close(out, ']');
}
