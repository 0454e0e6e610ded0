/* SPDX-License-Identifier: MIT */
/* Making a MongoDB store, and talking to its collection. */
#include "state/mongo_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "clients/mongo_client.h"
#include "encodings/bson_reader.h"
#include "state/mongo_parts.h"

#define ORIGIN "state"

enum {
    /* Every call is over in a fraction of what a service may ask for: a job
     * that stops waits for a few of them, and leases are short. */
    STORE_CONNECT_MS = 3000,
    STORE_SELECT_MS = 2000,
    STORE_SOCKET_MS = 5000,
    STORE_WTIMEOUT_MS = 4000,
    STORE_DUPLICATE_KEY = 11000
};

/* A store knows three answers: later, never, or refused by a fence. */
static enum mst_status
store_fail(const struct mst_mongo_store *store, const bson_error_t *error,
           const bson_t *reply, const char *verb, struct mst_error *err)
{
    char what[400];
    (void)snprintf(what, sizeof(what), "can not %s '%s'", verb, store->place);
    enum mst_status status = mst_mongo_classify(error, reply);
    if (status == MST_DISCONNECTED || status == MST_RETRY) {
        return mst_mongo_fail_as(err, MST_RETRY, error, what);
    }
    return mst_mongo_fail_as(err, MST_FATAL, error, what);
}

static bson_t *
store_write_options(void)
{
    return BCON_NEW("writeConcern", "{", "w", BCON_UTF8("majority"), "wtimeout",
                    BCON_INT32(STORE_WTIMEOUT_MS), "}");
}

static mongoc_client_t *
store_take_client(const struct mst_mongo_store *store)
{
    return store->client != NULL ? store->client
                                 : mst_mongo_pool_pop(store->pool);
}

static void
store_give_client(const struct mst_mongo_store *store, mongoc_client_t *client)
{
    if (client != store->client) {
        mst_mongo_pool_push(store->pool, client);
    }
}

enum mst_status
mst_mongo_store_modify(struct mst_mongo_store *store, const bson_t *fields,
                       void (*each)(void *arg, struct mst_slice doc), void *arg,
                       struct mst_error *err)
{
    bson_t command = BSON_INITIALIZER;
    bson_t reply;
    bson_error_t error = {0};
    enum mst_status status = MST_END;
    BSON_APPEND_UTF8(&command, "findAndModify", store->collection);
    (void)bson_concat(&command, fields);
    bson_t *options = store_write_options();
    mongoc_client_t *client = store_take_client(store);
    bool good = mongoc_client_write_command_with_opts(
        client, store->database, &command, options, &reply, &error);
    store_give_client(store, client);
    if (!good && error.code == STORE_DUPLICATE_KEY) {
        status = mst_mongo_fail_as(err, MST_REJECTED, &error,
                                   "somebody else was there");
    } else if (!good) {
        status = store_fail(store, &error, &reply, "write to", err);
    } else {
        struct mst_bson_value value;
        struct mst_slice doc;
        if (mst_bson_find(mst_slice_of(bson_get_data(&reply), reply.len),
                          "value", &value)
            && mst_bson_get_document(&value, &doc)) {
            status = MST_OK;
            if (each != NULL) {
                each(arg, doc);
            }
        }
    }
    bson_destroy(options);
    bson_destroy(&reply);
    bson_destroy(&command);
    return status;
}

enum mst_status
mst_mongo_store_find(struct mst_mongo_store *store, const bson_t *filter,
                     const bson_t *options,
                     enum mst_status (*each)(void *arg, struct mst_slice doc),
                     void *arg, struct mst_error *err)
{
    const bson_t *found = NULL;
    const bson_t *reply = NULL;
    bson_error_t error = {0};
    enum mst_status status = MST_OK;
    mongoc_client_t *client = store_take_client(store);
    mongoc_collection_t *collection = mongoc_client_get_collection(
        client, store->database, store->collection);
    mongoc_read_concern_t *concern = mongoc_read_concern_new();
    (void)mongoc_read_concern_set_level(concern,
                                        MONGOC_READ_CONCERN_LEVEL_MAJORITY);
    mongoc_collection_set_read_concern(collection, concern);
    mongoc_cursor_t *cursor =
        mongoc_collection_find_with_opts(collection, filter, options, NULL);
    while (status == MST_OK && mongoc_cursor_next(cursor, &found)) {
        status = each(arg, mst_slice_of(bson_get_data(found), found->len));
    }
    if (mongoc_cursor_error_document(cursor, &error, &reply)) {
        status = store_fail(store, &error, reply, "read from", err);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_read_concern_destroy(concern);
    mongoc_collection_destroy(collection);
    store_give_client(store, client);
    return status;
}

static void
store_destroy(struct mst_store *base)
{
    struct mst_mongo_store *store = (struct mst_mongo_store *)base;
    if (store == NULL) {
        return;
    }
    mst_mongo_pool_destroy(store->pool);
    if (store->client != NULL) {
        mongoc_client_destroy(store->client);
    }
    free(store->database);
    free(store->collection);
    free(store->place);
    free(store);
}

static const struct mst_store_type store_type = {
    .name = "mongodb",
    .checkpoint_load = mst_mongo_checkpoint_load,
    .checkpoint_save = mst_mongo_checkpoint_save,
    .checkpoint_delete = mst_mongo_checkpoint_delete,
    .checkpoint_list = mst_mongo_checkpoint_list,
    .lease_acquire = mst_mongo_lease_acquire,
    .lease_renew = mst_mongo_lease_renew,
    .lease_release = mst_mongo_lease_release,
    .lease_ask = mst_mongo_lease_ask,
    .destroy = store_destroy,
};

enum mst_status
mst_mongo_store_create(const struct mst_mongo_options *service,
                       const char *app_name, const char *collection,
                       struct mst_store **ret_store, struct mst_error *err)
{
    return mst_mongo_store_create_for(service, app_name, collection, NULL,
                                      ret_store, err);
}

static int64_t
store_at_most(int64_t ms, int64_t most_ms)
{
    return ms > 0 && ms < most_ms ? ms : most_ms;
}

enum mst_status
mst_mongo_store_create_for(const struct mst_mongo_options *service,
                           const char *app_name, const char *collection,
                           struct mst_mongo_cancel *cancel,
                           struct mst_store **ret_store, struct mst_error *err)
{
    struct mst_mongo_store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    store->base.type = &store_type;
    store->database = strdup(service->db_name);
    store->collection = strdup(collection);
    if (store->database == NULL || store->collection == NULL
        || asprintf(&store->place, "%s.%s", service->db_name, collection) < 0) {
        store->place = NULL;
        store_destroy(&store->base);
        return mst_fail_memory(err, ORIGIN);
    }
    struct mst_mongo_options options = *service;
    options.connect_timeout_ms =
        store_at_most(service->connect_timeout_ms, STORE_CONNECT_MS);
    options.server_selection_timeout_ms =
        store_at_most(service->server_selection_timeout_ms, STORE_SELECT_MS);
    options.socket_timeout_ms =
        store_at_most(service->socket_timeout_ms, STORE_SOCKET_MS);
    enum mst_status status =
        cancel == NULL
            ? mst_mongo_pool_create(&options, app_name, &store->pool, err)
            : mst_mongo_client_create(&options, app_name, 0, cancel,
                                      &store->client, err);
    if (status != MST_OK) {
        store_destroy(&store->base);
        return status;
    }
    *ret_store = &store->base;
    return MST_OK;
}
