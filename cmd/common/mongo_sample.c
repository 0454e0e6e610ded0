/* SPDX-License-Identifier: MIT */
/* $sample: the server chooses. */
#include "mongo_sample.h"

#include <stdio.h>

#include "clients/mongo_client.h"

static void
sample_shorten(int64_t *timeout_ms, int64_t most)
{
    *timeout_ms = most > 0 && *timeout_ms > most ? most : *timeout_ms;
}

void
mst_cmd_mongo_hurry(struct mst_mongo_options *options, int timeout_ms)
{
    /* To be found and to answer: each has half of it. */
    sample_shorten(&options->connect_timeout_ms, timeout_ms / 2);
    sample_shorten(&options->server_selection_timeout_ms, timeout_ms / 2);
    sample_shorten(&options->socket_timeout_ms, timeout_ms / 2);
}

/* A client of its own, which gives up in time. */
static enum mst_status
sample_connect(const struct mst_mongo_options *service, int timeout_ms,
               mongoc_client_t **ret_client, struct mst_error *err)
{
    struct mst_mongo_options options = *service;
    mst_cmd_mongo_hurry(&options, timeout_ms);
    return mst_mongo_client_create(&options, "mstream", 0, NULL, ret_client,
                                   err);
}

static enum mst_status
sample_read(mongoc_cursor_t *cursor, const char *what,
            enum mst_status (*add)(void *ctx, struct mst_slice bson,
                                   struct mst_error *err),
            void *ctx, struct mst_error *err)
{
    const bson_t *doc = NULL;
    const bson_t *reply = NULL;
    bson_error_t error;
    enum mst_status status = MST_OK;
    while (status == MST_OK && mongoc_cursor_next(cursor, &doc)) {
        status = add(ctx, mst_slice_of(bson_get_data(doc), doc->len), err);
    }
    if (status == MST_OK
        && mongoc_cursor_error_document(cursor, &error, &reply)) {
        status = mst_mongo_fail(err, &error, reply, what);
    }
    return status;
}

static mongoc_cursor_t *
sample_ask(mongoc_collection_t *from, int64_t count, int timeout_ms)
{
    bson_t *pipeline = BCON_NEW("pipeline", "[", "{", "$sample", "{", "size",
                                BCON_INT64(count), "}", "}", "]");
    bson_t *options = bson_new();
    if (timeout_ms > 0) {
        BSON_APPEND_INT64(options, "maxTimeMS", timeout_ms / 2);
    }
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(
        from, MONGOC_QUERY_NONE, pipeline, options, NULL);
    bson_destroy(options);
    bson_destroy(pipeline);
    return cursor;
}

enum mst_status
mst_cmd_mongo_sample(const struct mst_cmd_sample *what,
                     enum mst_status (*add)(void *ctx, struct mst_slice bson,
                                            struct mst_error *err),
                     void *ctx, struct mst_error *err)
{
    const char *database = what->service->db_name;
    mongoc_client_t *client = NULL;
    char text[600];
    (void)snprintf(text, sizeof(text), "can not read '%s.%s'", database,
                   what->collection);
    enum mst_status status =
        sample_connect(what->service, what->timeout_ms, &client, err);
    if (status != MST_OK) {
        return status;
    }
    mongoc_collection_t *from =
        mongoc_client_get_collection(client, database, what->collection);
    mongoc_cursor_t *cursor = sample_ask(from, what->count, what->timeout_ms);
    status = sample_read(cursor, text, add, ctx, err);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(from);
    mongoc_client_destroy(client);
    return status;
}

static int
sample_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum mst_status
mst_cmd_mongo_collections(const struct mst_mongo_options *service,
                          int timeout_ms,
                          void (*each)(void *ctx, const char *name), void *ctx,
                          struct mst_error *err)
{
    mongoc_client_t *client = NULL;
    bson_error_t error;
    char what[300];
    size_t len = 0;
    (void)snprintf(what, sizeof(what), "can not list the collections of '%s'",
                   service->db_name);
    enum mst_status status = sample_connect(service, timeout_ms, &client, err);
    if (status != MST_OK) {
        return status;
    }
    mongoc_database_t *database =
        mongoc_client_get_database(client, service->db_name);
    char **names =
        mongoc_database_get_collection_names_with_opts(database, NULL, &error);
    if (names == NULL) {
        status = mst_mongo_fail(err, &error, NULL, what);
    } else {
        while (names[len] != NULL) {
            len++;
        }
        qsort(names, len, sizeof(*names), sample_order);
    }
    for (size_t i = 0; i < len; i++) {
        each(ctx, names[i]);
    }
    bson_strfreev(names);
    mongoc_database_destroy(database);
    mongoc_client_destroy(client);
    return status;
}
