/* SPDX-License-Identifier: MIT */
/*
 * What a script can see. Everything is put in by name: what is not here is not
 * there - io, os, debug, package, load, coroutine, collectgarbage.
 */
#include <lualib.h>

#include "log/log.h"
#include "udf/lua_engine.h"

static const char *const sandbox_base[] = {
    "assert",   "error",    "getmetatable", "ipairs",   "next",   "pairs",
    "pcall",    "rawequal", "rawget",       "rawlen",   "rawset", "select",
    "tonumber", "tostring", "type",         "_VERSION", NULL};
static const char *const sandbox_string[] = {
    "byte", "char", "format", "len", "lower", "reverse", "sub", "upper", NULL};
static const char *const sandbox_table[] = {
    "concat", "insert", "move", "pack", "remove", "sort", "unpack", NULL};

static const char *const sandbox_long_base[] = {"tonumber", NULL};
static const char *const sandbox_long_string[] = {"format", "lower", "reverse",
                                                  "sub",    "upper", NULL};
static const char *const sandbox_long_utf8[] = {"codepoint", "len", "offset",
                                                NULL};

/* From the library on top into a table of its own, which takes its place. */
static void
sandbox_pick(lua_State *L, const char *const *names)
{
    lua_newtable(L);
    for (; *names != NULL; names++) {
        (void)lua_getfield(L, -2, *names);
        lua_setfield(L, -2, *names);
    }
    lua_remove(L, -2);
}

/* A finalizer runs where no limit holds. */
static int
sandbox_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2,
                     "nil or table");
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
        return luaL_error(L, "cannot change a protected metatable");
    }
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL) {
            return luaL_error(L, "'__gc' is not allowed");
        }
        lua_pop(L, 1);
    }
    (void)lua_setmetatable(L, 1);
    return 1;
}

/* The handler runs when the call is over: within it no limit would hold. */
static int
sandbox_xpcall(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 1);
    lua_rotate(L, 1, 2);
    /* handler, function, function, handler, arguments */
    lua_remove(L, 3);
    lua_remove(L, 3);
    if (lua_pcall(L, n - 2, LUA_MULTRET, 0) == LUA_OK) {
        lua_pushboolean(L, 1);
        lua_replace(L, 1);
        return lua_gettop(L);
    }
    lua_pushvalue(L, 1);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

static void
sandbox_log(lua_State *L, enum mst_log_level level)
{
    int n = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= n; i++) {
        (void)luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
        if (i < n) {
            luaL_addchar(&line, ' ');
        }
    }
    luaL_pushresult(&line);
    const struct mst_log_field job = MST_LOG_STR("job", mst_lua_of(L)->job);
    mst_log_write(level, "script", &job, 1, "%s", lua_tostring(L, -1));
    mst_lua_charge(L, (uint64_t)MST_LUA_LOOK * MST_LUA_STEPS / 10);
}

static int
sandbox_info(lua_State *L)
{
    sandbox_log(L, MST_LOG_INFO);
    return 0;
}

static int
sandbox_warn(lua_State *L)
{
    sandbox_log(L, MST_LOG_WARN);
    return 0;
}

static int
sandbox_error(lua_State *L)
{
    sandbox_log(L, MST_LOG_ERROR);
    return 0;
}

static const luaL_Reg sandbox_functions[] = {
    {"print", sandbox_info},
    {"setmetatable", sandbox_setmetatable},
    {"xpcall", sandbox_xpcall},
    {NULL, NULL},
};

static const luaL_Reg sandbox_levels[] = {
    {"error", sandbox_error},
    {"info", sandbox_info},
    {"warn", sandbox_warn},
    {NULL, NULL},
};

static void
sandbox_strings(lua_State *L)
{
    (void)luaopen_string(L);
    sandbox_pick(L, sandbox_string);
    mst_lua_pay_for_texts(L, sandbox_long_string);
    mst_lua_add_strings(L);
    /* ("x"):rep() finds the same ones. */
    lua_pushliteral(L, "");
    (void)lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
    lua_setfield(L, -2, "string");
}

void
mst_lua_add_base(lua_State *L)
{
    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    sandbox_pick(L, sandbox_base);
    mst_lua_pay_for_texts(L, sandbox_long_base);
    luaL_setfuncs(L, sandbox_functions, 0);
    sandbox_strings(L);
    (void)luaopen_table(L);
    sandbox_pick(L, sandbox_table);
    mst_lua_add_tables(L);
    lua_setfield(L, -2, "table");
    (void)luaopen_math(L);
    lua_setfield(L, -2, "math");
    (void)luaopen_utf8(L);
    mst_lua_pay_for_texts(L, sandbox_long_utf8);
    lua_setfield(L, -2, "utf8");
    luaL_newlib(L, sandbox_levels);
    lua_setfield(L, -2, "log");
    mst_lua_add_values(L);
    mst_lua_add_docs(L);
    mst_lua_add_masks(L);
    mst_lua_add_lists(L);
    mst_lua_add_codecs(L);
    mst_lua_add_batches(L);
}
