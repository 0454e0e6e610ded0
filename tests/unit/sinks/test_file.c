/* SPDX-License-Identifier: MIT */
/* The file sink: names, rolling, refusals, restarts. */
#include "unit/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log/log.h"
#include "unit/sinks/file_fixture.h"

static void
one_file_grows_over_two_runs_and_has_its_name_when_the_sink_is_gone(
    void **state)
{
    struct file_fixture f;
    struct mst_buf mark;
    (void)state;
    mst_buf_init(&mark, 1 << 20);
    file_fixture_init(&f, "out.jsonl");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, NULL);
    file_fixture_event(&f, 1, 2, NULL);
    assert_int_equal(file_fixture_write(&f, 2), MST_OK);
    file_fixture_assert(&f, "out.jsonl", NULL);
    assert_int_equal(mst_file_sink.mark(f.ctx, 2, &mark, &f.err), MST_OK);
    file_fixture_close(&f);
    file_fixture_assert(&f, "out.jsonl", "{\"n\":1}\n{\"n\":2}\n");
    assert_int_equal(file_fixture_open(&f, mst_buf_slice(&mark)), MST_OK);
    file_fixture_event(&f, 0, 3, NULL);
    assert_int_equal(file_fixture_write(&f, 1), MST_OK);
    file_fixture_assert(&f, "out.jsonl", NULL);
    assert_int_equal(mst_file_sink.mark(f.ctx, 3, &mark, &f.err), MST_OK);
    file_fixture_close(&f);
    file_fixture_assert(&f, "out.jsonl", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
    file_fixture_clear(&f);
    mst_buf_clear(&mark);
}

static void
files_roll_by_count_and_by_size(void **state)
{
    struct file_fixture f;
    (void)state;
    for (int by_size = 0; by_size < 2; by_size++) {
        file_fixture_init(&f, "out.jsonl");
        f.options.roll_events = by_size ? 0 : 2;
        f.options.roll_size = by_size ? 17 : 0;
        assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
        for (size_t i = 0; i < 5; i++) {
            file_fixture_event(&f, i, i + 1, NULL);
        }
        assert_int_equal(file_fixture_write(&f, 5), MST_OK);
        file_fixture_close(&f);
        file_fixture_assert(&f, "out-000001.jsonl", "{\"n\":1}\n{\"n\":2}\n");
        file_fixture_assert(&f, "out-000002.jsonl", "{\"n\":3}\n{\"n\":4}\n");
        file_fixture_assert(&f, "out-000003.jsonl", "{\"n\":5}\n");
        file_fixture_clear(&f);
    }
}

static void
paths_come_from_attributes_and_time(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "{collection}/{date}/{hour}-{seq}.jsonl");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, "users");
    file_fixture_event(&f, 1, 2, "orders");
    file_fixture_event(&f, 2, 3, "users");
    assert_int_equal(file_fixture_write(&f, 3), MST_OK);
    file_fixture_close(&f);
    file_fixture_assert(&f, "users/2026-11-21/10-000001.jsonl",
                        "{\"n\":1}\n{\"n\":3}\n");
    file_fixture_assert(&f, "orders/2026-11-21/10-000001.jsonl", "{\"n\":2}\n");
    file_fixture_clear(&f);
}

static void
values_that_would_leave_the_directory_are_rejected_alone(void **state)
{
    static const char *const evil[] = {"..",   "../x", "/etc", "a/b", ".",
                                       "a\nb", "",     "\x01", NULL};
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "{collection}");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    for (size_t i = 0; i < MST_ARRAY_SIZE(evil); i++) {
        file_fixture_event(&f, i, i + 1, evil[i]);
    }
    file_fixture_event(&f, MST_ARRAY_SIZE(evil), 100, "good");
    assert_int_equal(file_fixture_write(&f, MST_ARRAY_SIZE(evil) + 1), MST_OK);
    assert_int_equal(f.rejected, MST_ARRAY_SIZE(evil));
    file_fixture_close(&f);
    file_fixture_assert(&f, "good", "{\"n\":100}\n");
    file_fixture_clear(&f);
}

static void
bad_templates_are_refused_at_once(void **state)
{
    static const char *const bad[] = {
        "",          "/abs", "a//b", "../x", "a/..", "{what}.jsonl",
        "{attr:}.x", "a{b",  "a}b",  "x/",   "a\tb", "."};
    struct file_fixture f;
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        file_fixture_init(&f, bad[i]);
        assert_int_equal(mst_file_sink.create(&f.ctx, &f.args, &f.err),
                         MST_FATAL);
        assert_non_null(strstr(f.err.text, "resource"));
        file_fixture_clear(&f);
    }
}

static void
pretty_json_and_tombstones_are_one_line_each(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "out.jsonl");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, NULL)->payload =
        MST_SLICE_LIT("{\r\n \"a\": 1\n}");
    file_fixture_event(&f, 1, 2, NULL)->payload = MST_SLICE_NONE;
    assert_int_equal(file_fixture_write(&f, 2), MST_OK);
    file_fixture_close(&f);
    file_fixture_assert(&f, "out.jsonl", "{   \"a\": 1 }\nnull\n");
    file_fixture_clear(&f);
}

static void
documents_become_csv_records_with_a_header_in_every_file(void **state)
{
    static char *const columns[] = {(char *)(uintptr_t) "_id",
                                    (char *)(uintptr_t) "a.b",
                                    (char *)(uintptr_t) "t,x"};
    static const struct {
        const char *json;
        const char *record;
    } cases[] = {
        {"{\"_id\":1,\"a\":{\"b\":\"x\"},\"t,x\":null}", "1,x,\n"},
        {"{\"_id\":\"\",\"a\":{\"b\":true}}", "\"\",true,\n"},
        {"{\"_id\":\"p,q\",\"a\":{\"b\":-1.5e3}}", "\"p,q\",-1.5e3,\n"},
        {"{\"_id\":\"\\\"\\n\\u00e9\\uD83D\\ude00\\/\"}",
         "\"\"\"\n\xC3\xA9\xF0\x9F\x98\x80/\",,\n"},
        {"{\"_id\":{\"$oid\":\"0\"},\"a\":{\"b\":[1]}}",
         "\"{\"\"$oid\"\":\"\"0\"\"}\",\"[1]\",\n"},
        {"{\"_id\":\" s \"}", "\" s \",,\n"},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct file_fixture f;
        char wanted[256];
        file_fixture_init(&f, "out.csv");
        f.options.format = MST_FILE_SINK_CSV;
        f.options.columns.items = (char **)(uintptr_t)columns;
        f.options.columns.len = MST_ARRAY_SIZE(columns);
        f.options.roll_events = 1;
        assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
        file_fixture_event(&f, 0, 1, NULL)->payload =
            mst_slice_str(cases[i].json);
        file_fixture_event(&f, 1, 2, NULL)->payload = MST_SLICE_LIT("[1]");
        file_fixture_event(&f, 2, 3, NULL)->payload = MST_SLICE_LIT("{\"_id");
        file_fixture_event(&f, 3, 4, NULL);
        assert_int_equal(file_fixture_write(&f, 4), MST_OK);
        assert_int_equal(f.rejected, 2);
        file_fixture_close(&f);
        (void)snprintf(wanted, sizeof(wanted), "_id,a.b,\"t,x\"\n%s",
                       cases[i].record);
        file_fixture_assert(&f, "out-000001.csv", wanted);
        file_fixture_assert(&f, "out-000002.csv", "_id,a.b,\"t,x\"\n,,\n");
        file_fixture_clear(&f);
    }
}

static void
csv_without_columns_is_refused(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "out.csv");
    f.options.format = MST_FILE_SINK_CSV;
    assert_int_equal(mst_file_sink.create(&f.ctx, &f.args, &f.err), MST_FATAL);
    assert_non_null(strstr(f.err.text, "columns"));
    file_fixture_clear(&f);
}

static void
half_an_event_of_a_run_without_checkpoint_is_cut_off(void **state)
{
    static const struct {
        int format;
        const char *left;
        size_t len;
        const char *kept;
    } cases[] = {
        {MST_FILE_SINK_JSON, "1\n2\n3", 5, "1\n2\n"},
        {MST_FILE_SINK_CSV, "a\n1\n\"x\ny", 8, "a\n1\n"},
        {MST_FILE_SINK_BSON, "\5\0\0\0\0\6\0\0", 8, "\5"},
    };
    char *column = (char *)(uintptr_t) "a";
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct file_fixture f;
        char path[2 * FIXTURE_PATH];
        file_fixture_init(&f, "out");
        f.options.format = cases[i].format;
        f.args.encoding = cases[i].format == MST_FILE_SINK_BSON
                              ? MST_ENCODING_BSON
                              : MST_ENCODING_JSON;
        f.options.columns.items = &column;
        f.options.columns.len = cases[i].format == MST_FILE_SINK_CSV;
        struct mst_buf text;
        mst_buf_init(&text, 4096);
        assert_int_equal(mst_file_sink.inspect->explain(&f.args, &text, &f.err),
                         MST_OK);
        char *suffix = strstr(mst_buf_text(&text), ".job-");
        assert_non_null(suffix);
        *strchr(suffix, '\'') = '\0';
        (void)snprintf(path, sizeof(path), "%s/out%s", f.dir, suffix);
        mst_buf_clear(&text);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(cases[i].left, 1, cases[i].len, file),
                         cases[i].len);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
        file_fixture_assert(&f, "out", cases[i].kept);
        file_fixture_clear(&f);
    }
}

static void
payloads_that_are_not_json_are_rejected_alone(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "out.jsonl");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, NULL)->payload = MST_SLICE_LIT("{\"a\":1}");
    file_fixture_event(&f, 1, 2, NULL)->payload = MST_SLICE_LIT("{\"a\":");
    file_fixture_event(&f, 2, 3, NULL)->payload = MST_SLICE_LIT("1\n2");
    file_fixture_event(&f, 3, 4, NULL)->payload = MST_SLICE_LIT("");
    file_fixture_event(&f, 4, 5, NULL)->payload = MST_SLICE_LIT("2");
    assert_int_equal(file_fixture_write(&f, 5), MST_OK);
    assert_int_equal(f.ok, 2);
    assert_int_equal(f.rejected, 3);
    file_fixture_close(&f);
    file_fixture_assert(&f, "out.jsonl", "{\"a\":1}\n2\n");
    file_fixture_clear(&f);
}

static void
documents_that_are_not_bson_are_rejected_alone(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "out.bson");
    f.args.encoding = MST_ENCODING_BSON;
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, NULL)->payload = MST_SLICE_LIT("\5\0\0\0\0");
    file_fixture_event(&f, 1, 2, NULL)->payload = MST_SLICE_LIT("\6\0\0\0\0");
    file_fixture_event(&f, 2, 3, NULL)->payload = MST_SLICE_NONE;
    file_fixture_event(&f, 3, 4, NULL)->payload = MST_SLICE_LIT("\5\0\0\0\0");
    assert_int_equal(file_fixture_write(&f, 4), MST_OK);
    assert_int_equal(f.ok, 2);
    assert_int_equal(f.rejected, 2);
    file_fixture_clear(&f);
}

static void
what_no_checkpoint_covers_is_kept_when_there_is_none_at_all(void **state)
{
    struct file_fixture f;
    struct file_fixture after;
    (void)state;
    file_fixture_init(&f, "out.jsonl");
    file_fixture_init(&after, "out.jsonl");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, NULL);
    assert_int_equal(file_fixture_write(&f, 1), MST_OK);
    file_fixture_crash_copy(&f, &after);
    assert_int_equal(file_fixture_open(&after, MST_SLICE_NONE), MST_OK);
    file_fixture_assert(&after, "out.jsonl", "{\"n\":1}\n");
    file_fixture_event(&after, 0, 1, NULL);
    assert_int_equal(file_fixture_write(&after, 1), MST_OK);
    file_fixture_close(&after);
    file_fixture_assert(&after, "out.jsonl", "{\"n\":1}\n");
    file_fixture_assert(&after, "out-000002.jsonl", "{\"n\":1}\n");
    file_fixture_clear(&f);
    file_fixture_clear(&after);
}

static void
a_file_shorter_than_the_checkpoint_says_is_fatal_in_words(void **state)
{
    struct file_fixture f;
    struct mst_buf mark;
    char path[2 * FIXTURE_PATH];
    (void)state;
    mst_buf_init(&mark, 1 << 20);
    file_fixture_init(&f, "out.jsonl");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, NULL);
    assert_int_equal(file_fixture_write(&f, 1), MST_OK);
    assert_int_equal(mst_file_sink.mark(f.ctx, 1, &mark, &f.err), MST_OK);
    file_fixture_close(&f);
    (void)snprintf(path, sizeof(path), "%s/out.jsonl", f.dir);
    assert_int_equal(truncate(path, 3), 0);
    assert_int_equal(file_fixture_open(&f, mst_buf_slice(&mark)), MST_FATAL);
    assert_non_null(strstr(f.err.text, "has 3 bytes"));
    file_fixture_clear(&f);
    mst_buf_clear(&mark);
}

static void
damaged_marks_are_refused(void **state)
{
    static const char *const bad[] = {
        "x",
        "{}",
        "{\"v\":2,\"tag\":\"t\",\"bases\":[]}",
        "{\"v\":1,\"tag\":\"../t\",\"bases\":[]}",
        "{\"v\":1,\"tag\":\"t\",\"bases\":[{}]}",
        "{\"v\":1,\"tag\":\"t\",\"bases\":[{\"base\":\"b\",\"files\":[]}]}"};
    struct file_fixture f;
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        file_fixture_init(&f, "out.jsonl");
        assert_int_equal(file_fixture_open(&f, mst_slice_str(bad[i])),
                         MST_FATAL);
        file_fixture_clear(&f);
    }
}

static void
a_sink_that_is_reopened_in_its_run_keeps_what_was_confirmed(void **state)
{
    struct file_fixture f;
    struct mst_sink_start start = {.mark = MST_SLICE_NONE};
    (void)state;
    file_fixture_init(&f, "out.jsonl");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, NULL);
    assert_int_equal(file_fixture_write(&f, 1), MST_OK);
    mst_file_sink.close(f.ctx);
    assert_int_equal(mst_file_sink.open(f.ctx, &start, &f.err), MST_OK);
    file_fixture_event(&f, 0, 2, NULL);
    assert_int_equal(file_fixture_write(&f, 1), MST_OK);
    file_fixture_close(&f);
    file_fixture_assert(&f, "out.jsonl", "{\"n\":1}\n{\"n\":2}\n");
    file_fixture_clear(&f);
}

static void
half_a_record_is_taken_back_when_a_write_fails(void **state)
{
    struct file_fixture f;
    struct rlimit before;
    (void)state;
    file_fixture_init(&f, "out.jsonl");
    assert_int_equal(file_fixture_open(&f, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&f, 0, 1, NULL);
    assert_int_equal(file_fixture_write(&f, 1), MST_OK);
    /* The disk is full in the middle of event 3. */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 19, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    file_fixture_event(&f, 0, 2, NULL);
    file_fixture_event(&f, 1, 3, NULL);
    assert_int_equal(file_fixture_write(&f, 2), MST_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(f.ok, 1);
    assert_int_equal(f.retry, 2);
    assert_non_null(strstr(f.err.text, "can not write"));
    char *text = file_fixture_read(&f, "out.jsonl.job-9580.part");
    assert_non_null(text);
    assert_string_equal(text, "{\"n\":1}\n");
    free(text);
    assert_int_equal(file_fixture_write(&f, 2), MST_OK);
    file_fixture_close(&f);
    file_fixture_assert(&f, "out.jsonl", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
    file_fixture_clear(&f);
}

static void
nothing_is_said_about_files_that_are_not_open_yet(void **state)
{
    struct file_fixture f;
    struct mst_buf mark;
    (void)state;
    mst_buf_init(&mark, 1024);
    file_fixture_init(&f, "out.jsonl");
    assert_int_equal(mst_file_sink.create(&f.ctx, &f.args, &f.err), MST_OK);
    assert_int_equal(mst_file_sink.mark(f.ctx, 0, &mark, &f.err), MST_RETRY);
    assert_int_equal(mark.len, 0);
    mst_buf_clear(&mark);
    file_fixture_clear(&f);
}

static void
an_open_that_failed_half_way_is_done_again_from_the_start(void **state)
{
    struct file_fixture first;
    struct file_fixture second;
    struct mst_buf mark;
    (void)state;
    mst_buf_init(&mark, 1 << 20);
    file_fixture_init(&first, "{collection}.jsonl");
    file_fixture_init(&second, "{collection}.jsonl");
    assert_int_equal(file_fixture_open(&first, MST_SLICE_NONE), MST_OK);
    file_fixture_event(&first, 0, 1, "a");
    file_fixture_event(&first, 1, 2, "b");
    assert_int_equal(file_fixture_write(&first, 2), MST_OK);
    assert_int_equal(mst_file_sink.mark(first.ctx, 2, &mark, &first.err),
                     MST_OK);
    /* A second process on the same files is told to wait ... */
    char *own = second.service.path;
    second.service.path = first.dir;
    assert_int_equal(file_fixture_open(&second, mst_buf_slice(&mark)),
                     MST_RETRY);
    assert_non_null(strstr(second.err.text, "another process"));
    /* ... until the first one is gone. */
    file_fixture_close(&first);
    struct mst_sink_start start = {.mark = mst_buf_slice(&mark)};
    assert_int_equal(mst_file_sink.open(second.ctx, &start, &second.err),
                     MST_OK);
    file_fixture_event(&second, 0, 3, "a");
    file_fixture_event(&second, 1, 4, "b");
    assert_int_equal(file_fixture_write(&second, 2), MST_OK);
    mst_buf_reset(&mark);
    assert_int_equal(mst_file_sink.mark(second.ctx, 4, &mark, &second.err),
                     MST_OK);
    file_fixture_close(&second);
    file_fixture_assert(&first, "a.jsonl", "{\"n\":1}\n{\"n\":3}\n");
    file_fixture_assert(&first, "b.jsonl", "{\"n\":2}\n{\"n\":4}\n");
    second.service.path = own;
    file_fixture_clear(&first);
    file_fixture_clear(&second);
    mst_buf_clear(&mark);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            one_file_grows_over_two_runs_and_has_its_name_when_the_sink_is_gone),
        cmocka_unit_test(files_roll_by_count_and_by_size),
        cmocka_unit_test(paths_come_from_attributes_and_time),
        cmocka_unit_test(
            values_that_would_leave_the_directory_are_rejected_alone),
        cmocka_unit_test(bad_templates_are_refused_at_once),
        cmocka_unit_test(pretty_json_and_tombstones_are_one_line_each),
        cmocka_unit_test(
            documents_become_csv_records_with_a_header_in_every_file),
        cmocka_unit_test(csv_without_columns_is_refused),
        cmocka_unit_test(half_an_event_of_a_run_without_checkpoint_is_cut_off),
        cmocka_unit_test(payloads_that_are_not_json_are_rejected_alone),
        cmocka_unit_test(documents_that_are_not_bson_are_rejected_alone),
        cmocka_unit_test(
            what_no_checkpoint_covers_is_kept_when_there_is_none_at_all),
        cmocka_unit_test(
            a_file_shorter_than_the_checkpoint_says_is_fatal_in_words),
        cmocka_unit_test(damaged_marks_are_refused),
        cmocka_unit_test(
            a_sink_that_is_reopened_in_its_run_keeps_what_was_confirmed),
        cmocka_unit_test(half_a_record_is_taken_back_when_a_write_fails),
        cmocka_unit_test(nothing_is_said_about_files_that_are_not_open_yet),
        cmocka_unit_test(
            an_open_that_failed_half_way_is_done_again_from_the_start),
    };
    mst_log_set_level(MST_LOG_OFF);
    (void)signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
