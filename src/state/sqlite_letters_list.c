/* SPDX-License-Identifier: MIT */
/* Reading dead letters, one at a time, so that a long list neither takes
 * memory nor holds up the writing of checkpoints. */
#include "state/sqlite_parts.h"

#include <inttypes.h>

#include "base/thread.h"
#include "state/attributes.h"
#include "state/letter_sum.h"
#include "state/sqlite_db.h"

enum { LETTERS_KEEP_BYTES = 1024 * 1024 };

/* Payload and key are not even read when they are not asked for. */
#define LETTERS_COLUMNS                                                        \
    "id, job, sink, stage, reason, hint, time_ms, attempts, connector_hash, "  \
    "script_hash, encoding, op, key_kind, source_ts_ms, sum, position, "       \
    "attributes, CASE WHEN ?2 THEN \"key\" END, "                              \
    "CASE WHEN ?2 THEN payload END, script "

static const char letters_next_sql[] =
    "SELECT " LETTERS_COLUMNS "FROM letters WHERE id > ?1 ORDER BY id LIMIT 1";
static const char letters_next_of_job_sql[] =
    "SELECT " LETTERS_COLUMNS
    "FROM letters WHERE job = ?3 AND id > ?1 ORDER BY id LIMIT 1";

/* The memory of the letter at hand. */
struct letters_row {
    struct mst_arena arena;
    struct mst_letter letter;
    bool is_ok; /* false: no memory */
    bool is_damaged;
};

static struct mst_slice
letters_copy(struct letters_row *row, struct mst_slice bytes)
{
    if (bytes.data == NULL) {
        return MST_SLICE_NONE;
    }
    struct mst_slice copy = mst_arena_copy(&row->arena, bytes);
    row->is_ok = row->is_ok && copy.data != NULL;
    return copy;
}

static const char *
letters_copy_text(struct letters_row *row, const char *text)
{
    return text == NULL
               ? NULL
               : (const char *)letters_copy(row, mst_slice_str(text)).data;
}

/* A number that was stored as one of n values; 0 for what is none of them. */
static unsigned
letters_choice(int64_t number, unsigned n)
{
    return number >= 0 && number < (int64_t)n ? (unsigned)number : 0;
}

static enum mst_status
letters_fail_damaged(const struct mst_sqlite *sqlite, uint64_t id,
                     struct mst_error *err)
{
    (void)mst_fail(err, MST_FATAL, "state", 0,
                   "dead letter %" PRIu64 " in '%s' is damaged: its check sum "
                   "does not fit",
                   id, sqlite->path);
    mst_error_hint(
        err, "it can not be sent again; 'mstream dlq discard' removes it");
    return MST_FATAL;
}

/* Copies the row of query into row. */
static enum mst_status
letters_read(struct mst_query *query, bool payloads, struct letters_row *row,
             struct mst_error *err)
{
    struct mst_letter *letter = &row->letter;
    row->is_ok = true;
    *letter = (struct mst_letter){
        .id = (uint64_t)mst_query_get_int(query, 0),
        .job = letters_copy_text(row, mst_query_get_text(query, 1)),
        .sink = letters_copy_text(row, mst_query_get_text(query, 2)),
        .stage = letters_copy_text(row, mst_query_get_text(query, 3)),
        .reason = letters_copy_text(row, mst_query_get_text(query, 4)),
        .hint = letters_copy_text(row, mst_query_get_text(query, 5)),
        .time_ms = mst_query_get_int(query, 6),
        .attempts = (uint32_t)mst_query_get_int(query, 7),
        .connector_hash = (uint64_t)mst_query_get_int(query, 8),
        .script = letters_copy_text(row, mst_query_get_text(query, 19)),
        .script_hash = (uint64_t)mst_query_get_int(query, 9),
        .encoding = letters_choice(mst_query_get_int(query, 10), MST_ENCODINGS),
        .op = letters_choice(mst_query_get_int(query, 11), MST_OP_READ + 1),
        .key_kind =
            letters_choice(mst_query_get_int(query, 12), MST_KEY_BSON + 1),
        .source_ts_ms = mst_query_get_int(query, 13),
        .position = letters_copy(row, mst_query_get_bytes(query, 15)),
        .key = letters_copy(row, mst_query_get_bytes(query, 17)),
        .payload = letters_copy(row, mst_query_get_bytes(query, 18))};
    struct mst_slice packed = letters_copy(row, mst_query_get_bytes(query, 16));
    if (!row->is_ok) {
        return mst_fail_memory(err, "state");
    }
    enum mst_status status = mst_attributes_unpack(
        packed, &row->arena, &letter->attributes, &letter->attributes_len);
    if (status == MST_FATAL) {
        return mst_fail_memory(err, "state");
    }
    row->is_damaged =
        status != MST_OK || letter->job == NULL
        || (payloads
            && mst_query_get_int(query, 14) != mst_letter_sum(letter, packed));
    return MST_OK;
}

/* The first letter above after that the filter's job has. MST_END: none. */
static enum mst_status
letters_find(struct mst_sqlite *sqlite, const struct mst_letter_filter *filter,
             uint64_t after, struct letters_row *row, struct mst_error *err)
{
    mst_arena_reset(&row->arena, LETTERS_KEEP_BYTES);
    mst_mutex_lock(&sqlite->mutex);
    struct mst_query query = mst_query_open(
        sqlite,
        filter->job == NULL ? letters_next_sql : letters_next_of_job_sql,
        "read the dead letters");
    mst_query_int(&query, (int64_t)after);
    mst_query_int(&query, filter->payloads ? 1 : 0);
    if (filter->job != NULL) {
        mst_query_text(&query, filter->job);
    }
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK) {
        status = letters_read(&query, filter->payloads, row, err);
    }
    mst_query_close(&query);
    mst_mutex_unlock(&sqlite->mutex);
    return status;
}

enum mst_status
mst_sqlite_letters_list(struct mst_store *store,
                        const struct mst_letter_filter *filter,
                        enum mst_status (*each)(void *arg,
                                                const struct mst_letter *one),
                        void *arg, struct mst_error *err)
{
    struct mst_sqlite *sqlite = (struct mst_sqlite *)store;
    struct letters_row row = {.is_ok = true};
    enum mst_status status = MST_OK;
    uint64_t after = filter->after;
    size_t limit = filter->limit == 0 ? SIZE_MAX : filter->limit;
    if (filter->id != 0) {
        if (filter->id <= after) {
            return MST_OK;
        }
        after = filter->id - 1;
        limit = 1;
    }
    uint64_t damaged = 0;
    for (size_t n = 0; status == MST_OK && n < limit; n++) {
        status = letters_find(sqlite, filter, after, &row, err);
        if (status != MST_OK) {
            status = status == MST_END ? MST_OK : status;
            break;
        }
        after = row.letter.id;
        if (filter->id != 0 && after != filter->id) {
            break;
        }
        if (row.is_damaged) {
            damaged = damaged == 0 ? after : damaged;
        } else {
            status = each(arg, &row.letter);
        }
    }
    mst_arena_clear(&row.arena);
    if (status == MST_OK && damaged != 0) {
        return letters_fail_damaged(sqlite, damaged, err);
    }
    return status;
}
