/* SPDX-License-Identifier: MIT */
/* mstream schema infer: what documents have in common, as a schema. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "encodings/schema_tools/infer.h"
#include "encodings/stream.h"
#include "mongo_sample.h"
#include "output.h"
#include "schema.h"
#include "schema_options.h"

enum {
    INFER_PIECE = 256 * 1024,
    INFER_DOCUMENT_MAX = 256 * 1024 * 1024,
    INFER_OUT_MAX = 64 * 1024 * 1024,
    INFER_SAMPLE = 1000
};

static const char *const infer_encodings[] = {"bson", "json", NULL};
static const char *const infer_targets[] = {"json-schema", "avro", NULL};

static const struct mst_cli_flag infer_flags[] = {
    {"from", "ENCODING", "what comes in; default json", infer_encodings},
    {"in", "FILE", "read this instead of standard input", NULL},
    {"config", "FILE", "look at a collection instead: the configuration", NULL},
    {"service", "NAME", "the MongoDB service of the configuration", NULL},
    {"resource", "COLLECTION", "the collection", NULL},
    {"sample", "N", "so many random documents of it (1000)", NULL},
    {"to", "KIND", "json-schema (default) or avro", infer_targets},
    {"out", "FILE", "write this instead of standard output", NULL},
    {"with-values", NULL, "tell values: enum, minimum, maximum", NULL},
    {"formats", NULL, "see dates, UUIDs, addresses and ids in texts", NULL},
    MST_SCHEMA_AVRO_FLAGS,
};

/* One run. */
struct infer_run {
    const struct mst_cli_args *args;
    struct mst_to_avro_options avro;
    struct mst_infer *infer;
};

static bool
infer_is_avro(const struct mst_cli_args *args)
{
    const char *to = mst_cli_value(args, "to");
    return to != NULL && strcmp(to, "avro") == 0;
}

static enum mst_status
infer_add(void *ctx, struct mst_slice bson, struct mst_error *err)
{
    const struct infer_run *run = ctx;
    return mst_infer_add(run->infer, bson, err);
}

/* The documents that are there so far. */
static enum mst_status
infer_documents(const struct infer_run *run, struct mst_stream *stream,
                bool ended, struct mst_buf *bson, struct mst_error *err)
{
    for (;;) {
        mst_buf_reset(bson);
        enum mst_status status = mst_stream_convert(stream, ended, bson, err);
        if (status != MST_OK) {
            return status;
        }
        status = mst_infer_add(run->infer, mst_buf_slice(bson), err);
        if (status != MST_OK) {
            return status;
        }
    }
}

static enum mst_status
infer_stream(const struct infer_run *run, int in, struct mst_stream *stream,
             struct mst_error *err)
{
    struct mst_buf bson;
    enum mst_status status = MST_AGAIN;
    mst_buf_init(&bson, INT32_MAX);
    while (status == MST_AGAIN) {
        uint8_t *room = NULL;
        ssize_t n = 0;
        status = mst_stream_room(stream, INFER_PIECE, &room, err);
        if (status != MST_OK) {
            break;
        }
        do {
            n = read(in, room, INFER_PIECE);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            status = mst_fail(err, MST_FATAL, "schema", errno,
                              "the documents can not be read: %s",
                              strerrordesc_np(errno));
            break;
        }
        mst_stream_filled(stream, (size_t)n);
        status = infer_documents(run, stream, n == 0, &bson, err);
    }
    mst_buf_clear(&bson);
    return status == MST_END ? MST_OK : status;
}

static enum mst_status
infer_file(const struct infer_run *run, struct mst_error *err)
{
    const char *path = mst_cli_value(run->args, "in");
    const char *from = mst_cli_value(run->args, "from");
    struct mst_stream stream;
    int in = path == NULL ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return mst_fail(err, MST_FATAL, "schema", errno,
                        "%s can not be opened: %s", path,
                        strerrordesc_np(errno));
    }
    enum mst_status status = mst_stream_init(
        &stream, mst_encoding_parse(from == NULL ? "json" : from),
        MST_ENCODING_BSON, NULL, INFER_DOCUMENT_MAX, err);
    if (status == MST_OK) {
        status = infer_stream(run, in, &stream, err);
        mst_stream_clear(&stream);
    }
    if (path != NULL) {
        (void)close(in); /* it was only read */
    }
    return status;
}

/* The MongoDB service by that name; NULL: said why not. */
static const struct mst_config_service *
infer_service(const struct mst_cli_args *args, const struct mst_config *config)
{
    const char *name = mst_cli_value(args, "service");
    for (size_t i = 0; i < config->services_len; i++) {
        const struct mst_config_service *service = &config->services[i];
        if (strcmp(service->name, name) != 0) {
            continue;
        }
        if (strcmp(service->provider, "mongodb") != 0) {
            mst_cli_fail(args, NULL,
                         "service '%s' is %s: documents can be had from "
                         "mongodb",
                         name, service->provider);
            return NULL;
        }
        return service;
    }
    mst_cli_fail(args, NULL, "there is no service '%s' in the configuration",
                 name);
    return NULL;
}

/* -1: fine so far; else the exit code, and it was said why. */
static int
infer_collection(struct infer_run *run)
{
    const struct mst_cli_args *args = run->args;
    struct mst_error err;
    int64_t count = INFER_SAMPLE;
    mst_error_clear(&err);
    if (mst_cli_value(args, "service") == NULL
        || mst_cli_value(args, "resource") == NULL
        || mst_cli_value(args, "from") != NULL
        || mst_cli_value(args, "in") != NULL) {
        mst_cli_fail(args, "see mstream schema infer --help",
                     "with --config go --service and --resource, and neither "
                     "--from nor --in");
        return MST_EXIT_USAGE;
    }
    if (!mst_cli_number(args, "sample", count, &count) || count == 0) {
        return MST_EXIT_USAGE;
    }
    struct mst_config *config =
        mst_cli_load(args, mst_cli_value(args, "config"));
    if (config == NULL) {
        return MST_EXIT_USAGE;
    }
    const struct mst_config_service *service = infer_service(args, config);
    enum mst_status status = MST_FATAL;
    if (service != NULL) {
        const struct mst_cmd_sample sample = {
            .service = service->options,
            .collection = mst_cli_value(args, "resource"),
            .count = count};
        status = mst_cmd_mongo_sample(&sample, infer_add, run, &err);
    }
    if (status != MST_OK && service != NULL) {
        mst_cli_error(args, &err);
    }
    mst_config_destroy(config);
    return service == NULL    ? MST_EXIT_USAGE
           : status == MST_OK ? -1
                              : MST_EXIT_FAILED;
}

/* The schema in the form that is wanted. */
static enum mst_status
infer_convert(const struct infer_run *run, struct mst_slice schema,
              struct mst_buf *out, struct mst_error *err)
{
    return infer_is_avro(run->args)
               ? mst_json_schema_to_avro(schema, &run->avro, out, err)
           : mst_buf_append(out, schema.data, schema.len) == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "schema");
}

/* --json: the schema, and each variant with its share. */
static enum mst_status
infer_report(const struct infer_run *run, struct mst_slice schema,
             struct mst_output *out, struct mst_error *err)
{
    size_t len = 0;
    const struct mst_infer_variant *variants =
        mst_infer_variants(run->infer, &len);
    uint64_t all = mst_infer_documents(run->infer);
    enum mst_status status = MST_OK;
    mst_output_open(out, NULL, '{');
    mst_output_number(out, "documents", (int64_t)all);
    mst_output_json(out, "schema", schema);
    mst_output_open(out, "variants", '[');
    for (size_t i = 0; i < len && status == MST_OK; i++) {
        struct mst_buf text;
        char share[32];
        double percent = 100.0 * (double)variants[i].documents / (double)all;
        (void)snprintf(share, sizeof(share), "%.3f", percent);
        mst_buf_init(&text, INFER_OUT_MAX);
        status = infer_convert(run, variants[i].schema, &text, err);
        mst_output_open(out, NULL, '{');
        mst_output_json(out, "share_percent", mst_slice_str(share));
        mst_output_number(out, "sample_count", (int64_t)variants[i].documents);
        mst_output_bool(out, "rest", variants[i].rest);
        mst_output_json(out, "schema", mst_buf_slice(&text));
        mst_output_close(out, '}');
        mst_buf_clear(&text);
    }
    mst_output_close(out, ']');
    mst_output_close(out, '}');
    mst_output_newline(out);
    return status;
}

static int
infer_print(const struct infer_run *run)
{
    struct mst_error err;
    struct mst_buf inferred;
    struct mst_buf schema;
    struct mst_output out;
    mst_error_clear(&err);
    mst_buf_init(&inferred, INFER_OUT_MAX);
    mst_buf_init(&schema, INFER_OUT_MAX);
    mst_output_init(&out);
    enum mst_status status = mst_infer_finish(run->infer, &inferred, &err);
    if (status == MST_OK) {
        status = infer_convert(run, mst_buf_slice(&inferred), &schema, &err);
    }
    if (status == MST_OK && run->args->json) {
        status = infer_report(run, mst_buf_slice(&schema), &out, &err);
    }
    int code = MST_EXIT_OK;
    if (status != MST_OK) {
        mst_cli_error(run->args, &err);
        code = status == MST_REJECTED ? MST_EXIT_REJECTED : MST_EXIT_FAILED;
    } else {
        code = mst_schema_write(run->args, run->args->json
                                               ? mst_buf_slice(&out.json.buf)
                                               : mst_buf_slice(&schema));
    }
    mst_output_clear(&out);
    mst_buf_clear(&schema);
    mst_buf_clear(&inferred);
    return code;
}

static int
infer_run(const struct mst_cli_args *args)
{
    struct infer_run run = {.args = args};
    struct mst_error err;
    const char *from = mst_cli_value(args, "from");
    bool live = mst_cli_value(args, "config") != NULL;
    const struct mst_infer_options options = {
        .with_values = mst_cli_value(args, "with-values") != NULL,
        .text_formats = mst_cli_value(args, "formats") != NULL,
        .from_json = !live && (from == NULL || strcmp(from, "json") == 0)};
    mst_error_clear(&err);
    if (!mst_schema_avro_options(args, &run.avro)) {
        return MST_EXIT_USAGE;
    }
    enum mst_status status = mst_infer_create(&options, &run.infer, &err);
    int code = -1;
    if (status == MST_OK && live) {
        code = infer_collection(&run);
    } else if (status == MST_OK) {
        status = infer_file(&run, &err);
    }
    if (status != MST_OK) {
        mst_cli_error(args, &err);
        code = status == MST_REJECTED ? MST_EXIT_REJECTED : MST_EXIT_FAILED;
    }
    code = code < 0 ? infer_print(&run) : code;
    mst_infer_destroy(run.infer);
    return code;
}

const struct mst_cli_command mst_schema_command_infer = {
    .group = "schema",
    .name = "infer",
    .synopsis = "[--from E] [--in FILE] | --config FILE --service NAME "
                "--resource COLLECTION",
    .summary = "Make a schema of documents or of a collection.",
    .details =
        "Reads JSON lines or BSON documents, or asks a collection for random\n"
        "ones. All of them fit the schema. It tells names and types, and no\n"
        "values without --with-values. With --json also the variants: the\n"
        "documents that agree where others do not, largest share first.",
    .example = "mstream schema infer --to avro < users.jsonl > users.avsc",
    .flags = infer_flags,
    .flags_len = MST_ARRAY_SIZE(infer_flags),
    .run = infer_run,
};
