/* SPDX-License-Identifier: MIT */
/* JSON and base64 for scripts. */
#include "base/base64.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "udf/lua_engine.h"

static struct mst_slice
codec_arg(lua_State *L)
{
    size_t len = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    mst_lua_charge(L, len);
    return mst_slice_of(text, len);
}

/* What was written to scratch. */
static int
codec_push(lua_State *L, enum mst_status status, const struct mst_error *err)
{
    const struct mst_lua *lua = mst_lua_of(L);
    if (status != MST_OK) {
        return mst_lua_fail(L, err);
    }
    lua_pushlstring(L, (const char *)lua->scratch.data, lua->scratch.len);
    return 1;
}

void
mst_lua_push_text(lua_State *L, int index)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_bson_value value;
    struct mst_error err;
    index = lua_absindex(L, index);
    bool plain = lua_type(L, index) == LUA_TTABLE;
    if (plain && luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pop(L, 1);
        plain = false;
    }
    if (!plain) {
        (void)luaL_tolstring(L, index, NULL);
        mst_lua_charge_text(L, -1);
        return;
    }
    mst_lua_to_bson(L, index, 0, &value);
    mst_lua_check_memory(L);
    mst_lua_charge(L, value.raw.len);
    mst_buf_reset(&lua->scratch);
    (void)codec_push(
        L,
        mst_bson_value_to_json(&value, MST_JSON_RELAXED, &lua->scratch, &err),
        &err);
}

/* json_encode(value) */
static int
codec_json_encode(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_bson_value value;
    struct mst_error err;
    luaL_checkany(L, 1);
    mst_lua_to_bson(L, 1, 0, &value);
    mst_lua_check_memory(L);
    mst_lua_charge(L, value.raw.len);
    mst_buf_reset(&lua->scratch);
    return codec_push(
        L,
        mst_bson_value_to_json(&value, MST_JSON_RELAXED, &lua->scratch, &err),
        &err);
}

/* json_decode(text): any value, wrapped to be a document while it is read */
static int
codec_json_decode(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_slice text = codec_arg(L);
    struct mst_bson_value value = {0};
    struct mst_error err;
    luaL_Buffer whole;
    size_t len = 0;
    luaL_buffinit(L, &whole);
    luaL_addstring(&whole, "{\"v\":");
    luaL_addlstring(&whole, (const char *)text.data, text.len);
    luaL_addchar(&whole, '}');
    luaL_pushresult(&whole);
    const char *json = lua_tolstring(L, -1, &len);
    mst_buf_reset(&lua->scratch);
    if (mst_json_to_bson(mst_slice_of(json, len), NULL, &lua->scratch, &err)
        != MST_OK) {
        return luaL_error(L, "this is no JSON: %s", err.text);
    }
    struct mst_slice copy =
        mst_arena_copy(&lua->doc.arena, mst_buf_slice(&lua->scratch));
    mst_lua_check_memory(L);
    if (copy.data == NULL || !mst_bson_find(copy, "v", &value)) {
        return luaL_error(L, "not enough memory");
    }
    if (value.raw.data + value.raw.len + 1 != copy.data + copy.len) {
        return luaL_error(L, "this is no JSON: more than one value");
    }
    mst_lua_push_bson(L, &value);
    return 1;
}

static int
codec_base64_encode(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_slice bytes = codec_arg(L);
    struct mst_error err;
    mst_buf_reset(&lua->scratch);
    enum mst_status status = mst_base64_encode(bytes, &lua->scratch);
    if (status != MST_OK) {
        (void)mst_fail_memory(&err, "script");
    }
    return codec_push(L, status, &err);
}

static int
codec_base64_decode(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_slice text = codec_arg(L);
    struct mst_error err;
    mst_buf_reset(&lua->scratch);
    enum mst_status status = mst_base64_decode(text, &lua->scratch);
    if (status != MST_OK) {
        (void)mst_fail(&err, status, "script", 0, "this is no base64");
    }
    return codec_push(L, status, &err);
}

static const luaL_Reg codec_functions[] = {
    {"base64_decode", codec_base64_decode},
    {"base64_encode", codec_base64_encode},
    {"json_decode", codec_json_decode},
    {"json_encode", codec_json_encode},
    {NULL, NULL},
};

void
mst_lua_add_codecs(lua_State *L)
{
    luaL_setfuncs(L, codec_functions, 0);
}
