/* SPDX-License-Identifier: MIT */
/* Paths, orders and differences of values. */
#include "unit/cmocka_all.h"

#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "studio/failure.h"
#include "studio/lint.h"

static void
paths_are_told_from_what_is_none(void **state)
{
    static const char *const good[] = {"",        "a",       "a.b",   "a[0]",
                                       "a[0].b",  "a[0][1]", "a.0.b", "a b.c",
                                       "a.[0].b", "[0].a",   "@x"};
    static const char *const bad[] = {".",     ".a",      "a.",   "a..b",
                                      "a[",    "a[]",     "a[x]", "a[0",
                                      "a[0]b", "a.b[1].", "a[-1]"};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(good); i++) {
        if (!mst_studio_path_is_good(mst_slice_str(good[i]))) {
            fail_msg("%s", good[i]);
        }
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        if (mst_studio_path_is_good(mst_slice_str(bad[i]))) {
            fail_msg("%s", bad[i]);
        }
    }
}

static void
both_spellings_of_an_index_are_one_path(void **state)
{
    (void)state;
    assert_true(
        mst_studio_path_equal(MST_SLICE_LIT("a[0].b"), MST_SLICE_LIT("a.0.b")));
    assert_true(mst_studio_path_equal(MST_SLICE_LIT("a.[0].b"),
                                      MST_SLICE_LIT("a[0].b")));
    assert_false(
        mst_studio_path_equal(MST_SLICE_LIT("a[0]"), MST_SLICE_LIT("a[1]")));
    assert_false(
        mst_studio_path_equal(MST_SLICE_LIT("a.b"), MST_SLICE_LIT("a")));
    assert_true(
        mst_studio_path_is_in(MST_SLICE_LIT("a.b[2]"), MST_SLICE_LIT("a")));
    assert_true(mst_studio_path_is_in(MST_SLICE_LIT("a"), MST_SLICE_LIT("")));
    assert_false(
        mst_studio_path_is_in(MST_SLICE_LIT("ab"), MST_SLICE_LIT("a")));
}

/* The values "a" and "b" of a document. */
static void
pair(const char *json, struct mst_buf *bson, struct mst_bson_value *a,
     struct mst_bson_value *b)
{
    struct mst_error err;
    mst_buf_init(bson, 1 << 20);
    if (mst_json_to_bson(mst_slice_str(json), NULL, bson, &err) != MST_OK) {
        fail_msg("%s: %s", json, err.text);
    }
    assert_true(mst_bson_find(mst_buf_slice(bson), "a", a));
    assert_true(mst_bson_find(mst_buf_slice(bson), "b", b));
}

static void
values_stand_in_an_order_if_they_have_one(void **state)
{
    static const struct {
        const char *json;
        int order;
    } rows[] = {
        {"{\"a\":1,\"b\":2}", -1},
        {"{\"a\":2,\"b\":2.0}", 0},
        {"{\"a\":2.5,\"b\":2}", 1},
        {"{\"a\":9007199254740993,\"b\":9007199254740992.0}", 1},
        {"{\"a\":9007199254740992.0,\"b\":9007199254740993}", -1},
        {"{\"a\":9223372036854775807,\"b\":1e19}", -1},
        {"{\"a\":-9223372036854775808,\"b\":-1e19}", 1},
        {"{\"a\":-1,\"b\":-0.5}", -1},
        {"{\"a\":1,\"b\":{\"$numberDecimal\":\"1.5\"}}", -1},
        {"{\"a\":{\"$numberDouble\":\"NaN\"},\"b\":1}", 2},
        {"{\"a\":1,\"b\":{\"$numberDouble\":\"NaN\"}}", 2},
        {"{\"a\":\"a\",\"b\":\"b\"}", -1},
        {"{\"a\":\"ab\",\"b\":\"a\"}", 1},
        {"{\"a\":\"\",\"b\":\"\"}", 0},
        {"{\"a\":\"1\",\"b\":1}", 2},
        {"{\"a\":true,\"b\":false}", 2},
        {"{\"a\":{\"$date\":{\"$numberLong\":\"1\"}},"
         "\"b\":{\"$date\":{\"$numberLong\":\"2\"}}}",
         -1},
        {"{\"a\":{\"$date\":{\"$numberLong\":\"1\"}},\"b\":1}", 2},
        {"{\"a\":null,\"b\":null}", 2},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(rows); i++) {
        struct mst_bson_value a;
        struct mst_bson_value b;
        struct mst_buf bson;
        pair(rows[i].json, &bson, &a, &b);
        if (mst_studio_order(&a, &b) != rows[i].order) {
            fail_msg("%s: %d", rows[i].json, mst_studio_order(&a, &b));
        }
        mst_buf_clear(&bson);
    }
}

static void
each_difference_is_told_with_its_path(void **state)
{
    static const struct {
        const char *json;
        const char *told; /* of the failures' JSON; NULL: they are the same */
    } rows[] = {
        {"{\"a\":{\"x\":1,\"y\":2},\"b\":{\"y\":2,\"x\":1}}", NULL},
        {"{\"a\":[1,2],\"b\":[1,2]}", NULL},
        {"{\"a\":[1,2],\"b\":[2,1]}", "\"path\":\"[0]\""},
        {"{\"a\":[1,{\"z\":1}],\"b\":[1,{\"z\":2}]}", "\"path\":\"[1].z\""},
        {"{\"a\":{\"x\":[1]},\"b\":{\"x\":[1,2]}}", "\"path\":\"x[1]\""},
        {"{\"a\":1,\"b\":{\"$numberLong\":\"1\"}}", "int64 instead of int32"},
        {"{\"a\":0.0,\"b\":-0.0}", "another double"},
        {"{\"a\":null,\"b\":{}}", "document instead of null"},
        {"{\"a\":{\"x\":null},\"b\":{}}", "it is not there"},
        {"{\"a\":{},\"b\":{\"x\":null}}", "it should not be there"},
        {"{\"a\":{\"$numberDouble\":\"NaN\"},"
         "\"b\":{\"$numberDouble\":\"NaN\"}}",
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(rows); i++) {
        struct mst_studio_failures failures;
        struct mst_studio_path path = {0};
        struct mst_bson_value a;
        struct mst_bson_value b;
        struct mst_buf bson;
        pair(rows[i].json, &bson, &a, &b);
        mst_studio_failures_init(&failures);
        assert_int_equal(mst_studio_compare(&a, &b, &path,
                                            mst_studio_failures_told,
                                            &failures),
                         MST_OK);
        assert_int_equal(path.len, 0);
        assert_int_equal(mst_studio_equal(&a, &b), rows[i].told == NULL);
        assert_int_equal(failures.n == 0, rows[i].told == NULL);
        const char *text = mst_buf_text(&failures.json.buf);
        if (rows[i].told != NULL && strstr(text, rows[i].told) == NULL) {
            fail_msg("%s: %s", rows[i].json, text);
        }
        mst_studio_failures_clear(&failures);
        mst_buf_clear(&bson);
    }
}

static void
types_have_the_names_that_people_know(void **state)
{
    (void)state;
    assert_true(mst_studio_type_is(MST_BSON_INT64, MST_SLICE_LIT("integer")));
    assert_true(mst_studio_type_is(MST_BSON_DOCUMENT, MST_SLICE_LIT("object")));
    assert_false(mst_studio_type_is(MST_BSON_DOUBLE, MST_SLICE_LIT("integer")));
    assert_false(mst_studio_type_is(0, MST_SLICE_LIT("null")));
    /* What messages and generated cases call them. */
    for (int type = 1; type < 256; type++) {
        const char *name = mst_bson_type_name((uint8_t)type);
        if (strcmp(name, "unknown") != 0) {
            assert_true(mst_studio_type_is((uint8_t)type, mst_slice_str(name)));
        }
    }
}

static void
tokens_know_where_they_stand(void **state)
{
    static const char text[] = "x = 'a\\'b' -- no\n--[[ a\nb ]] \xC3\xA4 .. "
                               "[==[ ]] ]==] 1.5e-3..2 a.b";
    static const struct {
        const char *text;
        uint32_t line;
        uint32_t column;
    } rows[] = {{"x", 1, 1},
                {"=", 1, 3},
                {"'a\\'b'", 1, 5},
                {"\xC3", 3, 6},
                {"\xA4", 3, 7},
                {"..", 3, 8},
                {"[==[ ]] ]==]", 3, 11},
                {"1.5e-3..2", 3, 24},
                {"a", 3, 34},
                {".", 3, 35},
                {"b", 3, 36},
                {"", 3, 37}};
    struct mst_arena arena = {0};
    struct studio_token *tokens = NULL;
    struct mst_error err;
    size_t len = 0;
    (void)state;
    assert_int_equal(
        studio_lex(MST_SLICE_LIT("x"), &arena, &tokens, &len, &err), MST_OK);
    assert_int_equal(
        studio_lex(mst_slice_str(text), &arena, &tokens, &len, &err), MST_OK);
    assert_int_equal(len, MST_ARRAY_SIZE(rows));
    for (size_t i = 0; i < len; i++) {
        if (!mst_slice_is(tokens[i].text, rows[i].text)) {
            fail_msg("%zu: %.*s", i, (int)tokens[i].text.len,
                     tokens[i].text.data);
        }
        assert_int_equal(tokens[i].line, rows[i].line);
        assert_int_equal(tokens[i].column, rows[i].column);
    }
    mst_arena_clear(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_told_from_what_is_none),
        cmocka_unit_test(both_spellings_of_an_index_are_one_path),
        cmocka_unit_test(values_stand_in_an_order_if_they_have_one),
        cmocka_unit_test(each_difference_is_told_with_its_path),
        cmocka_unit_test(types_have_the_names_that_people_know),
        cmocka_unit_test(tokens_know_where_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
