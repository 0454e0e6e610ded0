/* SPDX-License-Identifier: MIT */
/* Compiling scripts and calling them, with everything that can go wrong. */
#include "udf/lua_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "log/log.h"
#include "udf/lua_event.h"

enum { SCRIPT_SCRATCH_KEEP = 1024 * 1024 };

const struct mst_lua_limits mst_lua_default_limits = {
    .instructions = 1000000, .time_ms = 1000, .memory = 16ULL * 1024 * 1024};

struct mst_lua_script {
    struct mst_lua lua; /* first: mst_lua_of finds it */
    char *job;
    char *chunk;       /* "@mask.lua" */
    int env_ref;       /* what it sees, or LUA_NOREF */
    int transform_ref; /* its function */
    bool attributes;   /* which wants them */
    bool batches;      /* it is transform_batch */
    uint64_t hash;     /* of its text */
};

/* Adds where it happened. Errors that are no text have none. */
static int
script_traceback(lua_State *L)
{
    const char *text = lua_tostring(L, 1);
    if (text == NULL) {
        text = lua_pushfstring(L, "(error object is a %s value)",
                               luaL_typename(L, 1));
    }
    luaL_traceback(L, L, text, 1);
    return 1;
}

/* Fills err from the error on the top of the stack, which it pops. */
static enum mst_status
script_error(struct mst_lua_script *script, enum mst_status status, int rc,
             struct mst_error *err)
{
    lua_State *L = script->lua.state;
    const char *text = lua_tostring(L, -1);
    if (script->lua.stop == MST_LUA_INTERRUPTED) {
        status = MST_RETRY;
    }
    text = text == NULL ? "an error without a text" : text;
    /* What does not compile was not called from anywhere. */
    const char *trace =
        script->lua.place.line > 0 ? strstr(text, "\nstack traceback:") : NULL;
    (void)mst_fail(err, status, "lua", rc, "%s%.*s",
                   rc == LUA_ERRMEM ? "the script needs too much memory: " : "",
                   (int)(trace != NULL ? (size_t)(trace - text) : strlen(text)),
                   text);
    lua_settop(L, 0);
    return status;
}

/* Everything that may raise goes through here. Stack: function, arguments. */
static int
script_call(struct mst_lua_script *script, int args, int results)
{
    lua_State *L = script->lua.state;
    int base = lua_gettop(L) - args;
    lua_pushcfunction(L, script_traceback);
    lua_insert(L, base);
    int rc = lua_pcall(L, args, results, base);
    lua_remove(L, base);
    return rc;
}

/* --- making a state --------------------------------------------------------- */

static int
script_open(lua_State *L)
{
    lua_newtable(L);
    mst_lua_of(L)->state_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

/* Whether the function on the top looks at its second argument. */
static bool
script_wants_two(lua_State *L)
{
    lua_Debug about;
    lua_pushvalue(L, -1);
    return lua_getinfo(L, ">u", &about) == 0 || about.isvararg != 0
           || about.nparams > 1;
}

/* The environment is at 2: takes its functions. Nothing that ran before is
 * gone until all is well. */
static void
script_take(lua_State *L, struct mst_lua_script *script)
{
    bool batches = lua_getfield(L, 2, "transform_batch") == LUA_TFUNCTION;
    if (!batches) {
        (void)lua_getfield(L, 2, "transform");
    }
    bool attributes = script_wants_two(L);
    int transform = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, 2);
    int env = luaL_ref(L, LUA_REGISTRYINDEX);
    luaL_unref(L, LUA_REGISTRYINDEX, script->transform_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, script->env_ref);
    script->transform_ref = transform;
    script->env_ref = env;
    script->attributes = attributes;
    script->batches = batches;
}

/* Stack: the text, as a light pointer to a slice. */
static int
script_load(lua_State *L)
{
    struct mst_lua_script *script = (struct mst_lua_script *)mst_lua_of(L);
    const struct mst_slice *text = lua_touserdata(L, 1);
    mst_lua_add_base(L);
    mst_lua_event_add(L);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, script->lua.state_ref);
    lua_setfield(L, 2, "state");
    if (mst_lua_load(L, *text, script->chunk) != LUA_OK) {
        return lua_error(L);
    }
    lua_pushvalue(L, 2);
    (void)lua_setupvalue(L, -2, 1);
    lua_call(L, 0, 0);
    if (lua_getfield(L, 2, "transform") != LUA_TFUNCTION
        && lua_getfield(L, 2, "transform_batch") != LUA_TFUNCTION) {
        return luaL_error(L,
                          "%s: it has no function transform(data, "
                          "attributes)",
                          script->chunk + 1);
    }
    if (lua_getfield(L, 2, "init") == LUA_TFUNCTION) {
        lua_call(L, 0, 0);
    }
    lua_settop(L, 2);
    script_take(L, script);
    return 0;
}

static enum mst_status
script_swap(struct mst_lua_script *script, struct mst_slice text,
            struct mst_lua_place *ret_place, struct mst_error *err)
{
    lua_State *L = script->lua.state;
    lua_settop(L, 0);
    mst_lua_begin(&script->lua, text.len);
    lua_pushcfunction(L, script_load);
    lua_pushlightuserdata(L, &text);
    int rc = script_call(script, 1, 0);
    if (rc == LUA_OK) {
        script->hash = mst_hash64(text.data, text.len);
        return MST_OK;
    }
    enum mst_status status = script_error(script, MST_FATAL, rc, err);
    *ret_place = script->lua.place;
    script->lua.place = (struct mst_lua_place){0};
    return status;
}

enum mst_status
mst_lua_script_swap(struct mst_lua_script *script, struct mst_slice text,
                    struct mst_error *err)
{
    struct mst_lua_place place;
    return script_swap(script, text, &place, err);
}

static enum mst_status
script_make_state(struct mst_lua_script *script, struct mst_error *err)
{
    struct mst_lua *lua = &script->lua;
    lua->allowed = lua->limits.memory;
    lua->state = lua_newstate(mst_lua_alloc, lua);
    if (lua->state == NULL) {
        (void)mst_fail_memory(err, "lua");
        return MST_FATAL;
    }
    *(struct mst_lua **)lua_getextraspace(lua->state) = lua;
    mst_lua_begin(lua, 0);
    lua_pushcfunction(lua->state, script_open);
    int rc = script_call(script, 0, 0);
    return rc == LUA_OK ? MST_OK : script_error(script, MST_FATAL, rc, err);
}

/* Without its text. */
static enum mst_status
script_make(const char *job, const char *name,
            const struct mst_lua_limits *limits,
            struct mst_lua_script **ret_script, struct mst_error *err)
{
    struct mst_lua_script *script = calloc(1, sizeof(*script));
    if (script == NULL) {
        (void)mst_fail_memory(err, "lua");
        return MST_FATAL;
    }
    size_t size = strlen(name) + 2;
    script->lua.limits = *limits;
    script->transform_ref = LUA_NOREF;
    script->env_ref = LUA_NOREF;
    mst_buf_init(&script->lua.scratch, MST_LUA_TEXT_MAX);
    script->job = strdup(job);
    script->chunk = malloc(size);
    script->lua.job = script->job;
    if (script->job == NULL || script->chunk == NULL) {
        mst_lua_script_destroy(script);
        (void)mst_fail_memory(err, "lua");
        return MST_FATAL;
    }
    (void)snprintf(script->chunk, size, "@%s", name);
    enum mst_status status = script_make_state(script, err);
    if (status != MST_OK) {
        mst_lua_script_destroy(script);
        return status;
    }
    *ret_script = script;
    return MST_OK;
}

enum mst_status
mst_lua_script_create(const char *job, const char *name, struct mst_slice text,
                      const struct mst_lua_limits *limits,
                      struct mst_lua_script **ret_script, struct mst_error *err)
{
    struct mst_lua_script *script = NULL;
    enum mst_status status = script_make(job, name, limits, &script, err);
    if (status == MST_OK) {
        status = mst_lua_script_swap(script, text, err);
    }
    if (status != MST_OK) {
        mst_lua_script_destroy(script);
        return status;
    }
    *ret_script = script;
    return MST_OK;
}

enum mst_status
mst_lua_script_check(const char *name, struct mst_slice text,
                     const struct mst_lua_limits *limits,
                     struct mst_lua_place *ret_place, struct mst_error *err)
{
    struct mst_lua_script *script = NULL;
    struct mst_lua_place place = {0};
    enum mst_status status = script_make("check", name, limits, &script, err);
    if (status == MST_OK) {
        status = script_swap(script, text, &place, err);
    }
    if (status != MST_OK && place.line == 0) {
        mst_lua_place_of(err->text, name, text, &place);
    }
    mst_lua_script_destroy(script);
    if (status != MST_OK) {
        *ret_place = place;
    }
    return status;
}

void
mst_lua_script_destroy(struct mst_lua_script *script)
{
    if (script == NULL) {
        return;
    }
    if (script->lua.state != NULL) {
        lua_close(script->lua.state);
    }
    mst_doc_clear(&script->lua.doc);
    mst_buf_clear(&script->lua.scratch);
    free(script->job);
    free(script->chunk);
    free(script);
}

void
mst_lua_script_interrupt(struct mst_lua_script *script)
{
    atomic_store(&script->lua.interrupted, true);
}

bool
mst_lua_script_batches(const struct mst_lua_script *script)
{
    return script->batches;
}

uint64_t
mst_lua_script_hash(const struct mst_lua_script *script)
{
    return script->hash;
}

size_t
mst_lua_script_memory(const struct mst_lua_script *script)
{
    return script->lua.used;
}

/* --- events ------------------------------------------------------------------ */

/* Stack: document or nil, attributes or nil. */
static int
script_apply(lua_State *L)
{
    struct mst_lua_script *script = (struct mst_lua_script *)mst_lua_of(L);
    const struct mst_event *event = script->lua.event;
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, script->transform_ref);
    if (event->payload.data != NULL) {
        mst_lua_push_node(L, script->lua.doc.root);
    } else {
        lua_pushnil(L);
    }
    if (script->attributes) {
        mst_lua_push_attributes(L, event);
    }
    lua_call(L, script->attributes ? 2 : 1, 2);
    if (!lua_isnil(L, 1)) {
        mst_lua_emit(L, 1, 2);
    }
    /* A script may have caught the error. */
    return script->lua.stop != MST_LUA_GOES_ON ? mst_lua_raise(L) : 0;
}

static int
script_apply_batch(lua_State *L)
{
    const struct mst_lua_script *script =
        (struct mst_lua_script *)mst_lua_of(L);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, script->transform_ref);
    mst_lua_batch_call(L);
    return 0;
}

/* Runs one of the two above. */
static enum mst_status
script_run(struct mst_lua_script *script, lua_CFunction function,
           struct mst_emit *emit, struct mst_error *err)
{
    struct mst_lua *lua = &script->lua;
    lua_State *L = lua->state;
    if (lua->scratch.cap > SCRIPT_SCRATCH_KEEP) {
        mst_buf_clear(&lua->scratch);
    }
    lua->generation++;
    lua->emit = emit;
    lua->emit_status = MST_OK;
    lua_pushcfunction(L, function);
    int rc = script_call(script, 0, 0);
    lua->event = NULL;
    lua->emit = NULL;
    lua->batch = NULL;
    if (MST_LIKELY(rc == LUA_OK && lua->emit_status == MST_OK)) {
        return MST_OK;
    }
    if (lua->emit_status != MST_OK) {
        lua_settop(L, 0);
        *err = lua->emit_err;
        return lua->emit_status;
    }
    return script_error(script, MST_REJECTED, rc, err);
}

enum mst_status
mst_lua_script_apply_batch(struct mst_lua_script *script,
                           const struct mst_event *const *events, size_t n,
                           struct mst_emit *emit, struct mst_error *err)
{
    struct mst_lua *lua = &script->lua;
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += events[i]->payload.len;
    }
    enum mst_status status = mst_doc_read(&lua->doc, MST_SLICE_NONE, err);
    if (status != MST_OK) {
        return status;
    }
    lua->batch = events;
    lua->batch_len = n;
    lua->refused = 0;
    mst_lua_begin(lua, bytes);
    /* Each event has its own. */
    lua->instructions = -(int64_t)(n - 1) * lua->limits.instructions;
    status = script_run(script, script_apply_batch, emit, err);
    if (status == MST_REJECTED && n == 1 && lua->emit_status == MST_OK) {
        mst_lua_name_event(events[0], err);
    }
    return status;
}

enum mst_status
mst_lua_script_apply(struct mst_lua_script *script,
                     const struct mst_event *event, struct mst_emit *emit,
                     struct mst_error *err)
{
    struct mst_lua *lua = &script->lua;
    if (script->batches) {
        return mst_lua_script_apply_batch(script, &event, 1, emit, err);
    }
    enum mst_status status = mst_doc_read(&lua->doc, event->payload, err);
    if (status != MST_OK) {
        return status;
    }
    lua->event = event;
    mst_lua_begin(lua, event->payload.len);
    status = script_run(script, script_apply, emit, err);
    if (status == MST_REJECTED && lua->emit_status == MST_OK) {
        mst_lua_name_event(event, err);
    }
    return status;
}

static int
script_finish(lua_State *L)
{
    const struct mst_lua_script *script =
        (struct mst_lua_script *)mst_lua_of(L);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, script->env_ref);
    if (lua_getfield(L, 1, "finish") == LUA_TFUNCTION) {
        lua_call(L, 0, 0);
    }
    return 0;
}

void
mst_lua_script_finish(struct mst_lua_script *script)
{
    lua_State *L = script->lua.state;
    struct mst_error err;
    lua_settop(L, 0);
    mst_lua_begin(&script->lua, 0);
    script->lua.generation++;
    lua_pushcfunction(L, script_finish);
    int rc = script_call(script, 0, 0);
    if (rc != LUA_OK) {
        (void)script_error(script, MST_REJECTED, rc, &err);
        mst_error_prefix(&err, "finish(): ");
        mst_log_failure(MST_LOG_WARN, "script", script->job, &err);
    }
}
