/* SPDX-License-Identifier: MIT */
/*
 * Compiling a text, with the column of what is wrong. Lua says the line only;
 * but it asks for the text piece by piece, and given one byte at a time it has
 * asked for just one behind the token that it does not understand.
 */
#include <stdlib.h>
#include <string.h>

#include "udf/lua_engine.h"

struct load_text {
    struct mst_slice text;
    size_t at;
};

static const char *
load_next(lua_State *L, void *arg, size_t *ret_len)
{
    struct load_text *load = arg;
    (void)L;
    *ret_len = load->at < load->text.len ? 1 : 0;
    return *ret_len == 0 ? NULL : (const char *)load->text.data + load->at++;
}

/* What the message ends with: near 'token'. data == NULL: nothing. */
static struct mst_slice
load_token(const char *message)
{
    const char *near = strstr(message, " near '");
    size_t len = near == NULL ? 0 : strlen(near += 7);
    return len < 2 ? MST_SLICE_NONE : mst_slice_of(near, len - 1);
}

/* Characters, not bytes: those that begin between from and to. */
static uint32_t
load_chars(struct mst_slice text, size_t from, size_t to)
{
    uint32_t n = 0;
    for (size_t i = from; i < to; i++) {
        n += (text.data[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return n;
}

static void
load_place(struct mst_slice text, size_t start, size_t end,
           struct mst_lua_place *ret)
{
    size_t line = 0;
    *ret = (struct mst_lua_place){.line = 1, .end_line = 1};
    for (size_t i = 0; i < start; i++) {
        if (text.data[i] == '\n') {
            ret->line++;
            line = i + 1;
        }
    }
    ret->column = 1 + load_chars(text, line, start);
    ret->end_line = ret->line;
    for (size_t i = start; i < end; i++) {
        if (text.data[i] == '\n') {
            ret->end_line++;
            line = i + 1;
        }
    }
    ret->end_column = 1 + load_chars(text, line, end);
}

/* The token ends at or before the place that was read up to. */
static void
load_find(const struct load_text *load, const char *message,
          struct mst_lua_place *ret)
{
    struct mst_slice token = load_token(message);
    struct mst_slice text = load->text;
    size_t end = load->at;
    if (token.data != NULL && token.len <= end) {
        for (size_t i = end - token.len + 1; i > 0; i--) {
            if (memcmp(text.data + i - 1, token.data, token.len) == 0) {
                load_place(text, i - 1, i - 1 + token.len, ret);
                return;
            }
        }
    }
    if (token.data != NULL && end > 1) {
        /* A byte that is shown by its number: its whole character. */
        size_t start = end - 2;
        while (start > 0 && (text.data[start] & 0xC0) == 0x80) {
            start--;
        }
        for (end = start + 1; end < text.len; end++) {
            if ((text.data[end] & 0xC0) != 0x80) {
                break;
            }
        }
        load_place(text, start, end, ret);
        return;
    }
    while (end > 0 && strchr(" \t\r\n", text.data[end - 1]) != NULL) {
        end--;
    }
    load_place(text, end, end, ret);
}

int
mst_lua_load(lua_State *L, struct mst_slice text, const char *chunk)
{
    struct load_text load = {.text = text};
    struct mst_lua *lua = mst_lua_of(L);
    int rc = lua_load(L, load_next, &load, chunk, "t");
    const char *message = rc == LUA_ERRSYNTAX ? lua_tostring(L, -1) : NULL;
    if (message == NULL) {
        return rc;
    }
    load_find(&load, message, &lua->place);
    size_t name = strlen(chunk + 1);
    if (strncmp(message, chunk + 1, name) == 0 && message[name] == ':') {
        const char *rest = strchr(message + name + 1, ':');
        lua_pushfstring(L, "%s:%d:%d%s", chunk + 1, (int)lua->place.line,
                        (int)lua->place.column, rest == NULL ? "" : rest);
        lua_remove(L, -2);
    }
    return rc;
}

void
mst_lua_place_of(const char *error, const char *name, struct mst_slice text,
                 struct mst_lua_place *ret)
{
    size_t len = strlen(name);
    if (strncmp(error, name, len) != 0 || error[len] != ':') {
        return;
    }
    unsigned long line = strtoul(error + len + 1, NULL, 10);
    size_t at = 0;
    for (unsigned long n = 1; n < line && at < text.len; at++) {
        n += text.data[at] == '\n' ? 1 : 0;
    }
    size_t end = at;
    while (end < text.len && text.data[end] != '\n') {
        end++;
    }
    if (line > 0) {
        load_place(text, at, end, ret);
    }
}
