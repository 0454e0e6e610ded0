/* SPDX-License-Identifier: MIT */
/* The names that a script finds in its sandbox; a test holds them against it.
 */
#include "base/macros.h"
#include "config/suggest.h"
#include "studio/lint.h"
#include "udf/lua_catalog.h"

static const char *const names_base[] = {
    "_VERSION", "assert", "error",  "getmetatable", "ipairs",   "log",
    "math",     "next",   "null",   "pairs",        "pcall",    "print",
    "rawequal", "rawget", "rawlen", "rawset",       "select",   "setmetatable",
    "state",    "string", "table",  "tonumber",     "tostring", "type",
    "utf8",     "xpcall", NULL};

static const char *const names_log[] = {"error", "info", "warn", NULL};
static const char *const names_math[] = {
    "abs",        "acos",   "asin",       "atan", "atan2", "ceil",
    "cos",        "cosh",   "deg",        "exp",  "floor", "fmod",
    "frexp",      "huge",   "ldexp",      "log",  "log10", "max",
    "maxinteger", "min",    "mininteger", "modf", "pi",    "pow",
    "rad",        "random", "randomseed", "sin",  "sinh",  "sqrt",
    "tan",        "tanh",   "tointeger",  "type", "ult",   NULL};
static const char *const names_string[] = {
    "byte",  "char",  "find", "format",  "gmatch", "gsub",  "len",
    "lower", "match", "rep",  "reverse", "sub",    "upper", NULL};
static const char *const names_table[] = {"concat", "insert", "move",   "pack",
                                          "remove", "sort",   "unpack", NULL};
static const char *const names_utf8[] = {
    "char", "charpattern", "codepoint", "codes", "len", "offset", NULL};

static const struct {
    const char *name;
    const char *const *members;
} names_tables[] = {
    {"log", names_log},     {"math", names_math}, {"string", names_string},
    {"table", names_table}, {"utf8", names_utf8},
};

static const char *const *
names_members(struct mst_slice table)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(names_tables); i++) {
        if (mst_slice_is(table, names_tables[i].name)) {
            return names_tables[i].members;
        }
    }
    return NULL;
}

static bool
names_has(const char *const *names, struct mst_slice name)
{
    while (*names != NULL && !mst_slice_is(name, *names)) {
        names++;
    }
    return *names != NULL;
}

bool
studio_lint_knows(struct mst_slice name)
{
    if (names_has(names_base, name)) {
        return true;
    }
    for (size_t i = 0; i < mst_lua_catalog_len; i++) {
        if (!mst_lua_catalog[i].snippet
            && mst_slice_is(name, mst_lua_catalog[i].label)) {
            return true;
        }
    }
    return false;
}

bool
studio_lint_has_members(struct mst_slice table)
{
    return names_members(table) != NULL;
}

bool
studio_lint_knows_member(struct mst_slice table, struct mst_slice name)
{
    const char *const *members = names_members(table);
    return members != NULL && names_has(members, name);
}

const char *
studio_lint_guess(const char *table, struct mst_slice name)
{
    char word[64];
    size_t len = name.len < sizeof(word) - 1 ? name.len : sizeof(word) - 1;
    memcpy(word, name.data, len);
    word[len] = '\0';
    struct mst_suggest suggest = {.word = word};
    const char *const *names =
        table == NULL ? names_base : names_members(mst_slice_str(table));
    for (; names != NULL && *names != NULL; names++) {
        mst_suggest_offer(&suggest, *names);
    }
    for (size_t i = 0; table == NULL && i < mst_lua_catalog_len; i++) {
        if (!mst_lua_catalog[i].snippet) {
            mst_suggest_offer(&suggest, mst_lua_catalog[i].label);
        }
    }
    return suggest.best;
}
