/* SPDX-License-Identifier: MIT */
/* mstream schema fill: documents made up by a schema. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "encodings/avro/codec.h"
#include "encodings/avro/container.h"
#include "encodings/avro/parse.h"
#include "encodings/bson_json.h"
#include "encodings/schema_kind.h"
#include "encodings/schema_tools/fill.h"
#include "encodings/schema_tools/from_avro.h"
#include "input.h"
#include "schema.h"
#include "schema_options.h"

enum {
    FILL_OUT_MAX = 1024 * 1024 * 1024,
    FILL_SCHEMA_MAX = 64 * 1024 * 1024,
    FILL_PIECE = 64 * 1024
};

static const char *const fill_encodings[] = {"json", "bson", "avro", NULL};

static const struct mst_cli_flag fill_flags[] = {
    {"count", "N", "so many documents (1)", NULL},
    {"seed", "N", "other documents; the same for the same number (1)", NULL},
    {"to", "ENCODING", "json (default), bson or avro, a container file",
     fill_encodings},
    {"out", "FILE", "write this instead of standard output", NULL},
    MST_SCHEMA_AVRO_FLAGS,
};

/* One run. */
struct fill_work {
    const struct mst_cli_args *args;
    struct mst_to_avro_options options;
    bool to_json;
    bool to_avro;
    struct mst_buf json; /* the schemas */
    struct mst_buf avro;
    struct mst_avro_schema *schema;
    struct mst_avro_encoder *encoder;
    struct mst_avro_writer writer;
    struct mst_fill *fill;
    struct mst_buf bson; /* one document */
    struct mst_buf block;
    uint64_t in_block;
    struct mst_buf out;
    FILE *to;
};

/* Both kinds of the schema, where they are needed. */
static enum mst_status
fill_schemas(struct fill_work *work, struct mst_slice text,
             struct mst_error *err)
{
    enum mst_schema_kind kind = MST_SCHEMA_KIND_NONE;
    enum mst_status status =
        mst_schema_kind_of(text, MST_SCHEMA_KIND_NONE, &kind, err);
    if (status == MST_OK && kind == MST_SCHEMA_KIND_AVRO) {
        status = mst_avro_schema_parse(text, &work->schema, err);
        if (status == MST_OK) {
            status = mst_avro_to_json_schema(work->schema, &work->json, err);
        }
        return status;
    }
    if (status == MST_OK
        && mst_buf_append(&work->json, text.data, text.len) != MST_OK) {
        status = mst_fail_memory(err, "schema");
    }
    if (status == MST_OK && work->to_avro) {
        status =
            mst_json_schema_to_avro(text, &work->options, &work->avro, err);
    }
    if (status == MST_OK && work->to_avro) {
        status = mst_avro_schema_parse(mst_buf_slice(&work->avro),
                                       &work->schema, err);
    }
    return status;
}

static enum mst_status
fill_open(struct fill_work *work, uint64_t seed, struct mst_error *err)
{
    const struct mst_fill_options options = {.seed = seed,
                                             .texts = work->to_json};
    struct mst_buf text;
    mst_buf_init(&text, MST_AVRO_SCHEMA_MAX + 1);
    enum mst_status status = mst_input_read(work->args->words[0], &text, err);
    if (status == MST_OK) {
        status = fill_schemas(work, mst_buf_slice(&text), err);
        if (status == MST_OK) {
            status = mst_fill_create(mst_buf_slice(&work->json), &options,
                                     &work->fill, err);
        }
        if (status != MST_OK) {
            mst_error_prefix(err, "%s: ", work->args->words[0]);
        }
    }
    mst_buf_clear(&text);
    if (status == MST_OK && work->to_avro) {
        status =
            mst_avro_encoder_create(work->schema, NULL, &work->encoder, err);
    }
    if (status == MST_OK && work->to_avro) {
        status = mst_avro_writer_begin(&work->writer, MST_AVRO_COMPRESSION_NULL,
                                       work->schema->text, &work->out, err);
    }
    return status;
}

/* The data so far as a block. */
static enum mst_status
fill_block(struct fill_work *work, struct mst_error *err)
{
    if (work->in_block == 0) {
        return MST_OK;
    }
    enum mst_status status =
        mst_avro_writer_block(&work->writer, mst_buf_slice(&work->block),
                              work->in_block, &work->out, err);
    mst_buf_reset(&work->block);
    work->in_block = 0;
    return status;
}

static enum mst_status
fill_one(struct fill_work *work, struct mst_error *err)
{
    mst_buf_reset(&work->bson);
    enum mst_status status = mst_fill_next(work->fill, &work->bson, err);
    if (status != MST_OK) {
        return status;
    }
    if (work->to_avro) {
        work->in_block++;
        status = mst_avro_from_bson(work->encoder, mst_buf_slice(&work->bson),
                                    &work->block, err);
        return status == MST_OK && work->block.len >= FILL_PIECE
                   ? fill_block(work, err)
                   : status;
    }
    if (work->to_json) {
        status = mst_bson_to_json(mst_buf_slice(&work->bson), MST_JSON_PLAIN,
                                  &work->out, err);
        return status == MST_OK
                       && mst_buf_append_char(&work->out, '\n') != MST_OK
                   ? mst_fail_memory(err, "schema")
                   : status;
    }
    return mst_buf_append(&work->out, work->bson.data, work->bson.len) == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "schema");
}

/* Gives the output away. */
static enum mst_status
fill_write(struct fill_work *work, struct mst_error *err)
{
    bool good =
        fwrite(work->out.data, 1, work->out.len, work->to) == work->out.len
        && fflush(work->to) == 0;
    mst_buf_reset(&work->out);
    return good ? MST_OK
                : mst_fail(err, MST_FATAL, "schema", errno,
                           "the documents can not be written: %s",
                           strerrordesc_np(errno));
}

static enum mst_status
fill_all(struct fill_work *work, int64_t count, struct mst_error *err)
{
    const char *path = mst_cli_value(work->args, "out");
    work->to = path == NULL ? stdout : fopen(path, "wbe");
    if (work->to == NULL) {
        return mst_fail(err, MST_FATAL, "schema", errno,
                        "%s can not be written: %s", path,
                        strerrordesc_np(errno));
    }
    enum mst_status status = MST_OK;
    for (int64_t i = 0; i < count && status == MST_OK; i++) {
        status = fill_one(work, err);
        if (status == MST_OK && work->out.len >= FILL_PIECE) {
            status = fill_write(work, err);
        }
    }
    if (status == MST_OK && work->to_avro) {
        status = fill_block(work, err);
    }
    if (status == MST_OK && work->out.len > 0) {
        status = fill_write(work, err);
    }
    if (work->to != stdout && fclose(work->to) != 0 && status == MST_OK) {
        status =
            mst_fail(err, MST_FATAL, "schema", errno,
                     "%s can not be written: %s", path, strerrordesc_np(errno));
    }
    return status;
}

static void
fill_clear(struct fill_work *work)
{
    mst_fill_destroy(work->fill);
    mst_avro_encoder_destroy(work->encoder);
    mst_avro_schema_destroy(work->schema);
    mst_buf_clear(&work->json);
    mst_buf_clear(&work->avro);
    mst_buf_clear(&work->bson);
    mst_buf_clear(&work->block);
    mst_buf_clear(&work->out);
}

static int
fill_run(const struct mst_cli_args *args)
{
    const char *to = mst_cli_value(args, "to");
    struct fill_work work = {.args = args};
    struct mst_error err;
    int64_t count = 1;
    int64_t seed = 1;
    work.to_json = to == NULL || strcmp(to, "json") == 0;
    work.to_avro = to != NULL && strcmp(to, "avro") == 0;
    if (!mst_cli_number(args, "count", count, &count)
        || !mst_cli_number(args, "seed", seed, &seed)
        || !mst_schema_avro_options(args, &work.options)) {
        return MST_EXIT_USAGE;
    }
    mst_error_clear(&err);
    mst_buf_init(&work.json, FILL_SCHEMA_MAX);
    mst_buf_init(&work.avro, FILL_SCHEMA_MAX);
    mst_buf_init(&work.bson, INT32_MAX);
    mst_buf_init(&work.block, FILL_OUT_MAX);
    mst_buf_init(&work.out, FILL_OUT_MAX);
    enum mst_status status = fill_open(&work, (uint64_t)seed, &err);
    if (status == MST_OK) {
        status = fill_all(&work, count, &err);
    }
    if (status != MST_OK) {
        mst_cli_error(args, &err);
    }
    fill_clear(&work);
    return status == MST_OK         ? MST_EXIT_OK
           : status == MST_REJECTED ? MST_EXIT_REJECTED
                                    : MST_EXIT_FAILED;
}

const struct mst_cli_command mst_schema_command_fill = {
    .group = "schema",
    .name = "fill",
    .synopsis = "FILE [--count N] [--seed N] [--to ENCODING]",
    .summary = "Make up documents by a schema.",
    .details = "FILE is a JSON Schema or an Avro schema. The same schema and\n"
               "seed give the same documents, all of them valid; a schema by\n"
               "which none is found is exit code 3.",
    .example = "mstream schema fill order.schema.json --count 1000 --seed 7",
    .flags = fill_flags,
    .flags_len = MST_ARRAY_SIZE(fill_flags),
    .words_min = 1,
    .words_max = 1,
    .run = fill_run,
};
