/* SPDX-License-Identifier: MIT */
/* Reading of local.oplog.rs. */
#include "sources/mongodb/oplog/tail.h"

#include <stdio.h>

#include "encodings/bson_reader.h"

bool
mst_oplog_tail_open(struct mst_mongo_stream *stream,
                    const struct mst_oplog_find *find,
                    struct mst_mongo_reply **ret_reply,
                    struct mst_mongo_failure *failure)
{
    bson_t command = BSON_INITIALIZER;
    bson_t filter;
    bson_t bound;
    char comment[160];
    (void)BSON_APPEND_UTF8(&command, "find", "oplog.rs");
    (void)BSON_APPEND_DOCUMENT_BEGIN(&command, "filter", &filter);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&filter, "ts", &bound);
    (void)BSON_APPEND_TIMESTAMP(&bound, find->after ? "$gt" : "$gte",
                                find->from.seconds, find->from.increment);
    (void)bson_append_document_end(&filter, &bound);
    (void)bson_concat(&filter, find->where);
    (void)bson_append_document_end(&command, &filter);
    BCON_APPEND(&command, "tailable", BCON_BOOL(true), "awaitData",
                BCON_BOOL(true), "batchSize", BCON_INT64(find->batch_size),
                "readConcern", "{", "level", "majority", "}");
    (void)snprintf(comment, sizeof(comment), "mstream %.128s", find->who);
    (void)BSON_APPEND_UTF8(&command, "comment", comment);
    bool ok = mst_mongo_stream_open(stream, &command, ret_reply, failure);
    bson_destroy(&command);
    return ok;
}

bool
mst_oplog_tail_run(struct mst_mongo_stream *stream, const char *db,
                   const bson_t *command, struct mst_mongo_reply **ret_reply,
                   struct mst_mongo_failure *failure)
{
    bson_t answer;
    if (!mst_mongo_stream_run(stream, db, command, &answer, failure)) {
        bson_destroy(&answer);
        return false;
    }
    struct mst_mongo_reply *reply = mst_mongo_reply_create(&answer);
    if (reply == NULL || mst_mongo_reply_parse(reply, NULL) != MST_OK) {
        mst_mongo_reply_unref(reply);
        failure->status = reply == NULL ? MST_FATAL : MST_DISCONNECTED;
        bson_set_error(&failure->error, MONGOC_ERROR_PROTOCOL, 0,
                       "the server's reply has no documents");
        return false;
    }
    *ret_reply = reply;
    return true;
}

bool
mst_oplog_tail_first(const struct mst_mongo_reply *reply,
                     struct mst_slice *ret_doc)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, reply->batch, NULL) != MST_OK
        || mst_bson_iter_next(&iter) != MST_OK
        || iter.type != MST_BSON_DOCUMENT) {
        return false;
    }
    *ret_doc = iter.value;
    return true;
}

/* Reads one entry without its content; natural: which end. */
static bool
tail_end(struct mst_mongo_stream *stream, int natural,
         struct mst_mongo_reply **ret_reply, struct mst_oplog_entry *ret_entry,
         struct mst_mongo_failure *failure)
{
    bson_t *command = BCON_NEW(
        "find", "oplog.rs", "sort", "{", "$natural", BCON_INT32(natural), "}",
        "limit", BCON_INT32(1), "singleBatch", BCON_BOOL(true), "projection",
        "{", "ts", BCON_INT32(1), "o.msg", BCON_INT32(1), "}", "readConcern",
        "{", "level", "majority", "}");
    struct mst_mongo_reply *reply = NULL;
    bool ok = mst_oplog_tail_run(stream, "local", command, &reply, failure);
    bson_destroy(command);
    struct mst_slice doc;
    if (!ok) {
        return false;
    }
    if (!mst_oplog_tail_first(reply, &doc)
        || mst_oplog_entry_parse(doc, ret_entry, NULL) != MST_OK) {
        mst_mongo_reply_unref(reply);
        failure->status = MST_DISCONNECTED;
        bson_set_error(&failure->error, MONGOC_ERROR_PROTOCOL, 0,
                       "the server's oplog is empty");
        return false;
    }
    *ret_reply = reply;
    return true;
}

bool
mst_oplog_tail_oldest(struct mst_mongo_stream *stream,
                      struct mst_oplog_time *ret_time, bool *ret_complete,
                      struct mst_mongo_failure *failure)
{
    struct mst_mongo_reply *reply = NULL;
    struct mst_oplog_entry entry;
    if (!tail_end(stream, 1, &reply, &entry, failure)) {
        return false;
    }
    struct mst_bson_value value;
    struct mst_slice text;
    *ret_time = entry.time;
    *ret_complete = entry.o.data != NULL
                    && mst_bson_find(entry.o, "msg", &value)
                    && mst_bson_get_string(&value, &text)
                    && mst_slice_is(text, "initiating set");
    mst_mongo_reply_unref(reply);
    return true;
}

bool
mst_oplog_tail_newest(struct mst_mongo_stream *stream,
                      struct mst_oplog_time *ret_time,
                      struct mst_mongo_failure *failure)
{
    struct mst_mongo_reply *reply = NULL;
    struct mst_oplog_entry entry;
    if (!tail_end(stream, -1, &reply, &entry, failure)) {
        return false;
    }
    *ret_time = entry.time;
    mst_mongo_reply_unref(reply);
    return true;
}

bool
mst_oplog_tail_entry(struct mst_mongo_stream *stream,
                     struct mst_oplog_time time, bool brief,
                     struct mst_mongo_reply **ret_reply,
                     struct mst_mongo_failure *failure)
{
    bson_t command = BSON_INITIALIZER;
    bson_t filter;
    (void)BSON_APPEND_UTF8(&command, "find", "oplog.rs");
    (void)BSON_APPEND_DOCUMENT_BEGIN(&command, "filter", &filter);
    (void)BSON_APPEND_TIMESTAMP(&filter, "ts", time.seconds, time.increment);
    (void)bson_append_document_end(&command, &filter);
    BCON_APPEND(&command, "limit", BCON_INT32(1), "singleBatch",
                BCON_BOOL(true), "readConcern", "{", "level", "majority", "}");
    if (brief) {
        BCON_APPEND(&command, "projection", "{", "ts", BCON_INT32(1),
                    "prevOpTime", BCON_INT32(1), "}");
    }
    bool ok = mst_oplog_tail_run(stream, "local", &command, ret_reply, failure);
    bson_destroy(&command);
    return ok;
}
