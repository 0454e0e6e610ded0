/* SPDX-License-Identifier: MIT */
/* Scripts that the API tries. */
#include "base/base64.h"
#include "base/clock.h"
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "studio/cases.h"
#include "studio/studio.h"
#include "tools.h"

#define ORIGIN "studio"

enum { TOOLS_TEXT_MAX = 16 * 1024 * 1024 };

/* A script with what it needs; to be cleared. */
struct tools_script {
    struct mst_studio_script script; /* first */
    struct mst_studio_budget budget;
};

static enum mst_status
tools_schema(const struct mst_api_written *written, const char *what,
             struct mst_schema_plan **ret, struct mst_error *err)
{
    const struct mst_schema_plan_options options = {
        .kind = written->avro ? MST_SCHEMA_KIND_AVRO : MST_SCHEMA_KIND_JSON};
    if (written->text == NULL) {
        return MST_OK;
    }
    enum mst_status status = mst_schema_plan_create(
        mst_slice_str(written->text), &options, ret, err);
    if (status != MST_OK) {
        mst_error_prefix(err, "%s: ", what);
    }
    return status;
}

static void
tools_script_clear(struct tools_script *self)
{
    mst_schema_plan_destroy(self->script.read_schema);
    mst_schema_plan_destroy(self->script.write_schema);
}

static enum mst_status
tools_script_init(struct tools_script *self,
                  const struct mst_api_transform *what, struct mst_error *err)
{
    *self = (struct tools_script){
        .script = {.name = "script",
                   .text = what->script == NULL ? MST_SLICE_LIT("")
                                                : mst_slice_str(what->script)},
        .budget = {.until_ms = mst_clock_ms() + what->timeout_ms,
                   .stop = what->stop}};
    self->script.budget = &self->budget;
    enum mst_status status = tools_schema(&what->reads, "input_schema",
                                          &self->script.read_schema, err);
    if (status == MST_OK) {
        status = tools_schema(&what->writes, "schema",
                              &self->script.write_schema, err);
    }
    return status;
}

enum mst_status
mst_tools_transform(const struct mst_api_transform *what, struct mst_json *out,
                    struct mst_error *err)
{
    struct mst_studio_input input = {
        .payload = what->payload == NULL ? MST_SLICE_NONE
                                         : mst_slice_str(what->payload),
        .encoding = mst_encoding_parse(what->encoding),
        .attributes = what->attributes == NULL
                          ? MST_SLICE_NONE
                          : mst_slice_str(what->attributes)};
    struct tools_script self;
    struct mst_buf bytes;
    mst_buf_init(&bytes, TOOLS_TEXT_MAX);
    enum mst_status status = tools_script_init(&self, what, err);
    if (status == MST_OK && input.payload.data != NULL
        && input.encoding != MST_ENCODING_JSON) {
        status = mst_base64_decode(input.payload, &bytes);
        input.payload = mst_buf_slice(&bytes);
        if (status != MST_OK) {
            status = mst_fail(err, MST_REJECTED, ORIGIN, 0,
                              "the payload is not base64, as %s is sent",
                              what->encoding);
        }
    }
    if (status == MST_OK) {
        status = mst_studio_try(&self.script, &input, out, err);
    }
    mst_buf_clear(&bytes);
    tools_script_clear(&self);
    return status;
}

enum mst_status
mst_tools_transform_test(const struct mst_api_transform *what,
                         struct mst_json *out, struct mst_error *err)
{
    struct tools_script self;
    struct mst_buf bson;
    struct mst_slice cases;
    struct mst_studio_totals totals;
    mst_buf_init(&bson, TOOLS_TEXT_MAX);
    enum mst_status status = tools_script_init(&self, what, err);
    if (status == MST_OK) {
        status = mst_studio_cases_parse(mst_slice_str(what->cases), &bson,
                                        &cases, err);
    }
    if (status == MST_OK && what->only_check) {
        status = mst_studio_cases_check(cases, err);
    } else if (status == MST_OK) {
        status = mst_studio_cases_run(&self.script, cases, out, &totals, err);
    }
    mst_buf_clear(&bson);
    tools_script_clear(&self);
    return status;
}

enum mst_status
mst_tools_transform_validate(const struct mst_api_transform *what,
                             struct mst_json *out, struct mst_error *err)
{
    struct tools_script self;
    struct mst_studio_found found;
    enum mst_status status = tools_script_init(&self, what, err);
    if (status == MST_OK) {
        status = mst_studio_validate(&self.script, out, &found, err);
    }
    tools_script_clear(&self);
    return status;
}

enum mst_status
mst_tools_transform_generate(const struct mst_api_transform *what,
                             struct mst_json *out, struct mst_error *err)
{
    struct mst_studio_sample sample = {
        .attributes = what->attributes == NULL
                          ? MST_SLICE_NONE
                          : mst_slice_str(what->attributes),
        .most = (size_t)what->limit};
    struct tools_script self;
    struct mst_buf bson;
    mst_buf_init(&bson, TOOLS_TEXT_MAX);
    enum mst_status status = tools_script_init(&self, what, err);
    if (status == MST_OK) {
        status =
            mst_json_to_bson(mst_slice_str(what->payload), NULL, &bson, err);
    }
    if (status == MST_OK) {
        sample.bson = mst_buf_slice(&bson);
        status = mst_studio_generate(&self.script, &sample, out, err);
    }
    mst_buf_clear(&bson);
    tools_script_clear(&self);
    return status;
}

enum mst_status
mst_tools_transform_completions(const struct mst_api_transform *what,
                                struct mst_json *out, struct mst_error *err)
{
    (void)what;
    (void)err;
    mst_studio_completions(out);
    return MST_OK;
}
