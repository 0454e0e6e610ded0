/* SPDX-License-Identifier: MIT */
/* One store in many threads: every function at once, nothing mixed up. */
#include "unit/state/store_fixture.h"

#include "base/thread.h"

enum { THREADS = 4, TURNS = 40 };

struct worker {
    pthread_t thread;
    struct mst_store *store;
    char job[8];
    bool is_ok;
};

static enum mst_status
count_letter(void *arg, const struct mst_letter *one)
{
    (void)one;
    *(int *)arg += 1;
    return MST_OK;
}

static enum mst_status
count_checkpoint(void *arg, const struct mst_checkpoint *one)
{
    (void)one;
    *(int *)arg += 1;
    return MST_OK;
}

static bool
worker_turn(struct worker *worker, int turn)
{
    struct mst_error err;
    struct mst_lease lease;
    struct mst_letter_totals totals;
    struct mst_store *store = worker->store;
    const struct mst_store_type *type = store->type;
    struct mst_letter letter = {
        .job = worker->job, .stage = "source", .reason = "no"};
    struct mst_letter_filter filter = {.job = worker->job, .payloads = true};
    struct mst_run_record run = {.job = worker->job, .start_ms = turn};
    int letters = 0;
    int checkpoints = 0;
    return type->lease_acquire(store, worker->job, worker->job, 60000, &lease,
                               &err)
               == MST_OK
           && lease.fence == (uint64_t)turn
           && type->run_begin(store, &run, &err) == MST_OK
           && type->letters_put(store, &letter, 1, NULL, &err) == MST_OK
           && fixture_save(store, worker->job, (uint64_t)turn, lease.fence)
                  == MST_OK
           && type->lease_renew(store, worker->job, &lease, 60000, &err)
                  == MST_OK
           && type->letters_list(store, &filter, count_letter, &letters, &err)
                  == MST_OK
           && letters == turn
           && type->letters_count(store, worker->job, &totals, &err) == MST_OK
           && totals.letters == (uint64_t)turn
           && type->checkpoint_list(store, NULL, count_checkpoint, &checkpoints,
                                    &err)
                  == MST_OK
           && checkpoints >= 1 && checkpoints <= THREADS
           && type->run_end(store, &run, &err) == MST_OK
           && type->lease_release(store, worker->job, &lease, &err) == MST_OK;
}

static void *
worker_run(void *arg)
{
    struct worker *worker = arg;
    worker->is_ok = true;
    for (int turn = 1; worker->is_ok && turn <= TURNS; turn++) {
        worker->is_ok = worker_turn(worker, turn);
    }
    return NULL;
}

static void
threads_share_one_store(void **state)
{
    struct mst_error err;
    struct worker workers[THREADS];
    struct mst_store *store = fixture_open(*state);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].store = store;
        (void)snprintf(workers[i].job, sizeof(workers[i].job), "job%u",
                       (unsigned)i);
        assert_int_equal(mst_thread_start(&workers[i].thread, "worker",
                                          worker_run, &workers[i], &err),
                         MST_OK);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_true(workers[i].is_ok);
        assert_int_equal(fixture_events(store, workers[i].job), TURNS);
    }
    store->type->destroy(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(threads_share_one_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
