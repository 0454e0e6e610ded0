/* SPDX-License-Identifier: MIT */
/* Sizes and durations as people write them. */
#include "unit/cmocka_all.h"

#include "config/units.h"

static void
sizes_take_units_and_plain_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t bytes;
    } cases[] = {
        {"0", true, 0},
        {"1048576", true, 1048576},
        {"64MiB", true, 64ULL << 20},
        {"64 MiB", true, 64ULL << 20},
        {"1MB", true, 1000000},
        {"2kb", true, 2000},
        {"2KiB", true, 2048},
        {"3GiB", true, 3ULL << 30},
        {"1TB", true, 1000000000000},
        {"7B", true, 7},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"99999999999TiB", false, 0},
        {"", false, 0},
        {"MiB", false, 0},
        {"-1", false, 0},
        {"1.5MiB", false, 0},
        {"64M", false, 0},
        {"64  MiB", false, 0},
        {"64MiB ", false, 0},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        uint64_t bytes = 42;
        print_message("%s\n", cases[i].text);
        assert_int_equal(mst_units_size(cases[i].text, &bytes), cases[i].good);
        if (cases[i].good) {
            assert_int_equal(bytes, cases[i].bytes);
        }
    }
}

static void
durations_need_a_unit_unless_the_key_has_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t plain;
        bool good;
        int64_t ms;
    } cases[] = {
        {"250ms", 0, true, 250},
        {"5s", 0, true, 5000},
        {"1m", 0, true, 60000},
        {"2h", 0, true, 7200000},
        {"7d", 0, true, 604800000},
        {"0", 0, true, 0},
        {"5", 0, false, 0},
        {"5", 1000, true, 5000},
        {"5", 1, true, 5},
        {"5 s", 1, true, 5000},
        {"9223372036854775807ms", 0, true, INT64_MAX},
        {"9223372036854775808ms", 0, false, 0},
        {"106751991168d", 0, false, 0},
        {"1m30s", 0, false, 0},
        {"-5s", 0, false, 0},
        {"s", 0, false, 0},
        {"", 0, false, 0},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        int64_t ms = 42;
        print_message("%s\n", cases[i].text);
        assert_int_equal(mst_units_duration(cases[i].text, cases[i].plain, &ms),
                         cases[i].good);
        if (cases[i].good) {
            assert_int_equal(ms, cases[i].ms);
        }
    }
}

static void
what_is_written_reads_back_as_the_same(void **state)
{
    (void)state;
    static const uint64_t values[] = {0,       1,       999,     1000,
                                      1024,    1536,    3600000, 86400000,
                                      1 << 20, 5000000, 90000};
    for (size_t i = 0; i < MST_ARRAY_SIZE(values); i++) {
        char text[MST_UNITS_TEXT_MAX];
        uint64_t bytes = 0;
        int64_t ms = 0;
        mst_units_size_text(values[i], text);
        assert_true(mst_units_size(text, &bytes));
        assert_int_equal(bytes, values[i]);
        mst_units_duration_text((int64_t)values[i], text);
        assert_true(mst_units_duration(text, 0, &ms));
        assert_int_equal(ms, values[i]);
    }
    char text[MST_UNITS_TEXT_MAX];
    mst_units_size_text(64 << 20, text);
    assert_string_equal(text, "64MiB");
    mst_units_duration_text(90000, text);
    assert_string_equal(text, "90s");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_take_units_and_plain_numbers),
        cmocka_unit_test(durations_need_a_unit_unless_the_key_has_one),
        cmocka_unit_test(what_is_written_reads_back_as_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
