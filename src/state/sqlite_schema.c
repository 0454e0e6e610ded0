/* SPDX-License-Identifier: MIT */
/*
 * The tables of the embedded store, as a list of steps: step n leads from
 * user_version n to n + 1. Steps that were published are never changed.
 */
#include "state/sqlite_db.h"

#include <inttypes.h>
#include <stdio.h>

/* "mstr": tells our file from any other SQLite file. */
#define SCHEMA_APPLICATION_ID 0x6D737472

static const char *const schema_steps[] = {
    /* 1: progress. Numbers of checkpoints grow by one within a job. */
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
    "CREATE INDEX runs_of_job ON runs(job, id);",
    /* 2: dead letters. Payload last: lists do not read so far. The triggers
     * keep the totals exact whoever deletes. */
    "CREATE TABLE letters("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, sink TEXT,"
    " stage TEXT, reason TEXT, hint TEXT, time_ms INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, connector_hash INTEGER NOT NULL,"
    " script_hash INTEGER NOT NULL, encoding INTEGER NOT NULL,"
    " op INTEGER NOT NULL, key_kind INTEGER NOT NULL,"
    " source_ts_ms INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " sum INTEGER NOT NULL, position BLOB, attributes BLOB, \"key\" BLOB,"
    " payload BLOB);"
    "CREATE INDEX letters_of_job ON letters(job, id);"
    "CREATE INDEX letters_by_age ON letters(job, time_ms);"
    "CREATE TABLE letter_totals("
    " job TEXT PRIMARY KEY NOT NULL, letters INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, expired INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TRIGGER letters_added AFTER INSERT ON letters BEGIN"
    " INSERT INTO letter_totals VALUES(new.job, 1, new.bytes, 0)"
    " ON CONFLICT(job) DO UPDATE SET letters = letters + 1,"
    " bytes = bytes + excluded.bytes; END;"
    "CREATE TRIGGER letters_removed AFTER DELETE ON letters BEGIN"
    " UPDATE letter_totals SET letters = letters - 1,"
    " bytes = bytes - old.bytes WHERE job = old.job; END;",
    /* 3: subjects. An id is never given to other text, whatever is deleted. */
    "CREATE TABLE subjects("
    " name TEXT PRIMARY KEY NOT NULL, level INTEGER NOT NULL,"
    " last INTEGER NOT NULL, revision INTEGER NOT NULL, sum INTEGER NOT NULL,"
    " key_properties BLOB, unique_by BLOB, sort_by BLOB) WITHOUT ROWID;"
    "CREATE TABLE schemas("
    " subject TEXT NOT NULL, number INTEGER NOT NULL, id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, hash BLOB NOT NULL, created_ms INTEGER NOT NULL,"
    " sum INTEGER NOT NULL, text BLOB NOT NULL, PRIMARY KEY(subject, number));"
    "CREATE INDEX schemas_of_id ON schemas(id);"
    "CREATE TABLE schema_ids("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE);",
    /* 4: what people make over the API. Bodies last: they may be long. */
    "CREATE TABLE records("
    " kind INTEGER NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,"
    " changed_by TEXT NOT NULL, sum INTEGER NOT NULL, body BLOB NOT NULL,"
    " PRIMARY KEY(kind, name));",
    /* 5: which script refused it. */
    "ALTER TABLE letters ADD COLUMN script TEXT;",
};

enum { SCHEMA_VERSION = MST_ARRAY_SIZE(schema_steps) };

static enum mst_status
schema_number(struct mst_sqlite *sqlite, const char *sql, int64_t *ret,
              struct mst_error *err)
{
    struct mst_query query = mst_query_open(sqlite, sql, "read the version");
    enum mst_status status = mst_query_step(&query, err);
    if (status == MST_OK) {
        *ret = mst_query_get_int(&query, 0);
    }
    mst_query_close(&query);
    return status;
}

/* MST_OK: at SCHEMA_VERSION, or older, or empty. */
static enum mst_status
schema_check(struct mst_sqlite *sqlite, int64_t *ret_version,
             struct mst_error *err)
{
    int64_t version = 0;
    int64_t application = 0;
    int64_t tables = 0;
    enum mst_status status =
        schema_number(sqlite, "PRAGMA user_version", &version, err);
    if (status == MST_OK) {
        status =
            schema_number(sqlite, "PRAGMA application_id", &application, err);
    }
    if (status == MST_OK) {
        status = schema_number(sqlite, "SELECT count(*) FROM sqlite_master",
                               &tables, err);
    }
    if (status != MST_OK) {
        return status;
    }
    bool is_empty = version == 0 && application == 0 && tables == 0;
    if (!is_empty && application != SCHEMA_APPLICATION_ID) {
        (void)mst_fail(err, MST_FATAL, "state", 0,
                       "'%s' is not a state file of mstream", sqlite->path);
        mst_error_hint(err, "set [state] path to a directory of its own");
        return MST_FATAL;
    }
    if (version < 0 || version > SCHEMA_VERSION) {
        (void)mst_fail(err, MST_FATAL, "state", 0,
                       "the state file '%s' has schema %" PRId64
                       "; this mstream knows %d and older",
                       sqlite->path, version, (int)SCHEMA_VERSION);
        mst_error_hint(err, "it was written by a newer mstream: use that one, "
                            "or another state directory");
        return MST_FATAL;
    }
    *ret_version = version;
    return MST_OK;
}

/* In a transaction, so that of two processes that open a new file one makes
 * the tables and the other finds them. */
static enum mst_status
schema_upgrade(struct mst_sqlite *sqlite, struct mst_error *err)
{
    int64_t version = 0;
    enum mst_status status = schema_check(sqlite, &version, err);
    for (; status == MST_OK && version < SCHEMA_VERSION; version++) {
        char mark[96];
        (void)snprintf(mark, sizeof(mark),
                       "PRAGMA application_id = %d; PRAGMA user_version = %d",
                       SCHEMA_APPLICATION_ID, (int)version + 1);
        status = mst_sqlite_exec(sqlite, schema_steps[version],
                                 "upgrade the store", err);
        if (status == MST_OK) {
            status = mst_sqlite_exec(sqlite, mark, "upgrade the store", err);
        }
    }
    return status;
}

enum mst_status
mst_sqlite_migrate(struct mst_sqlite *sqlite, struct mst_error *err)
{
    int64_t version = 0;
    enum mst_status status = schema_check(sqlite, &version, err);
    if (status != MST_OK || version == SCHEMA_VERSION) {
        return status;
    }
    if (sqlite->read_only && version == 0) {
        return mst_fail(err, MST_END, "state", 0,
                        "the state file '%s' is empty: no job ran here yet",
                        sqlite->path);
    }
    if (sqlite->read_only) {
        (void)mst_fail(err, MST_FATAL, "state", 0,
                       "the state file '%s' has the old schema %" PRId64,
                       sqlite->path, version);
        mst_error_hint(err, "start mstreamd once: it upgrades the file");
        return MST_FATAL;
    }
    status = mst_sqlite_begin(sqlite, err);
    if (status != MST_OK) {
        return status;
    }
    return mst_sqlite_end(sqlite, schema_upgrade(sqlite, err), err);
}
