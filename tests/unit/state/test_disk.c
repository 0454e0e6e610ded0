/* SPDX-License-Identifier: MIT */
/*
 * What the store asks of the disk, and a disk that refuses. fsync, fdatasync
 * and the library's pwrite64 are replaced in this program.
 */
#include "unit/state/store_fixture.h"

#include <errno.h>
#include <sys/syscall.h>

/* Syncs that were asked for, and what to answer; only this thread. */
static struct {
    unsigned syncs;
    int sync_error;  /* 0: really sync */
    int write_error; /* 0: really write */
} disk;

/* Under the library's names, so that the state store finds these. */
int disk_fdatasync(int fd) __asm__("fdatasync");
int disk_fsync(int fd) __asm__("fsync");

int
disk_fdatasync(int fd)
{
    disk.syncs++;
    if (disk.sync_error != 0) {
        errno = disk.sync_error;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int
disk_fsync(int fd)
{
    return disk_fdatasync(fd);
}

static ssize_t
disk_pwrite(int fd, const void *bytes, size_t len, off64_t at)
{
    if (disk.write_error != 0) {
        errno = disk.write_error;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, len, at);
}

/* Puts disk_pwrite into the library, or takes it out. */
static int
disk_replace(bool is_ours)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    union {
        ssize_t (*write)(int, const void *, size_t, off64_t);
        sqlite3_syscall_ptr call;
    } convert = {.write = disk_pwrite};
    return vfs->xSetSystemCall(vfs, "pwrite64", is_ours ? convert.call : NULL);
}

static int
disk_setup(void **state)
{
    memset(&disk, 0, sizeof(disk));
    return fixture_make_directory(state) != 0 ? -1 : disk_replace(true);
}

static int
disk_teardown(void **state)
{
    memset(&disk, 0, sizeof(disk));
    (void)disk_replace(false);
    return fixture_remove_directory(state);
}

static void
what_was_acknowledged_has_been_synced(void **state)
{
    struct mst_error err;
    struct mst_lease lease;
    struct mst_letter letter = {.job = "a", .stage = "source", .reason = "no"};
    struct mst_store *store = fixture_open(*state);
    unsigned before = disk.syncs;
    for (uint64_t i = 1; i <= 50; i++) {
        assert_int_equal(fixture_save(store, "a", i, 1), MST_OK);
        assert_true(disk.syncs > before);
        before = disk.syncs;
    }
    assert_int_equal(store->type->letters_put(store, &letter, 1, NULL, &err),
                     MST_OK);
    assert_true(disk.syncs > before);
    before = disk.syncs;
    assert_int_equal(
        store->type->lease_acquire(store, "a", "me", 1000, &lease, &err),
        MST_OK);
    assert_true(disk.syncs > before);
    /* And a save costs one sync, but for the log's turn now and then. */
    before = disk.syncs;
    for (uint64_t i = 51; i <= 100; i++) {
        assert_int_equal(fixture_save(store, "a", i, lease.fence), MST_OK);
    }
    assert_in_range(disk.syncs - before, 50, 55);
    store->type->destroy(store);
}

static void
a_disk_that_refuses_is_asked_again_and_nothing_is_lost(void **state)
{
    const struct {
        int sync_error;
        int write_error;
        const char *says;
    } cases[] = {{0, ENOSPC, "no room"},
                 {0, EDQUOT, "no room"},
                 {0, EIO, "disk fails"},
                 {EIO, 0, "I/O error"}};
    uint64_t events = 1;
    struct mst_store *store = fixture_open(*state);
    assert_int_equal(fixture_save(store, "a", events, 1), MST_OK);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_error err;
        struct mst_checkpoint next =
            fixture_checkpoint("a", "{}", events + 1, 1);
        disk.sync_error = cases[i].sync_error;
        disk.write_error = cases[i].write_error;
        for (int n = 0; n < 2; n++) {
            assert_int_equal(store->type->checkpoint_save(store, &next, &err),
                             MST_RETRY);
            assert_non_null(strstr(err.text, cases[i].says));
            assert_non_null(strstr(err.text, *state));
            assert_non_null(strstr(err.hint, "nothing is lost"));
            assert_int_equal(fixture_events(store, "a"), events);
        }
        disk.sync_error = 0;
        disk.write_error = 0;
        assert_int_equal(store->type->checkpoint_save(store, &next, &err),
                         MST_OK);
        events++;
        assert_int_equal(fixture_events(store, "a"), events);
    }
    store->type->destroy(store);
    store = fixture_open(*state);
    assert_int_equal(fixture_events(store, "a"), events);
    store->type->destroy(store);
}

static void
a_store_can_not_be_made_on_a_full_disk_and_can_later(void **state)
{
    struct mst_error err;
    struct mst_store *store = NULL;
    disk.write_error = ENOSPC;
    assert_int_equal(mst_sqlite_store_open(*state, false, &store, &err),
                     MST_RETRY);
    assert_non_null(strstr(err.text, "no room"));
    disk.write_error = 0;
    store = fixture_open(*state);
    assert_int_equal(fixture_save(store, "a", 1, 1), MST_OK);
    store->type->destroy(store);
}

#define disk_test(f)                                                           \
    cmocka_unit_test_setup_teardown((f), disk_setup, disk_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        disk_test(what_was_acknowledged_has_been_synced),
        disk_test(a_disk_that_refuses_is_asked_again_and_nothing_is_lost),
        disk_test(a_store_can_not_be_made_on_a_full_disk_and_can_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
