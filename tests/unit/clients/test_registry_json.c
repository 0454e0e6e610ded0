/* SPDX-License-Identifier: MIT */
/* Answers of registries, also of those that are none. */
#include "clients/registry_json.h"

#include <stdio.h>

#include "unit/cmocka_all.h"

/* The members as "name=value;" or "value;", "!" behind what is not whole. */
static void
read_all(const char *text, char begin, char *out, size_t size)
{
    struct registry_json json;
    struct mst_slice name = MST_SLICE_NONE;
    struct mst_slice value;
    size_t used = 0;
    bool object = begin == '{';
    out[0] = '\0';
    if (!registry_json_begin(&json, mst_slice_str(text), begin)) {
        (void)snprintf(out, size, "none");
        return;
    }
    while (registry_json_next(&json, object ? &name : NULL, &value)) {
        used += (size_t)snprintf(out + used, size - used, "%.*s%s%.*s;",
                                 (int)name.len, (const char *)name.data,
                                 object ? "=" : "", (int)value.len,
                                 (const char *)value.data);
        assert_true(used < size);
    }
    if (!registry_json_is_whole(&json)) {
        (void)snprintf(out + used, size - used, "!");
    }
}

static void
members_are_found_whatever_is_in_them(void **state)
{
    static const struct {
        const char *text;
        char begin;
        const char *members;
    } cases[] = {
        {"{}", '{', ""},
        {" {\r\n\t} \n", '{', ""},
        {"{\"id\":1}", '{', "id=1;"},
        {"{ \"a\" : \"}\\\"]\" , \"b\":[{},[1,\"]\"]] ,\"c\":null}", '{',
         "a=\"}\\\"]\";b=[{},[1,\"]\"]];c=null;"},
        {"[1, -2.5e+3,\"x\"]", '[', "1;-2.5e+3;\"x\";"},
        {"[]", '[', ""},
        {"[]", '{', "none"},
        {"", '{', "none"},
        {"<html>", '{', "none"},
        {"{\"id\":1", '{', "id=1;!"},
        {"{\"id\":1,}", '{', "id=1;!"},
        {"{\"id\" 1}", '{', "!"},
        {"{id:1}", '{', "!"},
        {"{\"a\":\"b}", '{', "!"},
        {"{\"a\":\"b\\", '{', "!"},
        {"{\"a\":[1}", '{', "a=[1};!"},
        {"{\"a\":1}x", '{', "a=1;!"},
        {"[,]", '[', "!"},
    };
    char out[256];
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        read_all(cases[i].text, cases[i].begin, out, sizeof(out));
        assert_string_equal(out, cases[i].members);
    }
}

static void
nesting_without_end_is_no_member(void **state)
{
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH + 16);
    struct registry_json json;
    struct mst_slice value;
    (void)state;
    assert_non_null(text);
    memset(text, '[', DEPTH);
    text[DEPTH] = '\0';
    assert_true(registry_json_begin(&json, mst_slice_str(text), '['));
    assert_false(registry_json_next(&json, NULL, &value));
    assert_false(registry_json_is_whole(&json));
    free(text);
}

static void
strings_are_decoded_or_refused(void **state)
{
    static const struct {
        const char *value;
        const char *text; /* NULL: refused */
    } cases[] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"",
         "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\"\\ud83d\"", NULL},
        {"\"\\ude00\"", NULL},
        {"\"\\ud83dx\"", NULL},
        {"\"\\u12\"", NULL},
        {"\"\\x\"", NULL},
        {"12", NULL},
        {"null", NULL},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_buf out;
        mst_buf_init(&out, 64);
        assert_int_equal(mst_buf_append_str(&out, "="), MST_OK);
        enum mst_status status =
            registry_json_string(mst_slice_str(cases[i].value), &out);
        if (cases[i].text == NULL) {
            assert_int_equal(status, MST_REJECTED);
            assert_int_equal(out.len, 1);
        } else {
            assert_int_equal(status, MST_OK);
            assert_string_equal(mst_buf_text(&out) + 1, cases[i].text);
        }
        mst_buf_clear(&out);
    }
}

static void
numbers_are_whole_and_of_32_bits(void **state)
{
    uint32_t number = 7;
    (void)state;
    assert_true(registry_json_number(MST_SLICE_LIT("4294967295"), &number));
    assert_int_equal(number, UINT32_MAX);
    assert_false(registry_json_number(MST_SLICE_LIT("4294967296"), &number));
    assert_false(registry_json_number(
        MST_SLICE_LIT("99999999999999999999999999"), &number));
    assert_false(registry_json_number(MST_SLICE_LIT("-1"), &number));
    assert_false(registry_json_number(MST_SLICE_LIT("1.0"), &number));
    assert_false(registry_json_number(MST_SLICE_LIT(""), &number));
    assert_int_equal(number, UINT32_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found_whatever_is_in_them),
        cmocka_unit_test(nesting_without_end_is_no_member),
        cmocka_unit_test(strings_are_decoded_or_refused),
        cmocka_unit_test(numbers_are_whole_and_of_32_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
