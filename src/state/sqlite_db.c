/* SPDX-License-Identifier: MIT */
/* The connection: opening it, transactions, and errors in words. */
#include "state/sqlite_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/thread.h"
#include "state/directory.h"

enum {
    DB_BUSY_TIMEOUT_MS = 2000,
    DB_WAL_KEEP_BYTES = 4 * 1024 * 1024,
};

/* Fails when the file can not grow; false for all other codes. A write that
 * a quota or a limit of the file size refuses looks like any other write that
 * fails: the library does not hand on why. */
static bool
db_fail_no_room(struct mst_sqlite *sqlite, int extended, const char *doing,
                struct mst_error *err)
{
    const char *why = "";
    if (extended == SQLITE_IOERR_WRITE || extended == SQLITE_IOERR_SHMSIZE) {
        why = " (disk full, quota or limit of the file size reached, or the "
              "disk fails)";
    } else if ((extended & 0xFF) != SQLITE_FULL) {
        return false;
    }
    (void)mst_fail(err, MST_RETRY, "state", extended,
                   "can not %s: no room left for the state file '%s'%s", doing,
                   sqlite->path, why);
    mst_error_hint(err, "make room on that disk; nothing is lost and work goes "
                        "on by itself");
    return true;
}

static enum mst_status
db_fail_damaged(struct mst_sqlite *sqlite, int code, const char *doing,
                struct mst_error *err)
{
    (void)mst_fail(err, MST_FATAL, "state", code,
                   "can not %s: the state file '%s' is damaged or is not an "
                   "SQLite file (%s)",
                   doing, sqlite->path, sqlite3_errstr(code));
    mst_error_hint(err, "stop mstream, keep a copy of the file, and restore it "
                        "from a backup or repair the copy with 'sqlite3 FILE "
                        ".recover'; nothing was changed");
    return MST_FATAL;
}

/* An error of the file system, or of the library that has no better name. */
static enum mst_status
db_fail_other(struct mst_sqlite *sqlite, int extended, int system_code,
              const char *doing, struct mst_error *err)
{
    char text[128] = "";
    const char *why = sqlite3_errmsg(sqlite->db);
    if (system_code != 0) {
        why = strerror_r(system_code, text, sizeof(text));
    }
    int code = extended & 0xFF;
    bool retry = code == SQLITE_IOERR
                 || (code == SQLITE_CANTOPEN
                     && (system_code == EMFILE || system_code == ENFILE));
    enum mst_status status = retry ? MST_RETRY : MST_FATAL;
    (void)mst_fail(err, status, "state", extended,
                   "can not %s: state file '%s': %s", doing, sqlite->path, why);
    if (retry) {
        mst_error_hint(err, "check the disk and the system log; nothing is "
                            "lost, it is tried again");
    } else if (code == SQLITE_READONLY || code == SQLITE_PERM
               || code == SQLITE_CANTOPEN) {
        mst_error_hint(err, "the user that runs mstream needs the right to "
                            "write the file and its directory");
    }
    return status;
}

enum mst_status
mst_sqlite_fail(struct mst_sqlite *sqlite, int extended, const char *doing,
                struct mst_error *err)
{
    int code = extended & 0xFF;
    /* Stale for other codes. */
    int system_code = code == SQLITE_IOERR || code == SQLITE_CANTOPEN
                          ? sqlite3_system_errno(sqlite->db)
                          : 0;
    if (code == SQLITE_NOMEM) {
        return mst_fail_memory(err, "state");
    }
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        (void)mst_fail(err, MST_RETRY, "state", extended,
                       "can not %s: the state file '%s' is busy", doing,
                       sqlite->path);
        mst_error_hint(err, "another process is writing to it (a backup, an "
                            "open sqlite3 shell?); it is tried again");
        return MST_RETRY;
    }
    if (db_fail_no_room(sqlite, extended, doing, err)) {
        return MST_RETRY;
    }
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB
        || extended == SQLITE_IOERR_CORRUPTFS) {
        return db_fail_damaged(sqlite, code, doing, err);
    }
    return db_fail_other(sqlite, extended, system_code, doing, err);
}

enum mst_status
mst_sqlite_exec(struct mst_sqlite *sqlite, const char *sql, const char *doing,
                struct mst_error *err)
{
    if (sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return mst_sqlite_fail(sqlite, sqlite3_extended_errcode(sqlite->db),
                               doing, err);
    }
    return MST_OK;
}

/* Makes an empty file that only its owner reads, so that the library does
 * not make one that all can read. Its helper files get the same mode. One that
 * is there is not opened: closing it would take away the locks of all
 * connections that this process has to it, and another process would remove
 * the log that they write to. */
static enum mst_status
db_create_file(const char *path, struct mst_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd); /* nothing was written */
        return MST_OK;
    }
    if (errno == EEXIST && access(path, R_OK | W_OK) == 0) {
        return MST_OK;
    }
    return mst_directory_fail(err, errno, "can not open the state file", path);
}

static enum mst_status
db_set_up(struct mst_sqlite *sqlite, struct mst_error *err)
{
    const char *const doing = "open the store";
    (void)sqlite3_extended_result_codes(sqlite->db, 1);
    (void)sqlite3_busy_timeout(sqlite->db, DB_BUSY_TIMEOUT_MS);
    /* SQL that hides in a foreign file must not run. */
    (void)sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
                            NULL);
    if (sqlite->read_only) {
        return mst_sqlite_exec(sqlite, "PRAGMA query_only = ON", doing, err);
    }
    enum mst_status status = mst_sqlite_exec(sqlite,
                                             "PRAGMA auto_vacuum = INCREMENTAL;"
                                             "PRAGMA journal_mode = WAL;"
                                             "PRAGMA synchronous = FULL",
                                             doing, err);
    if (status != MST_OK) {
        return status;
    }
    char *limit =
        sqlite3_mprintf("PRAGMA journal_size_limit = %d", DB_WAL_KEEP_BYTES);
    if (limit == NULL) {
        return mst_fail_memory(err, "state");
    }
    status = mst_sqlite_exec(sqlite, limit, doing, err);
    sqlite3_free(limit);
    return status;
}

enum mst_status
mst_sqlite_connect(char *path, bool read_only, struct mst_sqlite **ret,
                   struct mst_error *err)
{
    bool memory = strcmp(path, MST_STATE_MEMORY) == 0;
    if (!memory && !read_only) {
        enum mst_status status = db_create_file(path, err);
        if (status != MST_OK) {
            return status;
        }
    }
    struct mst_sqlite *sqlite = calloc(1, sizeof(*sqlite));
    if (sqlite == NULL) {
        return mst_fail_memory(err, "state");
    }
    (void)pthread_mutex_init(&sqlite->mutex, NULL);
    sqlite->path = path;
    sqlite->read_only = read_only;
    /* Reading needs the shared memory file of the log, so a reader opens for
     * writing too and binds itself by query_only. */
    int code = sqlite3_open_v2(path, &sqlite->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
                                   | (memory ? SQLITE_OPEN_MEMORY : 0),
                               NULL);
    enum mst_status status = MST_OK;
    if (sqlite->db == NULL) {
        status = mst_fail_memory(err, "state");
    } else if (code != SQLITE_OK) {
        status = mst_sqlite_fail(sqlite, sqlite3_extended_errcode(sqlite->db),
                                 "open the store", err);
    } else {
        status = db_set_up(sqlite, err);
    }
    if (status != MST_OK) {
        sqlite->path = NULL; /* stays the caller's */
        mst_sqlite_disconnect(sqlite);
        return status;
    }
    *ret = sqlite;
    return MST_OK;
}

void
mst_sqlite_disconnect(struct mst_sqlite *sqlite)
{
    if (sqlite == NULL) {
        return;
    }
    for (size_t i = 0; i < MST_SQLITE_STATEMENTS; i++) {
        (void)sqlite3_finalize(sqlite->kept[i].stmt); /* repeats old errors */
    }
    (void)sqlite3_close(sqlite->db); /* no statement is left */
    (void)pthread_mutex_destroy(&sqlite->mutex);
    free(sqlite->path);
    free(sqlite);
}

/* A file that was deleted or replaced while it is open takes every write
 * and forgets it: nobody will ever read it again. */
static enum mst_status
db_check_place(struct mst_sqlite *sqlite, struct mst_error *err)
{
    int moved = 0;
    if (sqlite3_file_control(sqlite->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
            != SQLITE_OK
        || moved == 0) {
        return MST_OK;
    }
    (void)mst_fail(err, MST_FATAL, "state", 0,
                   "the state file '%s' was deleted or replaced while it was "
                   "in use; what is written now would be lost",
                   sqlite->path);
    mst_error_hint(err, "put the file back or accept a new start, then start "
                        "mstream again");
    return MST_FATAL;
}

enum mst_status
mst_sqlite_begin(struct mst_sqlite *sqlite, struct mst_error *err)
{
    if (sqlite->read_only) {
        return mst_fail(err, MST_FATAL, "state", 0,
                        "the state file '%s' was opened for reading only",
                        sqlite->path);
    }
    mst_mutex_lock(&sqlite->mutex);
    enum mst_status status = db_check_place(sqlite, err);
    if (status == MST_OK) {
        struct mst_query query =
            mst_query_open(sqlite, "BEGIN IMMEDIATE", "write");
        status = mst_query_run(&query, err);
    }
    if (status != MST_OK) {
        mst_mutex_unlock(&sqlite->mutex);
    }
    return status;
}

enum mst_status
mst_sqlite_end(struct mst_sqlite *sqlite, enum mst_status status,
               struct mst_error *err)
{
    if (status == MST_OK) {
        struct mst_query query = mst_query_open(sqlite, "COMMIT", "write");
        status = mst_query_run(&query, err);
    }
    /* A failed commit may have rolled back by itself, or may not. */
    if (status != MST_OK && sqlite3_get_autocommit(sqlite->db) == 0) {
        (void)sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
    }
    mst_mutex_unlock(&sqlite->mutex);
    return status;
}
