/* SPDX-License-Identifier: MIT */
/* The file source: formats, positions, and what people do to files. */
#include "unit/cmocka_all.h"

#include "base/thread.h"
#include "log/log.h"
#include "unit/sources/file_fixture.h"

static void
lines_are_events_whatever_ends_them(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "a.jsonl");
    file_fixture_text(&f, "a.jsonl",
                      "\xEF\xBB\xBF{\"n\":1}\r\n\n  \n{\"n\":2}\n{\"n\":3}");
    assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
    assert_int_equal(file_fixture_drain(&f), MST_END);
    file_fixture_expect(&f, "{\"n\":1}|{\"n\":2}|{\"n\":3}|");
    file_fixture_clear(&f);
}

static void
files_are_read_in_the_order_of_names_and_open_ones_are_left_out(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "");
    file_fixture_text(&f, "b.jsonl", "2\n");
    file_fixture_text(&f, "c.jsonl.part", "4\n");
    file_fixture_text(&f, "a.jsonl", "1\n");
    file_fixture_text(&f, "c.jsonl", "3\n");
    assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
    assert_int_equal(file_fixture_drain(&f), MST_END);
    file_fixture_expect(&f, "1|2|3|");
    file_fixture_clear(&f);
}

static void
reading_goes_on_at_any_position(void **state)
{
    static const char all[] = "10|11|12|13|14|15|16|17|";
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "*.jsonl");
    f.options.follow = false;
    file_fixture_text(&f, "a.jsonl", "10\n11\n12\n13\n");
    file_fixture_text(&f, "b.jsonl", "14\n15\n16\n17\n");
    for (size_t stop = 0; stop <= 8; stop++) {
        assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
        mst_batch_reset(f.batch, 0);
        char *position = file_fixture_position(&f);
        f.batch->max_events = 1;
        for (size_t i = 0; i < stop; i++) {
            free(position);
            assert_int_equal(file_fixture_read(&f, 1000), MST_OK);
            position = file_fixture_position(&f);
        }
        assert_int_equal(file_fixture_open(&f, position, false), MST_OK);
        assert_int_equal(file_fixture_drain(&f), MST_END);
        file_fixture_expect(&f, all + stop * 3);
        free(position);
    }
    file_fixture_clear(&f);
}

static void
half_a_line_waits_for_its_other_half(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "*.jsonl");
    file_fixture_text(&f, "a.jsonl", "1\n2");
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
    file_fixture_expect(&f, "1|");
    assert_int_equal(file_fixture_read(&f, 1), MST_AGAIN);
    file_fixture_text(&f, "a.jsonl", "3\n4");
    file_fixture_expect(&f, "1|23|");
    file_fixture_text(&f, "b.jsonl", "x\n");
    file_fixture_expect(&f, "1|23|x|");
    file_fixture_text(&f, "a.jsonl", "5\n");
    file_fixture_expect(&f, "1|23|x|45|");
    file_fixture_clear(&f);
}

static void
a_renamed_file_goes_on_where_it_was(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "log*");
    file_fixture_text(&f, "log", "1\n2\n");
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
    file_fixture_expect(&f, "1|2|");
    char *position = file_fixture_position(&f);
    file_fixture_text(&f, "log", "3\n");
    file_fixture_rename(&f, "log", "log.1");
    file_fixture_text(&f, "log", "4\n");
    file_fixture_expect(&f, "1|2|3|4|");
    /* The same when it happened while nobody was reading. */
    assert_int_equal(file_fixture_open(&f, position, false), MST_OK);
    file_fixture_expect(&f, "3|4|");
    free(position);
    file_fixture_clear(&f);
}

static void
a_file_renamed_out_of_sight_is_read_to_its_end(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "*.log");
    file_fixture_text(&f, "a.log", "1\n");
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
    file_fixture_expect(&f, "1|");
    file_fixture_text(&f, "a.log", "2\n");
    file_fixture_rename(&f, "a.log", "a.old");
    file_fixture_expect(&f, "1|2|");
    file_fixture_text(&f, "a.old", "3\n");
    file_fixture_text(&f, "b.log", "4\n");
    file_fixture_expect(&f, "1|2|3|4|");
    file_fixture_clear(&f);
}

static void
truncation_stops_in_words_or_restarts_as_asked(void **state)
{
    struct file_fixture f;
    (void)state;
    for (int restart = 0; restart < 2; restart++) {
        file_fixture_init(&f, "a.jsonl");
        f.options.on_truncate =
            restart ? MST_FILE_SOURCE_RESTART : MST_FILE_SOURCE_STOP;
        file_fixture_text(&f, "a.jsonl", "1\n2\n3\n");
        assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
        file_fixture_expect(&f, "1|2|3|");
        file_fixture_truncate(&f, "a.jsonl", 0);
        file_fixture_text(&f, "a.jsonl", "4\n");
        if (restart) {
            file_fixture_expect(&f, "1|2|3|4|");
        } else {
            assert_int_equal(file_fixture_drain(&f), MST_FATAL);
            assert_non_null(strstr(f.err.text, "truncated"));
            assert_non_null(strstr(f.err.text, "byte 6"));
            assert_non_null(strstr(f.err.hint, "on_truncate"));
        }
        file_fixture_clear(&f);
    }
}

static void
a_file_rewritten_while_nobody_looked_is_noticed(void **state)
{
    struct file_fixture f;
    (void)state;
    for (int restart = 0; restart < 2; restart++) {
        file_fixture_init(&f, "a.jsonl");
        file_fixture_text(&f, "a.jsonl", "1\n2\n3\n");
        assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
        file_fixture_expect(&f, "1|2|3|");
        char *position = file_fixture_position(&f);
        file_fixture_truncate(&f, "a.jsonl", 0);
        file_fixture_text(&f, "a.jsonl", "5\n6\n7\n8\n");
        f.options.on_truncate =
            restart ? MST_FILE_SOURCE_RESTART : MST_FILE_SOURCE_STOP;
        enum mst_status status = file_fixture_open(&f, position, false);
        if (restart) {
            assert_int_equal(status, MST_OK);
            file_fixture_expect(&f, "5|6|7|8|");
        } else {
            assert_int_equal(status, MST_FATAL);
            assert_non_null(strstr(f.err.text, "rewritten"));
        }
        free(position);
        file_fixture_clear(&f);
    }
}

static void
a_file_rewritten_longer_while_it_is_followed_is_noticed(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "a.jsonl");
    file_fixture_text(&f, "a.jsonl", "1\n2\n3\n");
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
    file_fixture_expect(&f, "1|2|3|");
    file_fixture_truncate(&f, "a.jsonl", 0);
    file_fixture_text(&f, "a.jsonl", "5\n6\n7\n8\n");
    assert_int_equal(file_fixture_drain(&f), MST_FATAL);
    assert_non_null(strstr(f.err.text, "rewritten"));
    file_fixture_expect(&f, "1|2|3|");
    file_fixture_clear(&f);
}

static void
a_line_that_is_too_long_stops_with_its_place(void **state)
{
    struct file_fixture f;
    (void)state;
    char *line = malloc(600000);
    assert_non_null(line);
    memset(line, 'x', 600000);
    file_fixture_init(&f, "a.jsonl");
    f.options.max_event_bytes = 500000;
    file_fixture_text(&f, "a.jsonl", "1\n");
    file_fixture_append(&f, "a.jsonl", line, 600000);
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
    assert_int_equal(file_fixture_drain(&f), MST_FATAL);
    file_fixture_text(&f, "a.jsonl", "\n");
    assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
    assert_int_equal(file_fixture_drain(&f), MST_FATAL);
    assert_non_null(strstr(f.err.text, "byte 2"));
    assert_string_equal(mst_buf_text(&f.got), "1|");
    /* Longer than a piece that is read at once, but allowed. */
    f.options.max_event_bytes = 600001;
    assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
    assert_int_equal(file_fixture_drain(&f), MST_END);
    assert_int_equal(f.got.len, 2 + 600001);
    free(line);
    file_fixture_clear(&f);
}

static void
no_line_is_lost_where_pieces_meet(void **state)
{
    struct file_fixture f;
    struct mst_buf text;
    struct mst_buf wanted;
    (void)state;
    mst_buf_init(&text, 8 << 20);
    mst_buf_init(&wanted, 8 << 20);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(mst_buf_printf(&text, "%d%0*d\n", i, i % 37, 0),
                         MST_OK);
        assert_int_equal(mst_buf_printf(&wanted, "%d%0*d|", i, i % 37, 0),
                         MST_OK);
    }
    file_fixture_init(&f, "a.jsonl");
    file_fixture_append(&f, "a.jsonl", text.data, text.len);
    assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
    assert_int_equal(file_fixture_drain(&f), MST_END);
    assert_int_equal(f.got.len, wanted.len);
    assert_memory_equal(f.got.data, wanted.data, wanted.len);
    mst_buf_clear(&text);
    mst_buf_clear(&wanted);
    file_fixture_clear(&f);
}

static void
csv_records_become_objects(void **state)
{
    static const struct {
        const char *record;
        const char *strings;
        const char *inferred;
    } cases[] = {
        {"1,x\n", "{\"a\":\"1\",\"b c\":\"x\"}", "{\"a\":1,\"b c\":\"x\"}"},
        {"-1.5e3,true\r\n", "{\"a\":\"-1.5e3\",\"b c\":\"true\"}",
         "{\"a\":-1.5e3,\"b c\":true}"},
        {",\"\"\n", "{\"a\":\"\",\"b c\":\"\"}", "{\"a\":null,\"b c\":\"\"}"},
        {"\"1\",\"x\"\"y,\nz\"\n", "{\"a\":\"1\",\"b c\":\"x\\\"y,\\u000az\"}",
         "{\"a\":\"1\",\"b c\":\"x\\\"y,\\u000az\"}"},
        {"01,1x\n", "{\"a\":\"01\",\"b c\":\"1x\"}",
         "{\"a\":\"01\",\"b c\":\"1x\"}"},
        {"1\n", "{\"a\":\"1\"}", "{\"a\":1}"},
        {"1,2,3,\n", "{\"a\":\"1\",\"b c\":\"2\",\"_extra\":[\"3\",\"\"]}",
         "{\"a\":1,\"b c\":2,\"_extra\":[3,null]}"},
        {"a\\b,\t\n", "{\"a\":\"a\\\\b\",\"b c\":\"\\u0009\"}",
         "{\"a\":\"a\\\\b\",\"b c\":\"\\u0009\"}"},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        for (int infer = 0; infer < 2; infer++) {
            struct file_fixture f;
            file_fixture_init(&f, "a.csv");
            f.options.types = infer;
            file_fixture_text(&f, "a.csv", "a,\"b c\"\r\n");
            file_fixture_text(&f, "a.csv", cases[i].record);
            assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
            assert_int_equal(file_fixture_drain(&f), MST_END);
            f.got.len--; /* the bar */
            assert_string_equal(mst_buf_text(&f.got),
                                infer ? cases[i].inferred : cases[i].strings);
            file_fixture_clear(&f);
        }
    }
}

static void
csv_has_its_header_also_when_reading_goes_on_in_the_middle(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "a.csv");
    file_fixture_text(&f, "a.csv", "\xEF\xBB\xBFn\n1\n2\n");
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
    f.batch->max_events = 1;
    assert_int_equal(file_fixture_read(&f, 1000), MST_OK);
    char *position = file_fixture_position(&f);
    assert_int_equal(file_fixture_open(&f, position, true), MST_OK);
    assert_int_equal(file_fixture_drain(&f), MST_END);
    file_fixture_expect(&f, "{\"n\":\"2\"}|");
    free(position);
    file_fixture_clear(&f);
}

/* {"_id": int32} */
static void
append_bson(const struct file_fixture *f, uint8_t id)
{
    const uint8_t doc[] = {14, 0, 0, 0, 0x10, '_', 'i', 'd', 0, id, 0, 0, 0, 0};
    file_fixture_append(f, "a.bson", doc, sizeof(doc));
}

static void
bson_documents_follow_each_other_and_have_keys(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "a.bson");
    f.options.key_field = (char *)(uintptr_t) "_id";
    append_bson(&f, 1);
    append_bson(&f, 2);
    assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
    assert_int_equal(file_fixture_read(&f, 1000), MST_OK);
    assert_int_equal(f.batch->len, 2);
    const struct mst_event *event = &f.batch->events[1];
    assert_int_equal(event->encoding, MST_ENCODING_BSON);
    assert_int_equal(event->key_kind, MST_KEY_BSON);
    assert_true(mst_slice_equal(event->key, event->payload));
    assert_int_equal(file_fixture_read(&f, 1000), MST_END);
    file_fixture_clear(&f);
}

static void
damaged_bson_stops_with_its_place(void **state)
{
    static const struct {
        const char *tail;
        size_t len;
        const char *says;
    } cases[] = {
        {"\3\0\0\0\0", 5, "no BSON document begins at byte 14"},
        {"\377\377\377\377\0", 5, "no BSON document begins at byte 14"},
        {"\16\0\0\0\20", 5, "ends in the middle"},
        {"\16", 1, "ends in the middle"},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct file_fixture f;
        file_fixture_init(&f, "a.bson");
        append_bson(&f, 1);
        file_fixture_append(&f, "a.bson", cases[i].tail, cases[i].len);
        assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
        assert_int_equal(file_fixture_drain(&f), MST_FATAL);
        assert_int_equal(f.got.len, 15);
        assert_non_null(strstr(f.err.text, cases[i].says));
        file_fixture_clear(&f);
    }
}

static void
key_operation_and_file_name_come_with_the_event(void **state)
{
    struct file_fixture f;
    (void)state;
    file_fixture_init(&f, "a.jsonl");
    f.options.key_field = (char *)(uintptr_t) "k.x";
    f.options.op_field = (char *)(uintptr_t) "op";
    file_fixture_text(&f, "a.jsonl",
                      "{\"k\":{\"x\":\"key\"},\"op\":\"delete\"}\n"
                      "{\"k\":{\"x\":17},\"op\":\"u\"}\n"
                      "{\"op\":\"nonsense\"}\n");
    assert_int_equal(file_fixture_open(&f, NULL, true), MST_OK);
    assert_int_equal(file_fixture_read(&f, 1000), MST_OK);
    assert_int_equal(f.batch->len, 3);
    const struct mst_event *events = f.batch->events;
    assert_true(mst_slice_is(events[0].key, "key"));
    assert_int_equal(events[0].key_kind, MST_KEY_BYTES);
    assert_int_equal(events[0].op, MST_OP_DELETE);
    assert_true(mst_slice_is(events[1].key, "17"));
    assert_int_equal(events[1].op, MST_OP_UPDATE);
    assert_null(events[2].key.data);
    assert_int_equal(events[2].op, MST_OP_CREATE);
    assert_true(
        mst_slice_is(mst_event_attribute(&events[2], "file"), "a.jsonl"));
    file_fixture_clear(&f);
}

static void
foreign_positions_and_bad_options_are_refused(void **state)
{
    static const char *const bad[] = {
        "x", "{}", "{\"kind\":\"generate\",\"next\":1}",
        "{\"kind\":\"file\",\"files\":[{}]}",
        "{\"kind\":\"file\",\"files\":[{\"name\":\"a\",\"dev\":1,\"ino\":1,"
        "\"offset\":-1,\"head\":0,\"crc\":0}]}"};
    struct file_fixture f;
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        file_fixture_init(&f, "a.jsonl");
        assert_int_equal(file_fixture_open(&f, bad[i], false), MST_FATAL);
        file_fixture_clear(&f);
    }
    file_fixture_init(&f, "../a");
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_FATAL);
    file_fixture_clear(&f);
    file_fixture_init(&f, "a.csv");
    f.options.delimiter = (char *)(uintptr_t) ";;";
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_FATAL);
    file_fixture_clear(&f);
}

static void *
interrupt_it(void *ctx)
{
    mst_file_source.interrupt(ctx);
    return NULL;
}

static void
interrupt_ends_the_wait_for_more(void **state)
{
    struct file_fixture f;
    pthread_t thread;
    (void)state;
    file_fixture_init(&f, "a.jsonl");
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
    assert_int_equal(
        mst_thread_start(&thread, "t", interrupt_it, f.ctx, &f.err), MST_OK);
    assert_int_equal(file_fixture_read(&f, 600000), MST_AGAIN);
    assert_int_equal(pthread_join(thread, NULL), 0);
    file_fixture_clear(&f);
}

static void
positions_are_told_in_words(void **state)
{
    struct file_fixture f;
    struct mst_buf out;
    (void)state;
    mst_buf_init(&out, 1024);
    file_fixture_init(&f, "a.jsonl");
    file_fixture_text(&f, "a.jsonl", "1\n\n\n");
    assert_int_equal(file_fixture_open(&f, NULL, false), MST_OK);
    file_fixture_expect(&f, "1|");
    char *position = file_fixture_position(&f);
    assert_int_equal(
        mst_file_source.describe(mst_slice_str(position), &out, &f.err),
        MST_OK);
    assert_string_equal(mst_buf_text(&out), "1 file: a.jsonl up to byte 4");
    free(position);
    mst_buf_clear(&out);
    file_fixture_clear(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_events_whatever_ends_them),
        cmocka_unit_test(
            files_are_read_in_the_order_of_names_and_open_ones_are_left_out),
        cmocka_unit_test(reading_goes_on_at_any_position),
        cmocka_unit_test(half_a_line_waits_for_its_other_half),
        cmocka_unit_test(a_renamed_file_goes_on_where_it_was),
        cmocka_unit_test(a_file_renamed_out_of_sight_is_read_to_its_end),
        cmocka_unit_test(truncation_stops_in_words_or_restarts_as_asked),
        cmocka_unit_test(a_file_rewritten_while_nobody_looked_is_noticed),
        cmocka_unit_test(
            a_file_rewritten_longer_while_it_is_followed_is_noticed),
        cmocka_unit_test(a_line_that_is_too_long_stops_with_its_place),
        cmocka_unit_test(no_line_is_lost_where_pieces_meet),
        cmocka_unit_test(csv_records_become_objects),
        cmocka_unit_test(
            csv_has_its_header_also_when_reading_goes_on_in_the_middle),
        cmocka_unit_test(bson_documents_follow_each_other_and_have_keys),
        cmocka_unit_test(damaged_bson_stops_with_its_place),
        cmocka_unit_test(key_operation_and_file_name_come_with_the_event),
        cmocka_unit_test(foreign_positions_and_bad_options_are_refused),
        cmocka_unit_test(interrupt_ends_the_wait_for_more),
        cmocka_unit_test(positions_are_told_in_words),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
