/* SPDX-License-Identifier: MIT */
/* BSON types that Lua lacks, as values that do not change. */
#include "udf/lua_engine.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/date_text.h"
#include "encodings/decimal128.h"

const char mst_lua_value_key = 'v';

void
mst_lua_push_value(lua_State *L, uint8_t type, const void *raw, size_t len)
{
    struct mst_lua_value *value = lua_newuserdatauv(L, sizeof(*value) + len, 0);
    value->type = type;
    value->len = (uint32_t)len;
    if (len > 0) {
        memcpy(value->raw, raw, len);
    }
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &mst_lua_value_key);
    (void)lua_setmetatable(L, -2);
}

const struct mst_lua_value *
mst_lua_to_value(lua_State *L, int index)
{
    const struct mst_lua_value *value = NULL;
    if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
        (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &mst_lua_value_key);
        bool same = lua_rawequal(L, -1, -2) != 0;
        lua_pop(L, 2);
        value = same ? lua_touserdata(L, index) : NULL;
    }
    return value;
}

static void
value_put64(uint8_t out[8], uint64_t n)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(n >> (8 * i));
    }
}

static uint64_t
value_get(const struct mst_lua_value *value)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < value->len && i < 8; i++) {
        n |= (uint64_t)value->raw[i] << (8 * i);
    }
    return n;
}

static void
value_push_date(lua_State *L, int64_t ms)
{
    uint8_t raw[8];
    value_put64(raw, (uint64_t)ms);
    mst_lua_push_value(L, MST_BSON_DATE, raw, sizeof(raw));
}

/* --- constructors -------------------------------------------------------- */

static int
value_objectid(lua_State *L)
{
    size_t len = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    uint8_t raw[MST_BSON_OBJECTID_LEN];
    bool good = len == 2 * sizeof(raw);
    for (size_t i = 0; good && i < sizeof(raw); i++) {
        int high = mst_hex_digit((uint8_t)text[2 * i]);
        int low = mst_hex_digit((uint8_t)text[2 * i + 1]);
        good = high >= 0 && low >= 0;
        raw[i] = (uint8_t)(((unsigned)high << 4) | ((unsigned)low & 15));
    }
    luaL_argcheck(L, good, 1, "24 hexadecimal digits are wanted");
    mst_lua_push_value(L, MST_BSON_OBJECTID, raw, sizeof(raw));
    return 1;
}

/* date(), date(milliseconds), date("2026-11-21T10:40:05Z") */
static int
value_date(lua_State *L)
{
    int64_t ms = 0;
    const struct mst_lua_value *value = mst_lua_to_value(L, 1);
    if (value != NULL && value->type == MST_BSON_DATE) {
        ms = (int64_t)value_get(value);
    } else if (lua_isnoneornil(L, 1)) {
        ms = mst_clock_wall_ms();
    } else if (lua_type(L, 1) == LUA_TNUMBER) {
        ms = luaL_checkinteger(L, 1);
    } else {
        size_t len = 0;
        const char *text = luaL_checklstring(L, 1, &len);
        luaL_argcheck(L, mst_date_parse((const uint8_t *)text, len, &ms), 1,
                      "no date of the form 2026-11-21T10:40:05Z");
    }
    value_push_date(L, ms);
    return 1;
}

static int
value_decimal(lua_State *L)
{
    size_t len = 0;
    const char *text = luaL_tolstring(L, 1, &len);
    uint8_t raw[MST_DECIMAL128_LEN];
    luaL_argcheck(L, mst_decimal128_parse((const uint8_t *)text, len, raw), 1,
                  "no decimal number of at most 34 digits");
    mst_lua_push_value(L, MST_BSON_DECIMAL128, raw, sizeof(raw));
    return 1;
}

/* binary(bytes[, subtype]) */
static int
value_binary(lua_State *L)
{
    size_t len = 0;
    const char *bytes = luaL_checklstring(L, 1, &len);
    lua_Integer subtype = luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, subtype >= 0 && subtype <= 255 && subtype != 2, 2,
                  "a subtype from 0 to 255 but 2 is wanted");
    luaL_argcheck(L, len < INT32_MAX, 1, "too long");
    struct mst_lua_value *value =
        lua_newuserdatauv(L, sizeof(*value) + len + 5, 0);
    value->type = MST_BSON_BINARY;
    value->len = (uint32_t)len + 5;
    uint8_t head[8];
    value_put64(head, len);
    memcpy(value->raw, head, 4);
    value->raw[4] = (uint8_t)subtype;
    memcpy(value->raw + 5, bytes, len);
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &mst_lua_value_key);
    (void)lua_setmetatable(L, -2);
    return 1;
}

/* timestamp(seconds[, increment]) */
static int
value_timestamp(lua_State *L)
{
    lua_Integer seconds = luaL_checkinteger(L, 1);
    lua_Integer increment = luaL_optinteger(L, 2, 0);
    uint8_t raw[8];
    luaL_argcheck(L, seconds >= 0 && seconds <= UINT32_MAX, 1, "out of range");
    luaL_argcheck(L, increment >= 0 && increment <= UINT32_MAX, 2,
                  "out of range");
    value_put64(raw, (uint64_t)seconds << 32 | (uint64_t)increment);
    mst_lua_push_value(L, MST_BSON_TIMESTAMP, raw, sizeof(raw));
    return 1;
}

/* Numbers that are to have this width, whatever stood there. */
static lua_Integer
value_whole(lua_State *L)
{
    const struct mst_lua_value *value = mst_lua_to_value(L, 1);
    if (value != NULL && value->type == MST_BSON_INT64) {
        return (lua_Integer)value_get(value);
    }
    if (value != NULL && value->type == MST_BSON_INT32) {
        return (int32_t)value_get(value);
    }
    return luaL_checkinteger(L, 1);
}

static int
value_int32(lua_State *L)
{
    lua_Integer n = value_whole(L);
    uint8_t raw[8];
    luaL_argcheck(L, n >= INT32_MIN && n <= INT32_MAX, 1, "out of range");
    value_put64(raw, (uint64_t)n);
    mst_lua_push_value(L, MST_BSON_INT32, raw, 4);
    return 1;
}

static int
value_int64(lua_State *L)
{
    uint8_t raw[8];
    value_put64(raw, (uint64_t)value_whole(L));
    mst_lua_push_value(L, MST_BSON_INT64, raw, 8);
    return 1;
}

/* --- what they can do ---------------------------------------------------- */

/* As a number, where it is one; pushes it. */
static bool
value_push_number(lua_State *L, int index)
{
    const struct mst_lua_value *value = mst_lua_to_value(L, index);
    if (value == NULL) {
        lua_pushvalue(L, index);
        return lua_type(L, index) == LUA_TNUMBER;
    }
    uint8_t text[MST_DECIMAL128_TEXT_MAX + 1];
    switch (value->type) {
    case MST_BSON_INT32:
        lua_pushinteger(L, (int32_t)value_get(value));
        return true;
    case MST_BSON_INT64:
    case MST_BSON_DATE:
    case MST_BSON_TIMESTAMP:
        lua_pushinteger(L, (lua_Integer)value_get(value));
        return true;
    case MST_BSON_DECIMAL128:
        *mst_decimal128_print(text, value->raw) = 0;
        if (lua_stringtonumber(L, (const char *)text) == 0) {
            lua_pushnumber(L, 0);
            return false;
        }
        return true;
    default:
        lua_pushnil(L);
        return false;
    }
}

static int
value_tostring(lua_State *L)
{
    const struct mst_lua_value *value = mst_lua_to_value(L, 1);
    struct mst_lua *lua = mst_lua_of(L);
    uint8_t date[MST_DATE_TEXT_MAX + 2];
    struct mst_error err;
    if (value == NULL) {
        return luaL_argerror(L, 1, "no value of a document");
    }
    const struct mst_bson_value bson = {value->type, {value->raw, value->len}};
    int64_t ms = (int64_t)value_get(value);
    if (value->type == MST_BSON_NULL) {
        lua_pushliteral(L, "null");
        return 1;
    }
    if (value->type == MST_BSON_DATE && ms >= -62167219200000
        && ms <= 253402300799999) {
        uint8_t *end = mst_date_print(date, ms);
        *end++ = 'Z';
        lua_pushlstring(L, (const char *)date, (size_t)(end - date));
        return 1;
    }
    if (value->type == MST_BSON_DECIMAL128) {
        uint8_t text[MST_DECIMAL128_TEXT_MAX];
        uint8_t *end = mst_decimal128_print(text, value->raw);
        lua_pushlstring(L, (const char *)text, (size_t)(end - text));
        return 1;
    }
    mst_buf_reset(&lua->scratch);
    if (mst_bson_value_to_text(&bson, &lua->scratch, &err) != MST_OK) {
        return mst_lua_fail(L, &err);
    }
    lua_pushlstring(L, (const char *)lua->scratch.data, lua->scratch.len);
    return 1;
}

static int
value_eq(lua_State *L)
{
    const struct mst_lua_value *a = mst_lua_to_value(L, 1);
    const struct mst_lua_value *b = mst_lua_to_value(L, 2);
    lua_pushboolean(L, a != NULL && b != NULL && a->type == b->type
                           && a->len == b->len
                           && memcmp(a->raw, b->raw, a->len) == 0);
    return 1;
}

/* Dates, times and numbers by their number, ObjectIds by their bytes. */
static int
value_compare(lua_State *L, int op)
{
    const struct mst_lua_value *a = mst_lua_to_value(L, 1);
    const struct mst_lua_value *b = mst_lua_to_value(L, 2);
    if (a != NULL && b != NULL && a->type == MST_BSON_OBJECTID
        && b->type == MST_BSON_OBJECTID) {
        int order = memcmp(a->raw, b->raw, MST_BSON_OBJECTID_LEN);
        lua_pushboolean(L, op == LUA_OPLT ? order < 0 : order <= 0);
        return 1;
    }
    if (!value_push_number(L, 1) || !value_push_number(L, 2)) {
        return luaL_error(L, "these values have no order");
    }
    lua_pushboolean(L, lua_compare(L, -2, -1, op));
    return 1;
}

static int
value_lt(lua_State *L)
{
    return value_compare(L, LUA_OPLT);
}

static int
value_le(lua_State *L)
{
    return value_compare(L, LUA_OPLE);
}

/* A date and milliseconds make a date; everything else makes a number. */
static int
value_arith(lua_State *L, int op)
{
    const struct mst_lua_value *a = mst_lua_to_value(L, 1);
    const struct mst_lua_value *b = mst_lua_to_value(L, 2);
    bool first = a != NULL && a->type == MST_BSON_DATE;
    bool second = b != NULL && b->type == MST_BSON_DATE;
    if (!value_push_number(L, 1) || !value_push_number(L, 2)) {
        return luaL_error(L, "these values can not be calculated with");
    }
    lua_arith(L, op);
    if (first != second && (op == LUA_OPADD || op == LUA_OPSUB)) {
        lua_Integer ms = 0;
        int whole = 0;
        ms = lua_tointegerx(L, -1, &whole);
        luaL_argcheck(L, whole != 0, 2, "whole milliseconds are wanted");
        value_push_date(L, ms);
    }
    return 1;
}

static int
value_add(lua_State *L)
{
    return value_arith(L, LUA_OPADD);
}

static int
value_sub(lua_State *L)
{
    return value_arith(L, LUA_OPSUB);
}

static int
value_mul(lua_State *L)
{
    return value_arith(L, LUA_OPMUL);
}

static int
value_div(lua_State *L)
{
    return value_arith(L, LUA_OPDIV);
}

/* value:number() */
static int
value_number(lua_State *L)
{
    if (!value_push_number(L, 1)) {
        lua_pushnil(L);
    }
    return 1;
}

static int
value_type(lua_State *L)
{
    const struct mst_lua_value *value = mst_lua_to_value(L, 1);
    luaL_argcheck(L, value != NULL, 1, "no value of a document");
    lua_pushstring(L, mst_bson_type_name(value->type));
    return 1;
}

/* value:bytes(): of a binary its content, of others as BSON has them */
static int
value_bytes(lua_State *L)
{
    const struct mst_lua_value *value = mst_lua_to_value(L, 1);
    uint8_t subtype = 0;
    struct mst_slice content;
    luaL_argcheck(L, value != NULL, 1, "no value of a document");
    const struct mst_bson_value bson = {value->type, {value->raw, value->len}};
    if (!mst_bson_get_binary(&bson, &subtype, &content)) {
        content = bson.raw;
    }
    lua_pushlstring(L, (const char *)content.data, content.len);
    return 1;
}

static const luaL_Reg value_methods[] = {
    {"bytes", value_bytes},
    {"number", value_number},
    {"type", value_type},
    {NULL, NULL},
};

static const luaL_Reg value_meta[] = {
    {"__add", value_add}, {"__div", value_div},
    {"__eq", value_eq},   {"__le", value_le},
    {"__lt", value_lt},   {"__mul", value_mul},
    {"__sub", value_sub}, {"__tostring", value_tostring},
    {NULL, NULL},
};

static const luaL_Reg value_functions[] = {
    {"binary", value_binary},       {"date", value_date},
    {"decimal", value_decimal},     {"int32", value_int32},
    {"int64", value_int64},         {"objectid", value_objectid},
    {"timestamp", value_timestamp}, {NULL, NULL},
};

void
mst_lua_add_values(lua_State *L)
{
    struct mst_lua *lua = mst_lua_of(L);
    luaL_newlib(L, value_meta);
    luaL_newlib(L, value_methods);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &mst_lua_value_key);
    luaL_setfuncs(L, value_functions, 0);
    mst_lua_push_value(L, MST_BSON_NULL, NULL, 0);
    lua_pushvalue(L, -1);
    lua->null_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_setfield(L, -2, "null");
}
