/* SPDX-License-Identifier: MIT */
/* The Kafka source against librdkafka's mock cluster. */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "sources/kafka/kafka_source.h"
#include "sources/kafka/kafka_source_options.h"
#include "support/kafka_mock.h"

enum { DEADLINE_MS = 30000, SEEN_MAX = 4096 };

struct member {
    void *ctx;
    struct mst_batch *batch;
    size_t seen;     /* events read */
    int64_t next[8]; /* per partition, -1: nothing read yet */
};

struct fixture {
    struct kafka_mock mock;
    char *names[8];
    char *values[8];
    struct mst_kafka_options service;
    struct kafka_source_options options;
    struct mst_source_args args;
    struct member a;
    struct member b;
    bool in_group; /* joining takes the mock cluster three seconds */
};

static void
set_property(struct fixture *f, const char *name, const char *value)
{
    size_t i = f->service.properties.len++;
    f->names[i] = strdup(name);
    f->values[i] = strdup(value);
}

static void
member_init(struct member *m)
{
    m->batch = mst_batch_create(100, 1U << 20);
    assert_non_null(m->batch);
    for (size_t i = 0; i < MST_ARRAY_SIZE(m->next); i++) {
        m->next[i] = -1;
    }
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->mock = kafka_mock_start();
    kafka_mock_topic(&f->mock, "t", 4);
    f->service.properties.names = f->names;
    f->service.properties.values = f->values;
    set_property(f, "bootstrap.servers", f->mock.servers);
    set_property(f, "log_level", "0");
    set_property(f, "session.timeout.ms", "3000");
    set_property(f, "heartbeat.interval.ms", "100");
    f->options.start = (char *)(uintptr_t) "earliest";
    f->args = (struct mst_source_args){.job = "job",
                                       .service_name = "k",
                                       .service = &f->service,
                                       .options = &f->options,
                                       .resource = "t",
                                       .input_encoding = MST_ENCODING_JSON};
    member_init(&f->a);
    member_init(&f->b);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    /* In this order: messages may outlive their source. */
    mst_kafka_source.destroy(f->a.ctx);
    mst_kafka_source.destroy(f->b.ctx);
    mst_batch_destroy(f->a.batch);
    mst_batch_destroy(f->b.batch);
    kafka_mock_stop(&f->mock);
    for (size_t i = 0; i < f->service.properties.len; i++) {
        free(f->names[i]);
        free(f->values[i]);
    }
    free(f);
    return 0;
}

/* n messages, the i-th to partition i % 4. */
static void
produce(struct fixture *f, size_t n)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    kafka_mock_set(conf, "bootstrap.servers", f->mock.servers);
    rd_kafka_t *rk = kafka_mock_client(RD_KAFKA_PRODUCER, conf);
    for (size_t i = 0; i < n; i++) {
        char value[32];
        int len = snprintf(value, sizeof(value), "{\"i\":%zu}", i);
        assert_int_equal(
            rd_kafka_producev(
                rk, RD_KAFKA_V_TOPIC("t"),
                RD_KAFKA_V_PARTITION((int32_t)(i % 4)),
                RD_KAFKA_V_VALUE(value, (size_t)len), RD_KAFKA_V_KEY("k", 1),
                RD_KAFKA_V_HEADER("op", "update", -1),
                RD_KAFKA_V_HEADER("raw", "\xff\xfe", 2),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    assert_int_equal(rd_kafka_flush(rk, DEADLINE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(rk);
}

static enum mst_status
member_open(struct fixture *f, struct member *m, const struct mst_start *start,
            struct mst_error *err)
{
    struct mst_start how = {.bounded = false};
    enum mst_status status = MST_OK;
    if (start != NULL) {
        how = *start;
    }
    how.look_only = !f->in_group;
    mst_error_clear(err);
    if (m->ctx == NULL) {
        status = mst_kafka_source.create(&m->ctx, &f->args, err);
    }
    return status == MST_OK ? mst_kafka_source.open(m->ctx, &how, err) : status;
}

static void
must_open(struct fixture *f, struct member *m, const struct mst_start *start)
{
    struct mst_error err;
    enum mst_status status = member_open(f, m, start, &err);
    if (status != MST_OK) {
        fail_msg("open: %s: %s", mst_status_name(status), err.text);
    }
}

static int64_t
number_of(struct mst_slice digits)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%.*s", (int)digits.len,
                   (const char *)digits.data);
    return strtoll(text, NULL, 10);
}

/* Offsets of a partition come one after the other. */
static void
member_saw(struct member *m, const struct mst_event *event)
{
    size_t partition =
        (size_t)number_of(mst_event_attribute(event, "partition"));
    int64_t offset = number_of(mst_event_attribute(event, "offset"));
    assert_true(partition < MST_ARRAY_SIZE(m->next));
    if (m->next[partition] >= 0) {
        assert_int_equal(offset, m->next[partition]);
    }
    m->next[partition] = offset + 1;
    m->seen++;
}

/* One read; what it gave is settled at once when settle. */
static enum mst_status
member_read(struct member *m, bool settle)
{
    struct mst_error err;
    mst_batch_reset(m->batch, SIZE_MAX);
    enum mst_status status = mst_kafka_source.read(m->ctx, m->batch, 100, &err);
    if (status != MST_OK && status != MST_AGAIN && status != MST_END) {
        fail_msg("read: %s: %s", mst_status_name(status), err.text);
    }
    for (size_t i = 0; i < m->batch->len; i++) {
        member_saw(m, &m->batch->events[i]);
        if (settle) {
            mst_kafka_source.settle(m->ctx, m->batch->events[i].mark);
        }
    }
    return status;
}

static void
member_read_until(struct member *m, size_t seen)
{
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (m->seen < seen && mst_clock_ms() < until) {
        (void)member_read(m, true);
    }
    assert_int_equal(m->seen, seen);
}

static struct mst_slice
position_of(struct member *m, struct mst_buf *buf)
{
    struct mst_error err;
    mst_buf_init(buf, MST_POSITION_MAX);
    assert_int_equal(mst_kafka_source.position(m->ctx, buf, &err), MST_OK);
    return mst_buf_slice(buf);
}

static void
every_message_comes_with_key_attributes_and_op(void **state)
{
    struct fixture *f = *state;
    produce(f, 1);
    must_open(f, &f->a, NULL);
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (f->a.seen == 0 && mst_clock_ms() < until) {
        (void)member_read(&f->a, false);
    }
    assert_int_equal(f->a.batch->len, 1);
    const struct mst_event *event = &f->a.batch->events[0];
    assert_true(mst_slice_is(event->payload, "{\"i\":0}"));
    assert_true(mst_slice_is(event->key, "k"));
    assert_int_equal(event->key_kind, MST_KEY_BYTES);
    assert_int_equal(event->op, MST_OP_UPDATE);
    assert_int_equal(event->encoding, MST_ENCODING_JSON);
    assert_true(event->source_ts_ms > 1600000000000);
    static const char *const wanted[][2] = {
        {"origin", "kafka"}, {"topic", "t"},   {"partition", "0"},
        {"offset", "0"},     {"op", "update"}, {"raw", "base64://4="}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(wanted); i++) {
        assert_true(mst_slice_is(mst_event_attribute(event, wanted[i][0]),
                                 wanted[i][1]));
    }
}

static void
the_position_holds_all_partitions_and_is_gone_on_from(void **state)
{
    struct fixture *f = *state;
    struct mst_error err;
    struct mst_buf buf;
    struct mst_buf words;
    produce(f, 10);
    must_open(f, &f->a, NULL);
    member_read_until(&f->a, 10);
    struct mst_slice position = position_of(&f->a, &buf);
    assert_true(mst_slice_is(position, "{\"kind\":\"kafka\",\"topics\":{\"t\":"
                                       "{\"0\":3,\"1\":3,\"2\":2,\"3\":2}}}"));
    mst_buf_init(&words, 1000);
    assert_int_equal(mst_kafka_source.describe(position, &words, &err), MST_OK);
    assert_string_equal(mst_buf_text(&words),
                        "t: partition 0 at offset 3, partition 1 at offset 3, "
                        "partition 2 at offset 2, partition 3 at offset 2");
    mst_kafka_source.close(f->a.ctx);
    produce(f, 4);
    const struct mst_start start = {.position = position};
    must_open(f, &f->a, &start);
    member_read_until(&f->a, 14);
    mst_buf_clear(&buf);
    mst_buf_clear(&words);
}

static void
what_is_not_settled_comes_again(void **state)
{
    struct fixture *f = *state;
    struct mst_buf buf;
    produce(f, 8);
    must_open(f, &f->a, NULL);
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (f->a.seen < 8 && mst_clock_ms() < until) {
        (void)member_read(&f->a, false);
    }
    struct mst_slice position = position_of(&f->a, &buf);
    assert_true(mst_slice_is(position, "{\"kind\":\"kafka\",\"topics\":{\"t\":"
                                       "{\"0\":0,\"1\":0,\"2\":0,\"3\":0}}}"));
    mst_kafka_source.close(f->a.ctx);
    f->a.seen = 0;
    for (size_t i = 0; i < 4; i++) {
        f->a.next[i] = 0;
    }
    const struct mst_start start = {.position = position};
    must_open(f, &f->a, &start);
    member_read_until(&f->a, 8);
    mst_buf_clear(&buf);
}

static void
a_saved_position_is_behind_what_the_group_knows(void **state)
{
    struct fixture *f = *state;
    struct mst_error err;
    struct mst_buf buf;
    produce(f, 8);
    must_open(f, &f->a, NULL);
    member_read_until(&f->a, 8);
    struct mst_slice position = position_of(&f->a, &buf);
    assert_int_equal(mst_kafka_source.committed(f->a.ctx, position, &err),
                     MST_OK);
    mst_kafka_source.close(f->a.ctx);
    produce(f, 4);
    /* An old checkpoint: the group is further. Set by a person, it counts. */
    const char *old = "{\"kind\":\"kafka\",\"topics\":{\"t\":{\"0\":1,"
                      "\"1\":1,\"2\":1,\"3\":1}}}";
    struct mst_start start = {.position = mst_slice_str(old)};
    must_open(f, &f->a, &start);
    member_read_until(&f->a, 12);
    mst_kafka_source.close(f->a.ctx);
    start.origin = MST_POSITION_SET;
    for (size_t i = 0; i < 4; i++) {
        f->a.next[i] = 1;
    }
    must_open(f, &f->a, &start);
    member_read_until(&f->a, 20);
    mst_buf_clear(&buf);
}

static void
latest_begins_at_the_end_and_says_so_before_any_message(void **state)
{
    struct fixture *f = *state;
    struct mst_buf buf;
    produce(f, 8);
    f->options.start = (char *)(uintptr_t) "latest";
    must_open(f, &f->a, NULL);
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    do {
        (void)member_read(&f->a, true);
    } while (f->a.batch->end_mark.data == NULL && mst_clock_ms() < until);
    mst_kafka_source.settle(f->a.ctx, f->a.batch->end_mark);
    assert_true(mst_slice_is(position_of(&f->a, &buf),
                             "{\"kind\":\"kafka\",\"topics\":{\"t\":"
                             "{\"0\":2,\"1\":2,\"2\":2,\"3\":2}}}"));
    produce(f, 4);
    member_read_until(&f->a, 4);
    assert_int_equal(f->a.next[0], 3);
    mst_buf_clear(&buf);
}

static void
a_bounded_read_ends_where_the_topic_ended(void **state)
{
    struct fixture *f = *state;
    const struct mst_start start = {.bounded = true};
    produce(f, 10);
    must_open(f, &f->a, &start);
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    enum mst_status status = MST_OK;
    while (status != MST_END && mst_clock_ms() < until) {
        status = member_read(&f->a, true);
    }
    assert_int_equal(status, MST_END);
    assert_int_equal(f->a.seen, 10);
}

static void
an_empty_topic_is_at_its_end_at_once(void **state)
{
    struct fixture *f = *state;
    const struct mst_start start = {.bounded = true};
    must_open(f, &f->a, &start);
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    enum mst_status status = MST_OK;
    while (status != MST_END && mst_clock_ms() < until) {
        status = member_read(&f->a, true);
    }
    assert_int_equal(status, MST_END);
}

static void
a_position_that_is_gone_stops_with_the_lost_interval(void **state)
{
    struct fixture *f = *state;
    struct mst_error err;
    const char *beyond = "{\"kind\":\"kafka\",\"topics\":{\"t\":{\"0\":500}}}";
    const struct mst_start start = {.position = mst_slice_str(beyond)};
    produce(f, 8);
    must_open(f, &f->a, &start);
    enum mst_status status = MST_OK;
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (status != MST_FATAL && mst_clock_ms() < until) {
        mst_batch_reset(f->a.batch, SIZE_MAX);
        status = mst_kafka_source.read(f->a.ctx, f->a.batch, 100, &err);
    }
    assert_int_equal(status, MST_FATAL);
    assert_non_null(strstr(err.text, "t/0 ends at offset 2"));
    assert_non_null(strstr(err.text, "500"));
    assert_non_null(strstr(err.hint, "on_lost_position"));
}

static void
foreign_and_damaged_positions_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const positions[] = {
        "",
        "{",
        "[]",
        "{\"kind\":\"mongodb\",\"topics\":{}}",
        "{\"kind\":\"kafka\"}",
        "{\"kind\":\"kafka\",\"topics\":{\"t\":{\"x\":1}}}",
        "{\"kind\":\"kafka\",\"topics\":{\"t\":{\"0\":-5}}}",
        "{\"kind\":\"kafka\",\"topics\":{\"t\":{\"0\":\"1\"}}}"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(positions); i++) {
        struct mst_error err;
        const struct mst_start start = {.position =
                                            mst_slice_str(positions[i])};
        assert_int_equal(member_open(f, &f->a, &start, &err), MST_FATAL);
        assert_non_null(strstr(err.text, "not a Kafka position"));
    }
}

/* Waits until the group has this offset of partition 0. */
static void
wait_committed(struct fixture *f, int64_t offset)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    kafka_mock_set(conf, "bootstrap.servers", f->mock.servers);
    kafka_mock_set(conf, "group.id", "mstream-job");
    rd_kafka_t *rk = kafka_mock_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *elem =
        rd_kafka_topic_partition_list_add(list, "t", 0);
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (elem->offset != offset && mst_clock_ms() < until) {
        (void)rd_kafka_committed(rk, list, 1000);
    }
    assert_int_equal(elem->offset, offset);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

static void
a_second_member_gets_its_share_after_a_flush(void **state)
{
    struct fixture *f = *state;
    struct mst_error err;
    struct mst_buf buf;
    f->in_group = true;
    produce(f, 40);
    must_open(f, &f->a, NULL);
    member_read_until(&f->a, 40);
    assert_int_equal(
        mst_kafka_source.committed(f->a.ctx, position_of(&f->a, &buf), &err),
        MST_OK);
    wait_committed(f, 10);
    must_open(f, &f->b, NULL);
    bool flushed = false;
    bool assigned = false;
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (!assigned && mst_clock_ms() < until) {
        (void)member_read(&f->a, true);
        flushed = flushed || f->a.batch->flush;
        (void)member_read(&f->b, true);
        assigned = f->b.batch->end_mark.data != NULL;
    }
    assert_true(assigned);
    assert_true(flushed);
    produce(f, 40);
    until = mst_clock_ms() + DEADLINE_MS;
    while (f->a.seen + f->b.seen < 80 && mst_clock_ms() < until) {
        (void)member_read(&f->a, true);
        (void)member_read(&f->b, true);
    }
    /* Nothing twice: b went on where a had committed. */
    assert_int_equal(f->a.seen + f->b.seen, 80);
    assert_true(f->b.seen > 0);
    mst_buf_clear(&buf);
}

static void
without_room_nothing_is_given_and_nothing_is_lost(void **state)
{
    struct fixture *f = *state;
    struct mst_error err;
    produce(f, 40);
    must_open(f, &f->a, NULL);
    for (int i = 0; i < 5; i++) {
        mst_batch_reset(f->a.batch, SIZE_MAX);
        f->a.batch->max_events = 0;
        assert_int_equal(mst_kafka_source.read(f->a.ctx, f->a.batch, 100, &err),
                         MST_AGAIN);
        assert_int_equal(f->a.batch->len, 0);
    }
    f->a.batch->max_events = 100;
    member_read_until(&f->a, 40);
}

static void
bad_options_are_named(void **state)
{
    struct fixture *f = *state;
    struct mst_error err;
    void *ctx = NULL;
    f->args.input_encoding = MST_ENCODING_NONE;
    assert_int_equal(mst_kafka_source.create(&ctx, &f->args, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "input_encoding"));
    f->args.input_encoding = MST_ENCODING_BSON;
    f->options.start = (char *)(uintptr_t) "yesterday";
    assert_int_equal(mst_kafka_source.create(&ctx, &f->args, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "yesterday"));
    f->options.start = NULL;
    f->args.resource = "";
    assert_int_equal(mst_kafka_source.create(&ctx, &f->args, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "resource"));
}

static void
a_missing_topic_is_fatal(void **state)
{
    struct fixture *f = *state;
    struct mst_error err;
    rd_kafka_mock_topic_set_error(f->mock.cluster, "t",
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_int_equal(member_open(f, &f->a, NULL, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "topic 't'"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_message_comes_with_key_attributes_and_op),
        TEST(the_position_holds_all_partitions_and_is_gone_on_from),
        TEST(what_is_not_settled_comes_again),
        TEST(a_saved_position_is_behind_what_the_group_knows),
        TEST(latest_begins_at_the_end_and_says_so_before_any_message),
        TEST(a_bounded_read_ends_where_the_topic_ended),
        TEST(an_empty_topic_is_at_its_end_at_once),
        TEST(a_position_that_is_gone_stops_with_the_lost_interval),
        TEST(foreign_and_damaged_positions_are_refused),
        TEST(a_second_member_gets_its_share_after_a_flush),
        TEST(without_room_nothing_is_given_and_nothing_is_lost),
        TEST(bad_options_are_named),
        TEST(a_missing_topic_is_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
