/* SPDX-License-Identifier: MIT */
/* The MongoDB store; what needs a server is skipped without one. */
#include "state/mongo_store.h"

#include <mongoc/mongoc.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/cmocka_all.h"

#include "base/clock.h"
#include "base/process.h"
#include "clients/mongo_client.h"
#include "state/mongo_checkpoint_doc.h"

#define DATABASE "mstream_state_test"

enum { TTL_MS = 60000 };

struct fixture {
    struct mst_mongo_options options;
    char collection[64];
    struct mst_store *store;
    mongoc_client_t *client;
};

static int
setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct mst_error err = {.status = MST_OK};
    const char *uri = getenv("MSTREAM_TEST_MONGODB");
    *state = fixture;
    if (fixture == NULL || uri == NULL) {
        return fixture == NULL;
    }
    fixture->options =
        (struct mst_mongo_options){.connection_string = strdup(uri),
                                   .db_name = strdup(DATABASE),
                                   .connect_timeout_ms = 5000,
                                   .server_selection_timeout_ms = 5000,
                                   .socket_timeout_ms = 20000};
    (void)snprintf(fixture->collection, sizeof(fixture->collection), "s%d_%lld",
                   (int)getpid(), (long long)mst_clock_ns());
    mst_mongo_init();
    fixture->client = mongoc_client_new(uri);
    return mst_mongo_store_create(&fixture->options, "test",
                                  fixture->collection, &fixture->store, &err)
           != MST_OK;
}

static int
teardown(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->store != NULL) {
        fixture->store->type->destroy(fixture->store);
        mongoc_collection_t *collection = mongoc_client_get_collection(
            fixture->client, DATABASE, fixture->collection);
        (void)mongoc_collection_drop(collection, NULL);
        mongoc_collection_destroy(collection);
        mongoc_client_destroy(fixture->client);
    }
    free(fixture->options.connection_string);
    free(fixture->options.db_name);
    free(fixture);
    return 0;
}

/* Skips the test where there is no server. */
static struct mst_store *
store_of(void **state, struct mst_error *err)
{
    struct fixture *fixture = *state;
    if (fixture->store == NULL) {
        skip();
    }
    mst_error_clear(err);
    return fixture->store;
}

static enum mst_status
save(struct mst_store *store, uint64_t events, uint64_t fence,
     struct mst_error *err)
{
    struct mst_checkpoint one = {.job = (char[]){"users"},
                                 .identity = (char[]){"id"},
                                 .position = MST_SLICE_LIT("position"),
                                 .saved_ms = 1750000000123,
                                 .events = events,
                                 .fence = fence};
    enum mst_status status = store->type->checkpoint_save(store, &one, err);
    if (status == MST_FATAL) {
        fail_msg("%s", err->text);
    }
    return status;
}

static void
a_checkpoint_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct mst_error err;
    struct mst_checkpoint one = {.job = (char[]){"users"},
                                 .identity = (char[]){"mongodb:rs0/app.users"},
                                 .position = MST_SLICE_LIT("{\"t\":1}\0x"),
                                 .sink_mark = MST_SLICE_LIT(""),
                                 .origin = MST_POSITION_SET,
                                 .saved_ms = -5,
                                 .events = UINT64_C(1) << 60,
                                 .fence = 7};
    struct mst_checkpoint back = {0};
    bool damaged = true;
    bson_t doc = BSON_INITIALIZER;
    mst_mongo_checkpoint_write(&one, &doc);
    struct mst_slice bytes = {bson_get_data(&doc), doc.len};
    assert_int_equal(
        mst_mongo_checkpoint_read(bytes, "users", &back, &damaged, &err),
        MST_OK);
    assert_false(damaged);
    assert_string_equal(back.identity, one.identity);
    assert_true(mst_slice_equal(back.position, one.position));
    assert_non_null(back.sink_mark.data);
    assert_int_equal(back.origin, MST_POSITION_SET);
    assert_int_equal(back.saved_ms, -5);
    assert_int_equal(back.events, one.events);
    assert_int_equal(back.fence, 7);
    mst_checkpoint_clear(&back);
    /* The same bytes under another job's name are somebody else's. */
    assert_int_equal(
        mst_mongo_checkpoint_read(bytes, "orders", &back, &damaged, &err),
        MST_OK);
    assert_true(damaged);
    mst_checkpoint_clear(&back);
    bson_destroy(&doc);
}

static void
the_newest_checkpoint_is_loaded(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    struct mst_checkpoint got = {0};
    assert_int_equal(store->type->checkpoint_load(store, "users", &got, &err),
                     MST_END);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(save(store, i, 0, &err), MST_OK);
    }
    assert_int_equal(store->type->checkpoint_load(store, "users", &got, &err),
                     MST_OK);
    assert_int_equal(got.events, 3);
    assert_string_equal(got.job, "users");
    mst_checkpoint_clear(&got);
    assert_int_equal(store->type->checkpoint_delete(store, "users", &err),
                     MST_OK);
    assert_int_equal(store->type->checkpoint_load(store, "users", &got, &err),
                     MST_END);
}

struct seen {
    uint64_t events[64];
    size_t len;
};

static enum mst_status
remember(void *arg, const struct mst_checkpoint *one)
{
    struct seen *seen = arg;
    seen->events[seen->len++] = one->events;
    return MST_OK;
}

static void
the_last_twenty_are_kept_newest_first(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    struct seen seen = {.len = 0};
    for (uint64_t i = 1; i <= 25; i++) {
        assert_int_equal(save(store, i, 0, &err), MST_OK);
    }
    assert_int_equal(
        store->type->checkpoint_list(store, "users", remember, &seen, &err),
        MST_OK);
    assert_int_equal(seen.len, 20);
    assert_int_equal(seen.events[0], 25);
    assert_int_equal(seen.events[19], 6);
    seen.len = 0;
    assert_int_equal(
        store->type->checkpoint_list(store, NULL, remember, &seen, &err),
        MST_OK);
    assert_int_equal(seen.len, 1);
    assert_int_equal(seen.events[0], 25);
}

static void
one_holder_at_a_time_and_fences_grow(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    struct mst_lease first = {0};
    struct mst_lease second = {0};
    assert_int_equal(
        store->type->lease_acquire(store, "users", "$a", TTL_MS, &first, &err),
        MST_OK);
    assert_string_equal(first.holder, "$a");
    assert_int_equal(first.fence, 1);
    assert_int_equal(
        store->type->lease_acquire(store, "users", "b", TTL_MS, &second, &err),
        MST_AGAIN);
    assert_string_equal(second.holder, "$a");
    assert_int_equal(
        store->type->lease_renew(store, "users", &first, TTL_MS, &err), MST_OK);
    assert_int_equal(store->type->lease_release(store, "users", &first, &err),
                     MST_OK);
    assert_int_equal(
        store->type->lease_acquire(store, "users", "b", TTL_MS, &second, &err),
        MST_OK);
    assert_int_equal(second.fence, 2);
    assert_int_equal(
        store->type->lease_renew(store, "users", &first, TTL_MS, &err),
        MST_REJECTED);
    assert_int_equal(store->type->lease_release(store, "users", &first, &err),
                     MST_OK);
    assert_int_equal(
        store->type->lease_renew(store, "users", &second, TTL_MS, &err),
        MST_OK);
}

static void
an_expired_lease_and_a_dead_holders_are_taken_over(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    char tag[MST_PROCESS_TAG_MAX];
    struct mst_lease lease = {0};
    struct mst_lease next = {0};
    assert_int_equal(
        store->type->lease_acquire(store, "users", "a", 0, &lease, &err),
        MST_OK);
    assert_int_equal(
        store->type->lease_acquire(store, "users", "b", TTL_MS, &next, &err),
        MST_OK);
    assert_int_equal(next.fence, lease.fence + 1);
    /* A process of this machine that has ended. */
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mst_process_tag(tag);
        ssize_t sent = write(pipes[1], tag, sizeof(tag));
        _exit(sent == (ssize_t)sizeof(tag) ? 0 : 1);
    }
    assert_int_equal(read(pipes[0], tag, sizeof(tag)), sizeof(tag));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(close(pipes[0]), 0);
    assert_int_equal(close(pipes[1]), 0);
    assert_int_equal(
        store->type->lease_acquire(store, "orders", tag, TTL_MS, &lease, &err),
        MST_OK);
    assert_int_equal(
        store->type->lease_acquire(store, "orders", "b", TTL_MS, &next, &err),
        MST_OK);
    assert_int_equal(next.fence, lease.fence + 1);
}

/* Its questions, as far as their time goes, are of an hour ago. */
static void
age_questions(const struct fixture *fixture)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(
        fixture->client, DATABASE, fixture->collection);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8("users"));
    bson_t *update =
        BCON_NEW("$set", "{", "asked.until",
                 BCON_DATE_TIME(mst_clock_wall_ms() - 3600000), "}");
    assert_true(mongoc_collection_update_one(collection, filter, update, NULL,
                                             NULL, NULL));
    bson_destroy(filter);
    bson_destroy(update);
    mongoc_collection_destroy(collection);
}

static enum mst_status
acquire(struct mst_store *store, const char *holder, uint32_t holds,
        struct mst_lease *ret, struct mst_error *err)
{
    *ret = (struct mst_lease){.holds = holds};
    return store->type->lease_acquire(store, "users", holder, TTL_MS, ret, err);
}

static void
a_job_that_is_asked_for_is_kept_for_who_asks(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    struct mst_lease lease;
    struct mst_lease seen;
    assert_int_equal(acquire(store, "a", 5, &lease, &err), MST_OK);
    assert_false(lease.asked);
    assert_int_equal(acquire(store, "$b", 2, &seen, &err), MST_AGAIN);
    assert_int_equal(seen.holds, 5);
    assert_int_equal(
        store->type->lease_ask(store, "users", &seen, "$b", 1, &err), MST_OK);
    lease.holds = 6;
    assert_int_equal(
        store->type->lease_renew(store, "users", &lease, TTL_MS, &err), MST_OK);
    assert_true(lease.asked);
    assert_int_equal(lease.asker_holds, 1);
    assert_int_equal(lease.holds, 6);
    assert_int_equal(store->type->lease_release(store, "users", &lease, &err),
                     MST_OK);
    assert_int_equal(acquire(store, "c", 1, &seen, &err), MST_RETRY);
    assert_int_equal(acquire(store, "$b", 2, &lease, &err), MST_OK);
    assert_int_equal(
        store->type->lease_renew(store, "users", &lease, TTL_MS, &err), MST_OK);
    assert_false(lease.asked);
    /* To ask who no longer has it is nothing. */
    assert_int_equal(
        store->type->lease_ask(store, "users", &seen, "c", 0, &err), MST_OK);
}

static void
a_question_that_is_not_repeated_is_over(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    struct mst_lease lease;
    struct mst_lease seen;
    assert_int_equal(acquire(store, "a", 5, &lease, &err), MST_OK);
    assert_int_equal(acquire(store, "b", 1, &seen, &err), MST_AGAIN);
    assert_int_equal(
        store->type->lease_ask(store, "users", &seen, "b", 0, &err), MST_OK);
    age_questions(*state);
    assert_int_equal(
        store->type->lease_renew(store, "users", &lease, TTL_MS, &err), MST_OK);
    assert_false(lease.asked);
    assert_int_equal(store->type->lease_release(store, "users", &lease, &err),
                     MST_OK);
    assert_int_equal(acquire(store, "c", 1, &seen, &err), MST_OK);
}

static void
who_lost_the_lease_can_not_write_over_newer_progress(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    struct mst_lease old = {0};
    struct mst_lease now = {0};
    struct mst_checkpoint got = {0};
    assert_int_equal(
        store->type->lease_acquire(store, "users", "a", 0, &old, &err), MST_OK);
    assert_int_equal(save(store, 10, old.fence, &err), MST_OK);
    assert_int_equal(
        store->type->lease_acquire(store, "users", "b", TTL_MS, &now, &err),
        MST_OK);
    assert_int_equal(save(store, 20, now.fence, &err), MST_OK);
    assert_int_equal(save(store, 11, old.fence, &err), MST_REJECTED);
    assert_non_null(strstr(err.text, "was lost"));
    assert_int_equal(store->type->checkpoint_load(store, "users", &got, &err),
                     MST_OK);
    assert_int_equal(got.events, 20);
    mst_checkpoint_clear(&got);
}

static void
a_person_may_write_only_while_nobody_runs_the_job(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    struct mst_lease lease = {0};
    assert_int_equal(save(store, 1, 0, &err), MST_OK);
    assert_int_equal(
        store->type->lease_acquire(store, "users", "a", TTL_MS, &lease, &err),
        MST_OK);
    assert_int_equal(save(store, 2, 0, &err), MST_REJECTED);
    assert_non_null(strstr(err.text, "is run by a"));
    assert_int_equal(store->type->checkpoint_delete(store, "users", &err),
                     MST_REJECTED);
    assert_int_equal(store->type->lease_release(store, "users", &lease, &err),
                     MST_OK);
    assert_int_equal(save(store, 3, 0, &err), MST_OK);
    /* ... and what slept through its lease is fenced off by that. */
    assert_int_equal(save(store, 4, lease.fence, &err), MST_REJECTED);
}

static void
a_damaged_checkpoint_is_refused_and_the_older_ones_are_listed(void **state)
{
    struct mst_error err;
    struct mst_store *store = store_of(state, &err);
    struct mst_checkpoint got = {0};
    struct seen seen = {.len = 0};
    assert_int_equal(save(store, 1, 0, &err), MST_OK);
    assert_int_equal(save(store, 2, 0, &err), MST_OK);
    struct fixture *fixture = *state;
    mongoc_collection_t *collection = mongoc_client_get_collection(
        fixture->client, DATABASE, fixture->collection);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8("users"));
    bson_t *update =
        BCON_NEW("$set", "{", "checkpoints.1.events", BCON_INT64(99), "}");
    assert_true(mongoc_collection_update_one(collection, filter, update, NULL,
                                             NULL, NULL));
    bson_destroy(filter);
    bson_destroy(update);
    mongoc_collection_destroy(collection);
    assert_int_equal(store->type->checkpoint_load(store, "users", &got, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.text, "damaged"));
    assert_int_equal(
        store->type->checkpoint_list(store, "users", remember, &seen, &err),
        MST_FATAL);
    assert_int_equal(seen.len, 1);
    assert_int_equal(seen.events[0], 1);
}

static void
a_server_that_is_away_means_later(void **state)
{
    (void)state;
    struct mst_error err = {.status = MST_OK};
    struct mst_store *store = NULL;
    struct mst_mongo_options options = {
        .connection_string = (char[]){"mongodb://u:secret@127.0.0.1:9/"},
        .db_name = (char[]){"d"},
        .connect_timeout_ms = 200,
        .server_selection_timeout_ms = 200,
        .socket_timeout_ms = 200};
    assert_int_equal(
        mst_mongo_store_create(&options, "test", "c", &store, &err), MST_OK);
    assert_int_equal(save(store, 1, 0, &err), MST_RETRY);
    assert_null(strstr(err.text, "secret"));
    store->type->destroy(store);
}

int
main(void)
{
#define MONGO_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_is_read_as_it_was_written),
        MONGO_TEST(the_newest_checkpoint_is_loaded),
        MONGO_TEST(the_last_twenty_are_kept_newest_first),
        MONGO_TEST(one_holder_at_a_time_and_fences_grow),
        MONGO_TEST(an_expired_lease_and_a_dead_holders_are_taken_over),
        MONGO_TEST(a_job_that_is_asked_for_is_kept_for_who_asks),
        MONGO_TEST(a_question_that_is_not_repeated_is_over),
        MONGO_TEST(who_lost_the_lease_can_not_write_over_newer_progress),
        MONGO_TEST(a_person_may_write_only_while_nobody_runs_the_job),
        MONGO_TEST(
            a_damaged_checkpoint_is_refused_and_the_older_ones_are_listed),
        cmocka_unit_test(a_server_that_is_away_means_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
