/* SPDX-License-Identifier: MIT */
/* Helpers on arrays: of a document, or tables. */
#include "udf/lua_engine.h"

static lua_Integer
list_len(lua_State *L)
{
    if (mst_lua_to_node(L, 1) == NULL) {
        luaL_checktype(L, 1, LUA_TTABLE);
    }
    lua_Integer n = luaL_len(L, 1);
    mst_lua_charge(L, (uint64_t)(n < 0 ? 0 : n) * 4);
    return n;
}

/* Pushes item i, or what the function at argument 2 says of it. */
static void
list_push(lua_State *L, lua_Integer i)
{
    bool call = lua_isfunction(L, 2);
    if (call) {
        lua_pushvalue(L, 2);
    }
    (void)lua_geti(L, 1, i);
    if (call) {
        lua_call(L, 1, 1);
    }
}

/* The number of the value on top; false: it is none. Pops it. */
static bool
list_number(lua_State *L, lua_Number *ret)
{
    int good = 0;
    if (lua_type(L, -1) == LUA_TNUMBER) {
        *ret = lua_tonumberx(L, -1, &good);
    } else if (mst_lua_to_value(L, -1) != NULL
               && luaL_callmeta(L, -1, "__tostring")) {
        *ret = lua_tonumberx(L, -1, &good);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return good != 0;
}

static int
list_sum(lua_State *L)
{
    lua_Integer n = list_len(L);
    lua_Integer whole = 0;
    lua_Number sum = 0;
    bool exact = true;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_Number number = 0;
        list_push(L, i);
        lua_Integer one = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
        bool integer = lua_isinteger(L, -1) != 0;
        if (!list_number(L, &number)) {
            continue;
        }
        exact = exact && integer && !__builtin_add_overflow(whole, one, &whole);
        sum += number;
    }
    if (exact) {
        lua_pushinteger(L, whole);
    } else {
        lua_pushnumber(L, sum);
    }
    return 1;
}

static int
list_avg(lua_State *L)
{
    lua_Integer n = list_len(L);
    lua_Integer counted = 0;
    lua_Number sum = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_Number number = 0;
        list_push(L, i);
        if (list_number(L, &number)) {
            sum += number;
            counted++;
        }
    }
    if (counted == 0) {
        lua_pushnil(L);
    } else {
        lua_pushnumber(L, sum / (lua_Number)counted);
    }
    return 1;
}

/* The item that is the least (the most), by the function if there is one. */
static int
list_extreme(lua_State *L, bool most)
{
    lua_Integer n = list_len(L);
    lua_settop(L, 2);
    lua_pushnil(L); /* 3: the best key so far */
    lua_pushnil(L); /* 4: its item */
    for (lua_Integer i = 1; i <= n; i++) {
        list_push(L, i);
        mst_lua_charge_text(L, -1);
        bool better = lua_isnil(L, 3)
                      || (most ? lua_compare(L, 3, -1, LUA_OPLT)
                               : lua_compare(L, -1, 3, LUA_OPLT));
        if (better) {
            lua_replace(L, 3);
            (void)lua_geti(L, 1, i);
            lua_replace(L, 4);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pushvalue(L, 4);
    return 1;
}

static int
list_min(lua_State *L)
{
    return list_extreme(L, false);
}

static int
list_max(lua_State *L)
{
    return list_extreme(L, true);
}

/* Groups are named by the text of what the function says. */
static int
list_group(lua_State *L, bool count)
{
    lua_Integer n = list_len(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= n; i++) {
        list_push(L, i);
        mst_lua_push_text(L, -1);
        lua_remove(L, -2);
        lua_pushvalue(L, -1);
        int there = lua_rawget(L, 3); /* name, group or nil */
        if (count) {
            lua_Integer so_far = there == LUA_TNIL ? 0 : lua_tointeger(L, -1);
            lua_pop(L, 1);
            lua_pushinteger(L, so_far + 1);
            lua_rawset(L, 3);
            continue;
        }
        if (there == LUA_TNIL) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            lua_rawset(L, 3);
        }
        (void)lua_geti(L, 1, i);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        lua_pop(L, 2);
    }
    return 1;
}

static int
list_group_by(lua_State *L)
{
    return list_group(L, false);
}

static int
list_count_by(lua_State *L)
{
    return list_group(L, true);
}

/* The first of those that have the same text and type. */
static int
list_unique(lua_State *L)
{
    lua_Integer n = list_len(L);
    lua_Integer kept = 0;
    lua_settop(L, 2);
    lua_newtable(L); /* 3: seen */
    lua_newtable(L); /* 4: kept */
    for (lua_Integer i = 1; i <= n; i++) {
        list_push(L, i);
        lua_pushstring(L, luaL_typename(L, -1));
        mst_lua_push_text(L, -2);
        lua_concat(L, 2);
        lua_remove(L, -2);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 3) == LUA_TNIL) {
            lua_pushvalue(L, -2);
            lua_pushboolean(L, 1);
            lua_rawset(L, 3);
            (void)lua_geti(L, 1, i);
            lua_rawseti(L, 4, ++kept);
        }
        lua_pop(L, 2);
    }
    return 1;
}

/* One level of arrays inside of the array. */
static int
list_flatten(lua_State *L)
{
    lua_Integer n = list_len(L);
    lua_Integer kept = 0;
    lua_settop(L, 1);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= n; i++) {
        (void)lua_geti(L, 1, i);
        const struct mst_doc_node *node = mst_lua_to_node(L, -1);
        bool list = node != NULL
                        ? node->type == MST_BSON_ARRAY
                        : lua_istable(L, -1) && mst_lua_is_array(L, -1);
        if (!list) {
            lua_rawseti(L, 2, ++kept);
            continue;
        }
        lua_Integer inner = luaL_len(L, -1);
        mst_lua_charge(L, (uint64_t)(inner < 0 ? 0 : inner) * 4);
        for (lua_Integer k = 1; k <= inner; k++) {
            (void)lua_geti(L, -1, k);
            lua_rawseti(L, 2, ++kept);
        }
        lua_pop(L, 1);
    }
    return 1;
}

/* pluck(array, "field") */
static int
list_pluck(lua_State *L)
{
    lua_Integer n = list_len(L);
    const char *field = luaL_checkstring(L, 2);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= n; i++) {
        (void)lua_geti(L, 1, i);
        (void)lua_getfield(L, -1, field);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            (void)lua_rawgeti(L, LUA_REGISTRYINDEX, mst_lua_of(L)->null_ref);
        }
        lua_rawseti(L, -3, i);
        lua_pop(L, 1);
    }
    return 1;
}

/* pick(document, {"a", "b"}) */
static int
list_pick(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 2);
    mst_lua_charge(L, (uint64_t)n * 4);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= n; i++) {
        (void)lua_rawgeti(L, 2, i);
        lua_pushvalue(L, -1);
        (void)lua_gettable(L, 1);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 2);
        } else {
            lua_rawset(L, -3);
        }
    }
    return 1;
}

/* omit(document, {"a", "b"}): a table of all others */
static int
list_omit(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    if (mst_lua_to_node(L, 1) != NULL) {
        struct mst_bson_value value;
        mst_lua_to_bson(L, 1, 0, &value);
        mst_lua_push_bson(L, &value);
    } else {
        luaL_checktype(L, 1, LUA_TTABLE);
        lua_newtable(L);
        for (lua_pushnil(L); lua_next(L, 1) != 0;) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, 3);
        }
    }
    lua_Integer n = (lua_Integer)lua_rawlen(L, 2);
    mst_lua_charge(L, (uint64_t)n * 4);
    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_rawgeti(L, 2, i) == LUA_TNIL) {
            lua_pop(L, 1);
            continue;
        }
        lua_pushnil(L);
        lua_rawset(L, 3);
    }
    return 1;
}

static const luaL_Reg list_functions[] = {
    {"avg", list_avg},         {"count_by", list_count_by},
    {"flatten", list_flatten}, {"group_by", list_group_by},
    {"max", list_max},         {"min", list_min},
    {"omit", list_omit},       {"pick", list_pick},
    {"pluck", list_pluck},     {"sum", list_sum},
    {"unique", list_unique},   {NULL, NULL},
};

void
mst_lua_add_lists(lua_State *L)
{
    luaL_setfuncs(L, list_functions, 0);
}
