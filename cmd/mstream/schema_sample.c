/* SPDX-License-Identifier: MIT */
/* $sample: the server chooses. */
#include "schema_sample.h"

#include <stdio.h>

#include "clients/mongo_client.h"

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

enum mst_status
mst_schema_sample(const struct mst_config_service *service,
                  const char *collection, int64_t count,
                  enum mst_status (*add)(void *ctx, struct mst_slice bson,
                                         struct mst_error *err),
                  void *ctx, struct mst_error *err)
{
    const struct mst_mongo_options *options = service->options;
    mongoc_client_t *client = NULL;
    char what[256];
    (void)snprintf(what, sizeof(what), "can not read '%s.%s'", options->db_name,
                   collection);
    enum mst_status status =
        mst_mongo_client_create(options, "mstream", 0, NULL, &client, err);
    if (status != MST_OK) {
        return status;
    }
    bson_t *pipeline = BCON_NEW("pipeline", "[", "{", "$sample", "{", "size",
                                BCON_INT64(count), "}", "}", "]");
    mongoc_collection_t *from =
        mongoc_client_get_collection(client, options->db_name, collection);
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(
        from, MONGOC_QUERY_NONE, pipeline, NULL, NULL);
    status = sample_read(cursor, what, add, ctx, err);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(from);
    bson_destroy(pipeline);
    mongoc_client_destroy(client);
    return status;
}
