/* SPDX-License-Identifier: MIT */
/* The lock of a state directory: one holder, named to the others. */
#include "unit/state/store_fixture.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "state/instance_lock.h"

static void
the_second_instance_is_told_who_has_the_directory(void **state)
{
    struct mst_error err;
    struct mst_instance_lock *lock = NULL;
    struct mst_instance_lock *other = NULL;
    assert_int_equal(mst_instance_lock_take(*state, &lock, &err), MST_OK);
    assert_int_equal(mst_instance_lock_take(*state, &other, &err), MST_AGAIN);
    assert_null(other);
    char pid[32];
    char host[64] = "";
    (void)snprintf(pid, sizeof(pid), "pid %ld on host", (long)getpid());
    assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
    assert_non_null(strstr(err.text, pid));
    assert_non_null(strstr(err.text, host));
    assert_non_null(strstr(err.text, " since 20"));
    assert_non_null(strstr(err.text, *state));
    assert_non_null(strstr(err.hint, "[state] path"));
    mst_instance_lock_release(lock);
    assert_int_equal(mst_instance_lock_take(*state, &other, &err), MST_OK);
    mst_instance_lock_release(other);
    mst_instance_lock_release(NULL);
}

static void
the_directory_is_made_for_its_owner_only(void **state)
{
    struct mst_error err;
    struct stat info;
    struct mst_instance_lock *lock = NULL;
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/a/b/", (char *)*state);
    assert_int_equal(mst_instance_lock_take(path, &lock, &err), MST_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777U, 0700);
    (void)snprintf(path, sizeof(path), "%s/a/b/%s", (char *)*state,
                   MST_INSTANCE_LOCK_FILE);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777U, 0600);
    mst_instance_lock_release(lock);
}

/* Forks a holder; returns when it has the lock. */
static pid_t
start_holder(const char *directory)
{
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct mst_instance_lock *lock = NULL;
        struct mst_error err;
        if (mst_instance_lock_take(directory, &lock, &err) != MST_OK
            || write(ends[1], "x", 1) != 1) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static void
a_killed_holder_leaves_the_directory_free(void **state)
{
    struct mst_error err;
    struct mst_instance_lock *lock = NULL;
    pid_t child = start_holder(*state);
    char pid[32];
    (void)snprintf(pid, sizeof(pid), "pid %ld ", (long)child);
    assert_int_equal(mst_instance_lock_take(*state, &lock, &err), MST_AGAIN);
    assert_non_null(strstr(err.text, pid));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(mst_instance_lock_take(*state, &lock, &err), MST_OK);
    mst_instance_lock_release(lock);
}

static void
the_state_can_be_read_and_written_while_a_daemon_has_the_lock(void **state)
{
    pid_t child = start_holder(*state);
    struct mst_store *store = fixture_open(*state);
    assert_int_equal(fixture_save(store, "a", 1, 0), MST_OK);
    assert_int_equal(fixture_events(store, "a"), 1);
    store->type->destroy(store);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
nonsense_in_the_lock_file_is_shown_harmlessly(void **state)
{
    struct mst_error err;
    struct mst_instance_lock *lock = NULL;
    struct mst_instance_lock *other = NULL;
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", (char *)*state,
                   MST_INSTANCE_LOCK_FILE);
    const struct {
        const char *text;
        const char *shown;
    } cases[] = {{"", "in use: another process"},
                 {"\x1b[2Jroot\n second line", "in use: ?[2Jroot"}};
    assert_int_equal(mst_instance_lock_take(*state, &lock, &err), MST_OK);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(cases[i].text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(mst_instance_lock_take(*state, &other, &err),
                         MST_AGAIN);
        const char *shown = strstr(err.text, "in use:");
        assert_non_null(shown);
        assert_string_equal(shown, cases[i].shown);
    }
    mst_instance_lock_release(lock);
}

static void
a_path_that_can_not_be_a_directory_is_refused(void **state)
{
    struct mst_error err;
    struct mst_instance_lock *lock = NULL;
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/file", (char *)*state);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(mst_instance_lock_take(path, &lock, &err), MST_FATAL);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.hint, "directory"));
    assert_int_equal(mst_instance_lock_take("", &lock, &err), MST_FATAL);
    assert_int_equal(mst_instance_lock_take("/dev/null/x", &lock, &err),
                     MST_FATAL);
    assert_null(lock);
}

static void
a_memory_state_needs_no_lock(void **state)
{
    (void)state;
    struct mst_error err;
    struct mst_instance_lock *lock = NULL;
    assert_int_equal(mst_instance_lock_take(":memory:", &lock, &err), MST_OK);
    assert_null(lock);
    assert_int_not_equal(access(":memory:", F_OK), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(the_second_instance_is_told_who_has_the_directory),
        fixture_test(the_directory_is_made_for_its_owner_only),
        fixture_test(a_killed_holder_leaves_the_directory_free),
        fixture_test(
            the_state_can_be_read_and_written_while_a_daemon_has_the_lock),
        fixture_test(nonsense_in_the_lock_file_is_shown_harmlessly),
        fixture_test(a_path_that_can_not_be_a_directory_is_refused),
        cmocka_unit_test(a_memory_state_needs_no_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
