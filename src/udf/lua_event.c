/* SPDX-License-Identifier: MIT */
/* Results of scripts as events. */
#include "udf/lua_event.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"

void
mst_lua_push_attributes(lua_State *L, const struct mst_event *event)
{
    lua_createtable(L, 0, (int)event->attributes_len);
    /* Of those with one name the first counts. */
    for (uint32_t i = event->attributes_len; i > 0; i--) {
        const struct mst_attribute *one = &event->attributes[i - 1];
        lua_pushlstring(L, (const char *)one->name.data, one->name.len);
        lua_pushlstring(L, (const char *)one->value.data, one->value.len);
        lua_rawset(L, -3);
    }
}

static struct mst_slice
event_copy(lua_State *L, int index)
{
    size_t len = 0;
    const char *text = lua_tolstring(L, index, &len);
    struct mst_slice copy =
        mst_arena_copy(mst_lua_of(L)->emit->arena, mst_slice_of(text, len));
    if (copy.data == NULL) {
        (void)luaL_error(L, "not enough memory");
    }
    return copy;
}

static int
event_compare(const void *a, const void *b)
{
    const struct mst_attribute *x = a;
    const struct mst_attribute *y = b;
    size_t len = x->name.len < y->name.len ? x->name.len : y->name.len;
    int order = memcmp(x->name.data, y->name.data, len);
    return order != 0                  ? order
           : x->name.len < y->name.len ? -1
                                       : x->name.len > y->name.len;
}

/* Whether the table still says what the event has. The value is pushed. */
static bool
event_keeps(lua_State *L, int index, const struct mst_attribute *one)
{
    size_t len = 0;
    lua_pushlstring(L, (const char *)one->name.data, one->name.len);
    if (lua_rawget(L, index) != LUA_TSTRING) {
        return false;
    }
    const char *text = lua_tolstring(L, -1, &len);
    return mst_slice_equal(one->value, mst_slice_of(text, len));
}

/* The attributes of the event in their order as far as they stay, then what is
 * new, sorted. */
static void
event_attributes(lua_State *L, int index, struct mst_event *result)
{
    const struct mst_event *event = mst_lua_of(L)->event;
    size_t most = event->attributes_len;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            (void)luaL_error(L, "the names of attributes are texts");
        }
        most++;
    }
    struct mst_attribute *all =
        mst_arena_alloc(mst_lua_of(L)->emit->arena, (most + 1) * sizeof(*all));
    if (all == NULL || most > UINT32_MAX / 2) {
        (void)luaL_error(L, "not enough memory");
        return;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < event->attributes_len; i++) {
        if (event_keeps(L, index, &event->attributes[i])) {
            all[n++] = event->attributes[i];
        }
        lua_pop(L, 1);
    }
    uint32_t kept = n;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        size_t len = 0;
        const char *name = lua_tolstring(L, -2, &len);
        struct mst_slice had = mst_attributes_find(all, kept, name);
        if (had.data != NULL) {
            continue;
        }
        (void)luaL_tolstring(L, -1, NULL);
        all[n].value = event_copy(L, -1);
        lua_pop(L, 1);
        all[n++].name = event_copy(L, -2);
    }
    qsort(all + kept, n - kept, sizeof(*all), event_compare);
    result->attributes = all;
    result->attributes_len = n;
}

/* Inside of the bytes that came with the event. */
static bool
event_has(const struct mst_event *event, struct mst_slice bytes)
{
    return bytes.data >= event->payload.data
           && bytes.data + bytes.len
                  <= event->payload.data + event->payload.len;
}

static struct mst_slice
event_payload(lua_State *L, int index)
{
    struct mst_lua *lua = mst_lua_of(L);
    const struct mst_doc_node *node = mst_lua_to_node(L, index);
    const struct mst_lua_value *value = mst_lua_to_value(L, index);
    struct mst_bson_value bson = {0};
    struct mst_error err;
    if (value != NULL && value->type == MST_BSON_NULL) {
        return MST_SLICE_NONE;
    }
    if (node == NULL) {
        luaL_argexpected(L, lua_istable(L, index), index, "document");
        mst_lua_to_bson(L, index, 0, &bson);
        mst_lua_check_memory(L);
    } else if (mst_doc_value(node, lua->emit->arena, &bson, &err) != MST_OK) {
        (void)mst_lua_fail(L, &err);
    }
    if (bson.type != MST_BSON_DOCUMENT) {
        (void)luaL_error(L, "an event is a document, not an array");
    }
    bool written = node != NULL && node->changed;
    if (!written && !event_has(lua->event, bson.raw)) {
        bson.raw = mst_arena_copy(lua->emit->arena, bson.raw);
        if (bson.raw.data == NULL) {
            (void)luaL_error(L, "not enough memory");
        }
    }
    return bson.raw;
}

void
mst_lua_emit(lua_State *L, int data, int attributes)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_event result;
    if (lua->event == NULL) {
        (void)luaL_error(L, lua->batch != NULL
                                ? "emit is for transform: transform_batch "
                                  "returns events, or derive(event, data)"
                                : "there is no event to emit for");
        return;
    }
    if (lua->emit_status != MST_OK) {
        (void)mst_lua_fail(L, &lua->emit_err);
    }
    mst_event_derive(lua->event, &result);
    result.payload = event_payload(L, data);
    if (!lua_isnoneornil(L, attributes)) {
        luaL_argexpected(L, lua_istable(L, attributes), attributes,
                         "table of attributes");
        event_attributes(L, attributes, &result);
    }
    lua->emit_status = lua->emit->event(lua->emit, &result, &lua->emit_err);
    if (lua->emit_status != MST_OK) {
        (void)mst_lua_fail(L, &lua->emit_err);
    }
}

static int
event_emit(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 2);
    mst_lua_emit(L, 1, 2);
    return 0;
}

/* result(data[, attributes]) is what transform returns. */
static int
event_result(lua_State *L)
{
    lua_settop(L, 2);
    return 2;
}

void
mst_lua_event_add(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"emit", event_emit}, {"result", event_result}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}

bool
mst_lua_event_key(const struct mst_event *event, struct mst_buf *out)
{
    struct mst_bson_value id;
    struct mst_error err;
    switch (event->key_kind) {
    case MST_KEY_BSON:
        return mst_bson_find(event->key, "_id", &id)
               && mst_bson_value_to_text(&id, out, &err) == MST_OK;
    case MST_KEY_BYTES:
        return mst_utf8_valid(event->key.data, event->key.len) == event->key.len
               && mst_buf_append(out, event->key.data, event->key.len)
                      == MST_OK;
    case MST_KEY_NONE:
        break;
    }
    return false;
}

void
mst_lua_name_event(const struct mst_event *event, struct mst_error *err)
{
    struct mst_buf key;
    mst_buf_init(&key, 256);
    if (mst_lua_event_key(event, &key) && key.len > 0 && key.len <= 64) {
        mst_error_prefix(err, "event %.*s: ", (int)key.len, key.data);
    }
    mst_buf_clear(&key);
}
