/* SPDX-License-Identifier: MIT */
/*
 * Dead letters: put within limits, aged out, counted, deleted. Totals per
 * job are kept by triggers in the same transaction, so they are exact.
 */
#include "state/sqlite_parts.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "state/attributes.h"
#include "state/letter_sum.h"
#include "state/sqlite_db.h"

enum {
    LETTERS_CHUNK = 500, /* removed in one transaction */
    LETTERS_ATTRIBUTES_MAX = 64 * 1024 * 1024
};

static const char letters_insert_sql[] =
    "INSERT INTO letters(job, sink, stage, reason, hint, time_ms, attempts,"
    " connector_hash, script_hash, encoding, op, key_kind, source_ts_ms,"
    " bytes, sum, position, attributes, \"key\", payload, script)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char letters_bytes_sql[] =
    "SELECT bytes FROM letter_totals WHERE job = ?";
static const char letters_expire_sql[] =
    "DELETE FROM letters WHERE id IN (SELECT id FROM letters"
    " WHERE job = ? AND time_ms < ? ORDER BY time_ms LIMIT ?)";
static const char letters_expired_sql[] =
    "UPDATE letter_totals SET expired = expired + ? WHERE job = ?";
static const char letters_count_sql[] =
    "SELECT letters, bytes, expired, (SELECT min(time_ms) FROM letters"
    " WHERE job = ?1) FROM letter_totals WHERE job = ?1";
static const char letters_count_all_sql[] =
    "SELECT sum(letters), sum(bytes), sum(expired),"
    " (SELECT min(time_ms) FROM letters) FROM letter_totals";
static const char letters_delete_sql[] =
    "DELETE FROM letters WHERE id IN"
    " (SELECT id FROM letters WHERE id > ? ORDER BY id LIMIT ?)";
static const char letters_delete_of_job_sql[] =
    "DELETE FROM letters WHERE id IN (SELECT id FROM letters"
    " WHERE job = ?3 AND id > ?1 ORDER BY id LIMIT ?2)";
static const char letters_delete_one_sql[] =
    "DELETE FROM letters WHERE id = ?1 AND id > ?2"
    " AND (?3 IS NULL OR job = ?3)";
static const char letters_shrink_sql[] = "PRAGMA incremental_vacuum(1024)";

static enum mst_status
letters_job_bytes(struct mst_sqlite *sqlite, const char *job, uint64_t *ret,
                  struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, letters_bytes_sql, "count the dead letters");
    mst_query_text(&query, job);
    enum mst_status status = mst_query_step(&query, err);
    *ret = status == MST_OK ? (uint64_t)mst_query_get_int(&query, 0) : 0;
    mst_query_close(&query);
    return status == MST_END ? MST_OK : status;
}

/* MST_AGAIN when a letter of that size does not fit any more. */
static enum mst_status
letters_check_room(struct mst_sqlite *sqlite, const struct mst_letter *letter,
                   uint64_t bytes, const struct mst_letter_limits *limits,
                   struct mst_error *err)
{
    if (limits == NULL || limits->max_bytes == 0) {
        return MST_OK;
    }
    uint64_t held = 0;
    enum mst_status status = letters_job_bytes(sqlite, letter->job, &held, err);
    if (status != MST_OK
        || (held <= limits->max_bytes && bytes <= limits->max_bytes - held)) {
        return status;
    }
    (void)mst_fail(err, MST_AGAIN, "state", 0,
                   "the dead letters of job '%s' are full: %" PRIu64
                   " bytes are kept, %" PRIu64 " more would pass dlq.max_bytes "
                   "= %" PRIu64,
                   letter->job, held, bytes, limits->max_bytes);
    mst_error_hint(err, "look at them with 'mstream dlq list', replay or "
                        "discard them, or raise dlq.max_bytes");
    return MST_AGAIN;
}

static enum mst_status
letters_insert(struct mst_sqlite *sqlite, const struct mst_letter *letter,
               struct mst_slice attributes, uint64_t bytes,
               struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, letters_insert_sql, "store a dead letter");
    mst_query_text(&query, letter->job);
    mst_query_text(&query, letter->sink);
    mst_query_text(&query, letter->stage);
    mst_query_text(&query, letter->reason);
    mst_query_text(&query, letter->hint);
    mst_query_int(&query, letter->time_ms);
    mst_query_int(&query, letter->attempts);
    mst_query_int(&query, (int64_t)letter->connector_hash);
    mst_query_int(&query, (int64_t)letter->script_hash);
    mst_query_int(&query, letter->encoding);
    mst_query_int(&query, letter->op);
    mst_query_int(&query, letter->key_kind);
    mst_query_int(&query, letter->source_ts_ms);
    mst_query_int(&query, (int64_t)bytes);
    mst_query_int(&query, mst_letter_sum(letter, attributes));
    mst_query_bytes(&query, letter->position);
    mst_query_bytes(&query, attributes);
    mst_query_bytes(&query, letter->key);
    mst_query_bytes(&query, letter->payload);
    mst_query_text(&query, letter->script);
    return mst_query_run(&query, err);
}

static enum mst_status
letters_put_one(struct mst_sqlite *sqlite, const struct mst_letter *letter,
                const struct mst_letter_limits *limits, struct mst_error *err)
{
    struct mst_buf attributes;
    mst_buf_init(&attributes, LETTERS_ATTRIBUTES_MAX);
    enum mst_status status = mst_attributes_pack(
        letter->attributes, letter->attributes_len, &attributes);
    if (status != MST_OK) {
        mst_buf_clear(&attributes);
        return mst_fail(err, MST_FATAL, "state", 0,
                        "the attributes of a dead letter of job '%s' need too "
                        "much memory",
                        letter->job);
    }
    uint64_t bytes = mst_letter_bytes(letter, mst_buf_slice(&attributes));
    status = letters_check_room(sqlite, letter, bytes, limits, err);
    if (status == MST_OK) {
        status = letters_insert(sqlite, letter, mst_buf_slice(&attributes),
                                bytes, err);
    }
    mst_buf_clear(&attributes);
    return status;
}

/* Removes a chunk of what is older than before_ms, in one transaction. */
static enum mst_status
letters_expire_chunk(struct mst_sqlite *sqlite, const char *job,
                     int64_t before_ms, int64_t *ret_n, struct mst_error *err)
{
    struct mst_query query =
        mst_query_open(sqlite, letters_expire_sql, "age out dead letters");
    mst_query_text(&query, job);
    mst_query_int(&query, before_ms);
    mst_query_int(&query, LETTERS_CHUNK);
    enum mst_status status = mst_query_run(&query, err);
    if (status != MST_OK) {
        return status;
    }
    int64_t n = sqlite3_changes(sqlite->db);
    if (n > 0) {
        query = mst_query_open(sqlite, letters_expired_sql,
                               "count aged dead letters");
        mst_query_int(&query, n);
        mst_query_text(&query, job);
        status = mst_query_run(&query, err);
    }
    *ret_n = n;
    return status;
}

enum mst_status
mst_sqlite_letters_expire(struct mst_store *store, const char *job,
                          int64_t max_age_ms, uint64_t *ret_expired,
                          struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    uint64_t expired = 0;
    int64_t before_ms = 0;
    if (max_age_ms > 0
        && !__builtin_sub_overflow(mst_clock_wall_ms(), max_age_ms,
                                   &before_ms)) {
        int64_t n = LETTERS_CHUNK;
        while (n == LETTERS_CHUNK) {
            enum mst_status status = mst_sqlite_begin(sqlite, err);
            if (status != MST_OK) {
                return status;
            }
            status = letters_expire_chunk(sqlite, job, before_ms, &n, err);
            status = mst_sqlite_end(sqlite, status, err);
            if (status != MST_OK) {
                return status;
            }
            expired += (uint64_t)n;
        }
    }
    if (expired > 0) {
        const struct mst_log_field fields[] = {MST_LOG_STR("job", job),
                                               MST_LOG_NUM("expired", expired)};
        mst_log_write(MST_LOG_WARN, "dlq", fields, MST_ARRAY_SIZE(fields),
                      "dead letters were removed: older than dlq.max_age");
    }
    *ret_expired = expired;
    return MST_OK;
}

enum mst_status
mst_sqlite_letters_put(struct mst_store *store,
                       const struct mst_letter *letters, size_t n,
                       const struct mst_letter_limits *limits,
                       struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < n && limits != NULL; i++) {
        uint64_t expired;
        if (limits->max_age_ms > 0
            && (i == 0 || strcmp(letters[i].job, letters[i - 1].job) != 0)) {
            status = mst_sqlite_letters_expire(
                store, letters[i].job, limits->max_age_ms, &expired, err);
        }
        if (status != MST_OK) {
            return status;
        }
    }
    status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    for (size_t i = 0; status == MST_OK && i < n; i++) {
        status = letters_put_one(sqlite, &letters[i], limits, err);
    }
    return mst_sqlite_end(sqlite, status, err);
}

enum mst_status
mst_sqlite_letters_count(struct mst_store *store, const char *job,
                         struct mst_letter_totals *ret, struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    struct mst_letter_totals totals = {.letters = 0};
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query = mst_query_open(
        sqlite, job == NULL ? letters_count_all_sql : letters_count_sql,
        "count the dead letters");
    if (job != NULL) {
        mst_query_text(&query, job);
    }
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK) {
        totals.letters = (uint64_t)mst_query_get_int(&query, 0);
        totals.bytes = (uint64_t)mst_query_get_int(&query, 1);
        totals.expired = (uint64_t)mst_query_get_int(&query, 2);
        totals.oldest_ms = mst_query_get_int(&query, 3);
    }
    mst_query_close(&query);
    mst_mutex_unlock(&sqlite->mutex);
    if (status != MST_OK && status != MST_END) {
        return status;
    }
    *ret = totals;
    return MST_OK;
}

static enum mst_status
letters_delete_chunk(struct mst_sqlite *sqlite,
                     const struct mst_letter_filter *filter, int64_t limit,
                     int64_t *ret_n, struct mst_error *err)
{
    const char *sql = filter->id != 0       ? letters_delete_one_sql
                      : filter->job != NULL ? letters_delete_of_job_sql
                                            : letters_delete_sql;
    struct mst_query query = mst_query_open(sqlite, sql, "delete dead letters");
    if (filter->id != 0) {
        mst_query_int(&query, (int64_t)filter->id);
    }
    mst_query_int(&query, (int64_t)filter->after);
    if (filter->id == 0) {
        mst_query_int(&query, limit);
    }
    if (filter->id != 0 || filter->job != NULL) {
        mst_query_text(&query, filter->job);
    }
    enum mst_status status = mst_query_run(&query, err);
    if (status == MST_OK) {
        *ret_n = sqlite3_changes(sqlite->db);
    }
    return status;
}

/* Gives free pages back to the file system. Failing is no harm: the pages
 * are used again. */
static void
letters_shrink(struct mst_sqlite *sqlite)
{
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query =
        mst_query_open(sqlite, letters_shrink_sql, "shrink the file");
    if (mst_query_run(&query, NULL) != MST_OK) {
        mst_log_debug("dlq", "the state file could not be made smaller");
    }
    mst_mutex_unlock(&sqlite->mutex);
}

/* One transaction for all of them. */
static enum mst_status
letters_delete_ids(struct mst_sqlite *sqlite,
                   const struct mst_letter_filter *filter,
                   uint64_t *ret_deleted, struct mst_error *err)
{
    uint64_t deleted = 0;
    enum mst_status status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    for (size_t i = 0; i < filter->ids_len && status == MST_OK; i++) {
        const struct mst_letter_filter one = {.job = filter->job,
                                              .id = filter->ids[i]};
        int64_t n = 0;
        status = letters_delete_chunk(sqlite, &one, 1, &n, err);
        deleted += (uint64_t)n;
    }
    status = mst_sqlite_end(sqlite, status, err);
    if (status == MST_OK) {
        letters_shrink(sqlite);
        *ret_deleted = deleted;
    }
    return status;
}

enum mst_status
mst_sqlite_letters_delete(struct mst_store *store,
                          const struct mst_letter_filter *filter,
                          uint64_t *ret_deleted, struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    if (filter->ids_len > 0) {
        return letters_delete_ids(sqlite, filter, ret_deleted, err);
    }
    uint64_t deleted = 0;
    int64_t chunk;
    int64_t n;
    /* In chunks, so that checkpoints are saved in between. */
    do {
        uint64_t left =
            filter->limit == 0 ? UINT64_MAX : filter->limit - deleted;
        chunk = left < LETTERS_CHUNK ? (int64_t)left : LETTERS_CHUNK;
        n = 0;
        enum mst_status status = mst_sqlite_begin(sqlite, err);
        if (status != MST_OK) {
            return status;
        }
        status = letters_delete_chunk(sqlite, filter, chunk, &n, err);
        status = mst_sqlite_end(sqlite, status, err);
        if (status != MST_OK) {
            return status;
        }
        deleted += (uint64_t)n;
    } while (n > 0 && n == chunk && deleted != filter->limit);
    letters_shrink(sqlite);
    *ret_deleted = deleted;
    return MST_OK;
}
