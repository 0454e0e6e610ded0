/* SPDX-License-Identifier: MIT */
/* Avro in mstream convert. */
#include "convert_avro.h"

#include <string.h>

#include "encodings/avro/parse.h"
#include "encodings/transcode.h"
#include "input.h"

enum {
    /* What a block of a container has before it is packed, as others do. */
    CONVERT_BLOCK = 64 * 1024,
    CONVERT_BLOCK_OUT = 1024 * 1024 * 1024
};

const char *const convert_codecs[] = {"null", "deflate", "snappy", "zstandard",
                                      NULL};
const char *const convert_unknowns[] = {"drop", "reject", NULL};
/* In the order of enum mst_schema_kind, from 1. */
const char *const convert_kinds[] = {"avro", "json", NULL};

static bool
avro_read_schema(const struct mst_cli_args *args, const char *path,
                 const struct mst_schema_plan_options *options,
                 struct mst_schema_plan **ret_plan)
{
    struct mst_buf text;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&text, MST_AVRO_SCHEMA_MAX + 1);
    enum mst_status status = mst_input_read(path, &text, &err);
    if (status == MST_OK) {
        status = mst_schema_plan_create(mst_buf_slice(&text), options, ret_plan,
                                        &err);
        if (status != MST_OK) {
            mst_error_prefix(&err, "%s: ", path);
        }
    }
    mst_buf_clear(&text);
    if (status != MST_OK) {
        mst_cli_error(args, &err);
    }
    return status == MST_OK;
}

/* What is missing among the flags, or useless; NULL: nothing. */
static const char *
avro_missing(const struct convert_avro *avro, bool from, bool to)
{
    const struct mst_cli_args *args = avro->args;
    bool has_schema = mst_cli_value(args, "schema") != NULL;
    bool has_writer = mst_cli_value(args, "writer-schema") != NULL;
    if (has_writer && (!from || avro->from == CONVERT_CONTAINER)) {
        return "--writer-schema is for Avro that comes in without its own";
    }
    if (!has_schema && to && !from) {
        return "--schema is missing: Avro is written by one";
    }
    if (!has_schema && !has_writer && from && avro->from != CONVERT_CONTAINER) {
        return "--schema is missing: single data do not bring theirs";
    }
    return NULL;
}

static enum mst_framing
avro_framing(enum convert_framing framing)
{
    return framing == CONVERT_SINGLE_OBJECT || framing == CONVERT_CONFLUENT
               ? (enum mst_framing)framing
               : MST_FRAMING_BARE;
}

/* What data are wanted as, and what they were written by. */
static bool
avro_plans(struct convert_avro *avro, bool from, bool to,
           struct mst_schema_plan_options *options)
{
    const char *path = mst_cli_value(avro->args, "schema");
    const char *writer = mst_cli_value(avro->args, "writer-schema");
    int64_t id = 0;
    if (!mst_cli_number(avro->args, "schema-id", 0, &id)) {
        return false;
    }
    options->avro.schema_id = (uint32_t)id;
    options->avro.values.reject_unknown =
        mst_cli_choice(avro->args, "unknown-fields", 0) == 1;
    options->avro.values.lossy_numbers =
        mst_cli_value(avro->args, "lossy-numbers") != NULL;
    options->json = (struct mst_json_plan_options){
        .project = mst_cli_value(avro->args, "project") != NULL,
        .reject_unknown = options->avro.values.reject_unknown,
        .formats = mst_cli_value(avro->args, "check-formats") != NULL};
    path = path == NULL ? writer : path;
    options->avro.framing = avro_framing(to ? avro->to : avro->from);
    if (path != NULL
        && !avro_read_schema(avro->args, path, options, &avro->plan)) {
        return false;
    }
    options->avro.framing = avro_framing(avro->from);
    if (writer != NULL) {
        options->kind = MST_SCHEMA_KIND_AVRO;
    }
    writer = writer == NULL ? path : writer;
    return !from || avro->from == CONVERT_CONTAINER
           || avro_read_schema(avro->args, writer, options, &avro->written);
}

/* What a JSON Schema can do where Avro comes in or goes out. */
static bool
avro_json(struct convert_avro *avro, bool from, bool to,
          const struct mst_encoding_options *options)
{
    struct mst_error err;
    struct mst_encoding_options json = *options;
    const char *flag = mst_cli_value(avro->args, "project") != NULL ? "project"
                       : mst_cli_value(avro->args, "check-formats") != NULL
                           ? "check-formats"
                           : NULL;
    json.schema = avro->plan;
    if (avro->plan == NULL || mst_schema_plan_avro(avro->plan) != NULL) {
        if (flag != NULL) {
            mst_cli_fail(avro->args, "leave it out, or give one with --schema",
                         "--%s is for a JSON Schema", flag);
        }
        return flag == NULL;
    }
    if (!from && !to) {
        return true;
    }
    if (to) {
        mst_cli_fail(avro->args, "give an Avro schema",
                     "Avro is not written by a JSON Schema");
        return false;
    }
    if (avro->written != NULL && mst_schema_plan_avro(avro->written) == NULL) {
        mst_cli_fail(avro->args, "add --writer-schema",
                     "the Avro schema that the data were written by is "
                     "missing");
        return false;
    }
    mst_error_clear(&err);
    if (mst_transcode_find(MST_ENCODING_BSON,
                           mst_encoding_parse(mst_cli_value(avro->args, "to")),
                           &json, &avro->then, &err)
        != MST_OK) {
        mst_cli_error(avro->args, &err);
        return false;
    }
    return true;
}

bool
convert_avro_init(struct convert_avro *avro, const struct mst_cli_args *args,
                  const struct mst_encoding_options *options)
{
    bool to = strcmp(mst_cli_value(args, "to"), "avro") == 0;
    bool from = strcmp(mst_cli_value(args, "from"), "avro") == 0;
    struct mst_schema_plan_options plan = {
        .kind = (enum mst_schema_kind)(
            mst_cli_choice(args, "schema-encoding", -1) + 1)};
    avro->args = args;
    if (!convert_framing_parse(args, &avro->from, &avro->to)) {
        return false;
    }
    const char *missing = avro_missing(avro, from, to);
    if (missing != NULL) {
        mst_cli_fail(args, "see docs/avro.md", "%s", missing);
        return false;
    }
    if (!avro_plans(avro, from, to, &plan)
        || !avro_json(avro, from, to, options)) {
        return false;
    }
    avro->reads = from && avro->from != CONVERT_BATCH;
    avro->blocks = to && avro->to == CONVERT_CONTAINER;
    avro->codec = (enum mst_avro_compression)mst_cli_choice(args, "codec", 0);
    const struct mst_avro_file_options file = {
        .to = mst_encoding_parse(mst_cli_value(args, "to")),
        .json_mode = options->json_mode,
        .values = plan.avro.values,
        .plan = mst_schema_plan_avro(avro->plan),
        .framed = mst_schema_plan_avro(avro->written),
        .then = avro->then.run == NULL ? NULL : &avro->then,
        .head = to && avro->plan != NULL
                    ? mst_avro_plan_head(mst_schema_plan_avro(avro->plan))
                    : MST_SLICE_NONE};
    if (avro->reads) {
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
    mst_schema_plan_destroy(avro->written);
    avro->plan = NULL;
    avro->written = NULL;
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
