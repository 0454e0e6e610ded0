/* SPDX-License-Identifier: MIT */
/*
 * The limits of a script. Instructions are counted by a hook, which also
 * looks at the clock; library functions count their own steps, because no hook
 * sees them. A limit that was passed is raised again at every instruction
 * until the call has ended: no pcall gets past it.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "udf/lua_engine.h"

const char *
mst_lua_stop_text(const struct mst_lua *lua)
{
    switch (lua->stop) {
    case MST_LUA_INSTRUCTIONS:
        return "the script takes too many instructions";
    case MST_LUA_TIME:
        return "the script takes too long";
    case MST_LUA_INTERRUPTED:
        return "interrupted";
    case MST_LUA_GOES_ON:
        break;
    }
    return "the script needs too much memory";
}

static void
limit_hook(lua_State *L, lua_Debug *at)
{
    struct mst_lua *lua = mst_lua_of(L);
    (void)at;
    if (lua->stop != MST_LUA_GOES_ON
        || mst_lua_is_over(lua, (uint64_t)MST_LUA_LOOK * MST_LUA_STEPS)) {
        (void)mst_lua_raise(L);
    }
}

void *
mst_lua_alloc(void *arg, void *memory, size_t before, size_t size)
{
    struct mst_lua *lua = arg;
    before = memory == NULL ? 0 : before;
    if (size == 0) {
        free(memory);
        lua->used -= before;
        return NULL;
    }
    if (size > before && lua->used - before + size > lua->allowed) {
        /* Each refusal makes Lua look for garbage: that takes its time. */
        if (lua->deadline_ns > 0 && mst_clock_ns() > lua->deadline_ns
            && lua->stop == MST_LUA_GOES_ON) {
            lua->stop = MST_LUA_TIME;
            lua_sethook(lua->state, limit_hook, LUA_MASKCOUNT, 1);
        }
        lua->out_of_memory = true;
        return NULL;
    }
    void *moved = realloc(memory, size);
    if (moved != NULL) {
        lua->used = lua->used - before + size;
    }
    return moved;
}

void
mst_lua_begin(struct mst_lua *lua, size_t event)
{
    lua->instructions = 0;
    lua->stop = MST_LUA_GOES_ON;
    lua->out_of_memory = false;
    lua->allowed = lua->limits.memory + 4 * event;
    lua->deadline_ns = mst_clock_ns() + lua->limits.time_ms * 1000000;
    if (lua_gethookcount(lua->state) != MST_LUA_LOOK) {
        lua_sethook(lua->state, limit_hook, LUA_MASKCOUNT, MST_LUA_LOOK);
    }
}

bool
mst_lua_is_over(struct mst_lua *lua, uint64_t steps)
{
    lua->instructions += (int64_t)(steps / MST_LUA_STEPS);
    if (atomic_load_explicit(&lua->interrupted, memory_order_relaxed)) {
        lua->stop = MST_LUA_INTERRUPTED;
    } else if (lua->instructions > lua->limits.instructions) {
        lua->stop = MST_LUA_INSTRUCTIONS;
    } else if (mst_clock_ns() > lua->deadline_ns) {
        lua->stop = MST_LUA_TIME;
    }
    return lua->stop != MST_LUA_GOES_ON;
}

int
mst_lua_raise(lua_State *L)
{
    lua_sethook(L, limit_hook, LUA_MASKCOUNT, 1);
    return luaL_error(L, "%s", mst_lua_stop_text(mst_lua_of(L)));
}

void
mst_lua_charge(lua_State *L, uint64_t steps)
{
    if (mst_lua_is_over(mst_lua_of(L), steps)) {
        (void)mst_lua_raise(L);
    }
}

void
mst_lua_charge_text(lua_State *L, int index)
{
    enum { LONG = 256, BYTES_A_STEP = 8 };
    if (lua_type(L, index) == LUA_TSTRING && lua_rawlen(L, index) > LONG) {
        mst_lua_charge(L, lua_rawlen(L, index) / BYTES_A_STEP);
    }
}

/* Calls the library's function (upvalue 1) with the arguments. */
static int
limit_call(lua_State *L)
{
    int n = lua_gettop(L);
    for (int i = 1; i <= n; i++) {
        mst_lua_charge_text(L, i);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, n, LUA_MULTRET);
    return lua_gettop(L);
}

void
mst_lua_pay_for_texts(lua_State *L, const char *const *names)
{
    for (; *names != NULL; names++) {
        (void)lua_getfield(L, -1, *names);
        lua_pushcclosure(L, limit_call, 1);
        lua_setfield(L, -2, *names);
    }
}

void
mst_lua_check_memory(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    if (lua->doc.arena.held > lua->allowed) {
        lua->out_of_memory = true;
        (void)luaL_error(L, "the document grows beyond the memory of a script");
    }
}

int
mst_lua_fail(lua_State *L, const struct mst_error *err)
{
    return luaL_error(L, "%s", err->text);
}
