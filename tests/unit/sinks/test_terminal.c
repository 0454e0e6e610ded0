/* SPDX-License-Identifier: MIT */
/* The terminal sink, writing into pipes. */
#include "unit/cmocka_all.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "sinks/terminal/terminal.h"
#include "sinks/terminal/terminal_line.h"

enum { MANY = 4000 };

struct fixture {
    struct mst_terminal_options options;
    struct mst_sink_args args;
    void *ctx;
    int fds[2];
    struct mst_error err;
    struct mst_delivery_owner owner;
    struct mst_event events[MANY];
    struct mst_delivery deliveries[MANY];
    struct mst_delivery *offered[MANY];
    size_t confirmed[MST_FATAL + 1];
};

static struct fixture *current;

static void
on_confirm(const struct mst_delivery_owner *owner,
           struct mst_delivery *delivery, enum mst_status status,
           const struct mst_error *err)
{
    (void)owner;
    (void)delivery;
    (void)err;
    current->confirmed[status]++;
}

static struct fixture *
fixture_open(void)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct mst_sink_start start = {.mark = MST_SLICE_NONE};
    assert_non_null(f);
    current = f;
    assert_int_equal(pipe2(f->fds, O_CLOEXEC), 0);
    f->options.fd = f->fds[1];
    f->args = (struct mst_sink_args){
        .job = "j", .options = &f->options, .encoding = MST_ENCODING_JSON};
    f->owner.confirm = on_confirm;
    for (size_t i = 0; i < MANY; i++) {
        f->events[i].source_ts_ms = 0;
        f->deliveries[i] = (struct mst_delivery){
            .event = &f->events[i],
            .payload = MST_SLICE_LIT("{\"a\":\n1,\"text\":\"forty bytes of "
                                     "text, so that pipes do fill up\"}"),
            .encoding = MST_ENCODING_JSON,
            .owner = &f->owner};
        f->offered[i] = &f->deliveries[i];
    }
    assert_int_equal(mst_terminal_sink.create(&f->ctx, &f->args, &f->err),
                     MST_OK);
    assert_int_equal(mst_terminal_sink.open(f->ctx, &start, &f->err), MST_OK);
    return f;
}

static void
fixture_close(struct fixture *f)
{
    mst_terminal_sink.close(f->ctx);
    mst_terminal_sink.destroy(f->ctx);
    for (int i = 0; i < 2; i++) {
        if (f->fds[i] >= 0) {
            (void)close(f->fds[i]);
        }
    }
    free(f);
}

/* Reads what is there; returns the number of newlines. */
static size_t
drain_pipe(struct fixture *f)
{
    char text[8192];
    size_t lines = 0;
    struct pollfd fd = {.fd = f->fds[0], .events = POLLIN};
    while (poll(&fd, 1, 0) == 1) {
        ssize_t n = read(f->fds[0], text, sizeof(text));
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++) {
            lines += text[i] == '\n';
        }
    }
    return lines;
}

static void
a_pipe_gets_bare_payloads_one_per_line(void **state)
{
    char text[256] = {0};
    size_t taken = 0;
    struct fixture *f = fixture_open();
    (void)state;
    f->deliveries[1].payload = MST_SLICE_NONE;
    assert_int_equal(
        mst_terminal_sink.write(f->ctx, f->offered, 2, &taken, &f->err),
        MST_OK);
    assert_int_equal(taken, 2);
    assert_int_equal(f->confirmed[MST_OK], 2);
    assert_true(read(f->fds[0], text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "{\"a\": 1,\"text\":\"forty bytes of text, so "
                              "that pipes do fill up\"}\nnull\n");
    fixture_close(f);
}

static void
a_full_pipe_is_not_waited_for_and_nothing_is_lost(void **state)
{
    struct fixture *f = fixture_open();
    size_t at = 0;
    size_t lines = 0;
    size_t full = 0;
    (void)state;
    while (at < MANY) {
        size_t taken = 0;
        enum mst_status status = mst_terminal_sink.write(
            f->ctx, f->offered + at, MANY - at, &taken, &f->err);
        at += taken;
        if (status != MST_OK) {
            assert_int_equal(status, MST_AGAIN);
            full++;
            lines += drain_pipe(f);
        }
    }
    assert_int_equal(mst_terminal_sink.drain(f->ctx, 1000, &f->err), MST_OK);
    lines += drain_pipe(f);
    assert_true(full > 1);
    assert_int_equal(lines, MANY);
    assert_int_equal(f->confirmed[MST_OK], MANY);
    fixture_close(f);
}

static void
what_is_half_written_at_close_is_offered_again(void **state)
{
    size_t taken = 0;
    struct fixture *f = fixture_open();
    (void)state;
    assert_int_equal(
        mst_terminal_sink.write(f->ctx, f->offered, MANY, &taken, &f->err),
        MST_AGAIN);
    assert_true(taken < MANY);
    mst_terminal_sink.close(f->ctx);
    assert_int_equal(f->confirmed[MST_OK] + f->confirmed[MST_DISCONNECTED],
                     taken);
    assert_true(f->confirmed[MST_DISCONNECTED] <= 1);
    fixture_close(f);
}

static void
a_reader_that_went_away_is_fatal_in_words(void **state)
{
    size_t taken = 0;
    struct fixture *f = fixture_open();
    (void)state;
    (void)close(f->fds[0]);
    f->fds[0] = -1;
    assert_int_equal(
        mst_terminal_sink.write(f->ctx, f->offered, 3, &taken, &f->err),
        MST_FATAL);
    assert_int_equal(taken, 0);
    assert_non_null(strstr(f->err.text, "broken pipe"));
    fixture_close(f);
}

static void
pretty_lines_show_time_operation_key_attributes_payload(void **state)
{
    static const uint8_t oid_key[] = {22, 0, 0,   0,    0x07, '_', 'i', 'd',
                                      0,  1, 2,   3,    4,    5,   6,   7,
                                      8,  9, 0xA, 0xFF, 0xC,  0};
    struct mst_attribute attributes[] = {
        {MST_SLICE_LIT("op"), MST_SLICE_LIT("create")},
        {MST_SLICE_LIT("topic"), MST_SLICE_LIT("users")}};
    struct mst_event event = {.op = MST_OP_DELETE,
                              .key = {oid_key, sizeof(oid_key)},
                              .key_kind = MST_KEY_BSON,
                              .attributes = attributes,
                              .attributes_len = 2,
                              .source_ts_ms = 1795257605123};
    struct mst_delivery delivery = {.event = &event,
                                    .payload = MST_SLICE_LIT("{}")};
    struct mst_buf out;
    (void)state;
    mst_buf_init(&out, 1024);
    assert_int_equal(mst_terminal_pretty_line(&delivery, false, &out), MST_OK);
    assert_string_equal(mst_buf_text(&out),
                        "10:40:05.123 delete  0102030405060708090aff0c "
                        "topic=users {}\n");
    mst_buf_reset(&out);
    assert_int_equal(mst_terminal_pretty_line(&delivery, true, &out), MST_OK);
    assert_non_null(strstr(mst_buf_text(&out), "\033[31mdelete"));
    mst_buf_clear(&out);
}

static void
no_payload_can_steer_the_terminal(void **state)
{
    struct mst_event event = {.key = MST_SLICE_LIT("k\033[2J"),
                              .key_kind = MST_KEY_BYTES,
                              .source_ts_ms = MST_TIME_UNKNOWN};
    struct mst_delivery delivery = {
        .event = &event, .payload = MST_SLICE_LIT("\"\033[2J\xC2\x9B\x7F\"")};
    struct mst_buf out;
    (void)state;
    mst_buf_init(&out, 1024);
    assert_int_equal(mst_terminal_pretty_line(&delivery, false, &out), MST_OK);
    assert_string_equal(mst_buf_text(&out), "--:--:--.--- none    k\\u001b[2J "
                                            "\"\\u001b[2J\\u009b\\u007f\"\n");
    mst_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_gets_bare_payloads_one_per_line),
        cmocka_unit_test(a_full_pipe_is_not_waited_for_and_nothing_is_lost),
        cmocka_unit_test(what_is_half_written_at_close_is_offered_again),
        cmocka_unit_test(a_reader_that_went_away_is_fatal_in_words),
        cmocka_unit_test(
            pretty_lines_show_time_operation_key_attributes_payload),
        cmocka_unit_test(no_payload_can_steer_the_terminal),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
