/* SPDX-License-Identifier: MIT */
/* Every allocation of a tail that jobs share fails in turn: all are told, or
 * read by themselves, and nothing is left behind. */
#include "unit/sources/oplog_world.h"

#include "support/alloc_fail.h"

enum { JOBS = 3, REPLIES = 20, TORTURE_MAX = 2000 };

struct torture {
    struct mst_mongo_reply *const *replies;
    struct mst_oplog_fan *fan;
    struct mst_oplog_seat *seats[JOBS];
    struct mst_mongo_source_options options;
    struct mst_mongo_watch watch;
    size_t taken;
};

/* MST_OK: all of them sit. */
static enum mst_status
torture_sit(struct torture *torture)
{
    struct mst_error err;
    enum mst_status status =
        mst_oplog_fan_create((size_t)1024 * 1024, 0, &torture->fan, &err);
    for (size_t i = 0; status == MST_OK && i < JOBS; i++) {
        const struct mst_oplog_wish wish = {
            .scope = {.watch = &torture->watch, .db = mst_slice_str("d")},
            .heartbeat_ms = 1,
            .batch_size = 1,
            .await_ms = 1};
        status = mst_oplog_seat_create(torture->fan, &torture->seats[i], &err);
        if (status == MST_OK) {
            mst_oplog_seat_come(torture->seats[i], &wish);
        }
    }
    return status;
}

static enum mst_status
torture_open(struct torture *torture)
{
    const struct mst_oplog_time at = {0, 1};
    struct mst_oplog_task task;
    bool served = true;
    for (size_t i = 0; i < JOBS; i++) {
        (void)mst_oplog_seat_ask(torture->seats[i], at, INT64_MAX);
    }
    /* Without memory they are told to read by themselves, and it would wait
     * for the next ones: there is an end, so that it does not. */
    mst_oplog_fan_set_member(torture->fan, "member:1");
    enum mst_oplog_work work = mst_oplog_fan_next(torture->fan, false, &task);
    if (work == MST_OPLOG_WORK_OPEN) {
        mst_oplog_fan_opened(torture->fan, &task);
    }
    bson_destroy(task.filter);
    for (size_t i = 0; i < JOBS; i++) {
        struct mst_oplog_time from;
        char member[MST_MONGO_MEMBER_MAX];
        served = served
                 && mst_oplog_seat_is_served(torture->seats[i], &from, member);
    }
    return served ? MST_OK : MST_FATAL;
}

static enum mst_status
torture_read(struct torture *torture)
{
    struct mst_error err = {.status = MST_OK};
    enum mst_status status = MST_OK;
    for (size_t n = 0; status == MST_OK && n < REPLIES; n++) {
        status = mst_oplog_fan_publish(torture->fan, torture->replies[n], &err);
    }
    if (status != MST_OK) {
        assert_true(err.text[0] != '\0');
        mst_oplog_fan_break(torture->fan, &err);
    }
    return status;
}

static void
torture_take(struct torture *torture, enum mst_status status)
{
    for (size_t i = 0; i < JOBS; i++) {
        struct mst_oplog_take take;
        enum mst_oplog_taken taken;
        while ((taken = mst_oplog_seat_take(torture->seats[i], 0, &take))
               == MST_OPLOG_TAKEN_REPLY) {
            mst_mongo_reply_unref(take.reply);
            torture->taken++;
        }
        assert_true(status == MST_OK || taken != MST_OPLOG_TAKEN_QUIET);
    }
}

/* True: something failed. */
static bool
torture_once(struct mst_mongo_reply *const *replies, size_t n,
             size_t *ret_taken)
{
    struct torture torture = {.replies = replies};
    torture.watch.options = &torture.options;
    torture.watch.resource = "a";
    alloc_fail_at(n);
    enum mst_status status = torture_sit(&torture);
    if (status == MST_OK && torture_open(&torture) == MST_OK) {
        torture_take(&torture, torture_read(&torture));
    }
    bool failed = alloc_fail_stop();
    for (size_t i = 0; i < JOBS; i++) {
        mst_oplog_seat_destroy(torture.seats[i]);
    }
    size_t bytes = 0;
    size_t served = 0;
    if (torture.fan != NULL) {
        mst_oplog_fan_look(torture.fan, &bytes, &served);
    }
    assert_int_equal(bytes, 0);
    assert_int_equal(served, 0);
    mst_oplog_fan_destroy(torture.fan);
    *ret_taken = torture.taken;
    return failed;
}

static void
without_memory_each_reads_by_itself_and_nothing_is_left(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct mst_mongo_reply *replies[REPLIES];
    bson_t *filter =
        BCON_NEW("ns", "{", "$in", "[", "d.a", "admin.$cmd", "]", "}");
    size_t taken = 0;
    size_t at = 0;
    size_t n = 1;
    (void)state;
    assert_non_null(world);
    world->len = WORLD_ENTRIES;
    assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
    for (size_t i = 0; i < REPLIES; i++) {
        replies[i] = world_reply(world, filter, &at);
    }
    while (n < TORTURE_MAX && torture_once(replies, n, &taken)) {
        n++;
    }
    assert_true(n > 10 && n < TORTURE_MAX);
    assert_int_equal(taken, JOBS * REPLIES);
    for (size_t i = 0; i < REPLIES; i++) {
        mst_mongo_reply_unref(replies[i]);
    }
    bson_destroy(filter);
    (void)pthread_mutex_destroy(&world->mutex);
    free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            without_memory_each_reads_by_itself_and_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
