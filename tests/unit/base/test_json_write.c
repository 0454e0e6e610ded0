/* SPDX-License-Identifier: MIT */
/* Values, names and commas; and that a failure is not forgotten. */
#include "unit/cmocka_all.h"

#include "base/json_write.h"

static void
commas_stand_between_values_and_nowhere_else(void **state)
{
    struct mst_json json;
    (void)state;
    mst_json_init(&json, 1024);
    mst_json_open(&json, NULL, '{');
    mst_json_open(&json, "empty", '[');
    mst_json_close(&json, ']');
    mst_json_open(&json, "list", '[');
    mst_json_number(&json, NULL, INT64_MIN);
    mst_json_str(&json, NULL, NULL);
    mst_json_open(&json, NULL, '{');
    mst_json_bool(&json, "a\"b", true);
    mst_json_close(&json, '}');
    mst_json_raw(&json, NULL, MST_SLICE_LIT("[1]"));
    mst_json_close(&json, ']');
    mst_json_str(&json, "text", "\n\x01 \xC3\xA4 \xFF");
    mst_json_time(&json, "never", 0);
    mst_json_time(&json, "once", 1500);
    mst_json_close(&json, '}');
    mst_json_newline(&json);
    assert_false(json.failed);
    assert_string_equal(
        mst_buf_text(&json.buf),
        "{\"empty\":[],\"list\":[-9223372036854775808,null,{\"a\\\"b\":true},"
        "[1]],\"text\":\"\\n\\u0001 \xC3\xA4 \xEF\xBF\xBD\",\"never\":null,"
        "\"once\":\"1970-01-01T00:00:01.500Z\"}\n");
    mst_json_clear(&json);
}

static void
milliseconds_are_shown_as_seconds(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0.000"},   {7, "0.007"},      {1250, "1.250"},
                 {-7, "-0.007"}, {-1250, "-1.250"}, {60000, "60.000"},
                 {999, "0.999"}};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_json json;
        mst_json_init(&json, 64);
        mst_json_seconds(&json, NULL, cases[i].ms);
        assert_string_equal(mst_buf_text(&json.buf), cases[i].text);
        mst_json_clear(&json);
    }
}

static void
what_does_not_fit_is_remembered(void **state)
{
    struct mst_json json;
    (void)state;
    mst_json_init(&json, 8);
    mst_json_open(&json, NULL, '[');
    mst_json_str(&json, NULL, "far too long");
    assert_true(json.failed);
    mst_json_close(&json, ']');
    assert_true(json.failed);
    mst_json_clear(&json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_values_and_nowhere_else),
        cmocka_unit_test(milliseconds_are_shown_as_seconds),
        cmocka_unit_test(what_does_not_fit_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
