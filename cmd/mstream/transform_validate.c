/* SPDX-License-Identifier: MIT */
/* mstream transform validate: what is wrong with scripts. */
#include <jansson.h>

#include "output.h"
#include "studio/studio.h"
#include "transform.h"

static void
validate_print(const char *path, const json_t *answer, struct mst_output *out)
{
    const json_t *list = json_object_get(answer, "diagnostics");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *severity =
            json_string_value(json_object_get(one, "severity"));
        const char *message =
            json_string_value(json_object_get(one, "message"));
        mst_output_text(
            out, "%s:%lld:%lld: %s: %s\n", path,
            (long long)json_integer_value(json_object_get(one, "line")),
            (long long)json_integer_value(json_object_get(one, "column")),
            severity == NULL ? "" : severity, message == NULL ? "" : message);
    }
}

/* MST_REJECTED: there are errors in it, which were told. */
static enum mst_status
validate_one(const struct mst_cli_args *args, const char *path,
             struct mst_output *out, struct mst_error *err)
{
    struct mst_studio_script script;
    struct mst_studio_found found = {0};
    struct mst_buf text;
    struct mst_json json;
    mst_json_init(&json, MST_CLI_OUTPUT_MAX);
    enum mst_status status = mst_transform_load(path, &text, &script, err);
    if (status == MST_OK) {
        status = mst_studio_validate(&script, &json, &found, err);
    }
    if (status == MST_OK && args->json) {
        mst_output_open(out, NULL, '{');
        mst_output_str(out, "file", path);
        mst_output_json(out, "answer", mst_buf_slice(&json.buf));
        mst_output_close(out, '}');
    } else if (status == MST_OK) {
        json_t *answer =
            json_loadb((const char *)json.buf.data, json.buf.len, 0, NULL);
        validate_print(path, answer, out);
        json_decref(answer);
        if (found.errors + found.warnings == 0) {
            mst_output_text(out, "%s: ok\n", path);
        }
    }
    mst_json_clear(&json);
    mst_buf_clear(&text);
    return status == MST_OK && found.errors > 0 ? MST_REJECTED : status;
}

static int
validate_run(const struct mst_cli_args *args)
{
    struct mst_output out;
    struct mst_error err;
    int code = MST_EXIT_OK;
    mst_error_clear(&err);
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '[');
    }
    for (size_t i = 0; i < args->words_len; i++) {
        enum mst_status status = validate_one(args, args->words[i], &out, &err);
        if (status == MST_REJECTED) {
            code = MST_EXIT_USAGE;
        } else if (status != MST_OK) {
            mst_output_clear(&out);
            mst_cli_error(args, &err);
            return MST_EXIT_FAILED;
        }
    }
    if (args->json) {
        mst_output_close(&out, ']');
        mst_output_newline(&out);
    }
    return mst_output_end(&out, code);
}

const struct mst_cli_command mst_transform_command_validate = {
    .group = "transform",
    .name = "validate",
    .synopsis = "FILE.lua...",
    .summary = "What is wrong with scripts, and what looks wrong.",
    .details =
        "Each with its line and column. Exit code 2 when a job could not "
        "start with one\n"
        "of them; warnings do not count.",
    .example = "mstream transform validate scripts/*.lua",
    .words_min = 1,
    .words_max = MST_CLI_WORDS_MAX,
    .run = validate_run,
};
