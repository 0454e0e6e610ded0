/* SPDX-License-Identifier: MIT */
/* Conversions by a JSON Schema: a part of struct mst_schema_plan. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_PLAN_H
#define MST_ENCODINGS_JSON_SCHEMA_PLAN_H

#include "base/buf.h"
#include "core/encoding.h"
#include "encodings/json_schema/schema.h"

struct mst_json_plan_options {
    bool project;        /* only the fields that the schema has go on */
    bool reject_unknown; /* a field that would not */
    bool formats;        /* are asserted */
};

/* Shared by threads. */
struct mst_json_plan;

/* Ownership: the caller's. MST_REJECTED: the text is no JSON Schema. */
MST_MUST_CHECK enum mst_status
mst_json_plan_create(struct mst_slice text,
                     const struct mst_json_plan_options *options,
                     struct mst_json_plan **ret_plan, struct mst_error *err);
/* NULL is allowed. */
void mst_json_plan_destroy(struct mst_json_plan *plan);

/* BSON and JSON, checked, and with the fields that are wanted. step: from, to
 * and options. MST_REJECTED with the path, the reason and the place in the
 * schema; out's length is as before then. */
MST_MUST_CHECK enum mst_status
mst_json_plan_convert(struct mst_json_plan *plan,
                      const struct mst_transcoder *step, struct mst_slice in,
                      struct mst_buf *out, struct mst_error *err);

/* A buffer for a conversion in two steps; NULL without memory. */
struct mst_buf *mst_json_plan_take(struct mst_json_plan *plan);
void mst_json_plan_give(struct mst_json_plan *plan, struct mst_buf *buf);

#endif
