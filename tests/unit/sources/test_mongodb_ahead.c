/* SPDX-License-Identifier: MIT */
/* Replies that are read in advance. */
#include "sources/mongodb/ahead.h"

#include "unit/cmocka_all.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "encodings/json_bson.h"

enum { WAIT_MS = 30000 };

/* A server with so many replies, the last of which ends the cursor or fails. */
struct server {
    atomic_int asked;
    int replies;
    bool fails;
    bool slow; /* answers only when released */
    atomic_bool released;
    size_t pad; /* bytes of each reply */
};

static struct mst_mongo_reply *
reply_of(int number, int64_t cursor_id, size_t pad)
{
    bson_t doc = BSON_INITIALIZER;
    bson_t cursor;
    bson_t batch;
    char *text = calloc(1, pad + 1);
    assert_non_null(text);
    memset(text, 'x', pad);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&doc, "cursor", &cursor);
    (void)BSON_APPEND_ARRAY_BEGIN(&cursor, "nextBatch", &batch);
    (void)bson_append_array_end(&cursor, &batch);
    (void)BSON_APPEND_INT64(&cursor, "id", cursor_id);
    (void)bson_append_document_end(&doc, &cursor);
    (void)BSON_APPEND_TIMESTAMP(&doc, "operationTime", (uint32_t)number, 0);
    (void)BSON_APPEND_UTF8(&doc, "pad", text);
    free(text);
    struct mst_mongo_reply *reply = mst_mongo_reply_create(&doc);
    assert_non_null(reply);
    assert_int_equal(mst_mongo_reply_parse(reply, NULL), MST_OK);
    return reply;
}

static void
pause_a_little(void)
{
    struct timespec tick = {.tv_nsec = 1000000};
    (void)nanosleep(&tick, NULL);
}

static void
ask(void *arg, struct mst_mongo_ahead_item *ret_item)
{
    struct server *server = arg;
    int number = atomic_fetch_add(&server->asked, 1) + 1;
    while (server->slow && !atomic_load(&server->released)) {
        pause_a_little();
    }
    bool last = number == server->replies;
    if (last && server->fails) {
        ret_item->failure.status = MST_DISCONNECTED;
        return;
    }
    ret_item->seconds = (uint32_t)number;
    ret_item->reply = reply_of(number, last ? 0 : 1, server->pad);
}

static struct mst_mongo_ahead *
begin(struct server *server)
{
    struct mst_mongo_ahead *ahead = NULL;
    assert_int_equal(mst_mongo_ahead_create(&ahead, ask, server, NULL), MST_OK);
    return ahead;
}

static void
replies_come_in_their_order_whoever_is_late(void **state)
{
    (void)state;
    for (int late = 0; late < 3; late++) {
        struct server server = {.replies = 200, .slow = late == 1};
        struct mst_mongo_ahead_item item;
        struct mst_mongo_ahead *ahead = begin(&server);
        if (late == 1) {
            assert_false(mst_mongo_ahead_take(ahead, 1, &item));
            atomic_store(&server.released, true);
        }
        for (uint32_t i = 1; i <= 200; i++) {
            if (late == 2 && i % 20 == 0) {
                pause_a_little();
            }
            assert_true(mst_mongo_ahead_take(ahead, WAIT_MS, &item));
            assert_int_equal(item.reply->seconds, i);
            assert_int_equal(item.seconds, i);
            mst_mongo_reply_unref(item.reply);
        }
        /* The cursor has ended: nobody asks on. */
        assert_false(mst_mongo_ahead_take(ahead, 1, &item));
        mst_mongo_ahead_destroy(ahead);
        assert_int_equal(atomic_load(&server.asked), 200);
    }
}

static void
a_failure_comes_behind_what_was_read_before_it(void **state)
{
    (void)state;
    struct server server = {.replies = 3, .fails = true};
    struct mst_mongo_ahead *ahead = begin(&server);
    struct mst_mongo_ahead_item item;
    for (uint32_t i = 1; i <= 2; i++) {
        assert_true(mst_mongo_ahead_take(ahead, WAIT_MS, &item));
        assert_int_equal(item.reply->seconds, i);
        mst_mongo_reply_unref(item.reply);
    }
    assert_true(mst_mongo_ahead_take(ahead, WAIT_MS, &item));
    assert_null(item.reply);
    assert_int_equal(item.failure.status, MST_DISCONNECTED);
    assert_false(mst_mongo_ahead_take(ahead, 1, &item));
    mst_mongo_ahead_destroy(ahead);
}

/* Waits until the server was asked so often; true: it is not asked again
 * within a moment. */
static bool
rests_at(struct server *server, int asked)
{
    int64_t until = mst_clock_ms() + WAIT_MS;
    while (atomic_load(&server->asked) < asked && mst_clock_ms() < until) {
        pause_a_little();
    }
    for (int i = 0; i < 20; i++) {
        pause_a_little();
    }
    return atomic_load(&server->asked) == asked;
}

static void
no_more_is_asked_for_than_may_wait(void **state)
{
    (void)state;
    const struct {
        size_t pad;
        int asked;
    } cases[] = {
        {10, MST_MONGO_AHEAD_REPLIES},
        {MST_MONGO_AHEAD_BYTES, 1},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct server server = {.replies = 100, .pad = cases[i].pad};
        struct mst_mongo_ahead *ahead = begin(&server);
        struct mst_mongo_ahead_item item;
        assert_true(rests_at(&server, cases[i].asked));
        assert_true(mst_mongo_ahead_take(ahead, WAIT_MS, &item));
        mst_mongo_reply_unref(item.reply);
        assert_true(rests_at(&server, cases[i].asked + 1));
        /* What nobody takes is freed. */
        mst_mongo_ahead_destroy(ahead);
    }
}

static void
it_ends_while_the_server_is_asked(void **state)
{
    (void)state;
    struct server server = {.replies = 9, .slow = true};
    struct mst_mongo_ahead *ahead = begin(&server);
    struct mst_mongo_ahead_item item;
    assert_false(mst_mongo_ahead_take(ahead, 1, &item));
    /* As the reader does it: what ask waits for is cancelled. */
    atomic_store(&server.released, true);
    mst_mongo_ahead_destroy(ahead);
    mst_mongo_ahead_destroy(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_come_in_their_order_whoever_is_late),
        cmocka_unit_test(a_failure_comes_behind_what_was_read_before_it),
        cmocka_unit_test(no_more_is_asked_for_than_may_wait),
        cmocka_unit_test(it_ends_while_the_server_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
