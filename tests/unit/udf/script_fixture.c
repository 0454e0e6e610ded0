/* SPDX-License-Identifier: MIT */
/* Runs scripts without a pipeline. */
#include "script_fixture.h"

#include <string.h>

#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"

enum { FIXTURE_MAX = 64 * 1024 * 1024 };

const struct mst_lua_limits script_limits = {
    .instructions = 1000000, .time_ms = 60000, .memory = 16 * 1024 * 1024};

static enum mst_status
fixture_emit(struct mst_emit *emit, const struct mst_event *event,
             struct mst_error *err)
{
    struct script_result *result = (struct script_result *)emit;
    if (result->most > 0 && result->n >= result->most) {
        return mst_fail(err, MST_REJECTED, "fixture", 0, "too many results");
    }
    result->n++;
    mst_buf_reset(&result->bson);
    if (event->payload.data == NULL) {
        assert_int_equal(mst_buf_append_str(&result->out, "(none)"), MST_OK);
    } else {
        assert_int_equal(mst_bson_to_json(event->payload, MST_JSON_RELAXED,
                                          &result->out, err),
                         MST_OK);
        assert_int_equal(mst_buf_append(&result->bson, event->payload.data,
                                        event->payload.len),
                         MST_OK);
    }
    for (uint32_t i = 0; i < event->attributes_len; i++) {
        const struct mst_attribute *one = &event->attributes[i];
        assert_int_equal(mst_buf_printf(&result->out, "|%.*s=%.*s",
                                        (int)one->name.len, one->name.data,
                                        (int)one->value.len, one->value.data),
                         MST_OK);
    }
    assert_int_equal(mst_buf_append_char(&result->out, '\n'), MST_OK);
    assert_non_null(mst_buf_text(&result->out));
    return MST_OK;
}

enum mst_status
script_count(struct mst_emit *emit, const struct mst_event *event,
             struct mst_error *err)
{
    struct script_result *result = (struct script_result *)emit;
    (void)event;
    (void)err;
    result->n++;
    return MST_OK;
}

void
script_start(struct script_result *result)
{
    memset(result, 0, sizeof(*result));
    result->emit.event = fixture_emit;
    result->emit.arena = &result->arena;
    mst_buf_init(&result->out, FIXTURE_MAX);
    mst_buf_init(&result->bson, FIXTURE_MAX);
    assert_non_null(mst_buf_text(&result->out));
}

void
script_clear(struct script_result *result)
{
    mst_arena_clear(&result->arena);
    mst_buf_clear(&result->out);
    mst_buf_clear(&result->bson);
}

struct mst_lua_script *
script_make_within(const char *text, const struct mst_lua_limits *limits)
{
    struct mst_lua_script *script = NULL;
    struct mst_error err;
    enum mst_status status = mst_lua_script_create(
        "job", "test.lua", mst_slice_str(text), limits, &script, &err);
    if (status != MST_OK) {
        print_message("%s\n", err.text);
    }
    assert_int_equal(status, MST_OK);
    return script;
}

struct mst_lua_script *
script_make(const char *text)
{
    return script_make_within(text, &script_limits);
}

void
script_event(struct script_result *result, const char *json,
             struct mst_event *ret_event)
{
    static const struct mst_attribute attributes[] = {
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"1", 1}},
        {{(const uint8_t *)"b", 1}, {(const uint8_t *)"2", 1}}};
    static const uint8_t key[] = "\x0e\0\0\0\x10_id\0\x07\0\0\0";
    struct mst_buf bson;
    struct mst_error err;
    memset(ret_event, 0, sizeof(*ret_event));
    ret_event->attributes = attributes;
    ret_event->attributes_len = 2;
    ret_event->encoding = MST_ENCODING_BSON;
    ret_event->key = mst_slice_of(key, sizeof(key));
    ret_event->key_kind = MST_KEY_BSON;
    if (json == NULL) {
        return;
    }
    mst_buf_init(&bson, FIXTURE_MAX);
    assert_int_equal(mst_json_to_bson(mst_slice_str(json), NULL, &bson, &err),
                     MST_OK);
    ret_event->payload = mst_arena_copy(&result->arena, mst_buf_slice(&bson));
    assert_non_null(ret_event->payload.data);
    mst_buf_clear(&bson);
}

void
script_feed_to(script_apply_one apply, void *ctx, const struct mst_event *event,
               struct script_result *result)
{
    result->n = 0;
    mst_buf_reset(&result->out);
    assert_non_null(mst_buf_text(&result->out));
    mst_error_clear(&result->err);
    result->status = apply(ctx, event, &result->emit, &result->err);
}

static enum mst_status
fixture_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
              struct mst_error *err)
{
    return mst_lua_script_apply(ctx, event, emit, err);
}

void
script_feed(struct mst_lua_script *script, const struct mst_event *event,
            struct script_result *result)
{
    script_feed_to(fixture_apply, script, event, result);
}

void
script_try(const char *text, const char *json, struct script_result *result)
{
    struct mst_lua_script *script = script_make(text);
    struct mst_event event;
    script_event(result, json, &event);
    script_feed(script, &event, result);
    mst_lua_script_destroy(script);
}
