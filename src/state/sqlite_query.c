/* SPDX-License-Identifier: MIT */
/* One use of a kept statement: bind, step, read, close. */
#include "state/sqlite_db.h"

#include <assert.h>

struct mst_query
mst_query_open(struct mst_sqlite *sqlite, const char *sql, const char *doing)
{
    struct mst_query query = {sqlite, NULL, doing, SQLITE_OK, 1};
    for (size_t i = 0; i < MST_SQLITE_STATEMENTS; i++) {
        struct mst_sqlite_kept *kept = &sqlite->kept[i];
        if (kept->sql == NULL) {
            query.code = sqlite3_prepare_v3(sqlite->db, sql, -1,
                                            SQLITE_PREPARE_PERSISTENT,
                                            &kept->stmt, NULL);
            kept->sql = query.code == SQLITE_OK ? sql : NULL;
            query.stmt = kept->stmt;
            return query;
        }
        if (kept->sql == sql) {
            query.stmt = kept->stmt;
            return query;
        }
    }
    assert(false); /* MST_SQLITE_STATEMENTS is too small */
    query.code = SQLITE_INTERNAL;
    return query;
}

static void
query_bound(struct mst_query *query, int code)
{
    if (query->code == SQLITE_OK) {
        query->code = code;
    }
    query->next++;
}

void
mst_query_text(struct mst_query *query, const char *text)
{
    if (query->stmt != NULL) {
        query_bound(query, sqlite3_bind_text(query->stmt, query->next, text, -1,
                                             SQLITE_STATIC));
    }
}

void
mst_query_bytes(struct mst_query *query, struct mst_slice bytes)
{
    if (query->stmt != NULL) {
        /* The library takes no bytes at a place for NULL only when the
         * pointer is NULL. */
        query_bound(query,
                    sqlite3_bind_blob64(query->stmt, query->next, bytes.data,
                                        bytes.len, SQLITE_STATIC));
    }
}

void
mst_query_int(struct mst_query *query, int64_t value)
{
    if (query->stmt != NULL) {
        query_bound(query, sqlite3_bind_int64(query->stmt, query->next, value));
    }
}

enum mst_status
mst_query_step(struct mst_query *query, struct mst_error *err)
{
    if (query->code == SQLITE_OK) {
        int code = sqlite3_step(query->stmt);
        if (code == SQLITE_ROW) {
            return MST_OK;
        }
        if (code == SQLITE_DONE) {
            return MST_END;
        }
        query->code = code;
    }
    return mst_sqlite_fail(query->sqlite, query->code, query->doing, err);
}

void
mst_query_close(struct mst_query *query)
{
    if (query->stmt != NULL) {
        (void)sqlite3_reset(query->stmt); /* repeats the error of step */
        (void)sqlite3_clear_bindings(query->stmt);
    }
}

enum mst_status
mst_query_run(struct mst_query *query, struct mst_error *err)
{
    enum mst_status status;
    do {
        status = mst_query_step(query, err);
    } while (status == MST_OK);
    mst_query_close(query);
    return status == MST_END ? MST_OK : status;
}

const char *
mst_query_get_text(struct mst_query *query, int column)
{
    return (const char *)sqlite3_column_text(query->stmt, column);
}

struct mst_slice
mst_query_get_bytes(struct mst_query *query, int column)
{
    if (sqlite3_column_type(query->stmt, column) == SQLITE_NULL) {
        return MST_SLICE_NONE;
    }
    const void *data = sqlite3_column_blob(query->stmt, column);
    int len = sqlite3_column_bytes(query->stmt, column);
    /* For no bytes the library gives NULL, which means none here. */
    return data == NULL ? MST_SLICE_LIT("") : mst_slice_of(data, (size_t)len);
}

int64_t
mst_query_get_int(struct mst_query *query, int column)
{
    return sqlite3_column_int64(query->stmt, column);
}
