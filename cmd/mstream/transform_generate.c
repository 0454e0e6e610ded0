/* SPDX-License-Identifier: MIT */
/* mstream transform generate: cases for a script out of a document. */
#include <jansson.h>
#include <stdlib.h>

#include "encodings/json_bson.h"
#include "output.h"
#include "studio/studio.h"
#include "transform.h"

enum { GENERATE_CASES = 64, GENERATE_CASES_MAX = 500 };

static const struct mst_cli_flag generate_flags[] = {
    {"input", "FILE", "the document; default standard input", NULL},
    {"max-cases", "N", "no more than these (64)", NULL},
};

/* A test as `mstream transform test` reads it. */
static int
generate_print(const struct mst_cli_args *args, const char *name,
               const struct mst_json *made)
{
    struct mst_output out;
    json_t *answer =
        json_loadb((const char *)made->buf.data, made->buf.len, 0, NULL);
    json_t *test = json_pack("{s:s, s:O}", "name", name, "cases",
                             json_object_get(answer, "cases"));
    int64_t left_out = json_integer_value(json_object_get(answer, "left_out"));
    char *text = json_dumps(test, JSON_INDENT(2));
    mst_output_init(&out);
    if (text == NULL) {
        mst_cli_fail(args, NULL, "out of memory");
    } else {
        mst_output_bytes(&out, mst_slice_str(text));
        mst_output_bytes(&out, MST_SLICE_LIT("\n"));
    }
    if (left_out > 0) {
        (void)fprintf(stderr, "%lld more cases were left out: --max-cases\n",
                      (long long)left_out);
    }
    int code = text == NULL ? MST_EXIT_FAILED : MST_EXIT_OK;
    free(text);
    json_decref(test);
    json_decref(answer);
    return mst_output_end(&out, code);
}

static int
generate_run(const struct mst_cli_args *args)
{
    struct mst_studio_script script;
    struct mst_studio_sample sample = {.bson = MST_SLICE_NONE};
    struct mst_buf text;
    struct mst_buf input;
    struct mst_buf bson;
    struct mst_json made;
    struct mst_error err;
    int64_t most = 0;
    int code = MST_EXIT_FAILED;
    if (!mst_cli_number(args, "max-cases", GENERATE_CASES, &most)) {
        return MST_EXIT_USAGE;
    }
    sample.most = (size_t)(most < 1                    ? 1
                           : most > GENERATE_CASES_MAX ? GENERATE_CASES_MAX
                                                       : most);
    mst_error_clear(&err);
    mst_buf_init(&input, MST_TRANSFORM_INPUT_MAX);
    mst_buf_init(&bson, MST_TRANSFORM_INPUT_MAX);
    mst_json_init(&made, MST_CLI_OUTPUT_MAX);
    enum mst_status status =
        mst_transform_load(args->words[0], &text, &script, &err);
    if (status == MST_OK) {
        status = mst_transform_input(args, &input, &err);
    }
    if (status == MST_OK) {
        status = mst_json_to_bson(mst_buf_slice(&input), NULL, &bson, &err);
        sample.bson = mst_buf_slice(&bson);
    }
    if (status == MST_OK) {
        status = mst_studio_generate(&script, &sample, &made, &err);
    }
    if (status == MST_OK) {
        code = generate_print(args, script.name, &made);
    } else {
        mst_cli_error(args, &err);
    }
    mst_json_clear(&made);
    mst_buf_clear(&bson);
    mst_buf_clear(&input);
    mst_buf_clear(&text);
    return code;
}

const struct mst_cli_command mst_transform_command_generate = {
    .group = "transform",
    .name = "generate",
    .synopsis = "FILE.lua [--input FILE]",
    .summary = "Cases for a script: a document and its edges.",
    .details = "Each expects what the script makes of it now. Read them before "
               "you keep them:\n"
               "they say what it does, not what it should.",
    .example =
        "mstream transform generate mask.lua --input doc.json > mask.test.json",
    .flags = generate_flags,
    .flags_len = MST_ARRAY_SIZE(generate_flags),
    .words_min = 1,
    .words_max = 1,
    .run = generate_run,
};
