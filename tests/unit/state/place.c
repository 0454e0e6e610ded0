/* SPDX-License-Identifier: MIT */
/* Directories and collections for tests. */
#include "unit/state/place.h"

#include "base/clock.h"
#include "clients/mongo_client.h"

bool
place_make(struct place *place, const char *kind, const char *database)
{
    const char *uri = getenv("MSTREAM_TEST_MONGODB");
    place->mongodb = strcmp(kind, "mongodb") == 0;
    place->is_there = !place->mongodb || uri != NULL;
    if (!place->mongodb) {
        void *directory = NULL;
        if (fixture_make_directory(&directory) != 0) {
            return false;
        }
        place->directory = directory;
    } else if (uri != NULL) {
        mst_mongo_init();
        place->options =
            (struct mst_mongo_options){.connection_string = strdup(uri),
                                       .db_name = strdup(database),
                                       .connect_timeout_ms = 5000,
                                       .server_selection_timeout_ms = 5000,
                                       .socket_timeout_ms = 20000};
        (void)snprintf(place->collection, sizeof(place->collection), "s%d_%lld",
                       (int)getpid(), (long long)mst_clock_ns());
    }
    return true;
}

static mongoc_collection_t *
place_open(const struct place *place, const char *suffix,
           mongoc_client_t **ret_client)
{
    char name[80];
    *ret_client = mongoc_client_new(place->options.connection_string);
    assert_non_null(*ret_client);
    (void)snprintf(name, sizeof(name), "%s%s", place->collection, suffix);
    return mongoc_client_get_collection(*ret_client, place->options.db_name,
                                        name);
}

static void
place_close(mongoc_collection_t *collection, mongoc_client_t *client)
{
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
}

void
place_drop(const struct place *place, const char *suffix)
{
    mongoc_client_t *client;
    mongoc_collection_t *collection = place_open(place, suffix, &client);
    (void)mongoc_collection_drop(collection, NULL);
    place_close(collection, client);
}

int
place_end(struct place *place)
{
    int code = 0;
    if (place->mongodb && place->is_there) {
        place_drop(place, "");
    } else if (!place->mongodb) {
        void *directory = place->directory;
        code = fixture_remove_directory(&directory);
    }
    free(place->options.connection_string);
    free(place->options.db_name);
    return code;
}

void
place_update(const struct place *place, const bson_t *filter,
             const bson_t *update)
{
    mongoc_client_t *client;
    mongoc_collection_t *collection = place_open(place, "", &client);
    assert_true(mongoc_collection_update_one(collection, filter, update, NULL,
                                             NULL, NULL));
    place_close(collection, client);
}

void
place_insert(const struct place *place, const char *json)
{
    mongoc_client_t *client;
    mongoc_collection_t *collection = place_open(place, "", &client);
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, NULL);
    assert_non_null(doc);
    assert_true(
        mongoc_collection_insert_one(collection, doc, NULL, NULL, NULL));
    bson_destroy(doc);
    place_close(collection, client);
}

char *
place_find(const struct place *place, const bson_t *filter)
{
    mongoc_client_t *client;
    mongoc_collection_t *collection = place_open(place, "", &client);
    const bson_t *doc = NULL;
    mongoc_cursor_t *cursor =
        mongoc_collection_find_with_opts(collection, filter, NULL, NULL);
    assert_true(mongoc_cursor_next(cursor, &doc));
    char *text = bson_as_relaxed_extended_json(doc, NULL);
    char *copy = strdup(text);
    bson_free(text);
    mongoc_cursor_destroy(cursor);
    place_close(collection, client);
    return copy;
}
