/* SPDX-License-Identifier: MIT */
/* Avro in mstream convert. */
#include "convert_avro.h"

#include <string.h>

#include "encodings/avro/parse.h"
#include "input.h"

enum {
    /* What a block of a container has before it is packed, as others do. */
    CONVERT_BLOCK = 64 * 1024,
    CONVERT_BLOCK_OUT = 1024 * 1024 * 1024
};

/* In the order of enum mst_framing, and the container. */
const char *const convert_framings[] = {"bare", "single_object", "confluent",
                                        "container", NULL};
const char *const convert_codecs[] = {"null", "deflate", "snappy", "zstandard",
                                      NULL};
const char *const convert_unknowns[] = {"drop", "reject", NULL};
/* In the order of enum mst_schema_kind, from 1. */
const char *const convert_kinds[] = {"avro", "json", NULL};

enum { FRAMING_CONTAINER = 3 };

static bool
avro_read_schema(struct convert_avro *avro, const char *path,
                 const struct mst_schema_plan_options *options)
{
    struct mst_buf text;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&text, MST_AVRO_SCHEMA_MAX + 1);
    enum mst_status status = mst_input_read(path, &text, &err);
    if (status == MST_OK) {
        status = mst_schema_plan_create(mst_buf_slice(&text), options,
                                        &avro->plan, &err);
        if (status != MST_OK) {
            mst_error_prefix(&err, "%s: ", path);
        }
    }
    mst_buf_clear(&text);
    if (status != MST_OK) {
        mst_cli_error(avro->args, &err);
    }
    return status == MST_OK;
}

static bool
avro_missing(const struct convert_avro *avro, const char *why)
{
    mst_cli_fail(avro->args, "see docs/avro.md", "--schema is missing: %s",
                 why);
    return false;
}

bool
convert_avro_init(struct convert_avro *avro, const struct mst_cli_args *args,
                  const struct mst_encoding_options *options)
{
    const char *path = mst_cli_value(args, "schema");
    bool to = strcmp(mst_cli_value(args, "to"), "avro") == 0;
    bool from = strcmp(mst_cli_value(args, "from"), "avro") == 0;
    int framing = mst_cli_choice(args, "framing", FRAMING_CONTAINER);
    bool container = framing == FRAMING_CONTAINER;
    int64_t id = 0;
    avro->args = args;
    if (!mst_cli_number(args, "schema-id", 0, &id)) {
        return false;
    }
    struct mst_schema_plan_options plan = {
        .kind = (enum mst_schema_kind)(
            mst_cli_choice(args, "schema-encoding", -1) + 1),
        .avro = {.framing =
                     container ? MST_FRAMING_BARE : (enum mst_framing)framing,
                 .schema_id = (uint32_t)id}};
    struct mst_avro_options *values = &plan.avro.values;
    values->reject_unknown = mst_cli_choice(args, "unknown-fields", 0) == 1;
    values->lossy_numbers = mst_cli_value(args, "lossy-numbers") != NULL;
    if (path != NULL && !avro_read_schema(avro, path, &plan)) {
        return false;
    }
    if (path == NULL && to && !from) {
        return avro_missing(avro, "Avro is written by one");
    }
    if (path == NULL && from && !container) {
        return avro_missing(avro, "single data do not bring theirs");
    }
    avro->reads = from;
    avro->blocks = to && container;
    avro->codec = (enum mst_avro_compression)mst_cli_choice(args, "codec", 0);
    const struct mst_avro_file_options file = {
        .to = mst_encoding_parse(mst_cli_value(args, "to")),
        .json_mode = options->json_mode,
        .values = *values,
        .plan = mst_schema_plan_avro(avro->plan),
        .framed = !container};
    if (from) {
        mst_avro_file_init(&avro->file, &file);
    }
    return true;
}

void
convert_avro_clear(struct convert_avro *avro)
{
    if (avro->reads) {
        mst_avro_file_clear(&avro->file);
    }
    mst_schema_plan_destroy(avro->plan);
    avro->plan = NULL;
}

/* The header, when the schema is known, and a block of what is in out. */
static enum mst_status
avro_write(struct convert_avro *avro, struct mst_slice schema,
           struct mst_buf *out, struct mst_error *err)
{
    struct mst_buf block;
    enum mst_status status = MST_OK;
    mst_buf_init(&block, CONVERT_BLOCK_OUT);
    if (!avro->begun) {
        status = mst_avro_writer_begin(&avro->writer, avro->codec, schema,
                                       &block, err);
        avro->begun = true;
    }
    if (status == MST_OK && avro->count > 0) {
        status = mst_avro_writer_block(&avro->writer, mst_buf_slice(out),
                                       avro->count, &block, err);
    }
    if (status == MST_OK) {
        size_t max = out->max;
        mst_buf_clear(out);
        *out = block;
        out->max = max;
        avro->count = 0;
        return status;
    }
    mst_buf_clear(&block);
    return status;
}

bool
convert_avro_block(struct convert_avro *avro, bool added, bool now,
                   struct mst_buf *out)
{
    struct mst_error err;
    mst_error_clear(&err);
    avro->count += added ? 1 : 0;
    if (!now && out->len < CONVERT_BLOCK) {
        return true;
    }
    struct mst_slice schema;
    if (avro->plan != NULL) {
        schema = mst_avro_plan_schema(mst_schema_plan_avro(avro->plan))->text;
    } else if (avro->file.schema != NULL) {
        schema = avro->file.schema->text;
    } else {
        return true; /* nothing came yet */
    }
    if (avro->count == 0 && avro->begun) {
        return true;
    }
    if (avro_write(avro, schema, out, &err) == MST_OK) {
        return true;
    }
    mst_cli_error(avro->args, &err);
    return false;
}
