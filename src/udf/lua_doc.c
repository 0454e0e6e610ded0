/* SPDX-License-Identifier: MIT */
/*
 * `data` and what is in it: documents that behave as tables. Reading one field
 * decodes that field; assigning copies the value into the document.
 */
#include "udf/lua_engine.h"

#include <stdio.h>
#include <string.h>

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"

const char mst_lua_doc_key = 'd';

/* What Lua holds of a document or array. */
struct lua_doc {
    struct mst_doc_node *node;
    uint64_t generation;
};

void
mst_lua_push_node(lua_State *L, struct mst_doc_node *node)
{
    struct lua_doc *doc = lua_newuserdatauv(L, sizeof(*doc), 0);
    doc->node = node;
    doc->generation = mst_lua_of(L)->generation;
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &mst_lua_doc_key);
    (void)lua_setmetatable(L, -2);
}

void
mst_lua_push_item(lua_State *L, struct mst_doc_node *node)
{
    if (mst_doc_is_container(node)) {
        mst_lua_push_node(L, node);
        return;
    }
    const struct mst_bson_value value = {node->type, node->raw};
    mst_lua_push_bson(L, &value);
}

static struct mst_doc_node *
doc_node(lua_State *L, const struct lua_doc *doc)
{
    if (doc->generation != mst_lua_of(L)->generation) {
        (void)luaL_error(L, "this is of an event that is over: keep copy() of "
                            "it instead");
    }
    return doc->node;
}

struct mst_doc_node *
mst_lua_to_node(lua_State *L, int index)
{
    const struct lua_doc *doc = NULL;
    if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
        (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &mst_lua_doc_key);
        bool same = lua_rawequal(L, -1, -2) != 0;
        lua_pop(L, 2);
        doc = same ? lua_touserdata(L, index) : NULL;
    }
    return doc == NULL ? NULL : doc_node(L, doc);
}

/* Of a metamethod: scripts can not call one with anything else. Open. */
static struct mst_doc_node *
doc_self(lua_State *L)
{
    struct mst_doc_node *node = doc_node(L, lua_touserdata(L, 1));
    struct mst_error err;
    if (MST_UNLIKELY(!node->open)) {
        if (mst_doc_split(&mst_lua_of(L)->doc, node, &err) != MST_OK) {
            (void)mst_lua_fail(L, &err);
        }
        mst_lua_charge(L, node->len);
        mst_lua_check_memory(L);
    }
    return node;
}

/* The place that an index names: from 1; 0: none. */
static lua_Integer
doc_place(lua_State *L, int index)
{
    int whole = 0;
    lua_Integer place = lua_tointegerx(L, index, &whole);
    return whole && lua_type(L, index) == LUA_TNUMBER && place > 0 ? place : 0;
}

static struct mst_doc_node *
doc_get(lua_State *L, struct mst_doc_node *node)
{
    if (node->type == MST_BSON_ARRAY) {
        lua_Integer place = doc_place(L, 2);
        return place > 0 && place <= (lua_Integer)node->len
                   ? node->items[place - 1]
                   : NULL;
    }
    size_t len = 0;
    if (lua_type(L, 2) != LUA_TSTRING) {
        return NULL;
    }
    const char *key = lua_tolstring(L, 2, &len);
    return mst_doc_field(node, mst_slice_of(key, len));
}

/* Pushes it, or nil. */
static int
doc_push(lua_State *L, struct mst_doc_node *item)
{
    if (item == NULL) {
        lua_pushnil(L);
    } else {
        mst_lua_push_item(L, item);
    }
    return 1;
}

static int
doc_index(lua_State *L)
{
    return doc_push(L, doc_get(L, doc_self(L)));
}

static void
doc_take_out(lua_State *L, struct mst_doc_node *node, struct mst_doc_node *item)
{
    if (item == NULL) {
        return;
    }
    if (node->type == MST_BSON_ARRAY && node->items[node->len - 1] != item) {
        (void)luaL_error(L, "an array has no holes: use table.remove");
    }
    (void)mst_doc_remove_node(item);
}

static int
doc_newindex(lua_State *L)
{
    struct mst_doc_node *node = doc_self(L);
    struct mst_doc_node *item = doc_get(L, node);
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_bson_value value;
    struct mst_error err;
    enum mst_status status = MST_OK;
    if (lua_isnil(L, 3)) {
        doc_take_out(L, node, item);
        return 0;
    }
    if (node->type == MST_BSON_ARRAY) {
        lua_Integer place = doc_place(L, 2);
        if (place == 0 || place > (lua_Integer)node->len + 1) {
            return luaL_error(L, "an array of %d items has no place for this",
                              (int)node->len);
        }
        mst_lua_to_bson(L, 3, item == NULL ? 0 : item->type, &value);
        status = mst_doc_put(&lua->doc, node, (uint32_t)place - 1, false,
                             &value, &err);
    } else {
        size_t len = 0;
        luaL_argcheck(L, lua_type(L, 2) == LUA_TSTRING, 2,
                      "the name of a field is a text");
        const char *key = lua_tolstring(L, 2, &len);
        mst_lua_to_bson(L, 3, item == NULL ? 0 : item->type, &value);
        status =
            mst_doc_set(&lua->doc, node, mst_slice_of(key, len), &value, &err);
    }
    if (status != MST_OK) {
        return mst_lua_fail(L, &err);
    }
    mst_lua_check_memory(L);
    return 0;
}

static int
doc_len(lua_State *L)
{
    lua_pushinteger(L, doc_self(L)->len);
    return 1;
}

/* Upvalues: the index of what was given last, its node. What the loop does to
 * that field in between - another value, none - does not lead astray. */
static int
doc_next(lua_State *L)
{
    struct mst_doc_node *node = doc_self(L);
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(1));
    const struct mst_doc_node *last = lua_touserdata(L, lua_upvalueindex(2));
    if (last != NULL) {
        bool there = at < (lua_Integer)node->len
                     && (node->items[at] == last || node->type == MST_BSON_ARRAY
                         || mst_slice_equal(node->items[at]->key, last->key));
        at += there ? 1 : 0;
    }
    if (at >= (lua_Integer)node->len) {
        return 0;
    }
    struct mst_doc_node *item = node->items[at];
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(1));
    lua_pushlightuserdata(L, item);
    lua_replace(L, lua_upvalueindex(2));
    if (node->type == MST_BSON_ARRAY) {
        lua_pushinteger(L, at + 1);
    } else {
        lua_pushlstring(L, (const char *)item->key.data, item->key.len);
    }
    mst_lua_push_item(L, item);
    return 2;
}

static int
doc_pairs(lua_State *L)
{
    (void)doc_self(L);
    lua_pushinteger(L, 0);
    lua_pushlightuserdata(L, NULL);
    lua_pushcclosure(L, doc_next, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static int
doc_eq(lua_State *L)
{
    const struct mst_doc_node *a = mst_lua_to_node(L, 1);
    const struct mst_doc_node *b = mst_lua_to_node(L, 2);
    lua_pushboolean(L, a != NULL && a == b);
    return 1;
}

static int
doc_tostring(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_bson_value value;
    struct mst_error err;
    mst_lua_to_bson(L, 1, 0, &value);
    mst_buf_reset(&lua->scratch);
    if (mst_bson_value_to_json(&value, MST_JSON_RELAXED, &lua->scratch, &err)
        != MST_OK) {
        return mst_lua_fail(L, &err);
    }
    lua_pushlstring(L, (const char *)lua->scratch.data, lua->scratch.len);
    return 1;
}

/* --- functions on documents ------------------------------------------------ */

static struct mst_slice
doc_path(lua_State *L, int index)
{
    size_t len = 0;
    const char *path = luaL_checklstring(L, index, &len);
    luaL_argcheck(L, len > 0, index, "an empty path");
    return mst_slice_of(path, len);
}

static struct mst_doc_node *
doc_arg(lua_State *L)
{
    struct mst_doc_node *node = mst_lua_to_node(L, 1);
    luaL_argcheck(L, node != NULL, 1, "a document is wanted");
    return node;
}

/* get(data, "a.b[0].c") */
static int
doc_get_path(lua_State *L)
{
    struct mst_doc_node *node = NULL;
    struct mst_error err;
    if (mst_doc_find(&mst_lua_of(L)->doc, doc_arg(L), doc_path(L, 2), &node,
                     &err)
        != MST_OK) {
        return mst_lua_fail(L, &err);
    }
    return doc_push(L, node);
}

static int
doc_set_path(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_doc_node *node = doc_arg(L);
    struct mst_doc_node *old = NULL;
    struct mst_slice path = doc_path(L, 2);
    struct mst_bson_value value;
    struct mst_error err;
    if (mst_doc_find(&lua->doc, node, path, &old, &err) != MST_OK) {
        return mst_lua_fail(L, &err);
    }
    mst_lua_to_bson(L, 3, old == NULL ? 0 : old->type, &value);
    if (mst_doc_set_path(&lua->doc, node, path, &value, &err) != MST_OK) {
        return mst_lua_fail(L, &err);
    }
    mst_lua_check_memory(L);
    return 0;
}

static int
doc_del_path(lua_State *L)
{
    struct mst_doc_node *node = NULL;
    struct mst_error err;
    if (mst_doc_find(&mst_lua_of(L)->doc, doc_arg(L), doc_path(L, 2), &node,
                     &err)
        != MST_OK) {
        return mst_lua_fail(L, &err);
    }
    lua_pushboolean(L, mst_doc_remove_node(node));
    return 1;
}

/* copy(value): tables that outlive the event */
static int
doc_copy(lua_State *L)
{
    luaL_checkany(L, 1);
    if (mst_lua_to_node(L, 1) != NULL) {
        struct mst_bson_value value;
        mst_lua_to_bson(L, 1, 0, &value);
        mst_lua_push_bson(L, &value);
    }
    return 1;
}

/* array{...}: an array also when it is empty */
static int
doc_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &mst_lua_array_key);
    (void)lua_setmetatable(L, 1);
    return 1;
}

/* typeof(value): as BSON calls it, for data's own; else as Lua does */
static int
doc_typeof(lua_State *L)
{
    luaL_checkany(L, 1);
    const struct mst_lua_value *value = mst_lua_to_value(L, 1);
    const struct mst_doc_node *node = mst_lua_to_node(L, 1);
    lua_pushstring(L, value != NULL  ? mst_bson_type_name(value->type)
                      : node != NULL ? mst_bson_type_name(node->type)
                                     : luaL_typename(L, 1));
    return 1;
}

static const luaL_Reg doc_meta[] = {
    {"__eq", doc_eq},       {"__index", doc_index},
    {"__len", doc_len},     {"__newindex", doc_newindex},
    {"__pairs", doc_pairs}, {"__tostring", doc_tostring},
    {NULL, NULL},
};

static const luaL_Reg doc_functions[] = {
    {"array", doc_array},  {"copy", doc_copy},    {"del", doc_del_path},
    {"get", doc_get_path}, {"set", doc_set_path}, {"typeof", doc_typeof},
    {NULL, NULL},
};

static void
doc_metatable(lua_State *L, const luaL_Reg *functions, const void *key)
{
    lua_newtable(L);
    if (functions != NULL) {
        luaL_setfuncs(L, functions, 0);
    }
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void
mst_lua_add_docs(lua_State *L)
{
    doc_metatable(L, doc_meta, &mst_lua_doc_key);
    doc_metatable(L, NULL, &mst_lua_array_key);
    luaL_setfuncs(L, doc_functions, 0);
}
