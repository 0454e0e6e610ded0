/* SPDX-License-Identifier: MIT */
/* The names that are known without a warning are those of the sandbox. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "log/log.h"
#include "studio/lint.h"
#include "udf/lua_script.h"

/* Whether a script finds something there. */
static bool
is_there(const char *what)
{
    struct mst_lua_place place;
    struct mst_error err;
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "assert(%s ~= nil) function transform(d) return d end",
                   what);
    return mst_lua_script_check("x", mst_slice_str(text),
                                &mst_lua_default_limits, &place, &err)
           == MST_OK;
}

static const char *const libraries[] = {"log", "math", "string", "table",
                                        "utf8"};

static void
what_is_known_is_there(void **state)
{
    static const char *const names[] = {
        "_VERSION", "assert", "error",  "getmetatable", "ipairs",   "log",
        "math",     "next",   "null",   "pairs",        "pcall",    "print",
        "rawequal", "rawget", "rawlen", "rawset",       "select",   "state",
        "string",   "table",  "type",   "setmetatable", "tonumber", "tostring",
        "utf8",     "xpcall", "emit",   "mask_email",   "now",      "uuid"};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        assert_true(is_there(names[i]));
        assert_true(studio_lint_knows(mst_slice_str(names[i])));
    }
}

static void
what_is_not_there_is_not_known(void **state)
{
    static const char *const names[] = {
        "io",     "os",     "debug", "load",    "require",   "coroutine",
        "print2", "dofile", "_G",    "rawsett", "mask_mail", "drop"};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        assert_false(is_there(names[i]));
        assert_false(studio_lint_knows(mst_slice_str(names[i])));
    }
}

/* Fails the test unless each of the words is a member. */
static size_t
all_are_known(const char *library, const char *words)
{
    size_t n = 0;
    while (*words != '\0' && *words != '\n') {
        size_t len = strcspn(words, " \n");
        if (!studio_lint_knows_member(mst_slice_str(library),
                                      mst_slice_of(words, len))) {
            fail_msg("%s.%.*s", library, (int)len, words);
        }
        n++;
        words += len + (words[len] == ' ' ? 1 : 0);
    }
    return n;
}

/* Scripts tell what the libraries have: what they are told is what is known. */
static void
the_members_of_libraries_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(libraries); i++) {
        struct mst_lua_place place;
        struct mst_error err;
        char text[128];
        (void)snprintf(text, sizeof(text),
                       "local t = {} for k in pairs(%s) do t[#t + 1] = k end "
                       "error(table.concat(t, ' '))",
                       libraries[i]);
        assert_int_equal(mst_lua_script_check("x", mst_slice_str(text),
                                              &mst_lua_default_limits, &place,
                                              &err),
                         MST_FATAL);
        assert_true(all_are_known(libraries[i], strstr(err.text, ": ") + 2)
                    >= 3);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_is_there),
        cmocka_unit_test(what_is_not_there_is_not_known),
        cmocka_unit_test(the_members_of_libraries_are_known),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
