/* SPDX-License-Identifier: MIT */
/* The Kafka sink against librdkafka's mock cluster. */
#include <stdio.h>

#include "kafka_fixture.h"

static void
every_event_is_confirmed_by_its_delivery_report(void **state)
{
    struct kafka_fixture *f = *state;
    kafka_fixture_open(f);
    kafka_fixture_write(f, 0, MANY);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), MANY);
    mst_kafka_sink.close(f->ctx);
    assert_int_equal(atomic_load(&f->total), MANY);
}

static void
a_passing_broker_error_is_no_error_for_the_event(void **state)
{
    struct kafka_fixture *f = *state;
    kafka_fixture_open(f);
    rd_kafka_mock_push_request_errors(
        f->mock.cluster, KAFKA_MOCK_PRODUCE, 3,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    kafka_fixture_write(f, 0, 100);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), 100);
}

static void
a_message_above_the_limit_is_rejected_alone(void **state)
{
    struct kafka_fixture *f = *state;
    kafka_fixture_property(f, "message.max.bytes", "5000");
    kafka_fixture_open(f);
    char *large = calloc(1, 6000);
    assert_non_null(large);
    f->deliveries[50].payload = mst_slice_of(large, 6000);
    kafka_fixture_write(f, 0, 100);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), 99);
    assert_int_equal(atomic_load(&f->statuses[50]), MST_REJECTED);
    assert_non_null(strstr(f->text, "6009 bytes (key 1, headers 8)"));
    assert_non_null(strstr(f->text, "message.max.bytes of 5000"));
    free(large);
}

/* The mock refuses whole requests, as a broker refuses whole batches. */
static void
a_batch_that_the_broker_refuses_is_offered_again_one_by_one(void **state)
{
    struct kafka_fixture *f = *state;
    kafka_fixture_open(f);
    rd_kafka_mock_push_request_errors(f->mock.cluster, KAFKA_MOCK_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    for (size_t i = 0; i < 50; i++) {
        f->events[i].key = f->events[0].key; /* one partition, one batch */
    }
    kafka_fixture_write(f, 0, 50);
    assert_true(kafka_fixture_reaches(&f->total, 50));
    assert_int_equal(atomic_load(&f->confirmed[MST_DISCONNECTED]), 50);
    struct mst_error err;
    size_t taken = 0;
    assert_int_equal(
        mst_kafka_sink.write(f->ctx, &f->offered[50], 1, &taken, &err),
        MST_DISCONNECTED);
    assert_int_equal(taken, 0);
    mst_kafka_sink.close(f->ctx);

    kafka_fixture_open(f);
    rd_kafka_mock_push_request_errors(f->mock.cluster, KAFKA_MOCK_PRODUCE, 2,
                                      RD_KAFKA_RESP_ERR_NO_ERROR,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    for (size_t i = 0; i < 50; i++) {
        atomic_store(&f->statuses[i], -1);
    }
    kafka_fixture_write(f, 0, 50);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_REJECTED]), 1);
    assert_int_equal(atomic_load(&f->statuses[1]), MST_REJECTED);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), 49);
    /* And then in batches again, without a word to the engine. */
    kafka_fixture_write(f, 50, MANY);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), MANY - 1);
}

static void
a_missing_right_is_fatal_for_all(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    size_t taken = 0;
    kafka_fixture_open(f);
    rd_kafka_mock_push_request_errors(
        f->mock.cluster, KAFKA_MOCK_PRODUCE, 1,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    for (size_t i = 0; i < 50; i++) {
        f->events[i].key = f->events[0].key;
    }
    /* The first report may come while the rest is still being written. */
    enum mst_status status =
        mst_kafka_sink.write(f->ctx, f->offered, 50, &taken, &err);
    assert_true(status == MST_OK || status == MST_FATAL);
    assert_true(taken > 0);
    assert_true(kafka_fixture_reaches(&f->confirmed[MST_FATAL], taken));
    assert_non_null(strstr(f->hint, "grant"));
}

static void
where_events_choose_topics_a_missing_right_rejects_them_alone(void **state)
{
    struct kafka_fixture *f = *state;
    const struct mst_attribute kind = {MST_SLICE_LIT("kind"),
                                       MST_SLICE_LIT("t")};
    f->args.resource = "{attr:kind}";
    kafka_fixture_open(f);
    rd_kafka_mock_push_request_errors(
        f->mock.cluster, KAFKA_MOCK_PRODUCE, 1,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    for (size_t i = 0; i < 50; i++) {
        f->events[i].key = f->events[0].key;
        f->events[i].attributes = &kind;
        f->events[i].attributes_len = 1;
    }
    kafka_fixture_write(f, 0, 50);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    size_t rejected = atomic_load(&f->confirmed[MST_REJECTED]);
    assert_true(rejected > 0);
    assert_int_equal(rejected + atomic_load(&f->confirmed[MST_OK]), 50);
}

static void
closing_after_a_break_leaves_nothing_unconfirmed(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    kafka_fixture_open(f);
    rd_kafka_mock_push_request_errors(f->mock.cluster, KAFKA_MOCK_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_INVALID_RECORD);
    size_t offered = 0;
    enum mst_status status = MST_OK;
    while (status != MST_DISCONNECTED && offered < MANY) {
        size_t taken = 0;
        status = mst_kafka_sink.write(f->ctx, &f->offered[offered], 10, &taken,
                                      &err);
        offered += taken;
    }
    rd_kafka_mock_broker_set_down(f->mock.cluster, 1);
    mst_kafka_sink.close(f->ctx);
    assert_int_equal(atomic_load(&f->total), offered);
}

static void
closing_confirms_what_is_left_as_disconnected(void **state)
{
    struct kafka_fixture *f = *state;
    kafka_fixture_open(f);
    rd_kafka_mock_broker_set_down(f->mock.cluster, 1);
    kafka_fixture_write(f, 0, 100);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, 50, NULL), MST_AGAIN);
    mst_kafka_sink.close(f->ctx);
    assert_int_equal(atomic_load(&f->confirmed[MST_DISCONNECTED]), 100);
}

static void
a_stopped_broker_fails_nothing_and_is_told(void **state)
{
    struct kafka_fixture *f = *state;
    kafka_fixture_open(f);
    rd_kafka_mock_broker_set_down(f->mock.cluster, 1);
    kafka_fixture_write(f, 0, 100);
    assert_true(kafka_fixture_reaches(&f->unwell, 1));
    assert_int_equal(atomic_load(&f->total), 0);
    rd_kafka_mock_broker_set_up(f->mock.cluster, 1);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), 100);
    assert_true(kafka_fixture_reaches(&f->well, 1));
}

static void
a_full_queue_says_again_and_ready_follows(void **state)
{
    struct kafka_fixture *f = *state;
    f->args.memory = 1000;
    kafka_fixture_open(f);
    rd_kafka_mock_broker_set_down(f->mock.cluster, 1);
    struct mst_error err;
    size_t taken = 0;
    assert_int_equal(
        mst_kafka_sink.write(f->ctx, f->offered, MANY, &taken, &err),
        MST_AGAIN);
    assert_true(taken > 0 && taken < MANY);
    assert_int_equal(atomic_load(&f->ready), 0);
    rd_kafka_mock_broker_set_up(f->mock.cluster, 1);
    assert_true(kafka_fixture_reaches(&f->ready, 1));
    kafka_fixture_write(f, taken, MANY);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), MANY);
}

static void
what_comes_while_a_request_is_under_way_is_held(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    size_t taken = 0;
    kafka_fixture_open(f);
    rd_kafka_mock_broker_set_down(f->mock.cluster, 1);
    kafka_fixture_write(f, 0, 1);
    mst_error_clear(&err);
    enum mst_status status =
        mst_kafka_sink.write(f->ctx, f->offered + 1, 1, &taken, &err);
    /* A machine that slept over the time to wait lets it through. */
    if (status == MST_AGAIN) {
        assert_true(err.retry_after_ms > 0);
        assert_int_equal(taken, 0);
        rd_kafka_mock_broker_set_up(f->mock.cluster, 1);
        assert_true(kafka_fixture_reaches(&f->ready, 1));
        assert_int_equal(atomic_load(&f->total), 1);
        kafka_fixture_write(f, 1, 2);
    }
    rd_kafka_mock_broker_set_up(f->mock.cluster, 1);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), 2);
}

static void
a_linger_of_the_users_holds_nothing_back(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    size_t taken = 0;
    kafka_fixture_property(f, "linger.ms", "0");
    kafka_fixture_open(f);
    rd_kafka_mock_broker_set_down(f->mock.cluster, 1);
    kafka_fixture_write(f, 0, 1);
    assert_int_equal(
        mst_kafka_sink.write(f->ctx, f->offered + 1, 1, &taken, &err), MST_OK);
    rd_kafka_mock_broker_set_up(f->mock.cluster, 1);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), 2);
}

static void
a_missing_topic_is_fatal_with_a_hint(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    rd_kafka_mock_topic_set_error(f->mock.cluster, "t",
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_int_equal(kafka_fixture_try_open(f, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "topic 't'"));
    assert_non_null(strstr(err.hint, "create_topics"));
}

static void
an_unreachable_cluster_is_disconnected(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    free(f->values[0]);
    f->values[0] = strdup("127.0.0.1:1");
    assert_int_equal(kafka_fixture_try_open(f, &err), MST_DISCONNECTED);
    assert_non_null(strstr(err.text, "refused"));
}

static struct mst_slice
header_of(const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t len = 0;
    if (rd_kafka_message_headers(message, &headers)
            != RD_KAFKA_RESP_ERR_NO_ERROR
        || rd_kafka_header_get_last(headers, name, &value, &len)
               != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return MST_SLICE_NONE;
    }
    return mst_slice_of(value, len);
}

static void
a_message_carries_key_time_and_headers(void **state)
{
    struct kafka_fixture *f = *state;
    const struct mst_attribute attributes[] = {
        {MST_SLICE_LIT("collection"), MST_SLICE_LIT("users")},
        {MST_SLICE_LIT("op"), MST_SLICE_LIT("nonsense")}};
    kafka_mock_topic(&f->mock, "app.users", 1);
    f->args.resource = "app.{collection}";
    f->events[7].attributes = attributes;
    f->events[7].attributes_len = 2;
    kafka_fixture_open(f);
    kafka_fixture_write(f, 7, 8);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    rd_kafka_t *reader = kafka_mock_reader(f->mock.servers, "app.users", 1);
    rd_kafka_message_t *message = kafka_mock_next(reader);
    assert_true(
        mst_slice_is(mst_slice_of(message->key, message->key_len), "7"));
    assert_true(mst_slice_is(mst_slice_of(message->payload, message->len),
                             "{\"a\":1}"));
    assert_true(mst_slice_is(header_of(message, "op"), "create"));
    assert_true(mst_slice_is(header_of(message, "collection"), "users"));
    rd_kafka_timestamp_type_t type;
    assert_int_equal(rd_kafka_message_timestamp(message, &type), 1700000000007);
    rd_kafka_message_destroy(message);
    rd_kafka_destroy(reader);
}

static void
a_delete_is_followed_by_a_tombstone(void **state)
{
    struct kafka_fixture *f = *state;
    kafka_mock_topic(&f->mock, "one", 1);
    f->args.resource = "one";
    f->options.tombstones = KAFKA_TOMBSTONES_AFTER;
    f->events[3].op = MST_OP_DELETE;
    kafka_fixture_open(f);
    kafka_fixture_write(f, 3, 5);
    assert_int_equal(mst_kafka_sink.drain(f->ctx, DEADLINE_MS, NULL), MST_OK);
    assert_int_equal(atomic_load(&f->confirmed[MST_OK]), 2);
    rd_kafka_t *reader = kafka_mock_reader(f->mock.servers, "one", 1);
    static const struct {
        const char *key;
        bool has_value;
    } wanted[] = {{"3", true}, {"3", false}, {"4", true}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(wanted); i++) {
        rd_kafka_message_t *message = kafka_mock_next(reader);
        assert_true(mst_slice_is(mst_slice_of(message->key, message->key_len),
                                 wanted[i].key));
        assert_int_equal(message->payload != NULL, wanted[i].has_value);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_destroy(reader);
}

static void
an_event_without_the_templates_attribute_is_rejected(void **state)
{
    struct kafka_fixture *f = *state;
    f->args.resource = "x.{attr:tenant}";
    kafka_fixture_open(f);
    kafka_fixture_write(f, 0, 1);
    assert_int_equal(atomic_load(&f->confirmed[MST_REJECTED]), 1);
    assert_non_null(strstr(f->text, "tenant"));
}

static void
bad_options_are_named(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    static const struct {
        const char *property;
        const char *value;
        const char *text;
    } cases[] = {{"bootstrap.serverz", "x", "bootstrap.serverz"},
                 {"enable.idempotence", "perhaps", "enable.idempotence"}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        kafka_fixture_property(f, cases[i].property, cases[i].value);
        enum mst_status status = kafka_fixture_try_open(f, &err);
        assert_int_equal(status, MST_FATAL);
        assert_non_null(strstr(err.text, cases[i].text));
        size_t last = --f->service.properties.len;
        free(f->names[last]);
        free(f->values[last]);
    }
    f->options.key = (char *)(uintptr_t) "uuid";
    assert_int_equal(mst_kafka_sink.create(&f->ctx, &f->args, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "uuid"));
}

static void
explain_masks_secrets(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    struct mst_buf out;
    mst_buf_init(&out, 65536);
    kafka_fixture_property(f, "sasl.password", "hush-hush");
    kafka_fixture_property(f, "linger.ms", "7");
    assert_int_equal(mst_kafka_sink.inspect->explain(&f->args, &out, &err),
                     MST_OK);
    const char *text = mst_buf_text(&out);
    assert_non_null(strstr(text, "enable.idempotence = true"));
    assert_non_null(strstr(text, "linger.ms = 7"));
    assert_non_null(strstr(text, "sasl.password = ********"));
    assert_null(strstr(text, "hush"));
    mst_buf_clear(&out);
}

static void
a_preview_shows_topic_key_and_headers(void **state)
{
    struct kafka_fixture *f = *state;
    struct mst_error err;
    struct mst_buf out;
    mst_buf_init(&out, 65536);
    assert_int_equal(mst_kafka_sink.create(&f->ctx, &f->args, &err), MST_OK);
    assert_int_equal(
        mst_kafka_sink.preview(f->ctx, &f->deliveries[2], true, &out, &err),
        MST_OK);
    assert_string_equal(mst_buf_text(&out),
                        "{\"topic\":\"t\",\"key\":\"2\",\"headers\":{\"op\":"
                        "\"create\"},\"value\":{\"a\":1}}");
    mst_buf_clear(&out);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kafka_fixture_setup,                 \
                                    kafka_fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_event_is_confirmed_by_its_delivery_report),
        TEST(a_passing_broker_error_is_no_error_for_the_event),
        TEST(a_message_above_the_limit_is_rejected_alone),
        TEST(a_batch_that_the_broker_refuses_is_offered_again_one_by_one),
        TEST(a_missing_right_is_fatal_for_all),
        TEST(where_events_choose_topics_a_missing_right_rejects_them_alone),
        TEST(closing_after_a_break_leaves_nothing_unconfirmed),
        TEST(closing_confirms_what_is_left_as_disconnected),
        TEST(a_stopped_broker_fails_nothing_and_is_told),
        TEST(a_full_queue_says_again_and_ready_follows),
        TEST(what_comes_while_a_request_is_under_way_is_held),
        TEST(a_linger_of_the_users_holds_nothing_back),
        TEST(a_missing_topic_is_fatal_with_a_hint),
        TEST(an_unreachable_cluster_is_disconnected),
        TEST(a_message_carries_key_time_and_headers),
        TEST(a_delete_is_followed_by_a_tombstone),
        TEST(an_event_without_the_templates_attribute_is_rejected),
        TEST(bad_options_are_named),
        TEST(explain_masks_secrets),
        TEST(a_preview_shows_topic_key_and_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
