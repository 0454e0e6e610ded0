/* SPDX-License-Identifier: MIT */
#include "api/metrics_text.h"

#include "unit/cmocka_all.h"

static void
the_format_is_what_the_client_would_rather_have(void **state)
{
    static const struct {
        const char *accept;
        bool open;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"*/*", false},
        {"text/plain", false},
        {"application/json", false},
        {"application/openmetrics-text", true},
        {"APPLICATION/OpenMetrics-Text; Version=1.0.0", true},
        {"application/openmetrics-text; version=2.0.0", false},
        {"application/openmetrics-text; version=0.0.1", false},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-textual", false},
        {"application/openmetrics-text;q=0.3,text/plain;q=0.5", false},
        {"text/plain;q=0.5,application/openmetrics-text;q=0.8", true},
        {"application/openmetrics-text;version=1.0.0,"
         "application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
        {"application/openmetrics-text;q=", false},
        {",,;;q=1,", false},
        {"application/openmetrics-text;version=", true},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        if (mst_metrics_wants_open(cases[i].accept) != cases[i].open) {
            fail_msg("%s", cases[i].accept);
        }
    }
}

static void
write_all(struct mst_metrics_text *text)
{
    static const struct mst_metric_family counter = {
        "x_read_bytes", MST_METRIC_COUNTER, "bytes", "Bytes."};
    static const struct mst_metric_family gauge = {
        "x_age_seconds", MST_METRIC_GAUGE, "seconds", "Age."};
    static const struct mst_metric_family info = {"x_build", MST_METRIC_INFO,
                                                  NULL, "Build."};
    mst_metrics_family(text, &counter);
    mst_metrics_number(text, "job=\"a\"", 7);
    mst_metrics_family(text, &gauge);
    mst_metrics_milli(text, NULL, 1005);
    mst_metrics_milli(text, "job=\"b\"", -20);
    mst_metrics_family(text, &info);
    mst_metrics_number(text, "version=\"1\"", 1);
    mst_metrics_end(text);
}

static void
assert_written(bool open, const char *expected)
{
    struct mst_json out;
    mst_json_init(&out, 64 * 1024);
    struct mst_metrics_text text = {.out = &out, .open = open};
    write_all(&text);
    assert_false(out.failed);
    assert_string_equal(mst_buf_text(&out.buf), expected);
    mst_json_clear(&out);
}

static void
names_and_types_are_those_of_the_format(void **state)
{
    (void)state;
    assert_written(false, "# HELP x_read_bytes_total Bytes.\n"
                          "# TYPE x_read_bytes_total counter\n"
                          "x_read_bytes_total{job=\"a\"} 7\n"
                          "# HELP x_age_seconds Age.\n"
                          "# TYPE x_age_seconds gauge\n"
                          "x_age_seconds 1.005\n"
                          "x_age_seconds{job=\"b\"} -0.020\n"
                          "# HELP x_build_info Build.\n"
                          "# TYPE x_build_info gauge\n"
                          "x_build_info{version=\"1\"} 1\n");
    assert_written(true, "# HELP x_read_bytes Bytes.\n"
                         "# TYPE x_read_bytes counter\n"
                         "# UNIT x_read_bytes bytes\n"
                         "x_read_bytes_total{job=\"a\"} 7\n"
                         "# HELP x_age_seconds Age.\n"
                         "# TYPE x_age_seconds gauge\n"
                         "# UNIT x_age_seconds seconds\n"
                         "x_age_seconds 1.005\n"
                         "x_age_seconds{job=\"b\"} -0.020\n"
                         "# HELP x_build Build.\n"
                         "# TYPE x_build info\n"
                         "x_build_info{version=\"1\"} 1\n"
                         "# EOF\n");
}

static void
a_histogram_counts_upwards_and_ends_with_all(void **state)
{
    static const struct mst_metric_family family = {
        "x_seconds", MST_METRIC_HISTOGRAM, "seconds", "Times."};
    const struct mst_histogram_look look = {
        .counts = {[0] = 1, [2] = 2, [MST_HISTOGRAM_BOUNDS] = 4},
        .sum = 1500000};
    struct mst_json out;
    (void)state;
    mst_json_init(&out, 64 * 1024);
    struct mst_metrics_text text = {.out = &out};
    mst_metrics_family(&text, &family);
    mst_metrics_histogram(&text, "job=\"a\"", &look, mst_histogram_times, 1e6);
    const char *all = mst_buf_text(&out.buf);
    assert_non_null(
        strstr(all, "x_seconds_bucket{job=\"a\",le=\"0.0001\"} 1\n"));
    assert_non_null(
        strstr(all, "x_seconds_bucket{job=\"a\",le=\"0.0005\"} 1\n"));
    assert_non_null(
        strstr(all, "x_seconds_bucket{job=\"a\",le=\"0.001\"} 3\n"));
    assert_non_null(
        strstr(all, "x_seconds_bucket{job=\"a\",le=\"3600.0\"} 3\n"));
    assert_non_null(strstr(all, "x_seconds_bucket{job=\"a\",le=\"+Inf\"} 7\n"
                                "x_seconds_sum{job=\"a\"} 1.500000\n"
                                "x_seconds_count{job=\"a\"} 7\n"));
    mst_json_clear(&out);
}

static void
a_label_can_not_end_its_line(void **state)
{
    struct mst_buf labels;
    (void)state;
    mst_buf_init(&labels, 1000);
    assert_int_equal(mst_metrics_label(&labels, "job", "a\"b\\c\nd"), MST_OK);
    assert_int_equal(mst_metrics_label(&labels, "stage", "x"), MST_OK);
    assert_string_equal(mst_buf_text(&labels),
                        "job=\"a\\\"b\\\\c\\nd\",stage=\"x\"");
    mst_buf_clear(&labels);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_format_is_what_the_client_would_rather_have),
        cmocka_unit_test(names_and_types_are_those_of_the_format),
        cmocka_unit_test(a_histogram_counts_upwards_and_ends_with_all),
        cmocka_unit_test(a_label_can_not_end_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
