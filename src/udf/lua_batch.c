/* SPDX-License-Identifier: MIT */
/*
 * transform_batch(events): events that came together in one call.
 *
 * Each is a table with `data` and `attributes`, and is known again as the same
 * table: what the function returns are events that it was given, or derived
 * from one of them, so that every result is of one event. A table `whose` says
 * which: by table the number of the event, by number why it is refused.
 */
#include <stdlib.h>

#include "udf/lua_event.h"

static const char batch_meta_key = 'm';
static const char batch_whose_key = 'w';

struct batch_result {
    size_t event; /* from 0 */
    lua_Integer place;
};

/* The event of the table at index, from 0; -1: it is none. */
static lua_Integer
batch_event(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (!lua_istable(L, index)) {
        return -1;
    }
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &batch_whose_key);
    lua_pushvalue(L, index);
    (void)lua_rawget(L, -2);
    lua_Integer number = lua_tointeger(L, -1);
    lua_pop(L, 2);
    return number - 1;
}

static size_t
batch_check_event(lua_State *L, const char *what)
{
    const struct mst_lua *lua = mst_lua_of(L);
    if (lua->batch == NULL) {
        (void)luaL_error(L, "%s is for transform_batch", what);
    }
    lua_Integer event = batch_event(L, 1);
    luaL_argcheck(L, event >= 0 && (size_t)event < lua->batch_len, 1,
                  "not one of the events");
    return (size_t)event;
}

/* Pushes a table that is of event number `event`; its data is on the top, and
 * goes. */
static void
batch_push(lua_State *L, size_t event)
{
    lua_createtable(L, 0, 2);
    lua_insert(L, -2);
    lua_setfield(L, -2, "data");
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &batch_meta_key);
    (void)lua_setmetatable(L, -2);
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &batch_whose_key);
    lua_pushvalue(L, -2);
    lua_pushinteger(L, (lua_Integer)event + 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* event.attributes: a table from when it is asked for */
static int
batch_index(lua_State *L)
{
    const struct mst_lua *lua = mst_lua_of(L);
    lua_Integer event = batch_event(L, 1);
    lua_pushliteral(L, "attributes");
    if (!lua_rawequal(L, 2, -1) || event < 0 || lua->batch == NULL
        || (size_t)event >= lua->batch_len) {
        lua_pushnil(L);
        return 1;
    }
    mst_lua_push_attributes(L, lua->batch[event]);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, "attributes");
    return 1;
}

/* derive(event, data[, attributes]): another result of that event. A document
 * is taken as it is now. */
static int
batch_derive(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    size_t event = batch_check_event(L, "derive");
    lua_settop(L, 3);
    struct mst_doc_node *node = mst_lua_to_node(L, 2);
    struct mst_bson_value value;
    struct mst_error err;
    if (node != NULL) {
        if (mst_doc_value(node, &lua->doc.arena, &value, &err) != MST_OK
            || mst_doc_add(&lua->doc, value.raw, &node, &err) != MST_OK) {
            return mst_lua_fail(L, &err);
        }
        node->type = value.type;
        mst_lua_check_memory(L);
        mst_lua_push_node(L, node);
    } else {
        lua_pushvalue(L, 2);
    }
    batch_push(L, event);
    if (!lua_isnil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        lua_pushvalue(L, 3);
        lua_setfield(L, -2, "attributes");
    }
    return 1;
}

/* reject(event, why): it goes nowhere, the others do */
static int
batch_reject(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    size_t event = batch_check_event(L, "reject");
    luaL_where(L, 1);
    (void)luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &batch_whose_key);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)event + 1);
    lua->refused++;
    return 0;
}

/* Stack: function; then the events and whose they are, too. */
static void
batch_start(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    lua_createtable(L, (int)lua->batch_len, 0);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &batch_whose_key);
    for (size_t i = 0; i < lua->batch_len; i++) {
        const struct mst_event *event = lua->batch[i];
        struct mst_doc_node *node = NULL;
        struct mst_error err;
        if (event->payload.data == NULL) {
            lua_pushnil(L);
        } else if (mst_doc_add(&lua->doc, event->payload, &node, &err)
                   == MST_OK) {
            mst_lua_push_node(L, node);
        } else {
            (void)mst_lua_fail(L, &err);
        }
        batch_push(L, i);
        lua_rawseti(L, 2, (lua_Integer)i + 1);
    }
}

static int
batch_compare(const void *a, const void *b)
{
    const struct batch_result *x = a;
    const struct batch_result *y = b;
    if (x->event != y->event) {
        return x->event < y->event ? -1 : 1;
    }
    return (x->place > y->place) - (x->place < y->place);
}

/* The results, which the table at index has, by event. Pushes their memory. */
static struct batch_result *
batch_sort(lua_State *L, int index, lua_Integer n)
{
    struct batch_result *all =
        lua_newuserdatauv(L, ((size_t)n + 1) * sizeof(*all), 0);
    for (lua_Integer i = 0; i < n; i++) {
        (void)lua_rawgeti(L, index, i + 1);
        lua_Integer event = batch_event(L, -1);
        if (event < 0) {
            (void)luaL_error(L,
                             "result %d of transform_batch is none of its "
                             "events: return those, or derive(event, data)",
                             (int)i + 1);
        }
        all[i] = (struct batch_result){(size_t)event, i + 1};
        lua_pop(L, 1);
    }
    qsort(all, (size_t)n, sizeof(*all), batch_compare);
    return all;
}

/* Why the event is refused, if it is. */
static bool
batch_refused(lua_State *L, size_t event, struct mst_error *err)
{
    if (mst_lua_of(L)->refused == 0) {
        return false;
    }
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &batch_whose_key);
    (void)lua_rawgeti(L, -1, (lua_Integer)event + 1);
    const char *why = lua_tostring(L, -1);
    if (why != NULL && err != NULL) {
        (void)mst_fail(err, MST_REJECTED, "lua", 0, "%s", why);
        mst_lua_name_event(mst_lua_of(L)->batch[event], err);
    }
    lua_pop(L, 2);
    return why != NULL;
}

static void
batch_tell_refused(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_error why;
    for (size_t i = 0; i < lua->batch_len && lua->refused > 0; i++) {
        if (!batch_refused(L, i, &why)) {
            continue;
        }
        if (lua->emit->reject != NULL) {
            lua->emit_status =
                lua->emit->reject(lua->emit, i, &why, &lua->emit_err);
        } else {
            /* The only one. */
            lua->emit_status = MST_REJECTED;
            lua->emit_err = why;
        }
        if (lua->emit_status != MST_OK) {
            (void)mst_lua_fail(L, &lua->emit_err);
        }
    }
}

/* Stack: the result's table on the top. */
static void
batch_emit(lua_State *L, size_t event)
{
    struct mst_lua *lua = mst_lua_of(L);
    int top = lua_gettop(L);
    lua_pushliteral(L, "data");
    if (lua_rawget(L, top) == LUA_TNIL) {
        lua_pop(L, 1);
        (void)lua_rawgeti(L, LUA_REGISTRYINDEX, lua->null_ref);
    }
    lua_pushliteral(L, "attributes");
    (void)lua_rawget(L, top);
    lua->event = lua->batch[event];
    mst_lua_emit(L, top + 1, top + 2);
    lua->event = NULL;
    lua_settop(L, top);
}

/* The table at index has the results. */
static void
batch_hand_over(lua_State *L, int index)
{
    struct mst_lua *lua = mst_lua_of(L);
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    mst_lua_charge(L, (uint64_t)n * MST_LUA_STEPS);
    const struct batch_result *all = batch_sort(L, index, n);
    for (lua_Integer i = 0; i < n; i++) {
        size_t event = all[i].event;
        if (batch_refused(L, event, NULL)) {
            continue;
        }
        if (lua->emit->of != NULL) {
            lua->emit->of(lua->emit, event);
        }
        (void)lua_rawgeti(L, index, all[i].place);
        batch_emit(L, event);
        lua_pop(L, 1);
    }
}

void
mst_lua_batch_call(lua_State *L)
{
    const struct mst_lua *lua = mst_lua_of(L);
    batch_start(L);
    lua_call(L, 1, 1);
    if (lua->stop != MST_LUA_GOES_ON) {
        (void)mst_lua_raise(L); /* the script has caught it */
    }
    batch_tell_refused(L);
    if (lua_istable(L, 1)) {
        batch_hand_over(L, 1);
    } else if (!lua_isnil(L, 1)) {
        (void)luaL_error(L, "transform_batch returns a table of events, not %s",
                         luaL_typename(L, 1));
    }
}

static const luaL_Reg batch_functions[] = {
    {"derive", batch_derive},
    {"reject", batch_reject},
    {NULL, NULL},
};

void
mst_lua_add_batches(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, batch_index);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &batch_meta_key);
    luaL_setfuncs(L, batch_functions, 0);
}
