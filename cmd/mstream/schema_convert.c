/* SPDX-License-Identifier: MIT */
/* mstream schema convert: JSON Schema to Avro and back. */
#include <string.h>

#include "encodings/avro/parse.h"
#include "encodings/schema_tools/to_avro.h"
#include "input.h"
#include "schema.h"
#include "schema_options.h"
#include "schema_text.h"

enum { CONVERT_OUT_MAX = 64 * 1024 * 1024 };

static const char *const convert_targets[] = {"json-schema", "avro", NULL};

static const struct mst_cli_flag convert_flags[] = {
    {"to", "KIND", "avro, of a JSON Schema; or json-schema, of an Avro schema",
     convert_targets},
    {"out", "FILE", "write this instead of standard output", NULL},
    MST_SCHEMA_AVRO_FLAGS,
};

static int
convert_run(const struct mst_cli_args *args)
{
    const char *to = mst_cli_value(args, "to");
    const char *path = args->words[0];
    struct mst_to_avro_options options;
    struct mst_buf text;
    struct mst_buf out;
    struct mst_error err;
    if (to == NULL) {
        mst_cli_fail(args, "see mstream schema convert --help",
                     "--to is missing");
        return MST_EXIT_USAGE;
    }
    if (!mst_schema_avro_options(args, &options)) {
        return MST_EXIT_USAGE;
    }
    mst_error_clear(&err);
    mst_buf_init(&text, MST_AVRO_SCHEMA_MAX + 1);
    mst_buf_init(&out, CONVERT_OUT_MAX);
    enum mst_status status = mst_input_read(path, &text, &err);
    if (status == MST_OK) {
        status =
            strcmp(to, "avro") == 0
                ? mst_json_schema_to_avro(mst_buf_slice(&text), &options, &out,
                                          &err)
                : mst_cmd_schema_from_avro(mst_buf_slice(&text), &out, &err);
        if (status != MST_OK) {
            mst_error_prefix(&err, "%s: ", path);
        }
    }
    int code = status == MST_OK         ? MST_EXIT_OK
               : status == MST_REJECTED ? MST_EXIT_REJECTED
                                        : MST_EXIT_FAILED;
    if (status != MST_OK) {
        mst_cli_error(args, &err);
    } else {
        code = mst_schema_write(args, mst_buf_slice(&out));
    }
    mst_buf_clear(&text);
    mst_buf_clear(&out);
    return code;
}

const struct mst_cli_command mst_schema_command_convert = {
    .group = "schema",
    .name = "convert",
    .synopsis = "FILE --to KIND [--out FILE]",
    .summary = "Turn a JSON Schema into Avro, or the other way round.",
    .details = "FILE - is standard input. What the other kind can not say is\n"
               "refused, with its place: exit code 3. What is widened is told\n"
               "in docs/schema-tools.md.",
    .example = "mstream schema convert order.schema.json --to avro",
    .flags = convert_flags,
    .flags_len = MST_ARRAY_SIZE(convert_flags),
    .words_min = 1,
    .words_max = 1,
    .run = convert_run,
};
