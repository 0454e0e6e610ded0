/* SPDX-License-Identifier: MIT */
/* What is said of scripts that are wrong, and of the functions they have. */
#include "unit/cmocka_all.h"

#include <string.h>

#include "log/log.h"
#include "script_fixture.h"
#include "udf/lua_catalog.h"

struct load_case {
    const char *text;
    const char *says;
    struct mst_lua_place place;
};

static const struct load_case load_cases[] = {
    {"function transform(d)\n  return d\n", "<eof>", {2, 11, 2, 11}},
    {"function transform(d)\n  d.x = = 1\nend", "near '='", {2, 9, 2, 10}},
    {"-- \xc3\xa4\xc3\xb6\nlocal \xc3\xa4 = 1", "near", {2, 7, 2, 8}},
    {"local s = '\xc3\xa4\xc3\xb6' end", "near 'end'", {1, 16, 1, 19}},
    {"end end", "near 'end'", {1, 1, 1, 4}},
    {"function transform(d) return d end\ngoto nowhere",
     "nowhere",
     {2, 13, 2, 13}},
    {"x = 'open\ny = 1", "unfinished string", {1, 5, 1, 10}},
    {"x = 1\nfunction transform(d) return d end\nerror('at the top')",
     "at the top",
     {3, 1, 3, 20}},
    {"function init()\n local a = nil\n a.b = 1\nend\n"
     "function transform(d) return d end",
     "index a nil value",
     {3, 1, 3, 9}},
    {"x = 1", "no function transform", {0, 0, 0, 0}},
    {"", "no function transform", {0, 0, 0, 0}},
};

static void
what_is_wrong_has_a_line_and_a_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(load_cases); i++) {
        const struct load_case *one = &load_cases[i];
        struct mst_lua_place place = {0};
        struct mst_error err;
        assert_int_equal(mst_lua_script_check("a.lua", mst_slice_str(one->text),
                                              &mst_lua_default_limits, &place,
                                              &err),
                         MST_FATAL);
        if (strstr(err.text, one->says) == NULL
            || memcmp(&place, &one->place, sizeof(place)) != 0) {
            fail_msg("%zu: %u:%u-%u:%u %s", i, place.line, place.column,
                     place.end_line, place.end_column, err.text);
        }
    }
    struct mst_error err;
    struct mst_lua_place place = {9, 9, 9, 9};
    assert_int_equal(
        mst_lua_script_check("a.lua", mst_slice_str("function transform() end"),
                             &mst_lua_default_limits, &place, &err),
        MST_OK);
    assert_int_equal(place.line, 9);
}

static void
each_function_that_is_offered_is_there(void **state)
{
    (void)state;
    struct mst_buf text;
    struct mst_error err;
    struct mst_lua_place place;
    mst_buf_init(&text, 65536);
    const char *before = "";
    bool snippet = false;
    for (size_t i = 0; i < mst_lua_catalog_len; i++) {
        const struct mst_lua_catalog_entry *one = &mst_lua_catalog[i];
        if (one->snippet != snippet) {
            assert_true(one->snippet);
            before = "";
            snippet = true;
        }
        assert_true(strcmp(before, one->label) < 0);
        before = one->label;
        assert_true(one->detail[0] != '\0' && one->documentation[0] != '\0');
        if (!snippet) {
            size_t len = strlen(one->label);
            assert_memory_equal(one->detail, one->label, len);
            assert_memory_equal(one->insert, one->label, len);
            assert_int_equal(
                mst_buf_printf(&text,
                               "if type(%s) ~= 'function' then error('%s') "
                               "end known['%s'] = true\n",
                               one->label, one->label, one->label),
                MST_OK);
        }
    }
    /* And the other way round: Lua's own and these, nothing else. */
    static const char *const rest =
        "for _, n in ipairs{'assert','error','getmetatable','ipairs','next',"
        "'pairs','pcall','rawequal','rawget','rawlen','rawset','select',"
        "'setmetatable','tonumber','tostring','type','xpcall','_VERSION',"
        "'math','utf8','table','string','log','state','null','known'} do "
        "known[n] = true end\n"
        "for n in pairs(log) do if not known['log.'..n] then "
        "error('log.'..n..' is not offered') end end\n"
        "for n in pairs(_ENV) do if not known[n] then "
        "error(n..' is not offered') end end\n"
        "function transform() end\n";
    struct mst_buf all;
    mst_buf_init(&all, 131072);
    assert_int_equal(mst_buf_append_str(&all, "known = {}\n"), MST_OK);
    assert_int_equal(mst_buf_append(&all, text.data, text.len), MST_OK);
    assert_int_equal(mst_buf_append_str(&all, rest), MST_OK);
    if (mst_lua_script_check("catalog.lua", mst_buf_slice(&all),
                             &mst_lua_default_limits, &place, &err)
        != MST_OK) {
        fail_msg("%s", err.text);
    }
    mst_buf_clear(&text);
    mst_buf_clear(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_has_a_line_and_a_column),
        cmocka_unit_test(each_function_that_is_offered_is_there),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
