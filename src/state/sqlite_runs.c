/* SPDX-License-Identifier: MIT */
/* Records of runs: begun, ended, listed; one that never ended has died. */
#include "state/sqlite_parts.h"

#include <inttypes.h>

#include "base/thread.h"
#include "state/sqlite_db.h"

enum { RUNS_KEPT = 100 };

#define RUNS_COLUMNS                                                           \
    "id, job, start_ms, end_ms, reason, state, events_in, events_out, "        \
    "rejected, bytes, first_position, last_position "

static const char runs_close_sql[] =
    "UPDATE runs SET end_ms = ?, state = 'died',"
    " reason = 'the process ended without finishing the run'"
    " WHERE job = ? AND end_ms = 0";
static const char runs_insert_sql[] =
    "INSERT INTO runs(job, start_ms, end_ms, events_in, events_out, rejected,"
    " bytes, first_position) VALUES(?, ?, 0, 0, 0, 0, 0, ?)";
static const char runs_prune_sql[] =
    "DELETE FROM runs WHERE job = ?1 AND id <="
    " (SELECT id FROM runs WHERE job = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
static const char runs_end_sql[] =
    "UPDATE runs SET end_ms = ?, reason = ?, state = ?, events_in = ?,"
    " events_out = ?, rejected = ?, bytes = ?, first_position = ?,"
    " last_position = ? WHERE id = ? AND job = ?";
static const char runs_before_sql[] =
    "SELECT " RUNS_COLUMNS "FROM runs WHERE id < ? ORDER BY id DESC LIMIT 1";
static const char runs_before_of_job_sql[] =
    "SELECT " RUNS_COLUMNS
    "FROM runs WHERE job = ?2 AND id < ?1 ORDER BY id DESC LIMIT 1";

static enum mst_status
runs_close_dead(struct mst_sqlite *sqlite, const struct mst_run_record *run,
                struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, runs_close_sql, "close an earlier run");
    /* When it died is not known; this is the latest it can have been. */
    mst_query_int(&query, run->start_ms);
    mst_query_text(&query, run->job);
    return mst_query_run(&query, err);
}

static enum mst_status
runs_insert(struct mst_sqlite *sqlite, const struct mst_run_record *run,
            uint64_t *ret_id, struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, runs_insert_sql, "record a run");
    mst_query_text(&query, run->job);
    mst_query_int(&query, run->start_ms);
    mst_query_text(&query, run->first_position);
    enum mst_status status = mst_query_run(&query, err);
    if (status == MST_OK) {
        *ret_id = (uint64_t)sqlite3_last_insert_rowid(sqlite->db);
    }
    return status;
}

static enum mst_status
runs_prune(struct mst_sqlite *sqlite, const char *job, struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, runs_prune_sql, "remove old runs");
    mst_query_text(&query, job);
    mst_query_int(&query, RUNS_KEPT);
    return mst_query_run(&query, err);
}

enum mst_status
mst_sqlite_run_begin(struct mst_store *store, struct mst_run_record *run,
                     struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    uint64_t id = 0;
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    status = runs_close_dead(sqlite, run, err);
    if (status == MST_OK) {
        status = runs_insert(sqlite, run, &id, err);
    }
    if (status == MST_OK) {
        status = runs_prune(sqlite, run->job, err);
    }
    status = mst_sqlite_end(sqlite, status, err);
    if (status == MST_OK) {
        run->id = id;
    }
    return status;
}

static enum mst_status
runs_finish(struct mst_sqlite *sqlite, const struct mst_run_record *run,
            struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, runs_end_sql, "record the end of a run");
    mst_query_int(&query, run->end_ms);
    mst_query_text(&query, run->reason);
    mst_query_text(&query, run->state);
    mst_query_int(&query, (int64_t)run->events_in);
    mst_query_int(&query, (int64_t)run->events_out);
    mst_query_int(&query, (int64_t)run->rejected);
    mst_query_int(&query, (int64_t)run->bytes);
    mst_query_text(&query, run->first_position);
    mst_query_text(&query, run->last_position);
    mst_query_int(&query, (int64_t)run->id);
    mst_query_text(&query, run->job);
    enum mst_status status = mst_query_run(&query, err);
    if (status == MST_OK && sqlite3_changes(sqlite->db) == 0) {
        return mst_fail(err, MST_REJECTED, "state", 0,
                        "run %" PRIu64 " of job '%s' is not known", run->id,
                        run->job);
    }
    return status;
}

enum mst_status
mst_sqlite_run_end(struct mst_store *store, const struct mst_run_record *run,
                   struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    return mst_sqlite_end(sqlite, runs_finish(sqlite, run, err), err);
}

/* An owned copy of a column; NULL stays NULL. Clears *is_ok without memory. */
static char *
runs_copy_text(struct mst_query *query, int column, bool *is_ok)
{
    const char *text = mst_query_get_text(query, column);
    char *copy = text == NULL ? NULL : strdup(text);
    *is_ok = *is_ok && (text == NULL || copy != NULL);
    return copy;
}

static enum mst_status
runs_read(struct mst_query *query, struct mst_run_record *ret,
          struct mst_error *err)
{
    enum mst_status status = mst_query_step(query, err);
    if (status != MST_OK) {
        return status;
    }
    bool is_ok = true;
    struct mst_run_record run = {
        .id = (uint64_t)mst_query_get_int(query, 0),
        .job = runs_copy_text(query, 1, &is_ok),
        .start_ms = mst_query_get_int(query, 2),
        .end_ms = mst_query_get_int(query, 3),
        .reason = runs_copy_text(query, 4, &is_ok),
        .state = runs_copy_text(query, 5, &is_ok),
        .events_in = (uint64_t)mst_query_get_int(query, 6),
        .events_out = (uint64_t)mst_query_get_int(query, 7),
        .rejected = (uint64_t)mst_query_get_int(query, 8),
        .bytes = (uint64_t)mst_query_get_int(query, 9),
        .first_position = runs_copy_text(query, 10, &is_ok),
        .last_position = runs_copy_text(query, 11, &is_ok)};
    if (!is_ok) {
        mst_run_record_clear(&run);
        return mst_fail_memory(err, "state");
    }
    *ret = run;
    return MST_OK;
}

static enum mst_status
runs_find(struct mst_sqlite *sqlite, const char *job, int64_t below,
          struct mst_run_record *ret, struct mst_error *err)
{
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query = mst_query_open(
        sqlite, job == NULL ? runs_before_sql : runs_before_of_job_sql,
        "list the runs");
    mst_query_int(&query, below);
    if (job != NULL) {
        mst_query_text(&query, job);
    }
    enum mst_status status = runs_read(&query, ret, err);
    mst_query_close(&query);
    mst_mutex_unlock(&sqlite->mutex);
    return status;
}

enum mst_status
mst_sqlite_run_list(struct mst_store *store, const char *job, size_t limit,
                    enum mst_status (*each)(void *arg,
                                            const struct mst_run_record *one),
                    void *arg, struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    enum mst_status status = MST_OK;
    int64_t below = INT64_MAX;
    for (size_t n = 0; status == MST_OK && (limit == 0 || n < limit); n++) {
        struct mst_run_record run = {.id = 0};
        status = runs_find(sqlite, job, below, &run, err);
        if (status != MST_OK) {
            return status == MST_END ? MST_OK : status;
        }
        below = (int64_t)run.id;
        status = each(arg, &run);
        mst_run_record_clear(&run);
    }
    return status;
}
