/* SPDX-License-Identifier: MIT */
/* Schemas made, turned and looked for. */
#include "tools.h"

#include <stdio.h>

#include "encodings/bson_json.h"
#include "encodings/schema_kind.h"
#include "encodings/schema_tools/fill.h"
#include "encodings/schema_tools/infer.h"
#include "encodings/schema_tools/to_avro.h"
#include "mongo_sample.h"
#include "schema_text.h"

#define ORIGIN "schema"

enum { TOOLS_TEXT_MAX = 16 * 1024 * 1024 };

/* The schema as JSON Schema; what it is made in is scratch's. */
static enum mst_status
fill_schema(struct mst_slice text, struct mst_buf *scratch,
            struct mst_slice *ret_schema, struct mst_error *err)
{
    enum mst_schema_kind kind = MST_SCHEMA_KIND_NONE;
    enum mst_status status =
        mst_schema_kind_of(text, MST_SCHEMA_KIND_NONE, &kind, err);
    *ret_schema = text;
    if (status == MST_OK && kind == MST_SCHEMA_KIND_AVRO) {
        status = mst_cmd_schema_from_avro(text, scratch, err);
        *ret_schema = mst_buf_slice(scratch);
    }
    return status;
}

static enum mst_status
tools_fill(struct mst_slice schema, int64_t seed, struct mst_json *out,
           struct mst_error *err)
{
    const struct mst_fill_options options = {.seed = (uint64_t)seed,
                                             .texts = true};
    struct mst_fill *fill = NULL;
    struct mst_buf scratch;
    struct mst_buf bson;
    struct mst_buf json;
    mst_buf_init(&scratch, TOOLS_TEXT_MAX);
    mst_buf_init(&bson, TOOLS_TEXT_MAX);
    mst_buf_init(&json, TOOLS_TEXT_MAX);
    enum mst_status status = fill_schema(schema, &scratch, &schema, err);
    if (status == MST_OK) {
        status = mst_fill_create(schema, &options, &fill, err);
    }
    if (status == MST_OK) {
        status = mst_fill_next(fill, &bson, err);
    }
    if (status == MST_OK) {
        status =
            mst_bson_to_json(mst_buf_slice(&bson), MST_JSON_PLAIN, &json, err);
    }
    if (status == MST_OK) {
        mst_json_raw(out, NULL, mst_buf_slice(&json));
    }
    mst_fill_destroy(fill);
    mst_buf_clear(&json);
    mst_buf_clear(&bson);
    mst_buf_clear(&scratch);
    return status;
}

static enum mst_status
tools_convert(const struct mst_api_convert *what, struct mst_json *out,
              struct mst_error *err)
{
    const struct mst_to_avro_options options = {.name = what->name,
                                                .name_space = what->name_space};
    struct mst_buf text;
    mst_buf_init(&text, TOOLS_TEXT_MAX);
    enum mst_status status =
        what->to_avro
            ? mst_json_schema_to_avro(what->schema, &options, &text, err)
            : mst_cmd_schema_from_avro(what->schema, &text, err);
    if (status == MST_OK) {
        mst_json_open(out, NULL, '{');
        mst_json_slice(out, "schema", mst_buf_slice(&text));
        mst_json_str(out, "encoding", what->to_avro ? "avro" : "json");
        mst_json_close(out, '}');
    }
    mst_buf_clear(&text);
    return status;
}

/* NULL: not MongoDB, which err says. */
static const struct mst_mongo_options *
tools_mongodb(const struct mst_api_look *look, struct mst_error *err)
{
    if (strcmp(look->service->provider, "mongodb") == 0) {
        return look->service->options;
    }
    (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                   "service '%s' is %s: only one of mongodb can be asked what "
                   "is in it",
                   look->service->name, look->service->provider);
    return NULL;
}

static void
resources_add(void *ctx, const char *name)
{
    mst_json_open(ctx, NULL, '{');
    mst_json_str(ctx, "name", name);
    mst_json_str(ctx, "resource_type", "collection");
    mst_json_close(ctx, '}');
}

static enum mst_status
tools_resources(const struct mst_api_look *look, struct mst_json *out,
                struct mst_error *err)
{
    if (strcmp(look->service->provider, "udf") == 0) {
        return mst_tools_script_list(look, out, err);
    }
    const struct mst_mongo_options *service = tools_mongodb(look, err);
    if (service == NULL) {
        return MST_REJECTED;
    }
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "service_name", look->service->name);
    mst_json_open(out, "resources", '[');
    enum mst_status status = mst_cmd_mongo_collections(
        service, look->timeout_ms, resources_add, out, err);
    mst_json_close(out, ']');
    mst_json_close(out, '}');
    return status;
}

static enum mst_status
introspect_add(void *ctx, struct mst_slice bson, struct mst_error *err)
{
    return mst_infer_add(ctx, bson, err);
}

static void
introspect_write(const struct mst_infer *infer, struct mst_json *out)
{
    size_t len = 0;
    const struct mst_infer_variant *variants = mst_infer_variants(infer, &len);
    double all = (double)mst_infer_documents(infer);
    mst_json_open(out, NULL, '[');
    for (size_t i = 0; i < len; i++) {
        char share[32];
        (void)snprintf(share, sizeof(share), "%.3f",
                       100.0 * (double)variants[i].documents / all);
        mst_json_open(out, NULL, '{');
        mst_json_raw(out, "share_percent", mst_slice_str(share));
        mst_json_number(out, "sample_count", (int64_t)variants[i].documents);
        mst_json_raw(out, "schema", variants[i].schema);
        mst_json_close(out, '}');
    }
    mst_json_close(out, ']');
}

static enum mst_status
tools_introspect(const struct mst_api_look *look, struct mst_json *out,
                 struct mst_error *err)
{
    const struct mst_mongo_options *service = tools_mongodb(look, err);
    struct mst_infer *infer = NULL;
    struct mst_buf schema;
    if (service == NULL) {
        return MST_REJECTED;
    }
    mst_buf_init(&schema, TOOLS_TEXT_MAX);
    enum mst_status status = mst_infer_create(NULL, &infer, err);
    if (status == MST_OK) {
        const struct mst_cmd_sample sample = {.service = service,
                                              .collection = look->resource,
                                              .count = look->sample,
                                              .timeout_ms = look->timeout_ms};
        status = mst_cmd_mongo_sample(&sample, introspect_add, infer, err);
    }
    if (status == MST_OK && mst_infer_documents(infer) == 0) {
        status = mst_fail(err, MST_END, ORIGIN, 0,
                          "there is no document in '%s' of service '%s'",
                          look->resource, look->service->name);
    }
    if (status == MST_OK) {
        status = mst_infer_finish(infer, &schema, err);
    }
    if (status == MST_OK) {
        introspect_write(infer, out);
    }
    mst_infer_destroy(infer);
    mst_buf_clear(&schema);
    return status;
}

const struct mst_api_tools mst_daemon_tools = {
    .fill = tools_fill,
    .convert = tools_convert,
    .resources = tools_resources,
    .introspect = tools_introspect,
    .dry_run = mst_tools_dry_run,
    .transform = mst_tools_transform,
    .transform_validate = mst_tools_transform_validate,
    .transform_test = mst_tools_transform_test,
    .transform_generate = mst_tools_transform_generate,
    .transform_completions = mst_tools_transform_completions,
    .script_read = mst_tools_script_read,
    .script_check = mst_tools_script_check,
    .subjects = mst_tools_subjects,
    .subject = mst_tools_subject,
    .subject_put = mst_tools_subject_put,
    .subject_remove = mst_tools_subject_remove,
};
