/* SPDX-License-Identifier: MIT */
/* The queue between threads: order, waiting, closing, waking. */
#include "unit/cmocka_all.h"

#include "base/queue.h"
#include "base/thread.h"

enum { ITEMS = 20000 };

static void *
push_all(void *arg)
{
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        if (!mst_queue_push(arg, (void *)i)) {
            break;
        }
    }
    mst_queue_close(arg);
    return NULL;
}

static void
items_come_out_in_order_and_closing_ends_the_stream(void **state)
{
    (void)state;
    struct mst_queue *queue = mst_queue_create();
    pthread_t thread;
    struct mst_error err;
    assert_int_equal(mst_thread_start(&thread, "pusher", push_all, queue, &err),
                     MST_OK);
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        assert_int_equal((uintptr_t)mst_queue_pop(queue, -1), i);
    }
    assert_null(mst_queue_pop(queue, -1));
    assert_true(mst_queue_is_closed(queue));
    assert_false(mst_queue_push(queue, queue));
    assert_int_equal(pthread_join(thread, NULL), 0);
    mst_queue_destroy(queue);
}

static void
waking_ends_one_wait_and_keeps_the_items(void **state)
{
    (void)state;
    struct mst_queue *queue = mst_queue_create();
    assert_null(mst_queue_pop(queue, 0));
    assert_null(mst_queue_pop(queue, 1));
    assert_true(mst_queue_push(queue, queue));
    mst_queue_wake(queue);
    assert_null(mst_queue_pop(queue, -1));
    assert_ptr_equal(mst_queue_pop(queue, -1), queue);
    mst_queue_destroy(queue);
}

static void
waiting_leaves_the_items_where_they_are(void **state)
{
    (void)state;
    struct mst_queue *queue = mst_queue_create();
    assert_false(mst_queue_wait(queue, 0));
    assert_false(mst_queue_wait(queue, 1));
    mst_queue_wake(queue);
    assert_false(mst_queue_wait(queue, -1));
    assert_true(mst_queue_push(queue, queue));
    assert_true(mst_queue_wait(queue, -1));
    assert_int_equal(mst_queue_len(queue), 1);
    assert_ptr_equal(mst_queue_pop(queue, 0), queue);
    mst_queue_close(queue);
    assert_false(mst_queue_wait(queue, -1));
    mst_queue_destroy(queue);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_order_and_closing_ends_the_stream),
        cmocka_unit_test(waking_ends_one_wait_and_keeps_the_items),
        cmocka_unit_test(waiting_leaves_the_items_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
