/* SPDX-License-Identifier: MIT */
/* Values of Lua as BSON, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "udf/lua_engine.h"

const char mst_lua_array_key = 'a';

enum { CONVERT_KEY_MAX = 24 };

/* A table's own name for a field, in its order. */
struct convert_key {
    const char *text;
    size_t len;
};

bool
mst_lua_is_array(lua_State *L, int index)
{
    bool marked = false;
    index = lua_absindex(L, index);
    if (lua_getmetatable(L, index)) {
        (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &mst_lua_array_key);
        marked = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    return marked || lua_rawlen(L, index) > 0;
}

static struct mst_slice
convert_copy(lua_State *L, struct mst_slice bytes)
{
    struct mst_slice copy = mst_arena_copy(&mst_lua_of(L)->doc.arena, bytes);
    if (copy.data == NULL) {
        (void)luaL_error(L, "not enough memory");
    }
    return copy;
}

static struct mst_slice
convert_text(lua_State *L, int index)
{
    size_t len = 0;
    const char *text = lua_tolstring(L, index, &len);
    if (mst_utf8_valid((const uint8_t *)text, len) != len) {
        (void)luaL_error(L, "a text that is not UTF-8 can not be in a "
                            "document: use binary()");
    }
    return mst_slice_of(text, len);
}

static void convert_write(lua_State *L, int index, const char *key,
                          struct mst_bson_writer *writer, int depth);

static int
convert_compare(const void *a, const void *b)
{
    const struct convert_key *x = a;
    const struct convert_key *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->text, y->text, len);
    return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

/* The names of a table's fields, sorted: a table has no order of its own, and
 * the same script is to give the same bytes. Pushes what holds them. */
static struct convert_key *
convert_keys(lua_State *L, int index, size_t *ret_len)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            (void)luaL_error(L,
                             "the names of a document's fields are texts, "
                             "not %s",
                             luaL_typename(L, -2));
        }
        n++;
    }
    mst_lua_charge(L, 8 * n);
    struct convert_key *keys = lua_newuserdatauv(L, n * sizeof(*keys) + 1, 0);
    size_t i = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        keys[i].text = lua_tolstring(L, -2, &keys[i].len);
        if (memchr(keys[i].text, 0, keys[i].len) != NULL) {
            (void)luaL_error(L, "the name of a field can not have a NUL in "
                                "it");
        }
        i++;
    }
    qsort(keys, n, sizeof(*keys), convert_compare);
    *ret_len = n;
    return keys;
}

static void
convert_fields(lua_State *L, int index, struct mst_bson_writer *writer,
               int depth)
{
    size_t n = 0;
    const struct convert_key *keys = convert_keys(L, index, &n);
    for (size_t i = 0; i < n; i++) {
        lua_pushlstring(L, keys[i].text, keys[i].len);
        (void)lua_rawget(L, index);
        convert_write(L, -1, keys[i].text, writer, depth);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void
convert_items(lua_State *L, int index, struct mst_bson_writer *writer,
              int depth)
{
    char key[CONVERT_KEY_MAX];
    lua_Unsigned n = lua_rawlen(L, index);
    lua_Unsigned all = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        all++;
    }
    if (all != n) {
        (void)luaL_error(L, "a table with holes, or with names beside its "
                            "items, is neither array nor document");
    }
    mst_lua_charge(L, n);
    for (lua_Unsigned i = 0; i < n; i++) {
        (void)snprintf(key, sizeof(key), "%llu", (unsigned long long)i);
        (void)lua_rawgeti(L, index, (lua_Integer)i + 1);
        convert_write(L, -1, key, writer, depth);
        lua_pop(L, 1);
    }
}

static void
convert_number(lua_State *L, int index, const char *key,
               struct mst_bson_writer *writer)
{
    if (!lua_isinteger(L, index)) {
        mst_bson_write_double(writer, key, lua_tonumber(L, index));
        return;
    }
    lua_Integer n = lua_tointeger(L, index);
    if (n >= INT32_MIN && n <= INT32_MAX) {
        mst_bson_write_int32(writer, key, (int32_t)n);
    } else {
        mst_bson_write_int64(writer, key, n);
    }
}

static void
convert_userdata(lua_State *L, int index, const char *key,
                 struct mst_bson_writer *writer)
{
    struct mst_bson_value value;
    mst_lua_to_bson(L, index, 0, &value);
    mst_bson_write_value(writer, mst_slice_str(key), &value);
}

static void
convert_table(lua_State *L, int index, const char *key,
              struct mst_bson_writer *writer, int depth)
{
    if (depth > MST_LUA_DEPTH) {
        (void)luaL_error(L, "tables are nested deeper than %d", MST_LUA_DEPTH);
    }
    luaL_checkstack(L, 8, "tables are nested too deep");
    bool array = mst_lua_is_array(L, index);
    if (array) {
        mst_bson_write_begin_array(writer, key);
        convert_items(L, index, writer, depth + 1);
    } else {
        mst_bson_write_begin_document(writer, key);
        convert_fields(L, index, writer, depth + 1);
    }
    mst_bson_write_end(writer);
    if (writer->buf->len > mst_lua_of(L)->allowed) {
        (void)luaL_error(L, "the document grows beyond the memory of a "
                            "script");
    }
}

static void
convert_write(lua_State *L, int index, const char *key,
              struct mst_bson_writer *writer, int depth)
{
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        mst_bson_write_null(writer, key);
        break;
    case LUA_TBOOLEAN:
        mst_bson_write_bool(writer, key, lua_toboolean(L, index) != 0);
        break;
    case LUA_TNUMBER:
        convert_number(L, index, key, writer);
        break;
    case LUA_TSTRING:
        mst_bson_write_string(writer, key, convert_text(L, index));
        break;
    case LUA_TTABLE:
        convert_table(L, index, key, writer, depth);
        break;
    case LUA_TUSERDATA:
        convert_userdata(L, index, key, writer);
        break;
    default:
        (void)luaL_error(L, "a %s can not be in a document",
                         luaL_typename(L, index));
    }
}

/* A table becomes a field of a document of its own, and that is cut out. */
static void
convert_whole(lua_State *L, int index, uint8_t was,
              struct mst_bson_value *ret_value)
{
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_bson_writer writer;
    struct mst_error err;
    struct mst_buf out;
    struct mst_bson_value found = {0};
    /* Conversions inside (of documents) use memory of their own. */
    mst_buf_reset(&lua->scratch);
    mst_bson_writer_init(&writer, &lua->scratch);
    convert_write(L, index, "", &writer, 1);
    if (mst_bson_writer_finish(&writer, &err) != MST_OK) {
        (void)mst_lua_fail(L, &err);
    }
    out = lua->scratch;
    if (!mst_bson_find(mst_buf_slice(&out), "", &found)) {
        (void)luaL_error(L, "not enough memory");
    }
    bool empty = found.raw.len == MST_BSON_DOCUMENT_MIN;
    ret_value->type = empty && was == MST_BSON_ARRAY ? was : found.type;
    ret_value->raw = convert_copy(L, found.raw);
}

static void
convert_integer(lua_State *L, lua_Integer n, uint8_t was,
                struct mst_bson_value *ret_value)
{
    uint8_t raw[8];
    bool wide = was == MST_BSON_INT64 || n < INT32_MIN || n > INT32_MAX;
    for (unsigned i = 0; i < 8; i++) {
        raw[i] = (uint8_t)((uint64_t)n >> (8 * i));
    }
    ret_value->type = wide ? MST_BSON_INT64 : MST_BSON_INT32;
    ret_value->raw = convert_copy(L, mst_slice_of(raw, wide ? 8 : 4));
}

static void
convert_foreign(lua_State *L, int index, struct mst_bson_value *ret_value)
{
    const struct mst_lua_value *value = mst_lua_to_value(L, index);
    struct mst_lua *lua = mst_lua_of(L);
    struct mst_error err;
    if (value != NULL) {
        ret_value->type = value->type;
        ret_value->raw = convert_copy(L, mst_slice_of(value->raw, value->len));
        return;
    }
    const struct mst_doc_node *node = mst_lua_to_node(L, index);
    if (node == NULL) {
        (void)luaL_error(L, "this can not be in a document");
    } else if (mst_doc_value(node, &lua->doc.arena, ret_value, &err)
               != MST_OK) {
        (void)mst_lua_fail(L, &err);
    }
}

void
mst_lua_to_bson(lua_State *L, int index, uint8_t was,
                struct mst_bson_value *ret_value)
{
    struct mst_lua *lua = mst_lua_of(L);
    double number = 0;
    uint8_t yes = 0;
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        yes = lua_toboolean(L, index) != 0;
        ret_value->type = MST_BSON_BOOL;
        ret_value->raw = convert_copy(L, mst_slice_of(&yes, 1));
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            convert_integer(L, lua_tointeger(L, index), was, ret_value);
            break;
        }
        number = lua_tonumber(L, index);
        ret_value->type = MST_BSON_DOUBLE;
        ret_value->raw = convert_copy(L, mst_slice_of(&number, 8));
        break;
    case LUA_TSTRING:
        ret_value->type = MST_BSON_STRING;
        ret_value->raw =
            mst_doc_string(&lua->doc.arena, convert_text(L, index));
        if (ret_value->raw.data == NULL) {
            (void)luaL_error(L, "not enough memory");
        }
        break;
    case LUA_TUSERDATA:
        convert_foreign(L, index, ret_value);
        break;
    default:
        convert_whole(L, lua_absindex(L, index), was, ret_value);
    }
}

/* --- BSON to Lua ----------------------------------------------------------- */

static void
convert_push_container(lua_State *L, const struct mst_bson_value *value)
{
    struct mst_bson_iter iter;
    struct mst_error err;
    bool array = value->type == MST_BSON_ARRAY;
    lua_Integer i = 0;
    luaL_checkstack(L, 8, "documents are nested too deep");
    lua_newtable(L);
    if (array) {
        (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &mst_lua_array_key);
        (void)lua_setmetatable(L, -2);
    }
    enum mst_status status = mst_bson_iter_init(&iter, value->raw, &err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        const struct mst_bson_value item = mst_bson_iter_value(&iter);
        mst_lua_charge(L, 4);
        if (!array) {
            lua_pushlstring(L, (const char *)iter.key.data, iter.key.len);
        }
        mst_lua_push_bson(L, &item);
        if (array) {
            lua_rawseti(L, -2, ++i);
        } else {
            lua_rawset(L, -3);
        }
    }
    if (status != MST_END) {
        (void)mst_lua_fail(L, &err);
    }
}

void
mst_lua_push_bson(lua_State *L, const struct mst_bson_value *value)
{
    struct mst_slice text;
    int32_t narrow = 0;
    int64_t wide = 0;
    double number = 0;
    switch (value->type) {
    case MST_BSON_DOUBLE:
        (void)mst_bson_get_double(value, &number);
        lua_pushnumber(L, number);
        break;
    case MST_BSON_STRING:
        (void)mst_bson_get_string(value, &text);
        lua_pushlstring(L, (const char *)text.data, text.len);
        break;
    case MST_BSON_DOCUMENT:
    case MST_BSON_ARRAY:
        convert_push_container(L, value);
        break;
    case MST_BSON_BOOL:
        lua_pushboolean(L, value->raw.data[0]);
        break;
    case MST_BSON_NULL:
        (void)lua_rawgeti(L, LUA_REGISTRYINDEX, mst_lua_of(L)->null_ref);
        break;
    case MST_BSON_INT32:
        (void)mst_bson_get_int32(value, &narrow);
        lua_pushinteger(L, narrow);
        break;
    case MST_BSON_INT64:
        (void)mst_bson_get_int64(value, &wide);
        lua_pushinteger(L, wide);
        break;
    default:
        mst_lua_push_value(L, value->type, value->raw.data, value->raw.len);
    }
}
