/* SPDX-License-Identifier: MIT */
/* JSON texts that are and are not RFC 8259, and fields found in them. */
#include "unit/cmocka_all.h"

#include "base/buf.h"
#include "encodings/json_check.h"

static const char *const good[] = {
    "0",
    "-0",
    "\"\"",
    "null",
    " true ",
    "false",
    "1.5e-7",
    "1E400",
    "123456789012345678901234567890",
    "[]",
    "{}",
    "[1,[2,[3]],{\"a\":[{}]}]",
    "{\"a\":1,\"a\":2}",
    "{ \"a\" : [ ] , \"b\" : { } }",
    "\"\\u0000\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\xC3\xA4 0123456789abcdef \xF0\x9F\x98\x80\"",
};

static const struct {
    const char *json;
    int64_t offset;
} bad[] = {
    {"", 0},
    {" ", 1},
    {"nul", 0},
    {"True", 0},
    {"01", 2},
    {"-", 1},
    {"1.", 2},
    {"1e", 2},
    {".5", 0},
    {"+1", 0},
    {"\"a", 2},
    {"\"a\nb\"", 2},
    {"\"\\x\"", 2},
    {"\"\\u12\"", 5},
    {"\"\\ud800\"", 7},
    {"\"\\ude00\"", 7},
    {"\"\xFF\"", 1},
    {"\"\xED\xA0\x80\"", 1},
    {"[", 1},
    {"[1,]", 3},
    {"[1 2]", 3},
    {"[1}", 2},
    {"{", 1},
    {"{\"a\"}", 4},
    {"{\"a\":}", 5},
    {"{\"a\":1,}", 7},
    {"{a:1}", 1},
    {"{\"a\":1]", 6},
    {"1 2", 2},
    {"[]]", 2},
    {"{\"a\":1}{", 7},
    {"]", 0},
};

static void
good_texts_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(good); i++) {
        struct mst_error err;
        if (mst_json_check(mst_slice_str(good[i]), &err) != MST_OK) {
            fail_msg("%s: %s", good[i], err.text);
        }
        /* Cut anywhere, it is refused, unless a number gets shorter. */
        size_t len = strlen(good[i]);
        char last = good[i][len - 1];
        if (last != ']' && last != '}' && last != '"') {
            continue;
        }
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *copy = malloc(cut + 1);
            assert_non_null(copy);
            memcpy(copy, good[i], cut);
            assert_int_equal(mst_json_check(mst_slice_of(copy, cut), NULL),
                             MST_REJECTED);
            free(copy);
        }
    }
}

static void
bad_texts_are_refused_where_they_are_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct mst_error err;
        mst_error_clear(&err);
        enum mst_status status =
            mst_json_check(mst_slice_str(bad[i].json), &err);
        if (status != MST_REJECTED || err.offset != bad[i].offset) {
            fail_msg("%s: %s at %lld: %s", bad[i].json, mst_status_name(status),
                     (long long)err.offset, err.text);
        }
    }
}

static void
depth_is_bounded(void **state)
{
    (void)state;
    for (size_t depth = 199; depth <= 100000; depth += depth < 201 ? 1 : 9999) {
        struct mst_buf json;
        struct mst_error err;
        mst_buf_init(&json, 1 << 20);
        for (size_t i = 0; i < depth; i++) {
            assert_int_equal(mst_buf_append_char(&json, '['), MST_OK);
        }
        for (size_t i = 0; i < depth; i++) {
            assert_int_equal(mst_buf_append_char(&json, ']'), MST_OK);
        }
        assert_int_equal(mst_json_check(mst_buf_slice(&json), &err),
                         depth <= 200 ? MST_OK : MST_REJECTED);
        mst_buf_clear(&json);
    }
}

static const struct {
    const char *json;
    const char *path;
    const char *found; /* NULL: none */
} paths[] = {
    {"{\"a\":1}", "a", "1"},
    {" { \"a\" : \"x\" , \"b\" : [ ] } ", "b", "[ ]"},
    {"{\"a\":{\"b\":{\"c\":\"deep\"}}}", "a.b.c", "\"deep\""},
    {"{\"a\":[10,{\"b\":20},30]}", "a.1.b", "20"},
    {"{\"a\":[10,20]}", "a.0", "10"},
    {"{\"a\":[10,20]}", "a.2", NULL},
    {"{\"a\":[10,20]}", "a.x", NULL},
    {"{\"a\":[]}", "a.0", NULL},
    {"[1,2]", "1", "2"},
    {"{\"a.b\":1,\"a\":{\"b\":2}}", "a.b", "1"},
    {"{\"\\u0061\\n\":1}", "a\n", "1"},
    {"{\"\\ud83d\\ude00\\u00e4\":1}", "\xF0\x9F\x98\x80\xC3\xA4", "1"},
    {"{\"ab\":1,\"a\":2}", "a", "2"},
    {"{\"a\":1}", "b", NULL},
    {"{\"a\":1}", "a.b", NULL},
    {"{\"a\":1}", "", NULL},
    {"{\"\":1}", "", "1"},
    {"{\"a\":1", "a", "1"},
    {"{\"a\":", "a", NULL},
    {"{\"a\":tru}", "a", NULL},
    {"{\"x\":tru,\"a\":1}", "a", NULL},
    {"1", "a", NULL},
    {"", "a", NULL},
};

static void
fields_are_found_by_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(paths); i++) {
        struct mst_slice found = MST_SLICE_LIT("untouched");
        bool is = mst_json_find_path(mst_slice_str(paths[i].json),
                                     paths[i].path, &found);
        const char *expected =
            paths[i].found == NULL ? "untouched" : paths[i].found;
        if (is != (paths[i].found != NULL) || !mst_slice_is(found, expected)) {
            fail_msg("%s %s: %.*s", paths[i].json, paths[i].path,
                     (int)found.len, (const char *)found.data);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_pass),
        cmocka_unit_test(bad_texts_are_refused_where_they_are_wrong),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(fields_are_found_by_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
