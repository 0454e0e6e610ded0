/* SPDX-License-Identifier: MIT */
/* Checkpoints of the embedded store: kept whole, fenced, guarded by sums. */
#include "unit/state/store_fixture.h"

/* What a list gave. */
struct seen {
    uint64_t events[64];
    char jobs[64][16];
    size_t n;
    size_t stop_after; /* 0: never */
};

static enum mst_status
seen_add(void *arg, const struct mst_checkpoint *one)
{
    struct seen *seen = arg;
    assert_in_range(seen->n, 0, 63);
    seen->events[seen->n] = one->events;
    (void)snprintf(seen->jobs[seen->n], sizeof(seen->jobs[0]), "%s", one->job);
    seen->n++;
    return seen->n == seen->stop_after ? MST_END : MST_OK;
}

static void
a_checkpoint_comes_back_whole_after_reopening(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    struct mst_checkpoint saved =
        fixture_checkpoint("users", "{\"token\":\"82\"}", 41, 7);
    saved.position = MST_SLICE_LIT("\x00\xFF\x00 bytes");
    saved.origin = MST_POSITION_SET;
    saved.events = UINT64_MAX - 3;
    assert_int_equal(store->type->checkpoint_save(store, &saved, &err), MST_OK);
    store->type->destroy(store);

    store = fixture_open(*state);
    struct mst_checkpoint loaded;
    assert_int_equal(
        store->type->checkpoint_load(store, "users", &loaded, &err), MST_OK);
    assert_string_equal(loaded.job, saved.job);
    assert_string_equal(loaded.identity, saved.identity);
    assert_true(mst_slice_equal(loaded.position, saved.position));
    assert_true(mst_slice_equal(loaded.sink_mark, saved.sink_mark));
    assert_int_equal(loaded.origin, MST_POSITION_SET);
    assert_int_equal(loaded.saved_ms, saved.saved_ms);
    assert_true(loaded.events == saved.events);
    assert_int_equal(loaded.fence, 7);
    mst_checkpoint_clear(&loaded);
    store->type->destroy(store);
}

static void
no_mark_differs_from_an_empty_one(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    struct mst_checkpoint saved = fixture_checkpoint("a", "", 1, 1);
    saved.sink_mark = MST_SLICE_NONE;
    assert_int_equal(store->type->checkpoint_save(store, &saved, &err), MST_OK);
    struct mst_checkpoint loaded;
    assert_int_equal(store->type->checkpoint_load(store, "a", &loaded, &err),
                     MST_OK);
    assert_non_null(loaded.position.data);
    assert_int_equal(loaded.position.len, 0);
    assert_null(loaded.sink_mark.data);
    mst_checkpoint_clear(&loaded);
    store->type->destroy(store);
}

static void
a_job_without_checkpoint_has_none(void **state)
{
    struct mst_store *store = fixture_open(*state);
    assert_int_equal(fixture_save(store, "a", 1, 1), MST_OK);
    assert_int_equal(fixture_events(store, "b"), -1);
    assert_int_equal(fixture_events(store, "a"), 1);
    store->type->destroy(store);
}

static void
the_newest_twenty_are_kept_and_a_thinned_history(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    /* A memory store has the same code and no disk. */
    struct mst_store *quick = fixture_open(":memory:");
    const struct {
        uint64_t saves;
        uint64_t rows;
        uint64_t oldest;
    } cases[] = {{1, 1, 1},      {20, 20, 1},      {25, 20, 6},
                 {64, 20, 45},   {84, 21, 64},     {150, 22, 64},
                 {200, 21, 128}, {5000, 22, 4096}, {9000, 24, 4096}};
    uint64_t saves = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        while (saves < cases[i].saves) {
            saves++;
            assert_int_equal(fixture_save(quick, "a", saves, 1), MST_OK);
            if (saves <= 30) {
                assert_int_equal(fixture_save(store, "a", saves, 1), MST_OK);
            }
        }
        struct seen seen = {.n = 0};
        assert_int_equal(
            quick->type->checkpoint_list(quick, "a", seen_add, &seen, &err),
            MST_OK);
        assert_int_equal(seen.n, cases[i].rows);
        assert_int_equal(seen.events[0], saves);
        assert_int_equal(seen.events[seen.n - 1], cases[i].oldest);
    }
    struct seen seen = {.n = 0};
    assert_int_equal(
        store->type->checkpoint_list(store, "a", seen_add, &seen, &err),
        MST_OK);
    assert_int_equal(seen.n, 20);
    for (size_t i = 0; i < seen.n; i++) {
        assert_int_equal(seen.events[i], 30 - i);
    }
    quick->type->destroy(quick);
    store->type->destroy(store);
}

static void
the_list_of_all_jobs_gives_the_newest_of_each(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(fixture_save(store, "b", i, 1), MST_OK);
        assert_int_equal(fixture_save(store, "a", 10 * i, 1), MST_OK);
    }
    struct seen seen = {.n = 0};
    assert_int_equal(
        store->type->checkpoint_list(store, NULL, seen_add, &seen, &err),
        MST_OK);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.jobs[0], "a");
    assert_int_equal(seen.events[0], 30);
    assert_string_equal(seen.jobs[1], "b");
    assert_int_equal(seen.events[1], 3);

    struct seen first = {.stop_after = 1};
    assert_int_equal(
        store->type->checkpoint_list(store, NULL, seen_add, &first, &err),
        MST_END);
    assert_int_equal(first.n, 1);
    store->type->destroy(store);
}

static void
a_damaged_checkpoint_is_refused_and_the_older_ones_listed(void **state)
{
    static const char *const damages[] = {
        "UPDATE checkpoints SET position = x'7B7D' WHERE number = 3",
        "UPDATE checkpoints SET sink_mark = NULL WHERE number = 3",
        "UPDATE checkpoints SET identity = 'kafka/users' WHERE number = 3",
        "UPDATE checkpoints SET events = events + 1 WHERE number = 3",
        "UPDATE checkpoints SET fence = 99 WHERE number = 3",
        "UPDATE checkpoints SET origin = 1 WHERE number = 3",
        "UPDATE checkpoints SET saved_ms = 0 WHERE number = 3",
        "UPDATE checkpoints SET position = NULL WHERE number = 3",
        "UPDATE checkpoints SET sum = sum + 4294967296 WHERE number = 3"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(damages); i++) {
        struct mst_error err;
        struct mst_checkpoint loaded;
        struct mst_store *store = fixture_open(*state);
        for (uint64_t n = 1; n <= 3; n++) {
            assert_int_equal(fixture_save(store, "a", n, 1), MST_OK);
        }
        fixture_sql(*state, damages[i]);
        assert_int_equal(
            store->type->checkpoint_load(store, "a", &loaded, &err), MST_FATAL);
        assert_non_null(strstr(err.text, "'a'"));
        assert_non_null(strstr(err.text, *state));
        assert_non_null(strstr(err.hint, "checkpoints list"));
        struct seen seen = {.n = 0};
        assert_int_equal(
            store->type->checkpoint_list(store, "a", seen_add, &seen, &err),
            MST_FATAL);
        assert_int_equal(seen.n, 2);
        assert_int_equal(seen.events[0], 2);
        /* A newer one heals it. */
        assert_int_equal(fixture_save(store, "a", 4, 1), MST_OK);
        assert_int_equal(fixture_events(store, "a"), 4);
        assert_int_equal(store->type->checkpoint_delete(store, "a", &err),
                         MST_OK);
        assert_int_equal(fixture_events(store, "a"), -1);
        store->type->destroy(store);
    }
}

static void
a_position_that_is_too_large_is_refused(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    uint8_t *bytes = calloc(1, MST_POSITION_MAX + 1);
    assert_non_null(bytes);
    struct mst_checkpoint checkpoint = fixture_checkpoint("a", "", 1, 1);
    checkpoint.position = mst_slice_of(bytes, MST_POSITION_MAX + 1);
    assert_int_equal(store->type->checkpoint_save(store, &checkpoint, &err),
                     MST_FATAL);
    checkpoint.position.len--;
    assert_int_equal(store->type->checkpoint_save(store, &checkpoint, &err),
                     MST_OK);
    assert_int_equal(fixture_events(store, "a"), 1);
    free(bytes);
    store->type->destroy(store);
}

static void
a_process_that_lost_its_lease_can_not_save(void **state)
{
    struct mst_error err;
    struct mst_lease old;
    struct mst_lease new;
    struct mst_store *store = fixture_open(*state);
    const struct mst_store_type *type = store->type;
    assert_int_equal(type->lease_acquire(store, "a", "first", 0, &old, &err),
                     MST_OK);
    assert_int_equal(fixture_save(store, "a", 1, old.fence), MST_OK);
    assert_int_equal(
        type->lease_acquire(store, "a", "second", 60000, &new, &err), MST_OK);
    assert_true(new.fence > old.fence);
    struct mst_checkpoint late = fixture_checkpoint("a", "{}", 2, old.fence);
    assert_int_equal(type->checkpoint_save(store, &late, &err), MST_REJECTED);
    assert_non_null(strstr(err.text, "second"));
    assert_int_equal(fixture_events(store, "a"), 1);
    assert_int_equal(fixture_save(store, "a", 3, new.fence), MST_OK);
    /* Other jobs have their own leases. */
    assert_int_equal(fixture_save(store, "b", 1, old.fence), MST_OK);
    store->type->destroy(store);
}

static void
a_person_can_write_only_while_nobody_holds_the_lease(void **state)
{
    struct mst_error err;
    struct mst_lease lease;
    struct mst_store *store = fixture_open(*state);
    const struct mst_store_type *type = store->type;
    assert_int_equal(fixture_save(store, "a", 1, 0), MST_OK);
    assert_int_equal(
        type->lease_acquire(store, "a", "worker", 60000, &lease, &err), MST_OK);
    struct mst_checkpoint by_hand = fixture_checkpoint("a", "{}", 2, 0);
    assert_int_equal(type->checkpoint_save(store, &by_hand, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "worker"));
    assert_true(err.hint[0] != '\0');
    assert_int_equal(type->checkpoint_delete(store, "a", &err), MST_REJECTED);
    assert_int_equal(fixture_events(store, "a"), 1);
    assert_int_equal(type->lease_release(store, "a", &lease, &err), MST_OK);
    assert_int_equal(fixture_save(store, "a", 2, 0), MST_OK);
    assert_int_equal(type->checkpoint_delete(store, "a", &err), MST_OK);
    assert_int_equal(fixture_events(store, "a"), -1);
    store->type->destroy(store);
}

static void
what_a_person_sets_is_not_overwritten_by_a_sleeper(void **state)
{
    struct mst_error err;
    struct mst_lease lease;
    struct mst_store *store = fixture_open(*state);
    const struct mst_store_type *type = store->type;
    assert_int_equal(
        type->lease_acquire(store, "a", "sleeper", 0, &lease, &err), MST_OK);
    assert_int_equal(fixture_save(store, "a", 100, 0), MST_OK);
    assert_int_equal(fixture_save(store, "a", 5, lease.fence), MST_REJECTED);
    assert_int_equal(type->lease_renew(store, "a", &lease, 60000, &err),
                     MST_REJECTED);
    assert_int_equal(fixture_events(store, "a"), 100);
    store->type->destroy(store);
}

static void
a_memory_store_keeps_nothing(void **state)
{
    (void)state;
    struct mst_store *store = fixture_open(":memory:");
    struct mst_store *other = fixture_open(":memory:");
    assert_int_equal(fixture_save(store, "a", 1, 1), MST_OK);
    assert_int_equal(fixture_events(store, "a"), 1);
    assert_int_equal(fixture_events(other, "a"), -1);
    store->type->destroy(store);
    other->type->destroy(other);
    store = fixture_open(":memory:");
    assert_int_equal(fixture_events(store, "a"), -1);
    store->type->destroy(store);
    assert_int_not_equal(access(":memory:", F_OK), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_checkpoint_comes_back_whole_after_reopening),
        fixture_test(no_mark_differs_from_an_empty_one),
        fixture_test(a_job_without_checkpoint_has_none),
        fixture_test(the_newest_twenty_are_kept_and_a_thinned_history),
        fixture_test(the_list_of_all_jobs_gives_the_newest_of_each),
        fixture_test(a_damaged_checkpoint_is_refused_and_the_older_ones_listed),
        fixture_test(a_position_that_is_too_large_is_refused),
        fixture_test(a_process_that_lost_its_lease_can_not_save),
        fixture_test(a_person_can_write_only_while_nobody_holds_the_lease),
        fixture_test(what_a_person_sets_is_not_overwritten_by_a_sleeper),
        cmocka_unit_test(a_memory_store_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
