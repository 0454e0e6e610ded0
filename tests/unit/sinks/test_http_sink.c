/* SPDX-License-Identifier: MIT */
/* The HTTP sink against a server that answers as it is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "encodings/batch_body.h"
#include "http_world.h"
#include "unit/cmocka_all.h"

/* Options are not const. */
#define T(text) ((char *)(uintptr_t)(text))

/* What an engine does: gives all, waits, and gives what is to be given again
 * in its order, until each is through. Returns how many were rejected. */
static size_t
deliver_all(struct http_world *world, size_t n)
{
    int64_t until = mst_clock_ms() + HTTP_DEADLINE_MS;
    size_t rejected = 0;
    size_t left = n;
    while (left > 0 && mst_clock_ms() < until) {
        enum mst_status status = MST_OK;
        size_t at = 0;
        while (at < left && status == MST_OK) {
            at += http_world_offer(world, at, left, &status);
        }
        http_world_drain(world);
        size_t keep = 0;
        for (size_t i = 0; i < left; i++) {
            size_t number = (size_t)(world->offered[i] - world->deliveries);
            int end = atomic_load(&world->statuses[number]);
            rejected += end == MST_REJECTED;
            if (end == MST_RETRY || end == -1) {
                atomic_store(&world->statuses[number], -1);
                world->offered[keep++] = world->offered[i];
            }
        }
        left = keep;
    }
    assert_int_equal(left, 0);
    return rejected;
}

static void
every_event_is_confirmed_by_its_answer(void **state)
{
    struct http_world *world = *state;
    http_world_open(world);
    assert_int_equal(deliver_all(world, HTTP_MANY), 0);
    for (size_t i = 0; i < HTTP_MANY; i++) {
        assert_int_equal(world->seen[i], 1);
    }
    assert_int_equal(world->turned, 0);
    assert_int_equal(world->asked, HTTP_MANY);
    assert_non_null(strstr(world->last.head, "POST /in HTTP/1.1\r\n"));
    assert_non_null(
        strstr(world->last.head, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(world->last.head, "X-op: create\r\n"));
    assert_null(strstr(world->last.head, "Expect"));
}

/* One in eight fails for now, one in sixteen is refused, some hang up. */
static int
answer_by_chance(struct http_world *world, const struct http_asked *asked)
{
    int chance = rand_r(&world->seed) % 64;
    if (chance < 8) {
        return chance < 2 ? 0 : chance < 5 ? 500 : 503;
    }
    int numbers[HTTP_MANY];
    size_t n = http_world_numbers(asked->body, numbers, HTTP_MANY);
    for (size_t i = 0; i < n; i++) {
        if (numbers[i] % 97 == 5) {
            return 400;
        }
    }
    http_world_arrive(world, asked);
    return 200;
}

static void
whatever_fails_the_order_of_each_key_stays(void **state)
{
    struct http_world *world = *state;
    world->answer = answer_by_chance;
    for (unsigned round = 0; round < 4; round++) {
        world->seed = round + 1;
        world->options.batch_events = round < 2 ? 1 : 20;
        world->options.batch_format =
            round == 2 ? MST_BATCH_JSON_ARRAY : MST_BATCH_NDJSON;
        memset(world->seen, 0, sizeof(world->seen));
        memset(world->newest, 0xff, sizeof(world->newest));
        for (size_t i = 0; i < HTTP_MANY; i++) {
            world->offered[i] = &world->deliveries[i];
            atomic_store(&world->statuses[i], -1);
        }
        http_world_open(world);
        size_t rejected = deliver_all(world, HTTP_MANY);
        assert_int_equal(rejected, (HTTP_MANY - 6) / 97 + 1);
        assert_int_equal(world->turned, 0);
        for (int i = 0; i < HTTP_MANY; i++) {
            bool bad = i % 97 == 5;
            assert_int_equal(atomic_load(&world->statuses[i]),
                             bad ? MST_REJECTED : MST_OK);
            assert_true(bad ? world->seen[i] == 0 : world->seen[i] >= 1);
        }
        mst_http_sink.close(world->ctx);
        mst_http_sink.destroy(world->ctx);
        world->ctx = NULL;
    }
}

static int
answer_400(struct http_world *world, const struct http_asked *asked)
{
    (void)world;
    (void)asked;
    return 400;
}

static void
what_is_refused_says_status_and_answer(void **state)
{
    struct http_world *world = *state;
    enum mst_status status = MST_OK;
    world->answer = answer_400;
    http_world_open(world);
    assert_int_equal(http_world_offer(world, 0, 1, &status), 1);
    http_world_drain(world);
    assert_int_equal(atomic_load(&world->statuses[0]), MST_REJECTED);
    assert_int_equal(world->err.code, 400);
    assert_non_null(strstr(world->err.text, "/in: status 400: body"));
}

static int
answer_429(struct http_world *world, const struct http_asked *asked)
{
    (void)asked;
    world->more = world->asked == 1 ? "Retry-After: 7\r\n" : "";
    return world->asked == 1 ? 429 : 500;
}

static void
retry_after_is_handed_on_with_all_that_wait(void **state)
{
    struct http_world *world = *state;
    enum mst_status status = MST_OK;
    world->answer = answer_429;
    world->options.concurrency = 1;
    http_world_open(world);
    assert_int_equal(http_world_offer(world, 0, 100, &status), 100);
    http_world_drain(world);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(atomic_load(&world->statuses[i]), MST_RETRY);
    }
    assert_int_equal(world->asked, 1);
    assert_int_equal(world->err.retry_after_ms, 7000);
    /* Another failure within that time does not shorten it. */
    atomic_store(&world->statuses[0], -1);
    assert_int_equal(http_world_offer(world, 0, 1, &status), 1);
    http_world_drain(world);
    assert_true(world->err.retry_after_ms > 0);
}

static int
answer_403(struct http_world *world, const struct http_asked *asked)
{
    (void)world;
    (void)asked;
    return 403;
}

static void
what_a_person_has_to_mend_stops_the_job_and_loses_nothing(void **state)
{
    struct http_world *world = *state;
    enum mst_status status = MST_OK;
    world->answer = answer_403;
    http_world_open(world);
    assert_int_equal(http_world_offer(world, 0, 50, &status), 50);
    http_world_drain(world);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(atomic_load(&world->statuses[i]), MST_RETRY);
        atomic_store(&world->statuses[i], -1);
    }
    assert_int_equal(http_world_offer(world, 0, 50, &status), 0);
    assert_int_equal(status, MST_FATAL);
    /* Opened anew, it tries again. */
    mst_http_sink.close(world->ctx);
    http_world_open(world);
    assert_int_equal(http_world_offer(world, 0, 1, &status), 1);
}

static int
answer_never(struct http_world *world, const struct http_asked *asked)
{
    (void)world;
    (void)asked;
    return -1;
}

static void
closing_waits_for_nobody_and_confirms_all(void **state)
{
    struct http_world *world = *state;
    enum mst_status status = MST_OK;
    world->answer = answer_never;
    http_world_open(world);
    assert_int_equal(http_world_offer(world, 0, 100, &status), 100);
    assert_int_equal(mst_http_sink.drain(world->ctx, 10, NULL), MST_AGAIN);
    mst_http_sink.close(world->ctx);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(atomic_load(&world->statuses[i]), MST_DISCONNECTED);
    }
}

static void
an_interrupted_drain_returns(void **state)
{
    struct http_world *world = *state;
    enum mst_status status = MST_OK;
    world->answer = answer_never;
    http_world_open(world);
    assert_int_equal(http_world_offer(world, 0, 1, &status), 1);
    mst_http_sink.interrupt(world->ctx);
    assert_int_equal(mst_http_sink.drain(world->ctx, 600000, NULL), MST_AGAIN);
}

static void
no_more_is_taken_than_there_is_memory_for(void **state)
{
    struct http_world *world = *state;
    enum mst_status status = MST_OK;
    world->answer = answer_never;
    world->args.memory = 10 * (sizeof(struct mst_delivery) + 8);
    http_world_open(world);
    size_t taken = http_world_offer(world, 0, HTTP_MANY, &status);
    assert_int_equal(status, MST_AGAIN);
    assert_in_range(taken, 9, 11);
}

static void
a_server_that_is_not_there_is_waited_for(void **state)
{
    struct http_world *world = *state;
    enum mst_status status = MST_OK;
    world->service.host = T("http://127.0.0.1:1");
    http_world_open(world);
    assert_int_equal(http_world_offer(world, 0, 10, &status), 10);
    http_world_drain(world);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(atomic_load(&world->statuses[i]), MST_RETRY);
    }
    assert_non_null(strstr(world->err.text, "http://127.0.0.1:1/in"));
}

static void
without_order_one_key_uses_all_connections(void **state)
{
    struct http_world *world = *state;
    enum mst_status status = MST_OK;
    world->answer = answer_never;
    world->options.ordering = HTTP_SINK_ANY_ORDER;
    for (size_t i = 0; i < 4; i++) {
        world->events[i].key_hash = 0;
    }
    http_world_open(world);
    assert_int_equal(http_world_offer(world, 0, 4, &status), 4);
    int64_t until = mst_clock_ms() + HTTP_DEADLINE_MS;
    size_t asked = 0;
    while (asked < 4 && mst_clock_ms() < until) {
        assert_int_equal(mst_http_sink.drain(world->ctx, 1, NULL), MST_AGAIN);
        (void)pthread_mutex_lock(&world->mutex);
        asked = world->asked;
        (void)pthread_mutex_unlock(&world->mutex);
    }
    assert_int_equal(asked, 4);
}

static void
a_preview_is_what_would_be_sent(void **state)
{
    struct http_world *world = *state;
    struct mst_buf out;
    mst_buf_init(&out, 10000);
    world->args.resource = "u/{key}";
    world->service.host = T("http://h");
    world->options.method = 1;
    world->options.delete_method = 1;
    assert_int_equal(mst_http_sink.create(&world->ctx, &world->args, NULL),
                     MST_OK);
    assert_int_equal(mst_http_sink.preview(world->ctx, &world->deliveries[7],
                                           false, &out, NULL),
                     MST_OK);
    assert_string_equal(mst_buf_text(&out), "PUT http://h/u/7 {\"n\":7}");
    mst_buf_reset(&out);
    world->events[7].op = MST_OP_DELETE;
    world->deliveries[7].payload = MST_SLICE_NONE;
    assert_int_equal(mst_http_sink.preview(world->ctx, &world->deliveries[7],
                                           true, &out, NULL),
                     MST_OK);
    assert_string_equal(
        mst_buf_text(&out),
        "{\"method\":\"DELETE\",\"url\":\"http://h/u/7\",\"bytes\":0}");
    mst_buf_clear(&out);
}

static void
options_that_contradict_are_refused(void **state)
{
    struct http_world *world = *state;
    struct mst_error err;
    world->options.batch_events = 10;
    world->options.batch_format = MST_BATCH_NDJSON;
    world->args.encoding = MST_ENCODING_BSON;
    assert_int_equal(mst_http_sink.create(&world->ctx, &world->args, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.text, "needs output_encoding"));
    world->args.encoding = MST_ENCODING_JSON;
    world->options.idempotency_header = T("a b");
    assert_int_equal(mst_http_sink.create(&world->ctx, &world->args, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.text, "idempotency_header"));
    world->options.idempotency_header = NULL;
    world->args.resource = "{none}";
    assert_int_equal(mst_http_sink.create(&world->ctx, &world->args, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.text, "placeholder"));
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, http_world_setup, http_world_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_event_is_confirmed_by_its_answer),
        TEST(whatever_fails_the_order_of_each_key_stays),
        TEST(what_is_refused_says_status_and_answer),
        TEST(retry_after_is_handed_on_with_all_that_wait),
        TEST(what_a_person_has_to_mend_stops_the_job_and_loses_nothing),
        TEST(closing_waits_for_nobody_and_confirms_all),
        TEST(an_interrupted_drain_returns),
        TEST(no_more_is_taken_than_there_is_memory_for),
        TEST(a_server_that_is_not_there_is_waited_for),
        TEST(without_order_one_key_uses_all_connections),
        TEST(a_preview_is_what_would_be_sent),
        TEST(options_that_contradict_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
