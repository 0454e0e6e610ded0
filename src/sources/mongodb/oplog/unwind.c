/* SPDX-License-Identifier: MIT */
/* Unwinding of transactions. */
#include "sources/mongodb/oplog/unwind.h"

#include <stdlib.h>

#include "sources/mongodb/oplog/tail.h"

enum { UNWIND_HISTORY_LOST = 286 };

static void
unwind_drop(struct mst_oplog_unwind *unwind)
{
    mst_mongo_reply_unref(unwind->reply);
    unwind->reply = NULL;
}

bool
mst_oplog_unwind_shows(const struct mst_oplog_rules *rules,
                       const struct mst_oplog_entry *entry)
{
    return rules->any_apply_ops
           || (entry->lsid.data != NULL && entry->has_txn_number);
}

void
mst_oplog_unwind_clear(struct mst_oplog_unwind *unwind)
{
    unwind_drop(unwind);
    free(unwind->parts);
    memset(unwind, 0, sizeof(*unwind));
}

static enum mst_status
unwind_fail(struct mst_mongo_failure *failure, enum mst_status status,
            enum mst_mongo_fault fault, const char *text)
{
    failure->status = status;
    failure->fault = fault;
    bson_set_error(&failure->error, MONGOC_ERROR_SERVER, UNWIND_HISTORY_LOST,
                   "%s", text);
    return status;
}

static enum mst_status
unwind_note(struct mst_oplog_unwind *unwind, struct mst_oplog_time time,
            struct mst_mongo_failure *failure)
{
    if (unwind->len == MST_OPLOG_PARTS_MAX) {
        return unwind_fail(failure, MST_FATAL, MST_MONGO_FAULT_OTHER,
                           "a transaction has too many parts");
    }
    if (unwind->len == unwind->cap) {
        size_t cap = unwind->cap == 0 ? 16 : 2 * unwind->cap;
        struct mst_oplog_time *parts =
            realloc(unwind->parts, cap * sizeof(*parts));
        if (parts == NULL) {
            return unwind_fail(failure, MST_FATAL, MST_MONGO_FAULT_OTHER,
                               "out of memory");
        }
        unwind->parts = parts;
        unwind->cap = cap;
    }
    unwind->parts[unwind->len++] = time;
    return MST_OK;
}

/* Where the entry of that time leads back to. */
static enum mst_status
unwind_previous(struct mst_mongo_stream *stream, struct mst_oplog_time *time,
                struct mst_mongo_failure *failure)
{
    struct mst_mongo_reply *reply = NULL;
    if (!mst_oplog_tail_entry(stream, *time, true, &reply, failure)) {
        return failure->status;
    }
    struct mst_slice doc;
    struct mst_oplog_entry entry;
    bool found = mst_oplog_tail_first(reply, &doc)
                 && mst_oplog_entry_parse(doc, &entry, NULL) == MST_OK;
    mst_mongo_reply_unref(reply);
    if (!found) {
        return unwind_fail(failure, MST_FATAL, MST_MONGO_FAULT_LOST,
                           "the beginning of a transaction is no longer in "
                           "the oplog");
    }
    if (entry.previous.seconds != 0
        && mst_oplog_time_compare(entry.previous, *time) >= 0) {
        return unwind_fail(failure, MST_FATAL, MST_MONGO_FAULT_OTHER,
                           "a transaction in the oplog leads forward");
    }
    *time = entry.previous;
    return MST_OK;
}

static void
unwind_reverse(struct mst_oplog_unwind *unwind)
{
    for (size_t i = 0; i < unwind->len / 2; i++) {
        struct mst_oplog_time time = unwind->parts[i];
        unwind->parts[i] = unwind->parts[unwind->len - 1 - i];
        unwind->parts[unwind->len - 1 - i] = time;
    }
}

enum mst_status
mst_oplog_unwind_begin(struct mst_oplog_unwind *unwind,
                       struct mst_mongo_stream *stream,
                       const struct mst_oplog_entry *entry,
                       struct mst_mongo_failure *failure)
{
    unwind_drop(unwind);
    unwind->len = 0;
    unwind->part = 0;
    unwind->index = 0;
    unwind->part_index = 0;
    unwind->own = MST_SLICE_NONE;
    (void)mst_oplog_entry_operations(entry, &unwind->own);
    unwind->commit = (struct mst_oplog_commit){
        .time = entry->time,
        .wall_ms = entry->wall_ms,
    };
    if (!entry->is_multi) {
        unwind->commit.lsid = entry->lsid;
        unwind->commit.has_txn_number = entry->has_txn_number;
        unwind->commit.txn_number = entry->txn_number;
    }
    struct mst_oplog_time time = entry->previous;
    while (!entry->is_multi && time.seconds != 0) {
        enum mst_status status = unwind_note(unwind, time, failure);
        if (status == MST_OK) {
            status = unwind_previous(stream, &time, failure);
        }
        if (status != MST_OK) {
            return status;
        }
    }
    unwind_reverse(unwind);
    unwind->active = true;
    /* Nothing is open yet: the first step goes to part 0. */
    unwind->items = (struct mst_bson_iter){.data = NULL};
    return MST_OK;
}

/* Fetches a part and finds its operations. */
static enum mst_status
unwind_fetch(struct mst_oplog_unwind *unwind, struct mst_mongo_stream *stream,
             struct mst_slice *ret_array, struct mst_mongo_failure *failure)
{
    struct mst_mongo_reply *reply = NULL;
    struct mst_slice doc;
    struct mst_oplog_entry entry;
    if (!mst_oplog_tail_entry(stream, unwind->parts[unwind->part], false,
                              &reply, failure)) {
        return failure->status;
    }
    if (!mst_oplog_tail_first(reply, &doc)
        || mst_oplog_entry_parse(doc, &entry, NULL) != MST_OK
        || !mst_oplog_entry_operations(&entry, ret_array)) {
        mst_mongo_reply_unref(reply);
        return unwind_fail(failure, MST_FATAL, MST_MONGO_FAULT_LOST,
                           "a part of a transaction is no longer in the oplog");
    }
    unwind_drop(unwind);
    unwind->reply = reply;
    return MST_OK;
}

enum mst_status
mst_oplog_unwind_part(struct mst_oplog_unwind *unwind,
                      struct mst_mongo_stream *stream,
                      struct mst_mongo_failure *failure)
{
    struct mst_slice array = MST_SLICE_NONE;
    size_t part = unwind->part;
    if (part > unwind->len
        || (part == unwind->len && unwind->own.data == NULL)) {
        unwind->active = false;
        unwind_drop(unwind);
        return MST_END;
    }
    if (part < unwind->len) {
        enum mst_status status = unwind_fetch(unwind, stream, &array, failure);
        if (status != MST_OK) {
            return status;
        }
        unwind->commit.image_time = unwind->parts[part];
    } else {
        unwind_drop(unwind);
        array = unwind->own;
        unwind->commit.image_time = unwind->commit.time;
    }
    if (mst_bson_iter_init(&unwind->items, array, NULL) != MST_OK) {
        return unwind_fail(failure, MST_FATAL, MST_MONGO_FAULT_OTHER,
                           "a transaction in the oplog is malformed");
    }
    unwind->part++;
    unwind->part_index = 0;
    return MST_OK;
}

enum mst_status
mst_oplog_unwind_next(struct mst_oplog_unwind *unwind,
                      struct mst_oplog_entry *ret_operation,
                      struct mst_oplog_commit *ret_commit)
{
    if (unwind->items.data == NULL) {
        return MST_END;
    }
    enum mst_status status = mst_bson_iter_next(&unwind->items);
    if (status != MST_OK) {
        return status;
    }
    if (unwind->items.type != MST_BSON_DOCUMENT) {
        return MST_REJECTED;
    }
    status = mst_oplog_entry_parse(unwind->items.value, ret_operation, NULL);
    if (status != MST_OK) {
        return status;
    }
    *ret_commit = unwind->commit;
    ret_commit->index = unwind->index++;
    ret_commit->image_index = unwind->part_index++;
    return MST_OK;
}
