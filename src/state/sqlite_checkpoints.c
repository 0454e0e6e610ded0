/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints: a save is one transaction with one row added and a few
 * removed. Rows of a job are numbered 1, 2, 3 ...; the newest 20 are kept,
 * and behind them a thinned history, so that a person can go back further
 * than 20 intervals: two each whose numbers are multiples of 64, of 64 * 64,
 * and of 64 * 64 * 64 (at one per second: minutes, hours, days).
 */
#include "state/sqlite_parts.h"

#include <stdlib.h>

#include "base/thread.h"
#include "state/checkpoint_sum.h"
#include "state/sqlite_db.h"

enum {
    CHECKPOINTS_NEWEST = 20,
    CHECKPOINTS_SPARSE = 64,
    CHECKPOINTS_RANGES = 4
};

#define CHECKPOINTS_COLUMNS                                                    \
    "number, job, identity, origin, saved_ms, events, fence, sum, position, "  \
    "sink_mark "

static const char checkpoints_newest_sql[] =
    "SELECT " CHECKPOINTS_COLUMNS
    "FROM checkpoints WHERE job = ? ORDER BY number DESC LIMIT 1";
static const char checkpoints_before_sql[] =
    "SELECT " CHECKPOINTS_COLUMNS
    "FROM checkpoints WHERE job = ? AND number < ?"
    " ORDER BY number DESC LIMIT 1";
static const char checkpoints_next_job_sql[] =
    "SELECT job FROM checkpoints WHERE job > ? ORDER BY job LIMIT 1";
static const char checkpoints_last_number_sql[] =
    "SELECT max(number) FROM checkpoints WHERE job = ?";
static const char checkpoints_insert_sql[] =
    "INSERT INTO checkpoints(" CHECKPOINTS_COLUMNS
    ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char checkpoints_drop_sql[] =
    "DELETE FROM checkpoints WHERE job = ? AND number = ?";
static const char checkpoints_drop_all_sql[] =
    "DELETE FROM checkpoints WHERE job = ?";

static bool
checkpoints_copy_text(char **ret, const char *text)
{
    *ret = strdup(text == NULL ? "" : text);
    return *ret != NULL;
}

static bool
checkpoints_copy_bytes(struct mst_slice *ret, struct mst_slice bytes)
{
    *ret = MST_SLICE_NONE;
    if (bytes.data == NULL) {
        return true;
    }
    uint8_t *copy = malloc(bytes.len + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, bytes.data, bytes.len);
    *ret = mst_slice_of(copy, bytes.len);
    return true;
}

/* A row as it is read. */
struct checkpoints_row {
    int64_t number;
    bool is_damaged;
    struct mst_checkpoint checkpoint;
};

/* Takes the next row of query. MST_END: none. */
static enum mst_status
checkpoints_read(struct mst_query *query, struct checkpoints_row *ret,
                 struct mst_error *err)
{
    enum mst_status status = mst_query_step(query, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_checkpoint checkpoint = {
        .origin = mst_query_get_int(query, 3) == MST_POSITION_SET
                      ? MST_POSITION_SET
                      : MST_POSITION_SAVED,
        .saved_ms = mst_query_get_int(query, 4),
        .events = (uint64_t)mst_query_get_int(query, 5),
        .fence = (uint64_t)mst_query_get_int(query, 6)};
    if (!checkpoints_copy_text(&checkpoint.job, mst_query_get_text(query, 1))
        || !checkpoints_copy_text(&checkpoint.identity,
                                  mst_query_get_text(query, 2))
        || !checkpoints_copy_bytes(&checkpoint.position,
                                   mst_query_get_bytes(query, 8))
        || !checkpoints_copy_bytes(&checkpoint.sink_mark,
                                   mst_query_get_bytes(query, 9))) {
        mst_checkpoint_clear(&checkpoint);
        return mst_fail_memory(err, "state");
    }
    ret->number = mst_query_get_int(query, 0);
    ret->checkpoint = checkpoint;
    ret->is_damaged =
        mst_query_get_int(query, 7) != mst_checkpoint_sum(&checkpoint);
    return MST_OK;
}

/* The row of the job below number; the newest when number is 0. */
static enum mst_status
checkpoints_find(struct mst_sqlite *sqlite, const char *job, int64_t number,
                 struct checkpoints_row *ret, struct mst_error *err)
{
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query = mst_query_open(
        sqlite, number == 0 ? checkpoints_newest_sql : checkpoints_before_sql,
        "read a checkpoint");
    mst_query_text(&query, job);
    if (number != 0) {
        mst_query_int(&query, number);
    }
    enum mst_status status = checkpoints_read(&query, ret, err);
    mst_query_close(&query);
    mst_mutex_unlock(&sqlite->mutex);
    return status;
}

enum mst_status
mst_sqlite_checkpoint_load(struct mst_store *store, const char *job,
                           struct mst_checkpoint *ret, struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    struct checkpoints_row row = {.number = 0};
    enum mst_status status = checkpoints_find(sqlite, job, 0, &row, err);
    if (status != MST_OK) {
        return status;
    }
    if (row.is_damaged) {
        mst_checkpoint_clear(&row.checkpoint);
        return mst_checkpoint_fail_damaged(err, job, sqlite->path);
    }
    *ret = row.checkpoint;
    return MST_OK;
}

static enum mst_status
checkpoints_last_number(struct mst_sqlite *sqlite, const char *job,
                        int64_t *ret, struct mst_error *err)
{
    struct mst_query query = mst_query_open(sqlite, checkpoints_last_number_sql,
                                            "save a checkpoint");
    mst_query_text(&query, job);
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK) {
        *ret = mst_query_get_int(&query, 0);
    }
    mst_query_close(&query);
    return status;
}

static enum mst_status
checkpoints_insert(struct mst_sqlite *sqlite, int64_t number,
                   const struct mst_checkpoint *checkpoint,
                   struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, checkpoints_insert_sql, "save a checkpoint");
    mst_query_int(&query, number);
    mst_query_text(&query, checkpoint->job);
    mst_query_text(&query,
                   checkpoint->identity != NULL ? checkpoint->identity : "");
    mst_query_int(&query, checkpoint->origin);
    mst_query_int(&query, checkpoint->saved_ms);
    mst_query_int(&query, (int64_t)checkpoint->events);
    mst_query_int(&query, (int64_t)checkpoint->fence);
    mst_query_int(&query, mst_checkpoint_sum(checkpoint));
    mst_query_bytes(&query, checkpoint->position);
    mst_query_bytes(&query, checkpoint->sink_mark);
    return mst_query_run(&query, err);
}

static enum mst_status
checkpoints_drop(struct mst_sqlite *sqlite, const char *job, int64_t number,
                 struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, checkpoints_drop_sql, "remove a checkpoint");
    mst_query_text(&query, job);
    mst_query_int(&query, number);
    return mst_query_run(&query, err);
}

/* Removes what leaves one of the ranges with the arrival of number, and does
 * not belong to the next, sparser one. */
static enum mst_status
checkpoints_prune(struct mst_sqlite *sqlite, const char *job, int64_t number,
                  struct mst_error *err)
{
    enum mst_status status = MST_OK;
    int64_t step = 1;
    int64_t window = CHECKPOINTS_NEWEST;
    for (int range = 0; status == MST_OK && range < CHECKPOINTS_RANGES;
         range++) {
        int64_t leaving = number - window;
        int64_t sparser = step * CHECKPOINTS_SPARSE;
        bool is_last = range == CHECKPOINTS_RANGES - 1;
        if (leaving > 0 && leaving % step == 0
            && (is_last || leaving % sparser != 0)) {
            status = checkpoints_drop(sqlite, job, leaving, err);
        }
        step = sparser;
        window = 2 * sparser;
    }
    return status;
}

static enum mst_status
checkpoints_write(struct mst_sqlite *sqlite,
                  const struct mst_checkpoint *checkpoint,
                  struct mst_error *err)
{
    int64_t last = 0;
    enum mst_status status =
        mst_sqlite_check_fence(sqlite, checkpoint->job, checkpoint->fence, err);
    if (status == MST_OK) {
        status = checkpoints_last_number(sqlite, checkpoint->job, &last, err);
    }
    if (status == MST_OK) {
        status = checkpoints_insert(sqlite, last + 1, checkpoint, err);
    }
    if (status == MST_OK) {
        status = checkpoints_prune(sqlite, checkpoint->job, last + 1, err);
    }
    return status;
}

enum mst_status
mst_sqlite_checkpoint_save(struct mst_store *store,
                           const struct mst_checkpoint *checkpoint,
                           struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    if (checkpoint->position.len > MST_POSITION_MAX) {
        return mst_fail(err, MST_FATAL, "state", 0,
                        "the position of job '%s' has %zu bytes; at most %d "
                        "are kept",
                        checkpoint->job, checkpoint->position.len,
                        (int)MST_POSITION_MAX);
    }
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    return mst_sqlite_end(sqlite, checkpoints_write(sqlite, checkpoint, err),
                          err);
}

static enum mst_status
checkpoints_drop_all(struct mst_sqlite *sqlite, const char *job,
                     struct mst_error *err)
{
    enum mst_status status = mst_sqlite_check_fence(sqlite, job, 0, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_query query = mst_query_open(sqlite, checkpoints_drop_all_sql,
                                            "delete the checkpoints");
    mst_query_text(&query, job);
    return mst_query_run(&query, err);
}

enum mst_status
mst_sqlite_checkpoint_delete(struct mst_store *store, const char *job,
                             struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    return mst_sqlite_end(sqlite, checkpoints_drop_all(sqlite, job, err), err);
}

/* The first job with checkpoints whose name is above after. */
static enum mst_status
checkpoints_next_job(struct mst_sqlite *sqlite, const char *after,
                     char **ret_job, struct mst_error *err)
{
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query = mst_query_open(sqlite, checkpoints_next_job_sql,
                                            "list the checkpoints");
    mst_query_text(&query, after);
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK
        && !checkpoints_copy_text(ret_job, mst_query_get_text(&query, 0))) {
        status = mst_fail_memory(err, "state");
    }
    mst_query_close(&query);
    mst_mutex_unlock(&sqlite->mutex);
    return status;
}

/* A list on its way. */
struct checkpoints_list {
    struct mst_sqlite *sqlite;
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one);
    void *arg;
    char *damaged; /* job of the first damaged row; owned */
};

/* Gives rows of a job to each, at most limit. */
static enum mst_status
checkpoints_list_job(struct checkpoints_list *list, const char *job,
                     size_t limit, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    int64_t number = 0;
    for (size_t n = 0; status == MST_OK && n < limit; n++) {
        struct checkpoints_row row = {.number = 0};
        status = checkpoints_find(list->sqlite, job, number, &row, err);
        if (status != MST_OK) {
            return status == MST_END ? MST_OK : status;
        }
        number = row.number;
        if (!row.is_damaged) {
            status = list->each(list->arg, &row.checkpoint);
        } else if (list->damaged == NULL
                   && !checkpoints_copy_text(&list->damaged, job)) {
            status = mst_fail_memory(err, "state");
        }
        mst_checkpoint_clear(&row.checkpoint);
    }
    return status;
}

static enum mst_status
checkpoints_list_all(struct checkpoints_list *list, struct mst_error *err)
{
    char *job = NULL;
    enum mst_status status;
    for (;;) {
        char *next = NULL;
        status = checkpoints_next_job(list->sqlite, job == NULL ? "" : job,
                                      &next, err);
        free(job);
        job = next;
        if (status != MST_OK) {
            return status == MST_END ? MST_OK : status;
        }
        status = checkpoints_list_job(list, job, 1, err);
        if (status != MST_OK) {
            free(job);
            return status;
        }
    }
}

enum mst_status
mst_sqlite_checkpoint_list(
    struct mst_store *store, const char *job,
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one),
    void *arg, struct mst_error *err)
{
    struct checkpoints_list list = {(struct mst_sqlite *)store, each, arg,
                                    NULL};
    enum mst_status status =
        job == NULL ? checkpoints_list_all(&list, err)
                    : checkpoints_list_job(&list, job, SIZE_MAX, err);
    if (status == MST_OK && list.damaged != NULL) {
        status =
            mst_checkpoint_fail_damaged(err, list.damaged, list.sqlite->path);
    }
    free(list.damaged);
    return status;
}
