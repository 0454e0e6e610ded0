/* SPDX-License-Identifier: MIT */
/*
 * What mst_encoding_options point to: a schema of one kind or the other,
 * compiled for a step.
 */
#ifndef MST_ENCODINGS_SCHEMA_PLAN_H
#define MST_ENCODINGS_SCHEMA_PLAN_H

#include "encodings/avro/avro_plan.h"
#include "encodings/json_schema/plan.h"

/* A zeroed one is the default. */
struct mst_schema_plan_options {
    enum mst_schema_kind kind; /* NONE: by the text */
    struct mst_avro_plan_options avro;
    struct mst_json_plan_options json;
};

/* Ownership: the caller's; it holds a copy of the text. options may be NULL.
 * MST_REJECTED: the text is no schema. */
MST_MUST_CHECK enum mst_status mst_schema_plan_create(
    struct mst_slice text, const struct mst_schema_plan_options *options,
    struct mst_schema_plan **ret_plan, struct mst_error *err);
/* The same as the contract of core/ has it. */
MST_MUST_CHECK enum mst_status
mst_schema_plan_compile(struct mst_slice text, const struct mst_schema_use *use,
                        struct mst_schema_plan **ret_plan,
                        struct mst_error *err);
/* NULL is allowed. */
void mst_schema_plan_destroy(struct mst_schema_plan *plan);

/* Never MST_SCHEMA_KIND_NONE. */
enum mst_schema_kind mst_schema_plan_kind(const struct mst_schema_plan *plan);
/* NULL: it is of another kind, or plan is NULL. */
struct mst_avro_plan *mst_schema_plan_avro(const struct mst_schema_plan *plan);

/* Finds the function for a step whose options have a schema; the step's from,
 * to and options are set. MST_FATAL: the schema is none for this conversion,
 * and why. *ret_run is NULL where the bytes pass untouched. */
MST_MUST_CHECK enum mst_status
mst_schema_plan_find(const struct mst_transcoder *step,
                     mst_transcoder_run *ret_run, struct mst_error *err);

#endif
