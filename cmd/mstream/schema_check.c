/* SPDX-License-Identifier: MIT */
/* mstream schema check: whether a file is a schema. */
#include <inttypes.h>
#include <stdio.h>

#include "encodings/avro/parse.h"
#include "input.h"
#include "output.h"
#include "schema.h"
#include "schema/avro_canonical.h"

static int
check_print(const struct mst_cli_args *args, const char *path,
            uint64_t fingerprint)
{
    struct mst_output out;
    char hex[17];
    (void)snprintf(hex, sizeof(hex), "%016" PRIx64, fingerprint);
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "file", path);
        mst_output_str(&out, "type", "avro");
        mst_output_str(&out, "fingerprint", hex);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out, "%s is an Avro schema, fingerprint %s\n", path,
                        hex);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
check_run(const struct mst_cli_args *args)
{
    const char *path = args->words[0];
    struct mst_avro_schema *schema = NULL;
    struct mst_error err;
    struct mst_buf text;
    uint64_t fingerprint = 0;
    mst_error_clear(&err);
    mst_buf_init(&text, MST_AVRO_SCHEMA_MAX + 1);
    enum mst_status status = mst_input_read(path, &text, &err);
    if (status == MST_OK) {
        status = mst_avro_schema_parse(mst_buf_slice(&text), &schema, &err);
        if (status == MST_OK) {
            status = mst_avro_fingerprint(schema, &fingerprint, &err);
        }
        if (status != MST_OK) {
            mst_error_prefix(&err, "%s: ", path);
        }
    }
    mst_avro_schema_destroy(schema);
    mst_buf_clear(&text);
    if (status != MST_OK) {
        mst_cli_error(args, &err);
        return status == MST_REJECTED ? MST_EXIT_REJECTED : MST_EXIT_FAILED;
    }
    return check_print(args, path, fingerprint);
}

const struct mst_cli_command mst_schema_command_check = {
    .group = "schema",
    .name = "check",
    .synopsis = "FILE",
    .summary = "Whether a file is a schema.",
    .details = "A file that is none is exit code 3; where and why is said.",
    .example = "mstream schema check order.avsc",
    .words_min = 1,
    .words_max = 1,
    .run = check_run,
};
