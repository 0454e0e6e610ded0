/* SPDX-License-Identifier: MIT */
/* What can happen to the file of the store: no room, damage, a lock, removal,
 * a killed writer. Nothing that was acknowledged is lost. */
#include "unit/state/store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void
make_path(char out[4096], const char *directory, const char *name)
{
    assert_in_range(snprintf(out, 4096, "%s/%s", directory, name), 1, 4095);
}

static enum mst_status
open_status(const char *directory, bool read_only, struct mst_error *err)
{
    struct mst_store *store = NULL;
    enum mst_status status =
        mst_sqlite_store_open(directory, read_only, &store, err);
    if (status == MST_OK) {
        store->type->destroy(store);
    } else {
        assert_null(store);
    }
    return status;
}

static void
set_file_limit(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A file that may not grow fails as a full disk does. */
static void
without_room_a_save_is_tried_again_and_nothing_is_lost(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    uint64_t saved = 0;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    set_file_limit((rlim_t)256 * 1024);
    enum mst_status status = MST_OK;
    while (status == MST_OK && saved < 1000) {
        status = fixture_save(store, "a", saved + 1, 1);
        saved += status == MST_OK;
    }
    assert_int_equal(status, MST_RETRY);
    assert_true(saved > 0);
    struct mst_checkpoint next = fixture_checkpoint("a", "{}", saved + 1, 1);
    struct mst_letter letter = {.job = "a", .stage = "source", .reason = "no"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(store->type->checkpoint_save(store, &next, &err),
                         MST_RETRY);
        assert_non_null(strstr(err.text, "no room"));
        assert_non_null(strstr(err.text, *state));
        assert_non_null(strstr(err.hint, "nothing is lost"));
        assert_int_equal(
            store->type->letters_put(store, &letter, 1, NULL, &err), MST_RETRY);
        assert_int_equal(fixture_events(store, "a"), saved);
    }
    set_file_limit(RLIM_INFINITY);
    assert_int_equal(store->type->checkpoint_save(store, &next, &err), MST_OK);
    assert_int_equal(store->type->letters_put(store, &letter, 1, NULL, &err),
                     MST_OK);
    store->type->destroy(store);
    store = fixture_open(*state);
    assert_int_equal(fixture_events(store, "a"), saved + 1);
    store->type->destroy(store);
}

static void
a_store_can_not_be_made_without_room_and_can_later(void **state)
{
    struct mst_error err;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    set_file_limit((rlim_t)8 * 1024);
    assert_int_equal(open_status(*state, false, &err), MST_RETRY);
    assert_true(err.hint[0] != '\0');
    set_file_limit(RLIM_INFINITY);
    assert_int_equal(open_status(*state, false, &err), MST_OK);
}

static void
a_file_that_another_process_locks_is_tried_again(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    assert_int_equal(fixture_save(store, "a", 1, 1), MST_OK);
    sqlite3 *db = fixture_open_raw(*state);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    struct mst_checkpoint next = fixture_checkpoint("a", "{}", 2, 1);
    assert_int_equal(store->type->checkpoint_save(store, &next, &err),
                     MST_RETRY);
    assert_non_null(strstr(err.text, "busy"));
    assert_true(err.hint[0] != '\0');
    assert_int_equal(fixture_events(store, "a"), 1);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store->type->checkpoint_save(store, &next, &err), MST_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    store->type->destroy(store);
}

static void
a_file_that_is_removed_while_in_use_is_noticed(void **state)
{
    struct mst_error err;
    char path[4096];
    struct mst_store *store = fixture_open(*state);
    assert_int_equal(fixture_save(store, "a", 1, 1), MST_OK);
    make_path(path, *state, MST_SQLITE_FILE);
    assert_int_equal(unlink(path), 0);
    struct mst_checkpoint next = fixture_checkpoint("a", "{}", 2, 1);
    assert_int_equal(store->type->checkpoint_save(store, &next, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.text, "deleted or replaced"));
    assert_true(err.hint[0] != '\0');
    store->type->destroy(store);
}

static void
write_file(const char *directory, const char *name, const void *bytes,
           size_t len)
{
    char path[4096];
    make_path(path, directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void
a_file_that_is_not_ours_is_refused_and_left_alone(void **state)
{
    struct mst_error err;
    char nonsense[8192];
    memset(nonsense, 'x', sizeof(nonsense));
    write_file(*state, MST_SQLITE_FILE, nonsense, sizeof(nonsense));
    assert_int_equal(open_status(*state, false, &err), MST_FATAL);
    assert_non_null(strstr(err.text, *state));
    assert_true(err.hint[0] != '\0');
    assert_int_equal(open_status(*state, true, &err), MST_FATAL);

    write_file(*state, MST_SQLITE_FILE, "", 0);
    fixture_sql(*state, "CREATE TABLE notes(text); PRAGMA user_version = 1");
    assert_int_equal(open_status(*state, false, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "not a state file of mstream"));
    fixture_sql(*state, "SELECT text FROM notes");
}

static void
a_damaged_page_is_refused(void **state)
{
    struct mst_error err;
    char path[4096];
    struct mst_store *store = fixture_open(*state);
    for (uint64_t i = 1; i <= 30; i++) {
        assert_int_equal(fixture_save(store, "a", i, 1), MST_OK);
    }
    store->type->destroy(store);
    make_path(path, *state, MST_SQLITE_FILE);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    /* All but the first page, so that the file still opens. */
    uint8_t page[4096];
    memset(page, 0xA5, sizeof(page));
    for (off_t at = 4096; at < info.st_size; at += 4096) {
        assert_int_equal(pwrite(fd, page, sizeof(page), at), sizeof(page));
    }
    assert_int_equal(close(fd), 0);
    store = fixture_open(*state);
    struct mst_checkpoint loaded;
    assert_int_equal(store->type->checkpoint_load(store, "a", &loaded, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.text, "damaged"));
    assert_non_null(strstr(err.hint, "backup"));
    struct mst_checkpoint next = fixture_checkpoint("a", "{}", 31, 1);
    assert_int_equal(store->type->checkpoint_save(store, &next, &err),
                     MST_FATAL);
    store->type->destroy(store);
}

static void
all_files_are_readable_by_their_owner_only(void **state)
{
    static const char *const names[] = {MST_SQLITE_FILE, MST_SQLITE_FILE "-wal",
                                        MST_SQLITE_FILE "-shm"};
    char path[4096];
    char inner[4096];
    struct stat info;
    mode_t old = umask(0);
    make_path(inner, *state, "new");
    struct mst_store *store = fixture_open(inner);
    assert_int_equal(fixture_save(store, "a", 1, 1), MST_OK);
    (void)umask(old);
    assert_int_equal(stat(inner, &info), 0);
    assert_int_equal(info.st_mode & 0777U, 0700);
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        make_path(path, inner, names[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777U, 0600);
    }
    store->type->destroy(store);
}

static void
reading_makes_nothing_and_changes_nothing(void **state)
{
    struct mst_error err;
    char inner[4096];
    make_path(inner, *state, "none");
    assert_int_equal(open_status(inner, true, &err), MST_END);
    assert_non_null(strstr(err.text, inner));
    assert_int_not_equal(access(inner, F_OK), 0);

    struct mst_store *writer = fixture_open(*state);
    assert_int_equal(fixture_save(writer, "a", 1, 1), MST_OK);
    struct mst_store *reader = NULL;
    assert_int_equal(mst_sqlite_store_open(*state, true, &reader, &err),
                     MST_OK);
    assert_int_equal(fixture_events(reader, "a"), 1);
    assert_int_equal(fixture_save(writer, "a", 2, 1), MST_OK);
    assert_int_equal(fixture_events(reader, "a"), 2);
    assert_int_equal(fixture_save(reader, "a", 3, 1), MST_FATAL);
    struct mst_letter_totals totals;
    assert_int_equal(reader->type->letters_count(reader, NULL, &totals, &err),
                     MST_OK);
    struct mst_lease lease;
    assert_int_equal(
        reader->type->lease_acquire(reader, "a", "me", 1000, &lease, &err),
        MST_FATAL);
    assert_int_equal(fixture_events(writer, "a"), 2);
    reader->type->destroy(reader);
    writer->type->destroy(writer);
}

/* Saves 1, 2, 3 ... and says each number after it was acknowledged. */
static void
save_for_ever(const char *directory, uint64_t from, int out)
{
    struct mst_store *store = NULL;
    struct mst_error err;
    if (mst_sqlite_store_open(directory, false, &store, &err) != MST_OK) {
        _exit(1);
    }
    struct mst_letter letter = {.job = "a", .stage = "source", .reason = "no"};
    for (uint64_t i = from + 1;; i++) {
        if (store->type->letters_put(store, &letter, 1, NULL, &err) != MST_OK
            || fixture_save(store, "a", i, 1) != MST_OK
            || write(out, &i, sizeof(i)) != (ssize_t)sizeof(i)) {
            _exit(1);
        }
    }
}

static void
a_killed_writer_loses_nothing_that_was_acknowledged(void **state)
{
    uint64_t last = 0;
    for (unsigned round = 1; round <= 12; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(ends[0]);
            save_for_ever(*state, last, ends[1]);
        }
        close(ends[1]);
        uint64_t said = last;
        for (unsigned i = 0; i < round * 3; i++) {
            assert_int_equal(read(ends[0], &said, sizeof(said)), sizeof(said));
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        while (read(ends[0], &said, sizeof(said)) == (ssize_t)sizeof(said)) {
        }
        close(ends[0]);
        int code;
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_true(WIFSIGNALED(code));

        struct mst_store *store = fixture_open(*state);
        struct mst_letter_totals totals;
        struct mst_error err;
        int64_t events = fixture_events(store, "a");
        assert_in_range(events, said, said + 1);
        assert_int_equal(store->type->letters_count(store, "a", &totals, &err),
                         MST_OK);
        /* Each kill may leave one letter ahead of its checkpoint. */
        assert_in_range(totals.letters, events, events + round);
        store->type->destroy(store);
        last = (uint64_t)events;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(without_room_a_save_is_tried_again_and_nothing_is_lost),
        fixture_test(a_store_can_not_be_made_without_room_and_can_later),
        fixture_test(a_file_that_another_process_locks_is_tried_again),
        fixture_test(a_file_that_is_removed_while_in_use_is_noticed),
        fixture_test(a_file_that_is_not_ours_is_refused_and_left_alone),
        fixture_test(a_damaged_page_is_refused),
        fixture_test(all_files_are_readable_by_their_owner_only),
        fixture_test(reading_makes_nothing_and_changes_nothing),
        fixture_test(a_killed_writer_loses_nothing_that_was_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
