/* SPDX-License-Identifier: MIT */
/* What of a Kafka message is in its event: all of it. */
#include <stdlib.h>

#include "base/clock.h"
#include "sources/kafka/kafka_source.h"
#include "sources/kafka/kafka_source_options.h"
#include "support/kafka_mock.h"

enum { DEADLINE_MS = 30000, LARGE = 300000 };

struct fixture {
    struct kafka_mock mock;
    char *names[2];
    char *values[2];
    struct mst_kafka_options service;
    struct kafka_source_options options;
    struct mst_source_args args;
    struct mst_batch *batch;
    void *ctx;
    char *large;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->mock = kafka_mock_start();
    kafka_mock_topic(&f->mock, "t", 1);
    f->names[0] = strdup("bootstrap.servers");
    f->values[0] = strdup(f->mock.servers);
    f->names[1] = strdup("log_level");
    f->values[1] = strdup("0");
    f->service.properties = (struct mst_string_map){
        .names = f->names, .values = f->values, .len = 2};
    f->args = (struct mst_source_args){.job = "job",
                                       .service_name = "k",
                                       .service = &f->service,
                                       .options = &f->options,
                                       .resource = "t",
                                       .input_encoding = MST_ENCODING_JSON};
    f->batch = mst_batch_create(100, 1U << 20);
    f->large = malloc(LARGE);
    assert_non_null(f->batch);
    assert_non_null(f->large);
    memset(f->large, 'x', LARGE);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    mst_kafka_source.destroy(f->ctx);
    mst_batch_destroy(f->batch);
    kafka_mock_stop(&f->mock);
    for (size_t i = 0; i < f->service.properties.len; i++) {
        free(f->names[i]);
        free(f->values[i]);
    }
    free(f->large);
    free(f);
    return 0;
}

/* A message that is sent, and comes back as event. */
struct sent {
    struct mst_slice key;
    struct mst_slice value;
    const struct mst_attribute *headers;
    size_t headers_len;
};

static void *
lend(struct mst_slice bytes)
{
    return (void *)(uintptr_t)bytes.data;
}

static void
produce(struct fixture *f, const struct sent *sent)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    kafka_mock_set(conf, "bootstrap.servers", f->mock.servers);
    rd_kafka_t *rk = kafka_mock_client(RD_KAFKA_PRODUCER, conf);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    for (size_t i = 0; i < sent->headers_len; i++) {
        const struct mst_attribute *one = &sent->headers[i];
        assert_int_equal(
            rd_kafka_header_add(headers, (const char *)one->name.data,
                                (ssize_t)one->name.len, one->value.data,
                                (ssize_t)one->value.len),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    assert_int_equal(
        rd_kafka_producev(rk, RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_KEY(lend(sent->key), sent->key.len),
                          RD_KAFKA_V_VALUE(lend(sent->value), sent->value.len),
                          RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END),
        RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(rk, DEADLINE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(rk);
}

/* Sends it, reads it; without a group, which would take seconds to join. */
static const struct mst_event *
through(struct fixture *f, const struct sent *sent)
{
    const struct mst_start start = {.look_only = true};
    struct mst_error err;
    produce(f, sent);
    assert_int_equal(mst_kafka_source.create(&f->ctx, &f->args, &err), MST_OK);
    if (mst_kafka_source.open(f->ctx, &start, &err) != MST_OK) {
        fail_msg("open: %s", err.text);
    }
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (f->batch->len == 0 && mst_clock_ms() < until) {
        mst_batch_reset(f->batch, SIZE_MAX);
        (void)mst_kafka_source.read(f->ctx, f->batch, 100, &err);
    }
    assert_int_equal(f->batch->len, 1);
    return &f->batch->events[0];
}

static void
every_header_comes_whole_in_its_order(void **state)
{
    struct fixture *f = *state;
    struct mst_slice large = mst_slice_of(f->large, LARGE);
    const struct mst_attribute headers[] = {
        {MST_SLICE_LIT("trace"), MST_SLICE_LIT("t1")},
        {MST_SLICE_LIT("large"), large},
        {MST_SLICE_LIT("trace"), MST_SLICE_LIT("t2")},
        {MST_SLICE_LIT("topic"), MST_SLICE_LIT("sports")},
        {MST_SLICE_LIT("none"), MST_SLICE_NONE},
        {MST_SLICE_LIT("empty"), MST_SLICE_LIT("")},
        {MST_SLICE_LIT("bytes"), MST_SLICE_LIT("\x00\xff")},
        {MST_SLICE_LIT("\xff"), MST_SLICE_LIT("odd name")},
        {MST_SLICE_LIT("last"), MST_SLICE_LIT("z")}};
    static const char *const wanted[][2] = {{"origin", "kafka"},
                                            {"topic", "t"},
                                            {"partition", "0"},
                                            {"offset", "0"},
                                            {"trace", "t1"},
                                            {"large", NULL},
                                            {"trace", "t2"},
                                            {"topic", "sports"},
                                            {"none", "null:"},
                                            {"empty", ""},
                                            {"bytes", "base64:AP8="},
                                            {"base64:/w==", "odd name"},
                                            {"last", "z"}};
    const struct sent sent = {.value = MST_SLICE_LIT("{}"),
                              .headers = headers,
                              .headers_len = MST_ARRAY_SIZE(headers)};
    const struct mst_event *event = through(f, &sent);
    assert_int_equal(event->attributes_len, MST_ARRAY_SIZE(wanted));
    for (size_t i = 0; i < MST_ARRAY_SIZE(wanted); i++) {
        const struct mst_attribute *one = &event->attributes[i];
        assert_true(mst_slice_is(one->name, wanted[i][0]));
        assert_true(wanted[i][1] == NULL
                        ? mst_slice_equal(one->value, large)
                        : mst_slice_is(one->value, wanted[i][1]));
    }
    assert_true(mst_slice_is(mst_event_attribute(event, "topic"), "t"));
    /* Read, parsed, copied for a sink. */
    assert_true(mst_batch_memory(f->batch) >= 3 * LARGE);
    assert_true(f->batch->bytes >= LARGE);
}

static void
no_key_and_an_empty_key_are_two_things(void **state)
{
    struct fixture *f = *state;
    const struct sent sent = {.key = MST_SLICE_LIT(""),
                              .value = MST_SLICE_LIT("")};
    const struct mst_event *event = through(f, &sent);
    assert_int_equal(event->key_kind, MST_KEY_BYTES);
    assert_non_null(event->key.data);
    assert_int_equal(event->key.len, 0);
    assert_non_null(event->payload.data);
    assert_int_equal(event->payload.len, 0);
    assert_int_equal(event->op, MST_OP_NONE);
}

static void
no_key_and_no_value_are_none(void **state)
{
    struct fixture *f = *state;
    const struct sent sent = {.key = MST_SLICE_NONE};
    const struct mst_event *event = through(f, &sent);
    assert_int_equal(event->key_kind, MST_KEY_NONE);
    assert_null(event->key.data);
    assert_null(event->payload.data);
    assert_int_equal(event->op, MST_OP_DELETE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_header_comes_whole_in_its_order),
        TEST(no_key_and_an_empty_key_are_two_things),
        TEST(no_key_and_no_value_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
