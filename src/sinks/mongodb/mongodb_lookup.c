/* SPDX-License-Identifier: MIT */
/* One find by $in for many operations. */
#include "sinks/mongodb/mongodb_lookup.h"

#include <stdio.h>

#include "clients/mongo_client.h"
#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "sinks/mongodb/mongodb_command.h"
#include "sinks/mongodb/mongodb_hash.h"

#define ORIGIN "mongodb"

static enum mst_status
lookup_filter(struct mst_mongosink_op *const *ops, size_t n,
              struct mst_buf *out, struct mst_error *err)
{
    struct mst_bson_writer writer;
    mst_bson_writer_init(&writer, out);
    mst_bson_write_begin_document(&writer, "_id");
    mst_bson_write_begin_array(&writer, "$in");
    for (size_t i = 0; i < n; i++) {
        char key[24];
        int len = snprintf(key, sizeof(key), "%zu", i);
        mst_bson_write_value(&writer, mst_slice_of(key, (size_t)len),
                             &ops[i]->id);
    }
    return mst_bson_writer_finish(&writer, err);
}

static mongoc_cursor_t *
lookup_find(mongoc_collection_t *collection, struct mst_buf *filter,
            bool only_ids)
{
    bson_t query;
    bson_t options = BSON_INITIALIZER;
    bson_t projection;
    if (!bson_init_static(&query, filter->data, filter->len)) {
        return NULL;
    }
    if (only_ids) {
        BSON_APPEND_DOCUMENT_BEGIN(&options, "projection", &projection);
        BSON_APPEND_INT32(&projection, "_id", 1);
        bson_append_document_end(&options, &projection);
    }
    mongoc_cursor_t *cursor =
        mongoc_collection_find_with_opts(collection, &query, &options, NULL);
    bson_destroy(&options);
    return cursor;
}

static void
lookup_give(const bson_t *found, struct mst_mongosink_op *const *ops, size_t n,
            const struct mst_mongosink_lookup *wanted)
{
    struct mst_slice doc = {bson_get_data(found), found->len};
    struct mst_bson_value id;
    if (!mst_bson_find(doc, "_id", &id)) {
        return;
    }
    uint64_t hash = mst_mongosink_id_hash(ops[0]->target->hash, &id);
    for (size_t i = 0; i < n; i++) {
        if (ops[i]->hash == hash) {
            wanted->each(wanted->arg, ops[i], doc);
        }
    }
}

enum mst_status
mst_mongosink_lookup(mongoc_client_t *client,
                     struct mst_mongosink_op *const *ops, size_t n,
                     const struct mst_mongosink_lookup *wanted,
                     struct mst_error *err)
{
    struct mst_buf filter;
    const struct mst_mongosink_target *target = ops[0]->target;
    mst_buf_init(&filter, MST_MONGOSINK_COMMAND_MAX);
    enum mst_status status = lookup_filter(ops, n, &filter, err);
    if (status != MST_OK) {
        mst_buf_clear(&filter);
        return status;
    }
    mongoc_collection_t *collection = mongoc_client_get_collection(
        client, target->database, target->collection);
    mongoc_cursor_t *cursor =
        lookup_find(collection, &filter, wanted->only_ids);
    const bson_t *found = NULL;
    const bson_t *reply = NULL;
    bson_error_t error = {0};
    while (cursor != NULL && mongoc_cursor_next(cursor, &found)) {
        lookup_give(found, ops, n, wanted);
    }
    if (cursor == NULL) {
        status = mst_fail_memory(err, ORIGIN);
    } else if (mongoc_cursor_error_document(cursor, &error, &reply)) {
        char what[400];
        (void)snprintf(what, sizeof(what), "can not read back from '%s.%s'",
                       target->database, target->collection);
        status = mst_mongo_fail(err, &error, reply, what);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    mst_buf_clear(&filter);
    return status;
}
