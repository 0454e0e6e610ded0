/* SPDX-License-Identifier: MIT */
/* Records of runs: begun, ended, died, the last hundred of a job. */
#include "unit/state/store_fixture.h"

struct seen {
    struct mst_run_record last;
    uint64_t ids[256];
    size_t n;
    size_t died;
};

static char *
copy(const char *text)
{
    char *out = text == NULL ? NULL : strdup(text);
    assert_true(text == NULL || out != NULL);
    return out;
}

/* Keeps a copy of the last one. */
static enum mst_status
seen_add(void *arg, const struct mst_run_record *one)
{
    struct seen *seen = arg;
    assert_in_range(seen->n, 0, 255);
    seen->ids[seen->n++] = one->id;
    seen->died += one->state != NULL && strcmp(one->state, "died") == 0;
    mst_run_record_clear(&seen->last);
    seen->last = *one;
    seen->last.job = copy(one->job);
    seen->last.reason = copy(one->reason);
    seen->last.state = copy(one->state);
    seen->last.first_position = copy(one->first_position);
    seen->last.last_position = copy(one->last_position);
    return MST_OK;
}

static struct seen
list(struct mst_store *store, const char *job, size_t limit)
{
    struct seen seen = {.n = 0};
    struct mst_error err;
    assert_int_equal(
        store->type->run_list(store, job, limit, seen_add, &seen, &err),
        MST_OK);
    return seen;
}

static struct mst_run_record
make_run(const char *job, int64_t start_ms)
{
    return (struct mst_run_record){.job = (char *)(uintptr_t)job,
                                   .start_ms = start_ms};
}

static uint64_t
begin(struct mst_store *store, const char *job, int64_t start_ms)
{
    struct mst_error err;
    struct mst_run_record run = make_run(job, start_ms);
    assert_int_equal(store->type->run_begin(store, &run, &err), MST_OK);
    return run.id;
}

static void
a_run_comes_back_whole_after_reopening(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    struct mst_run_record run = make_run("a", 1000);
    run.id = begin(store, "a", 1000);
    struct seen seen = list(store, "a", 0);
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.last.end_ms, 0);
    assert_null(seen.last.state);
    mst_run_record_clear(&seen.last);
    run.end_ms = 2000;
    run.reason = copy("SIGTERM");
    run.state = copy("stopped");
    run.events_in = 5;
    run.events_out = 4;
    run.rejected = 1;
    run.bytes = UINT64_MAX;
    run.first_position = copy("2026-01-01");
    run.last_position = copy("2026-01-02");
    assert_int_equal(store->type->run_end(store, &run, &err), MST_OK);
    store->type->destroy(store);
    store = fixture_open(*state);
    seen = list(store, NULL, 0);
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.last.id, run.id);
    assert_string_equal(seen.last.job, "a");
    assert_int_equal(seen.last.start_ms, 1000);
    assert_int_equal(seen.last.end_ms, 2000);
    assert_string_equal(seen.last.reason, "SIGTERM");
    assert_string_equal(seen.last.state, "stopped");
    assert_int_equal(seen.last.events_in, 5);
    assert_int_equal(seen.last.events_out, 4);
    assert_int_equal(seen.last.rejected, 1);
    assert_true(seen.last.bytes == UINT64_MAX);
    assert_string_equal(seen.last.first_position, "2026-01-01");
    assert_string_equal(seen.last.last_position, "2026-01-02");
    assert_int_equal(seen.died, 0);
    mst_run_record_clear(&seen.last);
    run.job = copy("a");
    mst_run_record_clear(&run);
    store->type->destroy(store);
}

static void
a_run_that_never_ended_is_closed_as_died_by_the_next(void **state)
{
    struct mst_store *store = fixture_open(*state);
    uint64_t crashed = begin(store, "a", 1000);
    uint64_t other = begin(store, "b", 1500);
    uint64_t next = begin(store, "a", 2000);
    assert_true(next > other && other > crashed);
    struct seen seen = list(store, "a", 0);
    assert_int_equal(seen.n, 2);
    assert_int_equal(seen.ids[0], next);
    assert_int_equal(seen.died, 1);
    assert_int_equal(seen.last.id, crashed);
    assert_int_equal(seen.last.end_ms, 2000);
    assert_string_equal(seen.last.state, "died");
    assert_non_null(seen.last.reason);
    mst_run_record_clear(&seen.last);
    /* Another job's run still goes on. */
    seen = list(store, "b", 0);
    assert_int_equal(seen.died, 0);
    assert_int_equal(seen.last.end_ms, 0);
    mst_run_record_clear(&seen.last);
    store->type->destroy(store);
}

static void
the_last_hundred_of_each_job_are_kept(void **state)
{
    struct mst_store *store = fixture_open(":memory:");
    (void)state;
    uint64_t first = begin(store, "b", 1);
    uint64_t last = 0;
    for (int i = 0; i < 130; i++) {
        last = begin(store, "a", i + 1);
    }
    struct seen seen = list(store, "a", 0);
    assert_int_equal(seen.n, 100);
    assert_int_equal(seen.ids[0], last);
    assert_int_equal(seen.ids[99], last - 99);
    mst_run_record_clear(&seen.last);
    seen = list(store, "a", 7);
    assert_int_equal(seen.n, 7);
    mst_run_record_clear(&seen.last);
    seen = list(store, NULL, 0);
    assert_int_equal(seen.n, 101);
    assert_int_equal(seen.ids[100], first);
    mst_run_record_clear(&seen.last);
    store->type->destroy(store);
}

static void
the_end_of_an_unknown_run_is_refused(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    struct mst_run_record run = make_run("b", 1);
    run.id = begin(store, "a", 1);
    run.end_ms = 2;
    assert_int_equal(store->type->run_end(store, &run, &err), MST_REJECTED);
    struct seen seen = list(store, NULL, 0);
    assert_int_equal(seen.last.end_ms, 0);
    mst_run_record_clear(&seen.last);
    store->type->destroy(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_run_comes_back_whole_after_reopening),
        fixture_test(a_run_that_never_ended_is_closed_as_died_by_the_next),
        fixture_test(the_last_hundred_of_each_job_are_kept),
        fixture_test(the_end_of_an_unknown_run_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
