/* SPDX-License-Identifier: MIT */
/* RFC 3339 both ways. */
#include "unit/cmocka_all.h"

#include "base/clock.h"

static const struct {
    const char *text;
    int64_t ms;
    const char *back;
} good[] = {
    {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
    {"2026-11-21T10:40:05.123Z", 1795257605123, "2026-11-21T10:40:05.123Z"},
    {"2026-11-21T12:40:05.1239+02:00", 1795257605123,
     "2026-11-21T10:40:05.123Z"},
    {"2000-02-29t23:59:59z", 951868799000, "2000-02-29T23:59:59Z"},
    {"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"},
    {"0000-03-01T00:00:00Z", -62162035200000, "0000-03-01T00:00:00Z"},
    {"9999-12-31T23:59:59Z", 253402300799000, "9999-12-31T23:59:59Z"},
};

static const char *const bad[] = {
    "",
    "2026-11-21",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-11-21T24:00:00Z",
    "2026-11-21T10:40:05",
    "2026-11-21T10:40:05.Z",
    "2026-11-21T10:40:05Zx",
    "2026-11-21T10:40:05+25:00",
    "yesterday",
};

static void
good_times_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(good); i++) {
        int64_t ms = 0;
        struct mst_error err;
        char text[MST_TIME_TEXT_MAX];
        assert_int_equal(
            mst_time_parse(good[i].text, strlen(good[i].text), &ms, &err),
            MST_OK);
        assert_int_equal(ms, good[i].ms);
        mst_time_format(ms, text);
        assert_string_equal(text, good[i].back);
    }
}

static void
bad_times_are_rejected_with_a_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        int64_t ms = 42;
        struct mst_error err;
        assert_int_equal(mst_time_parse(bad[i], strlen(bad[i]), &ms, &err),
                         MST_REJECTED);
        assert_int_equal(ms, 42);
        assert_non_null(strstr(err.text, "RFC 3339"));
    }
}

static void
every_day_of_800_years_goes_both_ways(void **state)
{
    (void)state;
    for (int64_t day = -146097; day < 146097; day++) {
        int64_t y = 0;
        unsigned m = 0;
        unsigned d = 0;
        mst_time_civil(day, &y, &m, &d);
        assert_int_equal(mst_time_days(y, m, d), day);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_times_are_read_and_written),
        cmocka_unit_test(bad_times_are_rejected_with_a_message),
        cmocka_unit_test(every_day_of_800_years_goes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
