/* SPDX-License-Identifier: MIT */
#include "base/histogram.h"

#include "base/macros.h"
#include "unit/cmocka_all.h"

static void
values_are_counted_in_the_class_whose_bound_they_do_not_pass(void **state)
{
    static const struct {
        int64_t value;
        size_t class;
        uint64_t sum;
    } cases[] = {
        {-5, 0, 0},
        {0, 0, 0},
        {1, 0, 1},
        {100, 0, 100},
        {101, 1, 101},
        {500, 1, 500},
        {501, 2, 501},
        {999999, 8, 999999},
        {1000000, 8, 1000000},
        {1000001, 9, 1000001},
        {3600000000, 14, 3600000000},
        {3600000001, 15, 3600000001},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_histogram histogram = {0};
        struct mst_histogram_look look = {0};
        mst_histogram_add(&histogram, mst_histogram_times, cases[i].value, 3);
        mst_histogram_read(&histogram, &look);
        assert_int_equal(look.counts[cases[i].class], 3);
        assert_int_equal(mst_histogram_total(&look), 3);
        assert_int_equal(look.sum, 3 * cases[i].sum);
    }
}

static void
bounds_grow(void **state)
{
    (void)state;
    for (size_t i = 1; i < MST_HISTOGRAM_BOUNDS; i++) {
        assert_true(mst_histogram_times[i] > mst_histogram_times[i - 1]);
        assert_true(mst_histogram_sizes[i] > mst_histogram_sizes[i - 1]);
    }
}

static void
looks_are_added(void **state)
{
    struct mst_histogram_look sum = {.counts = {1, 2}, .sum = 7};
    const struct mst_histogram_look more = {.counts = {3, 0, 4}, .sum = 5};
    (void)state;
    mst_histogram_sum(&sum, &more);
    assert_int_equal(sum.counts[0], 4);
    assert_int_equal(sum.counts[1], 2);
    assert_int_equal(sum.counts[2], 4);
    assert_int_equal(sum.sum, 12);
    assert_int_equal(mst_histogram_total(&sum), 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            values_are_counted_in_the_class_whose_bound_they_do_not_pass),
        cmocka_unit_test(bounds_grow),
        cmocka_unit_test(looks_are_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
