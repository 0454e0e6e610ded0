/* SPDX-License-Identifier: MIT */
/* Tells the kinds of schemas apart: which of them does what to which cell. */
#include "encodings/schema_plan.h"

#include <stdlib.h>

#include "encodings/schema_kind.h"

struct mst_schema_plan {
    enum mst_schema_kind kind;
    struct mst_avro_plan *avro; /* NULL: of another kind */
    struct mst_json_plan *json; /* likewise */
};

enum mst_status
mst_schema_plan_create(struct mst_slice text,
                       const struct mst_schema_plan_options *options,
                       struct mst_schema_plan **ret_plan, struct mst_error *err)
{
    static const struct mst_schema_plan_options none;
    struct mst_schema_plan *plan = calloc(1, sizeof(*plan));
    if (plan == NULL) {
        return mst_fail_memory(err, "schema");
    }
    options = options == NULL ? &none : options;
    enum mst_status status = MST_OK;
    if (text.len == 0 && options->avro.lookup != NULL) {
        plan->kind = MST_SCHEMA_KIND_AVRO; /* of what the lookup finds */
    } else {
        status = mst_schema_kind_of(text, options->kind, &plan->kind, err);
    }
    if (status == MST_OK) {
        status =
            plan->kind == MST_SCHEMA_KIND_JSON
                ? mst_json_plan_create(text, &options->json, &plan->json, err)
                : mst_avro_plan_create(text, &options->avro, &plan->avro, err);
    }
    if (status != MST_OK) {
        mst_schema_plan_destroy(plan);
        return status;
    }
    *ret_plan = plan;
    return MST_OK;
}

enum mst_status
mst_schema_plan_compile(struct mst_slice text, const struct mst_schema_use *use,
                        struct mst_schema_plan **ret_plan,
                        struct mst_error *err)
{
    const struct mst_schema_plan_options options = {
        .kind = use->kind,
        .avro = {.values = {.reject_unknown = use->reject_unknown,
                            .lossy_numbers = use->lossy_numbers},
                 .framing = use->framing,
                 .schema_id = use->registry_id,
                 .lookup = use->lookup},
        .json = {.project = use->project,
                 .reject_unknown = use->reject_unknown,
                 .formats = use->check_formats}};
    return mst_schema_plan_create(text, &options, ret_plan, err);
}

void
mst_schema_plan_destroy(struct mst_schema_plan *plan)
{
    if (plan != NULL) {
        mst_avro_plan_destroy(plan->avro);
        mst_json_plan_destroy(plan->json);
        free(plan);
    }
}

enum mst_schema_kind
mst_schema_plan_kind(const struct mst_schema_plan *plan)
{
    return plan->kind;
}

struct mst_avro_plan *
mst_schema_plan_avro(const struct mst_schema_plan *plan)
{
    return plan == NULL ? NULL : plan->avro;
}

static enum mst_status
schema_to_avro(const struct mst_transcoder *self, struct mst_slice in,
               struct mst_buf *out, struct mst_error *err)
{
    return mst_avro_plan_encode(self->options.schema->avro, self->from,
                                &self->options, in, out, err);
}

static enum mst_status
schema_from_avro(const struct mst_transcoder *self, struct mst_slice in,
                 struct mst_buf *out, struct mst_error *err)
{
    return mst_avro_plan_decode(self->options.schema->avro,
                                mst_schema_plan_avro(self->options.written),
                                self, in, out, err);
}

static enum mst_status
schema_project(const struct mst_transcoder *self, struct mst_slice in,
               struct mst_buf *out, struct mst_error *err)
{
    return mst_avro_plan_project(self->options.schema->avro, self, in, out,
                                 err);
}

static const struct {
    enum mst_encoding from;
    enum mst_encoding to;
    mst_transcoder_run run;
} avro_cells[] = {
    {MST_ENCODING_BSON, MST_ENCODING_BSON, schema_project},
    {MST_ENCODING_BSON, MST_ENCODING_JSON, schema_project},
    {MST_ENCODING_JSON, MST_ENCODING_BSON, schema_project},
    {MST_ENCODING_JSON, MST_ENCODING_JSON, schema_project},
    {MST_ENCODING_BSON, MST_ENCODING_AVRO, schema_to_avro},
    {MST_ENCODING_JSON, MST_ENCODING_AVRO, schema_to_avro},
    {MST_ENCODING_AVRO, MST_ENCODING_BSON, schema_from_avro},
    {MST_ENCODING_AVRO, MST_ENCODING_JSON, schema_from_avro},
    {MST_ENCODING_AVRO, MST_ENCODING_AVRO, schema_from_avro},
};

/* Data that were written by another schema must be readable by this one. */
static enum mst_status
schema_prepare(const struct mst_transcoder *step, struct mst_error *err)
{
    struct mst_avro_plan *plan = mst_schema_plan_avro(step->options.schema);
    enum mst_status status =
        step->from == MST_ENCODING_AVRO && plan != NULL ? mst_avro_plan_prepare(
            plan, mst_schema_plan_avro(step->options.written), err)
                                                        : MST_OK;
    return status == MST_REJECTED ? MST_FATAL : status;
}

static enum mst_status
schema_validate(const struct mst_transcoder *self, struct mst_slice in,
                struct mst_buf *out, struct mst_error *err)
{
    return mst_json_plan_convert(self->options.schema->json, self, in, out,
                                 err);
}

/* Avro by the schema that it was written by, then by the JSON Schema. */
static enum mst_status
schema_validate_avro(const struct mst_transcoder *self, struct mst_slice in,
                     struct mst_buf *out, struct mst_error *err)
{
    struct mst_json_plan *plan = self->options.schema->json;
    struct mst_transcoder step = *self;
    struct mst_buf *bson = mst_json_plan_take(plan);
    if (bson == NULL) {
        return mst_fail_memory(err, "schema");
    }
    step.to = MST_ENCODING_BSON;
    enum mst_status status = mst_avro_plan_decode(self->options.written->avro,
                                                  NULL, &step, in, bson, err);
    step.from = MST_ENCODING_BSON;
    step.to = self->to;
    if (status == MST_OK) {
        status =
            mst_json_plan_convert(plan, &step, mst_buf_slice(bson), out, err);
        if (status == MST_REJECTED && err != NULL) {
            err->offset = -1; /* of a document that nobody sees */
        }
    }
    mst_json_plan_give(plan, bson);
    return status;
}

/* The cells of a JSON Schema. */
static enum mst_status
schema_find_json(const struct mst_transcoder *step, mst_transcoder_run *ret_run,
                 struct mst_error *err)
{
    const struct mst_schema_plan *written = step->options.written;
    if (step->to == MST_ENCODING_AVRO) {
        (void)mst_fail(err, MST_FATAL, "encoding", 0,
                       "Avro is not written by a JSON Schema");
        mst_error_hint(err, "name an Avro schema");
        return MST_FATAL;
    }
    if (step->from == MST_ENCODING_AVRO
        && (written == NULL || written->avro == NULL)) {
        (void)mst_fail(err, MST_FATAL, "encoding", 0,
                       "Avro is not read by a JSON Schema");
        mst_error_hint(err, "name the Avro schema that the data have with "
                            "schema_id, on the source or a step before");
        return MST_FATAL;
    }
    *ret_run = step->from == MST_ENCODING_AVRO ? schema_validate_avro
                                               : schema_validate;
    return MST_OK;
}

enum mst_status
mst_schema_plan_find(const struct mst_transcoder *step,
                     mst_transcoder_run *ret_run, struct mst_error *err)
{
    bool raw = step->from == MST_ENCODING_RAW || step->to == MST_ENCODING_RAW;
    if (step->options.schema->json != NULL && !raw) {
        return schema_find_json(step, ret_run, err);
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(avro_cells); i++) {
        if (avro_cells[i].from == step->from && avro_cells[i].to == step->to) {
            enum mst_status status = schema_prepare(step, err);
            if (status == MST_OK) {
                *ret_run = avro_cells[i].run;
            }
            return status;
        }
    }
    if (step->from == step->to) {
        *ret_run = NULL;
        return MST_OK;
    }
    return mst_fail(err, MST_FATAL, "encoding", 0,
                    "there is no conversion from %s to %s",
                    mst_encoding_name(step->from), mst_encoding_name(step->to));
}
