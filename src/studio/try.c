/* SPDX-License-Identifier: MIT */
/* A script on one event, and everything that came of it. */
#include <stdio.h>

#include "base/clock.h"
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "studio/studio.h"
#include "studio/value.h"

#define ORIGIN "studio"

enum {
    TRY_RESULTS_MAX = 1000,
    TRY_BYTES_MAX = 8 * 1024 * 1024,
    TRY_TEXT_MAX = 64 * 1024 * 1024
};

static enum mst_status
try_attributes(struct mst_arena *arena, struct mst_slice json,
               struct mst_event *event, struct mst_error *err)
{
    struct mst_buf bson;
    mst_buf_init(&bson, TRY_TEXT_MAX);
    enum mst_status status = mst_json_to_bson(json, NULL, &bson, err);
    if (status == MST_OK) {
        status = mst_studio_attributes(arena, mst_buf_slice(&bson), event, err);
    }
    if (status != MST_OK) {
        mst_error_prefix(err, "attributes: ");
    }
    mst_buf_clear(&bson);
    return status;
}

static enum mst_status
try_write_result(struct mst_json *out, const struct mst_studio_result *result,
                 struct mst_error *err)
{
    const struct mst_bson_value value = {MST_BSON_DOCUMENT, result->payload};
    struct mst_buf text;
    enum mst_status status = MST_OK;
    mst_buf_init(&text, TRY_TEXT_MAX);
    if (result->payload.data == NULL) {
        mst_json_str(out, "document", NULL);
    } else {
        status = mst_studio_value_json(&value, &text, err);
        mst_json_raw(out, "document", mst_buf_slice(&text));
    }
    mst_json_open(out, "attributes", '{');
    for (uint32_t i = 0; i < result->attributes_len; i++) {
        mst_json_slice(out, (const char *)result->attributes[i].name.data,
                       result->attributes[i].value);
    }
    mst_json_close(out, '}');
    mst_buf_clear(&text);
    return status;
}

static const char *
try_encoding(const struct mst_studio_script *script,
             const struct mst_studio_input *input)
{
    bool avro =
        script->write_schema != NULL
        && mst_schema_plan_kind(script->write_schema) == MST_SCHEMA_KIND_AVRO;
    return mst_encoding_name(avro ? MST_ENCODING_AVRO : input->encoding);
}

static enum mst_status
try_write(const struct mst_studio_run *run, const char *encoding,
          int64_t took_ns, struct mst_json *out, struct mst_error *err)
{
    char took[32];
    enum mst_status status = MST_OK;
    (void)snprintf(took, sizeof(took), "%.3f", (double)took_ns / 1e6);
    mst_json_open(out, NULL, '{');
    if (run->first != NULL) {
        status = try_write_result(out, run->first, err);
    } else {
        mst_json_str(out, "document", NULL);
        mst_json_open(out, "attributes", '{');
        mst_json_close(out, '}');
    }
    mst_json_str(out, "encoding", encoding);
    mst_json_open(out, "results", '[');
    for (const struct mst_studio_result *one = run->first;
         one != NULL && status == MST_OK; one = one->next) {
        mst_json_open(out, NULL, '{');
        status = try_write_result(out, one, err);
        mst_json_close(out, '}');
    }
    mst_json_close(out, ']');
    mst_json_bool(out, "dropped", run->first == NULL);
    mst_json_raw(out, "duration_ms", mst_slice_str(took));
    mst_json_close(out, '}');
    return status;
}

static enum mst_status
try_run(struct mst_studio_run *run, const struct mst_studio_input *input,
        struct mst_buf *bson, int64_t *ret_took_ns, struct mst_error *err)
{
    struct mst_event event = {.encoding = MST_ENCODING_BSON};
    enum mst_status status = MST_OK;
    if (input->attributes.data != NULL) {
        status = try_attributes(&run->arena, input->attributes, &event, err);
    }
    if (status == MST_OK && input->payload.data != NULL) {
        status = mst_studio_payload(input->encoding, input->payload,
                                    run->script->read_schema, bson, err);
        if (status != MST_OK) {
            mst_error_prefix(err, "payload: ");
        }
        event.payload = mst_buf_slice(bson);
    }
    if (status != MST_OK) {
        return status;
    }
    int64_t since_ns = mst_clock_ns();
    status = mst_studio_run_event(run, &event, err);
    *ret_took_ns = mst_clock_ns() - since_ns;
    return status;
}

enum mst_status
mst_studio_try(const struct mst_studio_script *script,
               const struct mst_studio_input *input, struct mst_json *out,
               struct mst_error *err)
{
    struct mst_studio_run run;
    struct mst_buf bson;
    int64_t took_ns = 0;
    mst_buf_init(&bson, TRY_TEXT_MAX);
    enum mst_status status = mst_studio_run_start(&run, script, err);
    run.results_max = TRY_RESULTS_MAX;
    run.bytes_max = TRY_BYTES_MAX;
    status = status == MST_FATAL ? MST_REJECTED : status;
    if (status == MST_OK) {
        status = try_run(&run, input, &bson, &took_ns, err);
    }
    if (status == MST_OK) {
        status =
            try_write(&run, try_encoding(script, input), took_ns, out, err);
    }
    mst_studio_run_clear(&run);
    mst_buf_clear(&bson);
    return status;
}
