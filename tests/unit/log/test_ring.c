/* SPDX-License-Identifier: MIT */
/* The newest lines are kept, the oldest make room, and listeners know. */
#include "unit/cmocka_all.h"

#include <pthread.h>

#include "log/ring.h"

static struct mst_log_ring *
make(size_t capacity)
{
    struct mst_log_ring *ring = NULL;
    struct mst_error err;
    assert_int_equal(mst_log_ring_create(capacity, &ring, &err), MST_OK);
    return ring;
}

static void
add(struct mst_log_ring *ring, enum mst_log_level level, const char *job,
    const char *message)
{
    const struct mst_log_field fields[] = {MST_LOG_STR("job", job),
                                           MST_LOG_NUM("n", 7)};
    mst_log_ring_add(ring, level, "test", job != NULL ? fields : fields + 1,
                     job != NULL ? 2 : 1, message);
}

static uint64_t
look(struct mst_log_ring *ring, const struct mst_log_filter *filter,
     const char *expected, uint64_t missed)
{
    struct mst_json json;
    uint64_t lost = 0;
    mst_json_init(&json, 1024 * 1024);
    uint64_t newest = mst_log_ring_read(ring, filter, &json, &lost);
    assert_false(json.failed);
    /* Only the messages, to compare. */
    char seen[256] = "";
    const char *at = json.buf.len > 0 ? mst_buf_text(&json.buf) : "";
    while ((at = strstr(at, "\"message\":\"")) != NULL) {
        at += strlen("\"message\":\"");
        (void)strncat(seen, at, strcspn(at, "\""));
    }
    assert_string_equal(seen, expected);
    assert_int_equal(lost, missed);
    mst_json_clear(&json);
    return newest;
}

static void
the_oldest_lines_make_room(void **state)
{
    struct mst_log_ring *ring = make(3);
    (void)state;
    const struct mst_log_filter all = {.limit = 10};
    assert_int_equal(look(ring, &all, "", 0), 0);
    add(ring, MST_LOG_INFO, NULL, "a");
    add(ring, MST_LOG_INFO, NULL, "b");
    assert_int_equal(look(ring, &all, "ab", 0), 2);
    add(ring, MST_LOG_INFO, NULL, "c");
    add(ring, MST_LOG_INFO, NULL, "d");
    add(ring, MST_LOG_INFO, NULL, "e");
    assert_int_equal(look(ring, &all, "cde", 2), 5);
    mst_log_ring_destroy(ring);
}

static void
lines_are_chosen_by_job_level_number_and_limit(void **state)
{
    struct mst_log_ring *ring = make(10);
    (void)state;
    add(ring, MST_LOG_INFO, "x", "a");
    add(ring, MST_LOG_ERROR, "x", "b");
    add(ring, MST_LOG_ERROR, "xx", "c");
    add(ring, MST_LOG_DEBUG, NULL, "d");
    add(ring, MST_LOG_WARN, "x", "e");
    const struct mst_log_filter job = {.job = "x", .limit = 10};
    const struct mst_log_filter level = {.level = MST_LOG_WARN, .limit = 10};
    const struct mst_log_filter after = {.after = 3, .limit = 10};
    const struct mst_log_filter two = {.limit = 2};
    const struct mst_log_filter none = {.limit = 0};
    const struct mst_log_filter future = {.after = 99, .limit = 10};
    (void)look(ring, &job, "abe", 0);
    (void)look(ring, &level, "bce", 0);
    (void)look(ring, &after, "de", 0);
    (void)look(ring, &two, "de", 0);
    (void)look(ring, &none, "", 0);
    (void)look(ring, &future, "", 0);
    mst_log_ring_destroy(ring);
}

static void
long_lines_are_bounded_in_bytes(void **state)
{
    struct mst_log_ring *ring = make(100000);
    struct mst_json json;
    uint64_t missed = 0;
    char text[8000];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (int i = 0; i < 2000; i++) {
        add(ring, MST_LOG_INFO, NULL, text);
    }
    const struct mst_log_filter all = {.limit = 100000};
    mst_json_init(&json, (size_t)64 * 1024 * 1024);
    assert_int_equal(mst_log_ring_read(ring, &all, &json, &missed), 2000);
    assert_true(json.buf.len <= MST_LOG_RING_BYTES_MAX);
    assert_true(missed > 1000 && missed < 2000);
    mst_json_clear(&json);
    mst_log_ring_destroy(ring);
}

static void
a_line_is_json_whatever_is_in_it(void **state)
{
    struct mst_log_ring *ring = make(3);
    struct mst_json json;
    uint64_t missed = 0;
    (void)state;
    add(ring, MST_LOG_WARN, "j\n\"", "\x01\xFF \"quoted\"\n");
    const struct mst_log_filter events = {.limit = 10, .events = true};
    mst_json_init(&json, 4096);
    (void)mst_log_ring_read(ring, &events, &json, &missed);
    const char *text = mst_buf_text(&json.buf);
    assert_non_null(strstr(text, "id: 1\ndata: {\"id\":1,\"timestamp\":"));
    assert_non_null(strstr(text, "\\u0001"));
    assert_non_null(strstr(text, "\\\"quoted\\\"\\n"));
    assert_non_null(strstr(text, "\"job_name\":\"j\\n\\\"\"}\n\n"));
    mst_json_clear(&json);
    mst_log_ring_destroy(ring);
}

static void *
writer_main(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        add(arg, MST_LOG_INFO, "j", "m");
    }
    return NULL;
}

static void
a_listener_gets_every_line_while_others_write(void **state)
{
    enum { WRITERS = 4, LINES = 4000 };
    struct mst_log_ring *ring = make(LINES);
    pthread_t threads[WRITERS];
    struct mst_log_filter filter = {.limit = LINES};
    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, writer_main, ring),
                         0);
    }
    uint64_t lost = 0;
    while (filter.after < LINES) {
        struct mst_json json;
        mst_json_init(&json, 1024 * 1024);
        filter.after = mst_log_ring_read(ring, &filter, &json, &lost);
        assert_int_equal(lost, 0);
        mst_json_clear(&json);
    }
    for (int i = 0; i < WRITERS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    mst_log_ring_destroy(ring);
}

static void
a_listener_gets_all_in_pieces(void **state)
{
    struct mst_log_ring *ring = make(10);
    (void)state;
    for (const char *at = "abcde"; *at != '\0'; at++) {
        const char text[2] = {*at, '\0'};
        add(ring, MST_LOG_INFO, *at == 'e' ? "other" : "j", text);
    }
    struct mst_log_filter filter = {
        .job = "j", .limit = SIZE_MAX, .enough = 150};
    filter.after = look(ring, &filter, "ab", 0);
    assert_int_equal(filter.after, 2);
    filter.after = look(ring, &filter, "cd", 0);
    assert_int_equal(filter.after, 4);
    assert_int_equal(look(ring, &filter, "", 0), 5);
    mst_log_ring_destroy(ring);
}

static void
a_listener_of_a_program_before_misses_no_line(void **state)
{
    struct mst_log_ring *before = make(10);
    struct mst_log_ring *ring = make(3);
    (void)state;
    mst_log_ring_begin(before, 1795000000000);
    add(before, MST_LOG_INFO, NULL, "a");
    add(before, MST_LOG_INFO, NULL, "b");
    const struct mst_log_filter all = {.limit = 10};
    const struct mst_log_filter again = {.limit = 10,
                                         .after = look(before, &all, "ab", 0)};
    mst_log_ring_begin(ring, 1795000000001);
    (void)look(ring, &again, "", 0);
    add(ring, MST_LOG_INFO, NULL, "c");
    uint64_t number = look(ring, &again, "c", 0);
    assert_true(number > again.after);
    assert_true(number < UINT64_C(1) << 53); /* as JSON has it */
    for (int i = 0; i < 4; i++) {
        add(ring, MST_LOG_INFO, NULL, "d");
    }
    (void)look(ring, &again, "ddd", 2);
    mst_log_ring_destroy(before);
    mst_log_ring_destroy(ring);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_lines_make_room),
        cmocka_unit_test(lines_are_chosen_by_job_level_number_and_limit),
        cmocka_unit_test(long_lines_are_bounded_in_bytes),
        cmocka_unit_test(a_line_is_json_whatever_is_in_it),
        cmocka_unit_test(a_listener_gets_every_line_while_others_write),
        cmocka_unit_test(a_listener_gets_all_in_pieces),
        cmocka_unit_test(a_listener_of_a_program_before_misses_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
