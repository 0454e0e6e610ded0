/* SPDX-License-Identifier: MIT */
/* Files of older, newer and no versions. */
#include "unit/state/store_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>

/* Schema 1 as it was published. Never changed: it stands for files that
 * exist. */
static const char schema_1[] =
    "CREATE TABLE checkpoints("
    " job TEXT NOT NULL, number INTEGER NOT NULL, identity TEXT NOT NULL,"
    " origin INTEGER NOT NULL, saved_ms INTEGER NOT NULL,"
    " events INTEGER NOT NULL, fence INTEGER NOT NULL, sum INTEGER NOT NULL,"
    " position BLOB, sink_mark BLOB,"
    " PRIMARY KEY(job, number)) WITHOUT ROWID;"
    "CREATE TABLE leases("
    " job TEXT PRIMARY KEY NOT NULL, holder TEXT NOT NULL,"
    " fence INTEGER NOT NULL, expires_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE runs("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL,"
    " start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, reason TEXT,"
    " state TEXT, events_in INTEGER NOT NULL, events_out INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " first_position TEXT, last_position TEXT);"
    "CREATE INDEX runs_of_job ON runs(job, id);"
    /* The sum was worked out by another program. */
    "INSERT INTO checkpoints VALUES('users', 17, 'mongodb/app.users', 1,"
    " 1700000000123, 41, 7, 240512219, CAST('{\"token\":\"82\"}' AS BLOB),"
    " NULL);"
    "INSERT INTO leases VALUES('users', '', 7, 0);"
    "PRAGMA application_id = 1836282994;"
    "PRAGMA user_version = 1";

static enum mst_status
open_as(const char *directory, bool read_only, struct mst_store **ret,
        struct mst_error *err)
{
    *ret = NULL;
    return mst_sqlite_store_open(directory, read_only, ret, err);
}

static void
an_older_file_is_upgraded_with_all_that_is_in_it(void **state)
{
    struct mst_error err;
    struct mst_store *store;
    fixture_sql(*state, schema_1);
    assert_int_equal(open_as(*state, true, &store, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "old schema 1"));
    assert_non_null(strstr(err.hint, "mstreamd"));

    store = fixture_open(*state);
    struct mst_checkpoint loaded;
    if (store->type->checkpoint_load(store, "users", &loaded, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(loaded.events, 41);
    assert_int_equal(loaded.origin, MST_POSITION_SET);
    assert_true(mst_slice_is(loaded.position, "{\"token\":\"82\"}"));
    mst_checkpoint_clear(&loaded);
    struct mst_lease lease;
    assert_int_equal(
        store->type->lease_acquire(store, "users", "me", 1000, &lease, &err),
        MST_OK);
    assert_int_equal(lease.fence, 8);
    struct mst_letter letter = {
        .job = "users", .stage = "source", .reason = "no"};
    assert_int_equal(store->type->letters_put(store, &letter, 1, NULL, &err),
                     MST_OK);
    store->type->destroy(store);
    assert_int_equal(open_as(*state, true, &store, &err), MST_OK);
    store->type->destroy(store);
}

static int
version_of(const char *directory)
{
    sqlite3 *db = fixture_open_raw(directory);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int version = sqlite3_column_int(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return version;
}

static void
a_newer_file_is_refused_and_left_alone(void **state)
{
    struct mst_error err;
    char back[64];
    struct mst_store *store = fixture_open(*state);
    assert_int_equal(fixture_save(store, "a", 1, 1), MST_OK);
    store->type->destroy(store);
    (void)snprintf(back, sizeof(back), "PRAGMA user_version = %d",
                   version_of(*state));
    fixture_sql(*state, "PRAGMA user_version = 77");
    assert_int_equal(open_as(*state, false, &store, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "schema 77"));
    assert_non_null(strstr(err.hint, "newer"));
    fixture_sql(*state, "PRAGMA user_version = -1");
    assert_int_equal(open_as(*state, false, &store, &err), MST_FATAL);
    fixture_sql(*state, back);
    store = fixture_open(*state);
    assert_int_equal(fixture_events(store, "a"), 1);
    store->type->destroy(store);
}

static void
an_empty_file_is_no_state_for_a_reader_and_a_start_for_a_writer(void **state)
{
    struct mst_error err;
    struct mst_store *store;
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", (char *)*state,
                   MST_SQLITE_FILE);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(open_as(*state, true, &store, &err), MST_END);
    store = fixture_open(*state);
    assert_int_equal(fixture_save(store, "a", 1, 1), MST_OK);
    store->type->destroy(store);
}

static void
a_step_that_fails_leaves_the_old_version(void **state)
{
    struct mst_error err;
    struct mst_store *store;
    fixture_sql(*state, schema_1);
    /* The upgrade meets a table that is in its way. */
    fixture_sql(*state, "CREATE TABLE letter_totals(x)");
    assert_int_equal(open_as(*state, false, &store, &err), MST_FATAL);
    assert_null(store);
    fixture_sql(*state, "DROP TABLE letter_totals");
    store = fixture_open(*state);
    assert_int_equal(fixture_events(store, "users"), 41);
    store->type->destroy(store);
}

static void
many_processes_may_open_a_new_directory_at_once(void **state)
{
    pid_t children[6];
    int go[2];
    assert_int_equal(pipe(go), 0);
    for (size_t i = 0; i < MST_ARRAY_SIZE(children); i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            char byte;
            struct mst_store *store;
            struct mst_error err;
            char job[2] = {(char)('a' + (int)i), '\0'};
            close(go[1]);
            (void)!read(go[0], &byte, 1); /* ends when all are there */
            enum mst_status status = open_as(*state, false, &store, &err);
            for (int n = 0; status == MST_RETRY && n < 20; n++) {
                status = open_as(*state, false, &store, &err);
            }
            _exit(status == MST_OK && fixture_save(store, job, 1, 1) == MST_OK
                      ? 0
                      : 1);
        }
    }
    close(go[0]);
    close(go[1]);
    for (size_t i = 0; i < MST_ARRAY_SIZE(children); i++) {
        int code;
        assert_int_equal(waitpid(children[i], &code, 0), children[i]);
        assert_int_equal(code, 0);
    }
    struct mst_store *store = fixture_open(*state);
    for (size_t i = 0; i < MST_ARRAY_SIZE(children); i++) {
        char job[2] = {(char)('a' + (int)i), '\0'};
        assert_int_equal(fixture_events(store, job), 1);
    }
    store->type->destroy(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(an_older_file_is_upgraded_with_all_that_is_in_it),
        fixture_test(a_newer_file_is_refused_and_left_alone),
        fixture_test(
            an_empty_file_is_no_state_for_a_reader_and_a_start_for_a_writer),
        fixture_test(a_step_that_fails_leaves_the_old_version),
        fixture_test(many_processes_may_open_a_new_directory_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
