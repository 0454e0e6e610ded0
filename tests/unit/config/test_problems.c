/* SPDX-License-Identifier: MIT */
/* Collecting, sorting and printing problems. */
#include "unit/cmocka_all.h"

#include "config/problems.h"

static void
problems_are_sorted_and_printed(void **state)
{
    (void)state;
    struct mst_problems problems = {0};
    struct mst_place late = {"f.toml", 9, 2, "a.b"};
    struct mst_place early = {"f.toml", 2, 7, ""};
    struct mst_place none = {"f.toml", 0, 0, NULL};
    mst_problems_add(&problems, MST_PROBLEM_ERROR, &late, "do %d", "bad %d", 1);
    mst_problems_add(&problems, MST_PROBLEM_WARNING, &early, NULL, "odd");
    mst_problems_add(&problems, MST_PROBLEM_ERROR, &none, NULL, "gone \"x\"");
    assert_int_equal(problems.errors, 2);
    mst_problems_sort(&problems);
    struct mst_buf out;
    mst_buf_init(&out, 10000);
    assert_int_equal(mst_problems_text(&problems, &out), MST_OK);
    assert_string_equal(mst_buf_text(&out), "f.toml: error: gone \"x\"\n"
                                            "f.toml:2:7: warning: odd\n"
                                            "f.toml:9:2: error: bad 1 (a.b)\n"
                                            "  hint: do %d\n");
    mst_buf_reset(&out);
    assert_int_equal(mst_problems_json(&problems, &out), MST_OK);
    assert_string_equal(
        mst_buf_text(&out),
        "[{\"severity\":\"error\",\"line\":0,\"column\":0,\"file\":\"f.toml\","
        "\"path\":\"\",\"message\":\"gone \\\"x\\\"\"},"
        "{\"severity\":\"warning\",\"line\":2,\"column\":7,"
        "\"file\":\"f.toml\",\"path\":\"\",\"message\":\"odd\"},"
        "{\"severity\":\"error\",\"line\":9,\"column\":2,\"file\":\"f.toml\","
        "\"path\":\"a.b\",\"message\":\"bad 1\",\"hint\":\"do %d\"}]");
    mst_buf_clear(&out);
    mst_problems_clear(&problems);
}

static void
the_list_is_bounded_and_says_so(void **state)
{
    (void)state;
    struct mst_problems problems = {0};
    struct mst_place place = {"f.toml", 1, 1, ""};
    for (int i = 0; i < MST_PROBLEMS_MAX + 10; i++) {
        mst_problems_add(&problems, MST_PROBLEM_ERROR, &place, NULL, "x");
    }
    assert_int_equal(problems.len, MST_PROBLEMS_MAX);
    assert_int_equal(problems.errors, MST_PROBLEMS_MAX + 10);
    assert_true(problems.failed);
    struct mst_buf out;
    mst_buf_init(&out, 1 << 20);
    assert_int_equal(mst_problems_text(&problems, &out), MST_OK);
    assert_non_null(strstr(mst_buf_text(&out), "more problems"));
    mst_buf_clear(&out);
    mst_problems_clear(&problems);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_are_sorted_and_printed),
        cmocka_unit_test(the_list_is_bounded_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
