/* SPDX-License-Identifier: MIT */
/* Directories that end with the test, and opening stores in them. */
#ifndef MST_TESTS_STORE_FIXTURE_H
#define MST_TESTS_STORE_FIXTURE_H

#include "unit/folder.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "state/sqlite_store.h"

/* For cmocka's setup: *state is the path of a new directory. */
static inline int
fixture_make_directory(void **state)
{
    char *path = malloc(TEST_FOLDER_MAX);
    if (path == NULL) {
        return -1;
    }
    test_folder_make(path);
    *state = path;
    return 0;
}

static inline int
fixture_remove_directory(void **state)
{
    test_folder_remove(*state);
    free(*state);
    return 0;
}

static inline struct mst_store *
fixture_open(const char *directory)
{
    struct mst_store *store = NULL;
    struct mst_error err = {.status = MST_OK};
    if (mst_sqlite_store_open(directory, false, &store, &err) != MST_OK) {
        fail_msg("open: %s", err.text);
    }
    return store;
}

/* A second, plain connection to the file of a store. */
static inline sqlite3 *
fixture_open_raw(const char *directory)
{
    char path[4096];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof(path), "%s/%s", directory, MST_SQLITE_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    (void)sqlite3_busy_timeout(db, 10000);
    return db;
}

static inline void
fixture_sql(const char *directory, const char *sql)
{
    sqlite3 *db = fixture_open_raw(directory);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A checkpoint in borrowed memory; position is text. */
static inline struct mst_checkpoint
fixture_checkpoint(const char *job, const char *position, uint64_t events,
                   uint64_t fence)
{
    return (struct mst_checkpoint){
        .job = (char *)(uintptr_t)job,
        .identity = (char *)(uintptr_t) "mongodb/app.users",
        .position = mst_slice_str(position),
        .sink_mark = MST_SLICE_LIT("{\"file\":\"17\"}"),
        .saved_ms = 1700000000123,
        .events = events,
        .fence = fence};
}

static inline enum mst_status
fixture_save(struct mst_store *store, const char *job, uint64_t events,
             uint64_t fence)
{
    char position[32];
    struct mst_error err;
    (void)snprintf(position, sizeof(position), "{\"at\":%u}", (unsigned)events);
    struct mst_checkpoint checkpoint =
        fixture_checkpoint(job, position, events, fence);
    return store->type->checkpoint_save(store, &checkpoint, &err);
}

/* Events of the job's newest checkpoint; -1: it has none. */
static inline int64_t
fixture_events(struct mst_store *store, const char *job)
{
    struct mst_checkpoint checkpoint;
    struct mst_error err;
    enum mst_status status =
        store->type->checkpoint_load(store, job, &checkpoint, &err);
    if (status == MST_END) {
        return -1;
    }
    assert_int_equal(status, MST_OK);
    int64_t events = (int64_t)checkpoint.events;
    mst_checkpoint_clear(&checkpoint);
    return events;
}

#define fixture_test(f)                                                        \
    cmocka_unit_test_setup_teardown((f), fixture_make_directory,               \
                                    fixture_remove_directory)

#endif
