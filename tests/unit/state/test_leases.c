/* SPDX-License-Identifier: MIT */
/* Leases: one holder at a time, fences that only grow, also between
 * processes and after one of them was killed. */
#include "unit/state/store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/process.h"

enum { HOUR_MS = 3600000 };

static enum mst_status
acquire(struct mst_store *store, const char *holder, int64_t ttl_ms,
        struct mst_lease *ret)
{
    struct mst_error err;
    return store->type->lease_acquire(store, "a", holder, ttl_ms, ret, &err);
}

static void
the_second_holder_is_told_who_has_it(void **state)
{
    struct mst_error err;
    struct mst_lease lease;
    struct mst_lease other;
    struct mst_store *store = fixture_open(*state);
    int64_t before_ms = mst_clock_wall_ms();
    assert_int_equal(acquire(store, "first", HOUR_MS, &lease), MST_OK);
    assert_string_equal(lease.holder, "first");
    assert_int_equal(lease.fence, 1);
    assert_true(lease.expires_ms >= before_ms + HOUR_MS);
    assert_int_equal(
        store->type->lease_acquire(store, "a", "second", 1, &other, &err),
        MST_AGAIN);
    assert_string_equal(other.holder, "first");
    assert_int_equal(other.fence, 1);
    assert_int_equal(other.expires_ms, lease.expires_ms);
    assert_non_null(strstr(err.text, "first"));
    assert_non_null(strstr(err.text, "'a'"));
    assert_true(err.hint[0] != '\0');
    store->type->destroy(store);
}

static void
fences_grow_with_every_holder_and_survive_release_and_reopening(void **state)
{
    struct mst_error err;
    for (uint64_t fence = 1; fence <= 5; fence++) {
        struct mst_lease lease;
        struct mst_store *store = fixture_open(*state);
        assert_int_equal(acquire(store, "same", HOUR_MS, &lease), MST_OK);
        assert_int_equal(lease.fence, fence);
        if (fence != 3) { /* once it is left behind */
            assert_int_equal(
                store->type->lease_release(store, "a", &lease, &err), MST_OK);
        }
        assert_int_equal(store->type->checkpoint_delete(store, "b", &err),
                         MST_OK);
        store->type->destroy(store);
    }
}

static void
an_expired_lease_is_taken_over_and_its_holder_notices(void **state)
{
    struct mst_error err;
    struct mst_lease old;
    struct mst_lease new;
    struct mst_store *store = fixture_open(*state);
    const struct mst_store_type *type = store->type;
    assert_int_equal(acquire(store, "first", 0, &old), MST_OK);
    /* Expired, but nobody else came: it is still his. */
    assert_int_equal(type->lease_renew(store, "a", &old, 0, &err), MST_OK);
    assert_int_equal(acquire(store, "second", HOUR_MS, &new), MST_OK);
    assert_int_equal(new.fence, old.fence + 1);
    assert_int_equal(type->lease_renew(store, "a", &old, HOUR_MS, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "second"));
    /* The loser's release takes nothing from the winner. */
    assert_int_equal(type->lease_release(store, "a", &old, &err), MST_OK);
    assert_int_equal(acquire(store, "third", HOUR_MS, &old), MST_AGAIN);
    assert_string_equal(old.holder, "second");
    store->type->destroy(store);
}

static void
renewing_moves_the_end(void **state)
{
    struct mst_error err;
    struct mst_lease lease;
    struct mst_lease other;
    struct mst_store *store = fixture_open(*state);
    assert_int_equal(acquire(store, "first", 0, &lease), MST_OK);
    assert_int_equal(
        store->type->lease_renew(store, "a", &lease, HOUR_MS, &err), MST_OK);
    assert_true(lease.expires_ms > mst_clock_wall_ms() + HOUR_MS / 2);
    assert_int_equal(acquire(store, "second", 0, &other), MST_AGAIN);
    assert_int_equal(other.expires_ms, lease.expires_ms);
    /* Far beyond the clock is for ever, not in the past. */
    assert_int_equal(
        store->type->lease_renew(store, "a", &lease, INT64_MAX, &err), MST_OK);
    assert_int_equal(acquire(store, "second", 0, &other), MST_AGAIN);
    store->type->destroy(store);
}

static void
a_holder_without_or_with_an_endless_name_is_refused(void **state)
{
    struct mst_lease lease;
    struct mst_store *store = fixture_open(*state);
    char name[200];
    memset(name, 'x', sizeof(name));
    name[128] = '\0';
    assert_int_equal(acquire(store, "", HOUR_MS, &lease), MST_FATAL);
    assert_int_equal(acquire(store, name, HOUR_MS, &lease), MST_FATAL);
    name[127] = '\0';
    assert_int_equal(acquire(store, name, HOUR_MS, &lease), MST_OK);
    assert_string_equal(lease.holder, name);
    store->type->destroy(store);
}

/* Runs work in a child process; ret_out reads what it writes. */
static pid_t
start_child(void (*work)(const char *directory, int out), const char *directory,
            int *ret_out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        work(directory, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    *ret_out = ends[0];
    return child;
}

static void
hold_and_wait(const char *directory, int out)
{
    struct mst_lease lease;
    struct mst_store *store = NULL;
    struct mst_error err;
    char tag[MST_PROCESS_TAG_MAX];
    mst_process_tag(tag);
    if (mst_sqlite_store_open(directory, false, &store, &err) != MST_OK
        || store->type->lease_acquire(store, "a", tag, HOUR_MS, &lease, &err)
               != MST_OK
        || write(out, "x", 1) != 1) {
        _exit(1);
    }
    for (;;) {
        pause();
    }
}

static void
the_lease_of_a_killed_process_is_free_at_once(void **state)
{
    char byte;
    int out;
    struct mst_lease lease;
    struct mst_store *store = fixture_open(*state);
    pid_t child = start_child(hold_and_wait, *state, &out);
    assert_int_equal(read(out, &byte, 1), 1);
    assert_int_equal(acquire(store, "me", HOUR_MS, &lease), MST_AGAIN);
    assert_int_equal(fixture_save(store, "a", 1, 0), MST_REJECTED);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(fixture_save(store, "a", 1, 0), MST_OK);
    assert_int_equal(acquire(store, "me", HOUR_MS, &lease), MST_OK);
    assert_int_equal(lease.fence, 3);
    close(out);
    store->type->destroy(store);
}

enum { TURNS = 40 };

/* Takes the lease again and again; writes the fence of each turn. */
static void
contend(const char *directory, int out)
{
    char holder[32];
    struct mst_store *store = NULL;
    struct mst_error err;
    (void)snprintf(holder, sizeof(holder), "child %ld", (long)getpid());
    int64_t end_ms = mst_clock_ms() + 60000;
    if (mst_sqlite_store_open(directory, false, &store, &err) != MST_OK) {
        _exit(2);
    }
    for (int turn = 0; turn < TURNS && mst_clock_ms() < end_ms;) {
        struct mst_lease lease;
        enum mst_status status = store->type->lease_acquire(
            store, "a", holder, HOUR_MS, &lease, &err);
        if (status == MST_AGAIN || status == MST_RETRY) {
            continue;
        }
        /* While it is held nobody else can save, and this process can. */
        if (status != MST_OK
            || fixture_save(store, "a", lease.fence, lease.fence) != MST_OK
            || fixture_events(store, "a") != (int64_t)lease.fence
            || store->type->lease_release(store, "a", &lease, &err) != MST_OK
            || write(out, &lease.fence, sizeof(lease.fence))
                   != (ssize_t)sizeof(lease.fence)) {
            _exit(3);
        }
        turn++;
    }
    store->type->destroy(store);
}

static void
two_processes_never_hold_a_lease_at_the_same_time(void **state)
{
    int outs[2];
    pid_t children[2];
    bool seen[2 * TURNS + 1] = {false};
    for (size_t i = 0; i < 2; i++) {
        children[i] = start_child(contend, *state, &outs[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        uint64_t fence;
        uint64_t last = 0;
        while (read(outs[i], &fence, sizeof(fence)) == (ssize_t)sizeof(fence)) {
            assert_in_range(fence, last + 1, (uint64_t)2 * TURNS);
            assert_false(seen[fence]);
            seen[fence] = true;
            last = fence;
        }
        int code;
        assert_int_equal(waitpid(children[i], &code, 0), children[i]);
        assert_int_equal(code, 0);
        close(outs[i]);
    }
    for (size_t i = 1; i <= (size_t)2 * TURNS; i++) {
        assert_true(seen[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(the_second_holder_is_told_who_has_it),
        fixture_test(
            fences_grow_with_every_holder_and_survive_release_and_reopening),
        fixture_test(an_expired_lease_is_taken_over_and_its_holder_notices),
        fixture_test(renewing_moves_the_end),
        fixture_test(a_holder_without_or_with_an_endless_name_is_refused),
        fixture_test(the_lease_of_a_killed_process_is_free_at_once),
        fixture_test(two_processes_never_hold_a_lease_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
