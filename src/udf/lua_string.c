/* SPDX-License-Identifier: MIT */
/* Functions of `string` that could run for ever, with the limits of a script. */
#include "udf/lua_pattern.h"

#include <string.h>

static struct mst_slice
string_arg(lua_State *L, int index)
{
    size_t len = 0;
    const char *text = luaL_checklstring(L, index, &len);
    return mst_slice_of(text, len);
}

static void
string_start(struct mst_pattern *self, lua_State *L, struct mst_slice subject,
             struct mst_slice pattern)
{
    self->L = L;
    self->subject = subject;
    self->end = subject.data + subject.len;
    self->last = pattern.data + pattern.len;
    self->depth = 0;
    self->level = 0;
    self->steps = 0;
}

/* Pushes capture number i; with none, the whole match is the first. */
static void
string_push(const struct mst_pattern *self, unsigned i, const uint8_t *start,
            const uint8_t *end)
{
    lua_State *L = self->L;
    if (i >= self->level) {
        if (i > 0) {
            (void)luaL_error(L, "invalid capture index %%%d", (int)i + 1);
        }
        lua_pushlstring(L, (const char *)start, (size_t)(end - start));
        return;
    }
    const struct mst_pattern_capture *capture = &self->captures[i];
    if (capture->len == MST_PATTERN_PLACE) {
        lua_pushinteger(L, capture->start - self->subject.data + 1);
    } else if (capture->len < 0) {
        (void)luaL_error(L, "unfinished capture");
    } else {
        lua_pushlstring(L, (const char *)capture->start, (size_t)capture->len);
    }
}

static int
string_push_all(const struct mst_pattern *self, const uint8_t *start,
                const uint8_t *end)
{
    unsigned n = self->level == 0 && start != NULL ? 1 : self->level;
    luaL_checkstack(self->L, (int)n, "too many captures");
    for (unsigned i = 0; i < n; i++) {
        string_push(self, i, start, end);
    }
    return (int)n;
}

/* The first match from at on; NULL: none. */
static const uint8_t *
string_search(struct mst_pattern *self, const uint8_t **at,
              struct mst_slice pattern)
{
    bool anchor = pattern.len > 0 && pattern.data[0] == '^';
    const uint8_t *p = pattern.data + (anchor ? 1 : 0);
    for (;;) {
        self->level = 0;
        const uint8_t *end = mst_pattern_match(self, *at, p);
        if (end != NULL || anchor || *at >= self->end) {
            return end;
        }
        (*at)++;
    }
}

/* Where to begin: 1-based, from the end when negative. False: behind it. */
static bool
string_init(lua_State *L, int index, size_t len, size_t *ret)
{
    lua_Integer init = luaL_optinteger(L, index, 1);
    if (init < 0) {
        init = -init > (lua_Integer)len ? 1 : (lua_Integer)len + init + 1;
    }
    init = init == 0 ? 1 : init;
    *ret = (size_t)init - 1;
    return init <= (lua_Integer)len + 1;
}

static int
string_find_plain(lua_State *L, struct mst_slice text, struct mst_slice what,
                  size_t from)
{
    const uint8_t *at =
        what.len == 0
            ? text.data + from
            : memmem(text.data + from, text.len - from, what.data, what.len);
    mst_lua_charge(L, text.len - from);
    if (at == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, at - text.data + 1);
    lua_pushinteger(L, at - text.data + (lua_Integer)what.len);
    return 2;
}

static int
string_look(lua_State *L, bool find)
{
    struct mst_slice text = string_arg(L, 1);
    struct mst_slice pattern = string_arg(L, 2);
    struct mst_pattern self;
    size_t from = 0;
    if (!string_init(L, 3, text.len, &from)) {
        lua_pushnil(L);
        return 1;
    }
    if (find && lua_toboolean(L, 4)) {
        return string_find_plain(L, text, pattern, from);
    }
    string_start(&self, L, text, pattern);
    const uint8_t *at = text.data + from;
    const uint8_t *end = string_search(&self, &at, pattern);
    mst_lua_charge(L, self.steps);
    if (end == NULL) {
        lua_pushnil(L);
        return 1;
    }
    if (!find) {
        return string_push_all(&self, at, end);
    }
    lua_pushinteger(L, at - text.data + 1);
    lua_pushinteger(L, end - text.data);
    return 2 + string_push_all(&self, NULL, NULL);
}

static int
string_find(lua_State *L)
{
    return string_look(L, true);
}

static int
string_match(lua_State *L)
{
    return string_look(L, false);
}

/* Upvalues: subject, pattern, where to go on, where the last match ended. */
static int
string_gmatch_next(lua_State *L)
{
    struct mst_slice text = string_arg(L, lua_upvalueindex(1));
    struct mst_slice pattern = string_arg(L, lua_upvalueindex(2));
    size_t from = (size_t)lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    struct mst_pattern self;
    string_start(&self, L, text, pattern);
    for (; from <= text.len; from++) {
        const uint8_t *at = text.data + from;
        self.level = 0;
        const uint8_t *end = mst_pattern_match(&self, at, pattern.data);
        if (end != NULL && end - text.data != last) {
            lua_pushinteger(L, end - text.data);
            lua_copy(L, -1, lua_upvalueindex(3));
            lua_replace(L, lua_upvalueindex(4));
            mst_lua_charge(L, self.steps);
            return string_push_all(&self, at, end);
        }
    }
    mst_lua_charge(L, self.steps);
    return 0;
}

static int
string_gmatch(lua_State *L)
{
    struct mst_slice text = string_arg(L, 1);
    size_t from = 0;
    (void)string_arg(L, 2);
    bool inside = string_init(L, 3, text.len, &from);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)(inside ? from : text.len + 1));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, string_gmatch_next, 4);
    return 1;
}

/* Adds the replacement text with its "%1". */
static void
string_add_text(const struct mst_pattern *self, luaL_Buffer *out,
                const uint8_t *at, const uint8_t *end)
{
    lua_State *L = self->L;
    struct mst_slice with = string_arg(L, 3);
    for (size_t i = 0; i < with.len; i++) {
        uint8_t c = with.data[i];
        if (c != '%') {
            luaL_addchar(out, (char)c);
            continue;
        }
        c = ++i < with.len ? with.data[i] : 0;
        if (c == '%') {
            luaL_addchar(out, '%');
        } else if (c == '0') {
            luaL_addlstring(out, (const char *)at, (size_t)(end - at));
        } else if (c >= '1' && c <= '9') {
            string_push(self, (unsigned)(c - '1'), at, end);
            (void)luaL_tolstring(L, -1, NULL);
            lua_remove(L, -2);
            luaL_addvalue(out);
        } else {
            (void)luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

/* Adds what a table or function says, or the match itself. */
static void
string_add_value(const struct mst_pattern *self, luaL_Buffer *out,
                 const uint8_t *at, const uint8_t *end)
{
    lua_State *L = self->L;
    if (lua_isfunction(L, 3)) {
        lua_pushvalue(L, 3);
        lua_call(L, string_push_all(self, at, end), 1);
    } else {
        string_push(self, 0, at, end);
        (void)lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, (const char *)at, (size_t)(end - at));
        return;
    }
    if (!lua_isstring(L, -1)) {
        (void)luaL_error(L, "invalid replacement value (a %s)",
                         luaL_typename(L, -1));
    }
    luaL_addvalue(out);
}

static int
string_gsub(lua_State *L)
{
    struct mst_slice text = string_arg(L, 1);
    struct mst_slice pattern = string_arg(L, 2);
    int kind = lua_type(L, 3);
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)text.len + 1);
    lua_Integer n = 0;
    struct mst_pattern self;
    luaL_Buffer out;
    luaL_argexpected(L,
                     kind == LUA_TNUMBER || kind == LUA_TSTRING
                         || kind == LUA_TFUNCTION || kind == LUA_TTABLE,
                     3, "string/function/table");
    bool anchor = pattern.len > 0 && pattern.data[0] == '^';
    const uint8_t *p = pattern.data + (anchor ? 1 : 0);
    const uint8_t *at = text.data;
    const uint8_t *last = NULL;
    string_start(&self, L, text, pattern);
    luaL_buffinit(L, &out);
    while (n < most) {
        self.level = 0;
        const uint8_t *end = mst_pattern_match(&self, at, p);
        if (end != NULL && end != last) {
            n++;
            (kind == LUA_TSTRING || kind == LUA_TNUMBER
                 ? string_add_text
                 : string_add_value)(&self, &out, at, end);
            at = end;
            last = end;
        } else if (at < self.end) {
            luaL_addchar(&out, (char)*at++);
        } else {
            break;
        }
        if (anchor) {
            break;
        }
    }
    mst_lua_charge(L, self.steps);
    luaL_addlstring(&out, (const char *)at, (size_t)(self.end - at));
    luaL_pushresult(&out);
    lua_pushinteger(L, n);
    return 2;
}

static int
string_rep(lua_State *L)
{
    struct mst_slice text = string_arg(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    size_t gap_len = 0;
    const char *gap = luaL_optlstring(L, 3, "", &gap_len);
    uint64_t most = mst_lua_of(L)->allowed;
    luaL_Buffer out;
    if (n <= 0 || text.len + gap_len == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((uint64_t)n > most / (text.len + gap_len)) {
        return luaL_error(L, "resulting string too large");
    }
    mst_lua_charge(L, (uint64_t)n + (uint64_t)n * (text.len + gap_len) / 8);
    luaL_buffinit(L, &out);
    for (lua_Integer i = 0; i < n; i++) {
        luaL_addlstring(&out, (const char *)text.data, text.len);
        luaL_addlstring(&out, gap, i + 1 < n ? gap_len : 0);
    }
    luaL_pushresult(&out);
    return 1;
}

static const luaL_Reg string_functions[] = {
    {"find", string_find},   {"gmatch", string_gmatch}, {"gsub", string_gsub},
    {"match", string_match}, {"rep", string_rep},       {NULL, NULL},
};

void
mst_lua_add_strings(lua_State *L)
{
    luaL_setfuncs(L, string_functions, 0);
}
