/* SPDX-License-Identifier: MIT */
/* The store that a configuration names, alone or joined with a shared one. */
#include "unit/state/store_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "state/composite_store.h"
#include "state/store_open.h"

static enum mst_status
ignore_checkpoint(void *arg, const struct mst_checkpoint *one)
{
    *(int *)arg += 1;
    (void)one;
    return MST_OK;
}

static enum mst_status
ignore_letter(void *arg, const struct mst_letter *one)
{
    *(int *)arg += 1;
    (void)one;
    return MST_OK;
}

static enum mst_status
ignore_run(void *arg, const struct mst_run_record *one)
{
    *(int *)arg += 1;
    (void)one;
    return MST_OK;
}

static int
count_checkpoints(struct mst_store *store)
{
    int n = 0;
    struct mst_error err;
    assert_int_equal(
        store->type->checkpoint_list(store, NULL, ignore_checkpoint, &n, &err),
        MST_OK);
    return n;
}

static int
count_letters(struct mst_store *store)
{
    int n = 0;
    struct mst_error err;
    struct mst_letter_filter filter = {.job = "a"};
    struct mst_letter_totals totals;
    assert_int_equal(
        store->type->letters_list(store, &filter, ignore_letter, &n, &err),
        MST_OK);
    assert_int_equal(store->type->letters_count(store, "a", &totals, &err),
                     MST_OK);
    assert_int_equal(totals.letters, n);
    return n;
}

static int
count_runs(struct mst_store *store)
{
    int n = 0;
    struct mst_error err;
    assert_int_equal(store->type->run_list(store, "a", 0, ignore_run, &n, &err),
                     MST_OK);
    return n;
}

/* One of everything, with each function of the contract. */
static void
use(struct mst_store *store)
{
    struct mst_error err;
    struct mst_lease lease;
    const struct mst_store_type *type = store->type;
    assert_int_equal(type->lease_acquire(store, "a", "me", 60000, &lease, &err),
                     MST_OK);
    assert_int_equal(fixture_save(store, "a", 5, lease.fence), MST_OK);
    assert_int_equal(fixture_save(store, "a", 6, 0), MST_REJECTED);
    assert_int_equal(type->checkpoint_delete(store, "a", &err), MST_REJECTED);
    assert_int_equal(fixture_events(store, "a"), 5);
    assert_int_equal(type->lease_renew(store, "a", &lease, 60000, &err),
                     MST_OK);
    assert_int_equal(type->lease_release(store, "a", &lease, &err), MST_OK);
    struct mst_letter letter = {.job = "a", .stage = "source", .reason = "no"};
    struct mst_letter_filter first = {.id = 1};
    uint64_t n = 0;
    assert_int_equal(type->letters_put(store, &letter, 1, NULL, &err), MST_OK);
    assert_int_equal(type->letters_delete(store, &first, &n, &err), MST_OK);
    assert_int_equal(n, 1);
    assert_int_equal(type->letters_put(store, &letter, 1, NULL, &err), MST_OK);
    assert_int_equal(type->letters_put(store, &letter, 1, NULL, &err), MST_OK);
    struct mst_run_record run = {.job = (char *)(uintptr_t) "a", .start_ms = 1};
    assert_int_equal(type->run_begin(store, &run, &err), MST_OK);
    run.end_ms = 2;
    assert_int_equal(type->run_end(store, &run, &err), MST_OK);
}

static void
a_path_gives_the_embedded_store(void **state)
{
    struct mst_error err;
    struct mst_store *store = NULL;
    struct mst_store_place place = {.path = *state};
    assert_int_equal(mst_store_open(&place, NULL, &store, &err), MST_OK);
    use(store);
    mst_store_close(store);
    place.read_only = true;
    assert_int_equal(mst_store_open(&place, NULL, &store, &err), MST_OK);
    assert_int_equal(fixture_events(store, "a"), 5);
    assert_int_equal(count_letters(store), 2);
    mst_store_close(store);
    mst_store_close(NULL);
    place.path = "/dev/null/none";
    assert_int_equal(mst_store_open(&place, NULL, &store, &err), MST_FATAL);
}

static void
a_shared_store_keeps_progress_and_the_local_one_the_rest(void **state)
{
    struct mst_error err;
    struct mst_store *store = NULL;
    struct mst_store_place place = {.path = *state};
    char other[4096];
    assert_in_range(snprintf(other, sizeof(other), "%s/other", (char *)*state),
                    1, sizeof(other) - 1);
    struct mst_store *shared = fixture_open(other);
    assert_int_equal(mst_store_open(&place, shared, &store, &err), MST_OK);
    use(store);
    assert_int_equal(count_checkpoints(store), 1);
    mst_store_close(store);

    shared = fixture_open(other);
    assert_int_equal(count_checkpoints(shared), 1);
    assert_int_equal(count_letters(shared), 0);
    assert_int_equal(count_runs(shared), 0);
    struct mst_lease lease;
    assert_int_equal(
        shared->type->lease_acquire(shared, "a", "you", 1, &lease, &err),
        MST_OK);
    assert_int_equal(lease.fence, 2);
    mst_store_close(shared);
    struct mst_store *local = fixture_open(*state);
    assert_int_equal(count_checkpoints(local), 0);
    assert_int_equal(count_letters(local), 2);
    assert_int_equal(count_runs(local), 1);
    uint64_t expired = 0;
    assert_int_equal(local->type->letters_expire(local, "a", 1, &expired, &err),
                     MST_OK);
    assert_int_equal(expired, 2);
    mst_store_close(local);
}

static void
a_reader_of_a_shared_store_needs_no_local_file(void **state)
{
    struct mst_error err;
    struct mst_store *store = NULL;
    char none[4096];
    assert_in_range(snprintf(none, sizeof(none), "%s/none", (char *)*state), 1,
                    sizeof(none) - 1);
    struct mst_store_place place = {.path = none, .read_only = true};
    assert_int_equal(mst_store_open(&place, NULL, &store, &err), MST_END);
    struct mst_store *shared = fixture_open(*state);
    assert_int_equal(fixture_save(shared, "a", 5, 1), MST_OK);
    assert_int_equal(mst_store_open(&place, shared, &store, &err), MST_OK);
    assert_int_equal(fixture_events(store, "a"), 5);
    assert_int_equal(count_letters(store), 0);
    mst_store_close(store);
    assert_int_not_equal(access(none, F_OK), 0);
}

static void
a_failed_open_leaves_the_shared_store_with_the_caller(void **state)
{
    struct mst_error err;
    struct mst_store *store = NULL;
    struct mst_store *shared = fixture_open(*state);
    struct mst_store_place place = {.path = "/dev/null/none"};
    assert_int_equal(mst_store_open(&place, shared, &store, &err), MST_FATAL);
    assert_null(store);
    assert_int_equal(fixture_save(shared, "a", 5, 1), MST_OK);
    mst_store_close(shared);
}

static void
a_shared_store_without_leases_is_refused(void **state)
{
    struct mst_error err;
    struct mst_store *store = NULL;
    struct mst_store *shared = fixture_open(":memory:");
    struct mst_store *local = fixture_open(*state);
    struct mst_store_type no_leases = *shared->type;
    no_leases.lease_acquire = NULL;
    shared->type = &no_leases;
    assert_int_equal(mst_composite_store_create(shared, local, &store, &err),
                     MST_FATAL);
    assert_null(store);
    assert_non_null(strstr(err.text, "keeps no leases"));
    mst_store_close(shared);
    mst_store_close(local);
}

/* Whether another process is told that somebody reads the file: the lock that
 * SQLite keeps while a connection is open, without which others take
 * themselves for the last one, and remove its log. */
static bool
file_is_in_use(const char *directory)
{
    char path[4096];
    int said = -1;
    (void)snprintf(path, sizeof(path), "%s/%s", directory, MST_SQLITE_FILE);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* SHARED_FIRST and SHARED_SIZE of SQLite's file format. */
        struct flock lock = {.l_type = F_WRLCK,
                             .l_whence = SEEK_SET,
                             .l_start = 0x40000002,
                             .l_len = 510};
        int fd = open(path, O_RDWR | O_CLOEXEC);
        bool asked = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0;
        _exit(!asked ? 2 : lock.l_type == F_UNLCK ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &said, 0), child);
    assert_true(WIFEXITED(said) && WEXITSTATUS(said) < 2);
    return WEXITSTATUS(said) == 0;
}

static void
a_second_store_of_the_file_leaves_the_locks_of_the_first(void **state)
{
    struct mst_store *first = fixture_open(*state);
    assert_true(file_is_in_use(*state));
    struct mst_store *second = fixture_open(*state);
    assert_true(file_is_in_use(*state));
    mst_store_close(second);
    assert_true(file_is_in_use(*state));
    mst_store_close(first);
    assert_false(file_is_in_use(*state));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_path_gives_the_embedded_store),
        fixture_test(a_shared_store_keeps_progress_and_the_local_one_the_rest),
        fixture_test(a_reader_of_a_shared_store_needs_no_local_file),
        fixture_test(a_failed_open_leaves_the_shared_store_with_the_caller),
        fixture_test(a_shared_store_without_leases_is_refused),
        fixture_test(a_second_store_of_the_file_leaves_the_locks_of_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
