/* SPDX-License-Identifier: MIT */
/* Tells the kinds of schemas apart: which of them does what to which cell. */
#include "encodings/schema_plan.h"

#include <stdlib.h>

#include "encodings/schema_kind.h"

struct mst_schema_plan {
    enum mst_schema_kind kind;
    struct mst_avro_plan *avro; /* NULL: of another kind */
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
    if (status == MST_OK && plan->kind == MST_SCHEMA_KIND_JSON) {
        status = mst_fail(err, MST_REJECTED, "schema", 0,
                          "this build can not apply a JSON Schema");
    } else if (status == MST_OK) {
        status = mst_avro_plan_create(text, &options->avro, &plan->avro, err);
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
                 .lookup = use->lookup}};
    return mst_schema_plan_create(text, &options, ret_plan, err);
}

void
mst_schema_plan_destroy(struct mst_schema_plan *plan)
{
    if (plan != NULL) {
        mst_avro_plan_destroy(plan->avro);
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

enum mst_status
mst_schema_plan_find(const struct mst_transcoder *step,
                     mst_transcoder_run *ret_run, struct mst_error *err)
{
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
