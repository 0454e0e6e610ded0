/* SPDX-License-Identifier: MIT */
/* Scripts on made-up events. */
#include "studio/run.h"

#include "base/clock.h"
#include "encodings/bson_reader.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"
#include "udf/lua_script.h"

#define ORIGIN "studio"

enum { RUN_RESULTS_MAX = 100 * 1000, RUN_BYTES_MAX = 64 * 1024 * 1024 };

enum mst_status
mst_studio_budget_check(const struct mst_studio_budget *budget,
                        struct mst_error *err)
{
    if (budget == NULL) {
        return MST_OK;
    }
    if (budget->stop != NULL && atomic_load(budget->stop)) {
        return mst_fail(err, MST_RETRY, ORIGIN, 0, "the program ends");
    }
    if (budget->until_ms != 0 && mst_clock_ms() >= budget->until_ms) {
        return mst_fail(err, MST_RETRY, ORIGIN, 0,
                        "the time for all runs is over");
    }
    return MST_OK;
}

/* A call may take a second, or what is left. */
static struct mst_lua_limits
run_limits(const struct mst_studio_budget *budget)
{
    struct mst_lua_limits limits = mst_lua_default_limits;
    int64_t left = budget == NULL || budget->until_ms == 0
                       ? limits.time_ms
                       : budget->until_ms - mst_clock_ms();
    left = left < 1 ? 1 : left;
    limits.time_ms = left < limits.time_ms ? left : limits.time_ms;
    return limits;
}

enum mst_status
mst_studio_payload(enum mst_encoding encoding, struct mst_slice payload,
                   struct mst_schema_plan *schema, struct mst_buf *out,
                   struct mst_error *err)
{
    const struct mst_encoding_options options = {.schema = schema};
    if (encoding == MST_ENCODING_BSON) {
        enum mst_status status = mst_bson_check(payload, err);
        if (status != MST_OK) {
            return status;
        }
    }
    return mst_transcode(encoding, MST_ENCODING_BSON, &options, payload, out,
                         err);
}

enum mst_status
mst_studio_attributes(struct mst_arena *arena, struct mst_slice bson,
                      struct mst_event *event, struct mst_error *err)
{
    struct mst_bson_iter iter;
    struct mst_attribute *all =
        mst_arena_alloc_zeroed(arena, MST_STUDIO_ATTRIBUTES_MAX, sizeof(*all));
    uint32_t n = 0;
    if (all == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status = mst_bson_iter_init(&iter, bson, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        struct mst_slice text;
        if (n == MST_STUDIO_ATTRIBUTES_MAX
            || !mst_bson_get_string(&value, &text)) {
            return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                            "attributes are at most %d texts",
                            (int)MST_STUDIO_ATTRIBUTES_MAX);
        }
        all[n].name = mst_arena_copy(arena, iter.key);
        all[n].value = mst_arena_copy(arena, text);
        if (all[n].name.data == NULL || all[n].value.data == NULL) {
            return mst_fail_memory(err, ORIGIN);
        }
        n++;
    }
    event->attributes = all;
    event->attributes_len = n;
    return status == MST_END ? MST_OK : status;
}

/* What the schema makes of a result, in the run's memory. */
static enum mst_status
run_write(struct mst_studio_run *run, struct mst_slice *payload,
          struct mst_error *err)
{
    struct mst_schema_plan *schema = run->script->write_schema;
    const struct mst_encoding_options options = {.schema = schema};
    struct mst_buf avro;
    struct mst_buf bson;
    if (schema == NULL || payload->data == NULL) {
        return MST_OK;
    }
    mst_buf_init(&avro, MST_STUDIO_PAYLOAD_MAX);
    mst_buf_init(&bson, MST_STUDIO_PAYLOAD_MAX);
    enum mst_status status = MST_OK;
    if (mst_schema_plan_kind(schema) == MST_SCHEMA_KIND_AVRO) {
        status = mst_transcode(MST_ENCODING_BSON, MST_ENCODING_AVRO, &options,
                               *payload, &avro, err);
        if (status == MST_OK) {
            status = mst_transcode(MST_ENCODING_AVRO, MST_ENCODING_BSON,
                                   &options, mst_buf_slice(&avro), &bson, err);
        }
    } else {
        status =
            mst_studio_payload(MST_ENCODING_BSON, *payload, schema, &bson, err);
    }
    if (status == MST_OK) {
        *payload = mst_arena_copy(&run->arena, mst_buf_slice(&bson));
        status = payload->data != NULL ? MST_OK : mst_fail_memory(err, ORIGIN);
    } else {
        mst_error_prefix(err, "the result: ");
    }
    mst_buf_clear(&bson);
    mst_buf_clear(&avro);
    return status;
}

static enum mst_status
run_attributes(struct mst_studio_run *run, const struct mst_event *event,
               struct mst_studio_result *result, struct mst_error *err)
{
    size_t n = event->attributes_len;
    struct mst_attribute *all =
        mst_arena_alloc_zeroed(&run->arena, n + 1, sizeof(*all));
    if (all == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    for (size_t i = 0; i < n; i++) {
        const struct mst_attribute *one = &event->attributes[i];
        all[i].name = mst_arena_copy(&run->arena, one->name);
        all[i].value = mst_arena_copy(&run->arena, one->value);
        if (all[i].name.data == NULL || all[i].value.data == NULL) {
            return mst_fail_memory(err, ORIGIN);
        }
    }
    result->attributes = all;
    result->attributes_len = (uint32_t)n;
    return MST_OK;
}

static enum mst_status
run_emit(struct mst_emit *emit, const struct mst_event *event,
         struct mst_error *err)
{
    struct mst_studio_run *run = (struct mst_studio_run *)emit;
    struct mst_studio_result *result =
        mst_arena_alloc_zeroed(&run->arena, 1, sizeof(*result));
    if (result == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    if (run->results == run->results_max
        || event->payload.len > run->bytes_max - run->bytes) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "more than %zu results, or %zu bytes of them, is too "
                        "much here",
                        run->results_max, run->bytes_max);
    }
    if (event->payload.data != NULL) {
        result->payload = mst_arena_copy(&run->arena, event->payload);
        if (result->payload.data == NULL) {
            return mst_fail_memory(err, ORIGIN);
        }
    }
    enum mst_status status = run_attributes(run, event, result, err);
    if (status == MST_OK) {
        status = run_write(run, &result->payload, err);
    }
    if (status == MST_OK) {
        run->results++;
        run->bytes += result->payload.len;
        *run->last = result;
        run->last = &result->next;
    }
    return status;
}

void
mst_studio_run_reset(struct mst_studio_run *run)
{
    enum { KEEP = 1024 * 1024 };
    mst_arena_reset(&run->arena, KEEP);
    run->first = NULL;
    run->last = &run->first;
    run->results = 0;
    run->bytes = 0;
}

enum mst_status
mst_studio_run_start(struct mst_studio_run *run,
                     const struct mst_studio_script *script,
                     struct mst_error *err)
{
    const struct mst_lua_limits limits = run_limits(script->budget);
    *run = (struct mst_studio_run){.script = script,
                                   .results_max = RUN_RESULTS_MAX,
                                   .bytes_max = RUN_BYTES_MAX};
    run->emit.event = run_emit;
    run->emit.arena = &run->arena;
    run->last = &run->first;
    enum mst_status status = mst_studio_budget_check(script->budget, err);
    return status != MST_OK
               ? status
               : mst_lua_script_create(ORIGIN, script->name, script->text,
                                       &limits, &run->lua, err);
}

enum mst_status
mst_studio_run_event(struct mst_studio_run *run, const struct mst_event *event,
                     struct mst_error *err)
{
    struct mst_studio_result **last = run->last;
    size_t results = run->results;
    size_t bytes = run->bytes;
    enum mst_status status = mst_studio_budget_check(run->script->budget, err);
    if (status == MST_OK) {
        status = mst_lua_script_apply(run->lua, event, &run->emit, err);
    }
    if (status != MST_OK) {
        run->last = last;
        *last = NULL;
        run->results = results;
        run->bytes = bytes;
    }
    return status;
}

void
mst_studio_run_finish(struct mst_studio_run *run)
{
    mst_lua_script_finish(run->lua);
}

void
mst_studio_run_clear(struct mst_studio_run *run)
{
    mst_lua_script_destroy(run->lua);
    run->lua = NULL;
    mst_arena_clear(&run->arena);
    run->first = NULL;
    run->last = &run->first;
}
