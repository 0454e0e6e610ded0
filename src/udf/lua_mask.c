/* SPDX-License-Identifier: MIT */
/* Helpers on texts: masks, hashes, dates, parts. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "udf/lua_engine.h"
#include "udf/mask.h"

static struct mst_slice
mask_arg(lua_State *L, int index)
{
    size_t len = 0;
    mst_lua_push_text(L, index);
    lua_replace(L, index);
    const char *text = lua_tolstring(L, index, &len);
    return mst_slice_of(text, len);
}

static int
mask_push(lua_State *L, enum mst_mask_way way)
{
    struct mst_lua *lua = mst_lua_of(L);
    if (lua_type(L, 1) != LUA_TSTRING) {
        lua_settop(L, 1);
        return 1; /* nothing to be read in it, or null */
    }
    struct mst_slice text = mask_arg(L, 1);
    mst_lua_charge(L, text.len);
    mst_buf_reset(&lua->scratch);
    if (mst_mask_text(way, text, NULL, &lua->scratch) != MST_OK) {
        return luaL_error(L, "not enough memory");
    }
    lua_pushlstring(L, (const char *)lua->scratch.data, lua->scratch.len);
    return 1;
}

static int
mask_email(lua_State *L)
{
    return mask_push(L, MST_MASK_EMAIL);
}

static int
mask_phone(lua_State *L)
{
    return mask_push(L, MST_MASK_PHONE);
}

static int
mask_year_only(lua_State *L)
{
    const struct mst_lua_value *value = mst_lua_to_value(L, 1);
    if (value == NULL || value->type != MST_BSON_DATE) {
        return mask_push(L, MST_MASK_YEAR);
    }
    uint64_t ms = 0;
    uint8_t raw[8];
    for (unsigned i = 0; i < 8; i++) {
        ms |= (uint64_t)value->raw[i] << (8 * i);
    }
    ms = (uint64_t)mst_mask_year((int64_t)ms);
    for (unsigned i = 0; i < 8; i++) {
        raw[i] = (uint8_t)(ms >> (8 * i));
    }
    mst_lua_push_value(L, MST_BSON_DATE, raw, sizeof(raw));
    return 1;
}

static int
mask_push_hash(lua_State *L, bool good, const uint8_t *hash)
{
    char digits[2 * MST_SHA256_LEN];
    if (!good) {
        return luaL_error(L, "SHA-256 is not to be had");
    }
    mst_sha256_print(hash, digits);
    lua_pushlstring(L, digits, sizeof(digits));
    return 1;
}

static int
mask_sha256(lua_State *L)
{
    uint8_t hash[MST_SHA256_LEN];
    luaL_checkany(L, 1);
    struct mst_slice text = mask_arg(L, 1);
    mst_lua_charge(L, text.len);
    return mask_push_hash(L, mst_sha256(text, MST_SLICE_NONE, hash), hash);
}

/* hash_hmac_sha256(secret, text) */
static int
mask_hmac_sha256(lua_State *L)
{
    uint8_t hash[MST_SHA256_LEN];
    luaL_checkany(L, 2);
    struct mst_slice key = mask_arg(L, 1);
    struct mst_slice text = mask_arg(L, 2);
    mst_lua_charge(L, key.len + text.len);
    return mask_push_hash(L, mst_hmac_sha256(key, text, hash), hash);
}

static int
mask_timestamp_ms(lua_State *L)
{
    lua_pushinteger(L, mst_clock_wall_ms());
    return 1;
}

/* parse_date(text): milliseconds, or nil */
static int
mask_parse_date(lua_State *L)
{
    size_t len = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    int64_t ms = 0;
    if (mst_time_parse(text, len, &ms, NULL) == MST_OK) {
        lua_pushinteger(L, ms);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* format_date(milliseconds or date) */
static int
mask_format_date(lua_State *L)
{
    char text[MST_TIME_TEXT_MAX];
    if (mst_lua_to_value(L, 1) != NULL) {
        (void)luaL_tolstring(L, 1, NULL);
        return 1;
    }
    mst_time_format(luaL_checkinteger(L, 1), text);
    lua_pushstring(L, text);
    return 1;
}

static int
mask_uuid(lua_State *L)
{
    char text[40];
    uint64_t high = mst_random_below(UINT64_MAX);
    uint64_t low = mst_random_below(UINT64_MAX);
    (void)snprintf(text, sizeof(text), "%08llx-%04llx-4%03llx-%04llx-%012llx",
                   (unsigned long long)(high >> 32),
                   (unsigned long long)(high >> 16 & 0xFFFF),
                   (unsigned long long)(high & 0xFFF),
                   (unsigned long long)(0x8000 | (low >> 48 & 0x3FFF)),
                   (unsigned long long)(low & 0xFFFFFFFFFFFF));
    lua_pushstring(L, text);
    return 1;
}

/* split(text, separator) */
static int
mask_split(lua_State *L)
{
    size_t len = 0;
    size_t gap = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    const char *by = luaL_optlstring(L, 2, ",", &gap);
    lua_Integer n = 0;
    luaL_argcheck(L, gap > 0, 2, "an empty separator");
    mst_lua_charge(L, len);
    lua_newtable(L);
    const char *end = text + len;
    for (;;) {
        const char *next = memmem(text, (size_t)(end - text), by, gap);
        const char *stop = next == NULL ? end : next;
        lua_pushlstring(L, text, (size_t)(stop - text));
        lua_rawseti(L, -2, ++n);
        if (next == NULL) {
            return 1;
        }
        text = next + gap;
    }
}

static bool
mask_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int
mask_trim(lua_State *L)
{
    size_t len = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    mst_lua_charge(L, len);
    while (len > 0 && mask_is_space(text[len - 1])) {
        len--;
    }
    while (len > 0 && mask_is_space(*text)) {
        text++;
        len--;
    }
    lua_pushlstring(L, text, len);
    return 1;
}

static const luaL_Reg mask_functions[] = {
    {"format_date", mask_format_date},
    {"hash_hmac_sha256", mask_hmac_sha256},
    {"hash_sha256", mask_sha256},
    {"mask_email", mask_email},
    {"mask_phone", mask_phone},
    {"mask_year_only", mask_year_only},
    {"parse_date", mask_parse_date},
    {"split", mask_split},
    {"timestamp_ms", mask_timestamp_ms},
    {"trim", mask_trim},
    {"uuid", mask_uuid},
    {NULL, NULL},
};

void
mst_lua_add_masks(lua_State *L)
{
    luaL_setfuncs(L, mask_functions, 0);
    /* now() is date(): a value that stays a date in the document. */
    (void)lua_getfield(L, -1, "date");
    lua_setfield(L, -2, "now");
}
