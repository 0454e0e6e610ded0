/* SPDX-License-Identifier: MIT */
/* What all fetches of many documents share: the table, and asking. */
#include "sources/mongodb/lookup.h"

#include <stdlib.h>

#include "base/macros.h"
#include "sources/mongodb/oplog/tail.h"

enum {
    LOOKUP_COMMAND_MAX = 48 * 1024 * 1024,
    LOOKUP_BYTES = 4 * 1024 * 1024, /* of documents, aimed at */
    LOOKUP_FIRST = 200,
    /* The member has not heard of that time yet. */
    CODE_INVALID_OPTIONS = 72
};

enum mst_status
mst_mongo_lookups_init(struct mst_mongo_lookups *lookups, struct mst_error *err)
{
    memset(lookups, 0, sizeof(*lookups));
    mst_buf_init(&lookups->command, LOOKUP_COMMAND_MAX);
    lookups->limit = LOOKUP_FIRST;
    lookups->items = calloc(MST_MONGO_LOOKUPS_MAX, sizeof(*lookups->items));
    return lookups->items != NULL ? MST_OK : mst_fail_memory(err, "mongodb");
}

void
mst_mongo_lookups_clear(struct mst_mongo_lookups *lookups)
{
    free(lookups->items);
    lookups->items = NULL;
    mst_buf_clear(&lookups->command);
}

/* --- the table ---------------------------------------------------------- */

void
mst_mongo_lookups_forget(struct mst_mongo_lookups *lookups)
{
    memset(lookups->table, 0, sizeof(lookups->table));
}

void
mst_mongo_lookups_enter(struct mst_mongo_lookups *lookups, uint64_t hash,
                        size_t item)
{
    uint16_t *head = &lookups->table[hash % MST_ARRAY_SIZE(lookups->table)];
    lookups->next[item] = *head;
    *head = (uint16_t)(item + 1);
}

size_t
mst_mongo_lookups_find(const struct mst_mongo_lookups *lookups, uint64_t hash)
{
    return (size_t)lookups->table[hash % MST_ARRAY_SIZE(lookups->table)] - 1;
}

size_t
mst_mongo_lookups_next(const struct mst_mongo_lookups *lookups, size_t item)
{
    return (size_t)lookups->next[item] - 1;
}

/* --- asking ------------------------------------------------------------- */

/* The size of the next fetch, from what this one brought. */
static void
lookup_adapt(struct mst_mongo_lookups *lookups, size_t wanted, size_t bytes)
{
    size_t each = bytes / wanted + 1;
    size_t limit = LOOKUP_BYTES / each;
    if (limit > 2 * lookups->limit) {
        limit = 2 * lookups->limit;
    }
    if (limit > MST_MONGO_LOOKUPS_MAX) {
        limit = MST_MONGO_LOOKUPS_MAX;
    }
    lookups->limit = limit > 0 ? limit : 1;
}

/* The rest of an answer is not wanted. */
static void
lookup_kill(struct mst_mongo_fetch *fetch, const char *db,
            const struct mst_mongo_reply *reply)
{
    const uint8_t *dot = memchr(reply->ns.data, '.', reply->ns.len);
    if (dot == NULL) {
        return;
    }
    bson_t command = BSON_INITIALIZER;
    bson_t cursors;
    struct mst_mongo_failure ignored;
    (void)bson_append_utf8(
        &command, "killCursors", -1, (const char *)dot + 1,
        (int)(reply->ns.len - (size_t)(dot + 1 - reply->ns.data)));
    (void)BSON_APPEND_ARRAY_BEGIN(&command, "cursors", &cursors);
    (void)BSON_APPEND_INT64(&cursors, "0", reply->cursor_id);
    (void)bson_append_array_end(&command, &cursors);
    /* The server forgets it by itself too. */
    (void)!mst_mongo_stream_run(fetch->stream, db, &command, NULL, &ignored);
    bson_destroy(&command);
}

enum mst_status
mst_mongo_fetch_keep(struct mst_mongo_fetch *fetch,
                     struct mst_mongo_reply *reply)
{
    if (mst_batch_hold(fetch->batch, mst_mongo_reply_release, reply,
                       reply->doc.len)
        != MST_OK) {
        mst_mongo_reply_unref(reply);
        fetch->failure.status = MST_FATAL;
        return MST_FATAL;
    }
    return MST_OK;
}

enum mst_status
mst_mongo_lookups_ask(struct mst_mongo_lookups *lookups,
                      struct mst_mongo_fetch *fetch, const char *db,
                      size_t wanted, struct mst_mongo_reply **ret_reply)
{
    bson_t command;
    struct mst_mongo_reply *reply = NULL;
    if (!bson_init_static(&command, lookups->command.data,
                          lookups->command.len)) {
        fetch->failure.status = MST_FATAL;
        return MST_FATAL;
    }
    if (!mst_oplog_tail_run(fetch->stream, db, &command, &reply,
                            &fetch->failure)) {
        if (fetch->failure.error.domain == MONGOC_ERROR_SERVER
            && fetch->failure.error.code == CODE_INVALID_OPTIONS) {
            fetch->failure.status = MST_DISCONNECTED;
        }
        return fetch->failure.status;
    }
    if (reply->cursor_id != 0) {
        lookup_kill(fetch, db, reply);
        if (wanted > 1) {
            mst_mongo_reply_unref(reply);
            return MST_AGAIN;
        }
    }
    lookup_adapt(lookups, wanted, reply->doc.len);
    if (mst_mongo_fetch_keep(fetch, reply) != MST_OK) {
        return MST_FATAL;
    }
    *ret_reply = reply;
    return MST_OK;
}
