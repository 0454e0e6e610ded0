/* SPDX-License-Identifier: MIT */
/*
 * Functions of `table`: the library's own, once it is known how much they have
 * to do. Tables whose length is a function could make them run for ever.
 * Arrays of a document are edited in place.
 */
#include "udf/lua_engine.h"

static void
table_check_plain(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    if (luaL_getmetafield(L, index, "__len") != LUA_TNIL
        || luaL_getmetafield(L, index, "__index") != LUA_TNIL
        || luaL_getmetafield(L, index, "__newindex") != LUA_TNIL) {
        (void)luaL_argerror(L, index, "a plain table is wanted");
    }
    mst_lua_charge(L, lua_rawlen(L, index));
}

/* Calls the library's function (upvalue 1) with the arguments. */
static int
table_call(lua_State *L)
{
    int n = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, n, LUA_MULTRET);
    return lua_gettop(L);
}

static struct mst_doc_node *
table_array(lua_State *L)
{
    struct mst_doc_node *node = mst_lua_to_node(L, 1);
    struct mst_error err;
    if (node == NULL) {
        return NULL;
    }
    if (node->type != MST_BSON_ARRAY) {
        (void)luaL_argerror(L, 1, "an array is wanted");
    }
    if (mst_doc_open(&mst_lua_of(L)->doc, node, &err) != MST_OK) {
        (void)mst_lua_fail(L, &err);
    }
    return node;
}

static int
table_insert(lua_State *L)
{
    struct mst_doc_node *node = table_array(L);
    struct mst_bson_value value;
    struct mst_error err;
    if (node == NULL) {
        table_check_plain(L, 1);
        lua_settop(L, lua_gettop(L) < 4 ? lua_gettop(L) : 4);
        int args = lua_gettop(L);
        return args <= 3 ? table_call(L)
                         : luaL_error(L, "wrong number of arguments");
    }
    bool at = lua_gettop(L) > 2;
    lua_Integer place = at ? luaL_checkinteger(L, 2) : node->len + 1;
    luaL_argcheck(L, place >= 1 && place <= (lua_Integer)node->len + 1, 2,
                  "position out of bounds");
    mst_lua_to_bson(L, at ? 3 : 2, 0, &value);
    if (mst_doc_put(&mst_lua_of(L)->doc, node, (uint32_t)place - 1, true,
                    &value, &err)
        != MST_OK) {
        return mst_lua_fail(L, &err);
    }
    mst_lua_charge(L, node->len);
    mst_lua_check_memory(L);
    return 0;
}

static int
table_remove(lua_State *L)
{
    struct mst_doc_node *node = table_array(L);
    if (node == NULL) {
        table_check_plain(L, 1);
        if (lua_gettop(L) > 2) {
            lua_settop(L, 2);
        }
        /* Left by the check, where there was a field of a metatable: none. */
        return table_call(L);
    }
    lua_Integer place = luaL_optinteger(L, 2, node->len);
    if (node->len == 0 || place < 1 || place > (lua_Integer)node->len) {
        lua_pushnil(L);
        return 1;
    }
    struct mst_doc_node *item = node->items[place - 1];
    mst_doc_remove(node, (uint32_t)place - 1);
    mst_lua_charge(L, node->len);
    mst_lua_push_item(L, item);
    return 1;
}

/* From i to j: what a document's array gives is read item by item. */
static void
table_check_range(lua_State *L, int first, int last)
{
    if (mst_lua_to_node(L, 1) == NULL) {
        table_check_plain(L, 1);
    }
    lua_Integer from = luaL_optinteger(L, first, 1);
    lua_Integer upto =
        lua_isnoneornil(L, last) ? luaL_len(L, 1) : luaL_checkinteger(L, last);
    if (upto >= from) {
        uint64_t n = (uint64_t)upto - (uint64_t)from;
        mst_lua_charge(L, n < UINT64_MAX / 2 ? n + 1 : n);
    }
}

static int
table_concat(lua_State *L)
{
    table_check_range(L, 3, 4);
    return table_call(L);
}

static int
table_unpack(lua_State *L)
{
    table_check_range(L, 2, 3);
    return table_call(L);
}

/* As the library compares, but for long texts: each time costs. */
static int
table_less(lua_State *L)
{
    if (lua_type(L, 2) == LUA_TSTRING) {
        mst_lua_charge_text(L, 1);
    }
    lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
    return 1;
}

static bool
table_has_texts(lua_State *L)
{
    (void)lua_rawgeti(L, 1, 1);
    bool text = lua_type(L, -1) == LUA_TSTRING;
    lua_pop(L, 1);
    return text;
}

static int
table_sort(lua_State *L)
{
    table_check_plain(L, 1);
    lua_settop(L, 2);
    /* Texts compare with texts only. */
    if (lua_isnil(L, 2) && table_has_texts(L)) {
        lua_pushcfunction(L, table_less);
        lua_replace(L, 2);
    }
    uint64_t n = lua_rawlen(L, 1);
    uint64_t steps = n;
    for (uint64_t left = n; left > 1; left /= 2) {
        steps += n;
    }
    mst_lua_charge(L, steps);
    return table_call(L);
}

static int
table_move(lua_State *L)
{
    lua_Integer from = luaL_checkinteger(L, 2);
    lua_Integer upto = luaL_checkinteger(L, 3);
    table_check_plain(L, 1);
    if (lua_istable(L, 5)) {
        table_check_plain(L, 5);
    }
    if (upto >= from) {
        uint64_t n = (uint64_t)upto - (uint64_t)from;
        mst_lua_charge(L, n < UINT64_MAX / 2 ? n + 1 : n);
    }
    return table_call(L);
}

static const luaL_Reg table_functions[] = {
    {"concat", table_concat},
    {"insert", table_insert},
    {"move", table_move},
    {"remove", table_remove},
    {"sort", table_sort},
    {"unpack", table_unpack},
    {NULL, NULL},
};

void
mst_lua_add_tables(lua_State *L)
{
    for (const luaL_Reg *one = table_functions; one->name != NULL; one++) {
        (void)lua_getfield(L, -1, one->name);
        lua_pushcclosure(L, one->func, 1);
        lua_setfield(L, -2, one->name);
    }
}
