/* SPDX-License-Identifier: MIT */
/* Documents through a JSON Schema, whatever they come in and go out as. */
#include "encodings/json_schema/plan.h"

#include <stdlib.h>

#include "encodings/avro/scratch.h"
#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "encodings/json_check.h"
#include "encodings/json_schema/project.h"

struct mst_json_plan {
    struct mst_json_schema *schema;
    struct mst_json_plan_options options;
    struct js_works works;
    struct avro_scratch scratch;
};

/* One document on its way. */
struct plan_turn {
    struct mst_json_plan *plan;
    const struct mst_transcoder *step;
    struct mst_slice in;
    struct mst_bson_value value; /* of in */
    struct mst_buf *bson;        /* made of JSON */
    struct mst_buf *projected;
    struct js_work *work;
};

enum mst_status
mst_json_plan_create(struct mst_slice text,
                     const struct mst_json_plan_options *options,
                     struct mst_json_plan **ret_plan, struct mst_error *err)
{
    struct mst_json_plan *plan = calloc(1, sizeof(*plan));
    if (plan == NULL) {
        return mst_fail_memory(err, "json_schema");
    }
    plan->options = *options;
    enum mst_status status =
        mst_json_schema_parse(text, options->formats, &plan->schema, err);
    if (status != MST_OK) {
        mst_json_plan_destroy(plan);
        return status;
    }
    *ret_plan = plan;
    return MST_OK;
}

void
mst_json_plan_destroy(struct mst_json_plan *plan)
{
    if (plan != NULL) {
        js_works_clear(&plan->works);
        avro_scratch_clear(&plan->scratch);
        mst_json_schema_destroy(plan->schema);
        free(plan);
    }
}

struct mst_buf *
mst_json_plan_take(struct mst_json_plan *plan)
{
    return avro_scratch_take(&plan->scratch, INT32_MAX);
}

void
mst_json_plan_give(struct mst_json_plan *plan, struct mst_buf *buf)
{
    avro_scratch_give(&plan->scratch, buf);
}

/* JSON that is no object, in one: nothing else can be BSON. */
static enum mst_status
plan_read_wrapped(struct plan_turn *turn,
                  const struct mst_json_read_options *options,
                  struct mst_error *err)
{
    static const char head[] = "{\"s\":";
    struct mst_buf *text = turn->projected; /* not in use yet */
    enum mst_status status = mst_json_check(turn->in, err);
    if (status != MST_OK) {
        return status;
    }
    if (turn->plan->options.project) {
        return mst_fail(err, MST_REJECTED, "json_schema", 0,
                        "only an object can be projected");
    }
    status = mst_buf_append_str(text, head);
    if (status == MST_OK) {
        status = mst_buf_append(text, turn->in.data, turn->in.len);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(text, '}');
    }
    if (status != MST_OK) {
        return mst_fail_memory(err, "json_schema");
    }
    status = mst_json_to_bson(mst_buf_slice(text), options, turn->bson, err);
    if (status != MST_OK) {
        if (err != NULL && err->offset >= 0) {
            err->offset -= (int64_t)sizeof(head) - 1;
        }
        return status;
    }
    mst_buf_reset(text);
    (void)mst_bson_find(mst_buf_slice(turn->bson), "s", &turn->value);
    return MST_OK;
}

/* What comes in as a value. */
static enum mst_status
plan_read(struct plan_turn *turn, struct mst_error *err)
{
    const struct mst_transcoder *step = turn->step;
    struct mst_json_read_options options = {
        .no_extended = step->options.no_extended,
        .big_numbers = step->options.big_numbers};
    bool kept = step->to == MST_ENCODING_JSON && !turn->plan->options.project;
    if (step->from == MST_ENCODING_BSON) {
        turn->value = (struct mst_bson_value){MST_BSON_DOCUMENT, turn->in};
        return mst_bson_check(turn->in, err);
    }
    if (kept && options.big_numbers == MST_BIG_NUMBERS_REJECT) {
        /* The text goes on as it is: its numbers only have to be read. */
        options.big_numbers = MST_BIG_NUMBERS_DECIMAL;
    }
    if (step->to == MST_ENCODING_JSON && turn->in.len > 0) {
        const uint8_t *end = turn->in.data + turn->in.len;
        const uint8_t *first = mst_json_skip_space(turn->in.data, end);
        if (first < end && *first != '{') {
            return plan_read_wrapped(turn, &options, err);
        }
    }
    enum mst_status status =
        mst_json_to_bson(turn->in, &options, turn->bson, err);
    turn->value =
        (struct mst_bson_value){MST_BSON_DOCUMENT, mst_buf_slice(turn->bson)};
    return status;
}

static enum mst_status
plan_apply(struct plan_turn *turn, struct mst_error *err)
{
    struct mst_json_plan *plan = turn->plan;
    struct js_work *work = turn->work;
    js_work_begin(work, plan->schema, turn->value.raw.len);
    if (!js_validate(work, plan->schema->root, &turn->value, NULL)) {
        bool bson = turn->step->from == MST_ENCODING_BSON;
        return js_work_report(work, bson ? turn->in : MST_SLICE_NONE, err);
    }
    if ((!plan->options.project && !plan->options.reject_unknown)
        || turn->value.type != MST_BSON_DOCUMENT) {
        return MST_OK;
    }
    const struct js_project_options options = {
        .reject_unknown = plan->options.reject_unknown};
    return js_project(work, &options, &turn->value, turn->projected, err);
}

static enum mst_status
plan_write(const struct plan_turn *turn, struct mst_buf *out,
           struct mst_error *err)
{
    const struct mst_transcoder *step = turn->step;
    bool projected = turn->plan->options.project;
    struct mst_slice bson =
        projected ? mst_buf_slice(turn->projected) : turn->value.raw;
    bool same = step->from == step->to && !projected;
    if (step->to == MST_ENCODING_JSON && !same) {
        return mst_bson_to_json(bson, step->options.json_mode, out, err);
    }
    bson = same ? turn->in : bson;
    enum mst_status status = mst_buf_append(out, bson.data, bson.len);
    if (status == MST_FATAL) {
        return mst_fail_memory(err, "json_schema");
    }
    return status == MST_OK ? status
                            : mst_fail(err, status, "json_schema", 0,
                                       "the output is larger than it may be");
}

enum mst_status
mst_json_plan_convert(struct mst_json_plan *plan,
                      const struct mst_transcoder *step, struct mst_slice in,
                      struct mst_buf *out, struct mst_error *err)
{
    struct plan_turn turn = {.plan = plan, .step = step, .in = in};
    enum mst_status status = MST_FATAL;
    turn.bson = mst_json_plan_take(plan);
    turn.projected = mst_json_plan_take(plan);
    turn.work = js_works_take(&plan->works);
    if (turn.bson == NULL || turn.projected == NULL || turn.work == NULL) {
        status = mst_fail_memory(err, "json_schema");
    } else {
        status = plan_read(&turn, err);
        if (status == MST_OK) {
            status = plan_apply(&turn, err);
        }
        if (status == MST_OK) {
            status = plan_write(&turn, out, err);
        }
    }
    js_works_give(&plan->works, turn.work);
    mst_json_plan_give(plan, turn.projected);
    mst_json_plan_give(plan, turn.bson);
    return status;
}
