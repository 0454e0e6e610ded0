/* SPDX-License-Identifier: MIT */
/*
 * The connection of the embedded store, shared by the files sqlite_*.c:
 * locking, transactions, kept statements, and errors in words.
 *
 *   begin ── query ── query ── end      a write, in one transaction
 *   lock  ── query ── unlock            a read
 */
#ifndef MST_STATE_SQLITE_DB_H
#define MST_STATE_SQLITE_DB_H

#include <pthread.h>
#include <sqlite3.h>

#include "core/store.h"

enum { MST_SQLITE_STATEMENTS = 48 };

/* A statement that is kept; known by the address of its text. */
struct mst_sqlite_kept {
    const char *sql;
    sqlite3_stmt *stmt;
};

struct mst_sqlite {
    struct mst_store base; /* first */
    pthread_mutex_t mutex; /* held for all that follows */
    sqlite3 *db;
    char *path;
    bool read_only;
    struct mst_sqlite_kept kept[MST_SQLITE_STATEMENTS];
};

/* Opens the connection and sets it up; no schema yet. path is moved in, on
 * success only. */
MST_MUST_CHECK enum mst_status mst_sqlite_connect(char *path, bool read_only,
                                                  struct mst_sqlite **ret,
                                                  struct mst_error *err);
/* Closes all. NULL is fine. */
void mst_sqlite_disconnect(struct mst_sqlite *sqlite);

/* Brings the file to the present schema, or refuses it. */
MST_MUST_CHECK enum mst_status mst_sqlite_migrate(struct mst_sqlite *sqlite,
                                                  struct mst_error *err);

/* Takes the mutex and starts a write transaction; on failure neither. */
MST_MUST_CHECK enum mst_status mst_sqlite_begin(struct mst_sqlite *sqlite,
                                                struct mst_error *err);
/* Commits when status is MST_OK, rolls back otherwise; gives the mutex back.
 * Returns what became of it. */
MST_MUST_CHECK enum mst_status mst_sqlite_end(struct mst_sqlite *sqlite,
                                              enum mst_status status,
                                              struct mst_error *err);

/* The status of an extended result code, in words. doing: "save a
 * checkpoint". Lock: mutex held. */
enum mst_status mst_sqlite_fail(struct mst_sqlite *sqlite, int extended,
                                const char *doing, struct mst_error *err);

/* Runs text that gives no rows. Lock: mutex held. */
MST_MUST_CHECK enum mst_status mst_sqlite_exec(struct mst_sqlite *sqlite,
                                               const char *sql,
                                               const char *doing,
                                               struct mst_error *err);

/* One use of a kept statement. Lock: mutex held from open to close. */
struct mst_query {
    struct mst_sqlite *sqlite;
    sqlite3_stmt *stmt; /* NULL: preparing it failed, with code */
    const char *doing;
    int code; /* of the first thing that failed */
    int next; /* parameter that is bound next, from 1 */
};

/* sql must be a constant that outlives the store. Failures are kept until
 * step. What is bound is borrowed until close. */
struct mst_query mst_query_open(struct mst_sqlite *sqlite, const char *sql,
                                const char *doing);
/* Bind the next parameter. NULL and data == NULL are SQL's NULL. */
void mst_query_text(struct mst_query *query, const char *text);
void mst_query_bytes(struct mst_query *query, struct mst_slice bytes);
void mst_query_int(struct mst_query *query, int64_t value);
/* MST_OK: a row is there. MST_END: no more. */
MST_MUST_CHECK enum mst_status mst_query_step(struct mst_query *query,
                                              struct mst_error *err);
void mst_query_close(struct mst_query *query);
/* All steps of a statement without rows, and close. */
MST_MUST_CHECK enum mst_status mst_query_run(struct mst_query *query,
                                             struct mst_error *err);

/* Columns of the row, from 0; borrowed until the next step or close. SQL's
 * NULL is NULL, data == NULL or 0. */
const char *mst_query_get_text(struct mst_query *query, int column);
struct mst_slice mst_query_get_bytes(struct mst_query *query, int column);
int64_t mst_query_get_int(struct mst_query *query, int column);

/* Lock: mutex held, in a transaction. MST_REJECTED when the job's lease does
 * not allow a write with this fence; with fence 0 older holders are shut out
 * from now on. */
MST_MUST_CHECK enum mst_status mst_sqlite_check_fence(struct mst_sqlite *sqlite,
                                                      const char *job,
                                                      uint64_t fence,
                                                      struct mst_error *err);

#endif
