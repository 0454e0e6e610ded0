/* SPDX-License-Identifier: MIT */
/* mstream transform test: the cases of a file on a script. */
#include <stdio.h>
#include <string.h>

#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "input.h"
#include "studio/cases.h"
#include "test_report.h"
#include "transform.h"

enum { TEST_PATH_MAX = 4096 };

static const struct mst_cli_flag test_flags[] = {
    {"suite", "FILE", "the cases; default FILE.test.json beside FILE.lua",
     NULL},
    {"junit", "FILE", "write the results there as JUnit's XML, too", NULL},
};

/* mask.lua: mask.test.json. */
static void
test_path(const struct mst_cli_args *args, char out[TEST_PATH_MAX])
{
    const char *suite = mst_cli_value(args, "suite");
    const char *script = args->words[0];
    size_t len = strlen(script);
    if (suite != NULL) {
        (void)snprintf(out, TEST_PATH_MAX, "%s", suite);
        return;
    }
    len -= len > 4 && strcmp(script + len - 4, ".lua") == 0 ? 4 : 0;
    (void)snprintf(out, TEST_PATH_MAX, "%.*s.test.json", (int)len, script);
}

/* The array of cases of a file: it is one, or has one. */
static enum mst_status
test_read(const char *path, struct mst_buf *bson, struct mst_slice *ret,
          struct mst_error *err)
{
    struct mst_bson_value cases = {0};
    struct mst_buf text;
    mst_buf_init(&text, MST_TRANSFORM_INPUT_MAX);
    enum mst_status status = mst_input_read(path, &text, err);
    size_t at = 0;
    while (at < text.len && strchr(" \t\r\n", text.data[at]) != NULL) {
        at++;
    }
    if (status == MST_OK && at < text.len && text.data[at] == '[') {
        status = mst_studio_cases_parse(mst_buf_slice(&text), bson, ret, err);
    } else if (status == MST_OK) {
        status = mst_json_to_bson(mst_buf_slice(&text), NULL, bson, err);
        bool has = status == MST_OK
                   && mst_bson_find(mst_buf_slice(bson), "cases", &cases)
                   && cases.type == MST_BSON_ARRAY;
        *ret = cases.raw;
        if (status == MST_OK && !has) {
            status = mst_fail(err, MST_REJECTED, "test", 0,
                              "it has no array 'cases'");
        }
    }
    if (status == MST_REJECTED) {
        mst_error_prefix(err, "%s: ", path);
    }
    mst_buf_clear(&text);
    return status;
}

static int
test_tell(const struct mst_cli_args *args, const char *name,
          const struct mst_json *json)
{
    const char *junit = mst_cli_value(args, "junit");
    struct mst_output out;
    struct mst_error err;
    json_t *answer =
        json_loadb((const char *)json->buf.data, json->buf.len, 0, NULL);
    int code = answer != NULL && mst_test_report_is_good(answer)
                   ? MST_EXIT_OK
                   : MST_EXIT_FAILED;
    mst_error_clear(&err);
    mst_output_init(&out);
    if (args->json) {
        mst_output_bytes(&out, mst_buf_slice(&json->buf));
        mst_output_bytes(&out, MST_SLICE_LIT("\n"));
    } else {
        mst_test_report(answer, &out);
    }
    if (junit != NULL
        && mst_test_report_junit(answer, name, junit, &err) != MST_OK) {
        mst_cli_error(args, &err);
        code = MST_EXIT_FAILED;
    }
    json_decref(answer);
    return mst_output_end(&out, code);
}

static int
test_run(const struct mst_cli_args *args)
{
    struct mst_studio_script script;
    struct mst_studio_totals totals;
    struct mst_slice cases;
    struct mst_buf text;
    struct mst_buf bson;
    struct mst_json json;
    struct mst_error err;
    char path[TEST_PATH_MAX];
    test_path(args, path);
    mst_error_clear(&err);
    mst_buf_init(&bson, MST_TRANSFORM_INPUT_MAX);
    mst_json_init(&json, MST_CLI_OUTPUT_MAX);
    enum mst_status status =
        mst_transform_load(args->words[0], &text, &script, &err);
    if (status == MST_OK) {
        status = test_read(path, &bson, &cases, &err);
    }
    if (status == MST_OK) {
        status = mst_studio_cases_run(&script, cases, &json, &totals, &err);
    }
    int code = status == MST_REJECTED ? MST_EXIT_USAGE : MST_EXIT_FAILED;
    if (status == MST_OK) {
        code = test_tell(args, script.name, &json);
    } else {
        mst_cli_error(args, &err);
    }
    mst_json_clear(&json);
    mst_buf_clear(&bson);
    mst_buf_clear(&text);
    return code;
}

const struct mst_cli_command mst_transform_command_test = {
    .group = "transform",
    .name = "test",
    .synopsis = "FILE.lua [--suite FILE]",
    .summary = "Run a script on the cases of a test.",
    .details =
        "docs/studio.md tells what a case may say. Exit code 0 only when "
        "all passed, 2\n"
        "when the script does not compile or a case is none.",
    .example = "mstream transform test mask.lua --suite mask.test.json",
    .flags = test_flags,
    .flags_len = MST_ARRAY_SIZE(test_flags),
    .words_min = 1,
    .words_max = 1,
    .run = test_run,
};
