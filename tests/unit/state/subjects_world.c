/* SPDX-License-Identifier: MIT */
/* Places for subjects that end with the test. */
#include "unit/state/subjects_world.h"

#include <mongoc/mongoc.h>

#include "base/clock.h"
#include "clients/mongo_client.h"
#include "state/mongo_subjects.h"
#include "state/sqlite_subjects.h"

#define DATABASE "mstream_subjects_test"

struct mst_subject_store *
world_open(const struct world *world)
{
    struct mst_subject_store *store = NULL;
    struct mst_error err = {.status = MST_OK};
    enum mst_status status =
        world->mongodb
            ? mst_mongo_subjects_create(&world->options, "test",
                                        world->collection, &store, &err)
            : mst_sqlite_subjects_open(world->directory, false, &store, &err);
    if (status != MST_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

int
world_setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    const char *uri = getenv("MSTREAM_TEST_MONGODB");
    if (world == NULL) {
        return 1;
    }
    world->mongodb = strcmp(*state, "mongodb") == 0;
    *state = world;
    if (!world->mongodb) {
        void *directory = NULL;
        if (fixture_make_directory(&directory) != 0) {
            return 1;
        }
        world->directory = directory;
    } else if (uri == NULL) {
        return 0;
    } else {
        mst_mongo_init();
        world->options =
            (struct mst_mongo_options){.connection_string = strdup(uri),
                                       .db_name = strdup(DATABASE),
                                       .connect_timeout_ms = 5000,
                                       .server_selection_timeout_ms = 5000,
                                       .socket_timeout_ms = 20000};
        (void)snprintf(world->collection, sizeof(world->collection), "s%d_%lld",
                       (int)getpid(), (long long)mst_clock_ns());
    }
    world->store = world_open(world);
    return 0;
}

static mongoc_collection_t *
world_collection(const struct world *world, mongoc_client_t **ret_client)
{
    *ret_client = mongoc_client_new(world->options.connection_string);
    assert_non_null(*ret_client);
    return mongoc_client_get_collection(*ret_client, DATABASE,
                                        world->collection);
}

static void
world_drop(const struct world *world)
{
    char ids[80];
    mongoc_client_t *client;
    mongoc_collection_t *collection = world_collection(world, &client);
    (void)mongoc_collection_drop(collection, NULL);
    mongoc_collection_destroy(collection);
    (void)snprintf(ids, sizeof(ids), "%s_ids", world->collection);
    collection = mongoc_client_get_collection(client, DATABASE, ids);
    (void)mongoc_collection_drop(collection, NULL);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
}

int
world_teardown(void **state)
{
    struct world *world = *state;
    int code = 0;
    if (world->store != NULL) {
        world->store->type->destroy(world->store);
    }
    if (world->mongodb && world->store != NULL) {
        world_drop(world);
    } else if (!world->mongodb) {
        void *directory = world->directory;
        code = fixture_remove_directory(&directory);
    }
    free(world->options.connection_string);
    free(world->options.db_name);
    free(world);
    return code;
}

struct world *
world_of(void **state)
{
    struct world *world = *state;
    if (world->store == NULL) {
        skip();
    }
    return world;
}

void
world_damage(const struct world *world, const char *subject)
{
    if (!world->mongodb) {
        char sql[256];
        (void)snprintf(sql, sizeof(sql),
                       "UPDATE schemas SET text = CAST('\"int\"' AS BLOB)"
                       " WHERE subject = '%s' AND number = 1",
                       subject);
        fixture_sql(world->directory, sql);
        return;
    }
    mongoc_client_t *client;
    mongoc_collection_t *collection = world_collection(world, &client);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(subject));
    bson_t *update = BCON_NEW("$set", "{", "versions.0.definition",
                              BCON_UTF8("\"int\""), "}");
    assert_true(mongoc_collection_update_one(collection, filter, update, NULL,
                                             NULL, NULL));
    bson_destroy(filter);
    bson_destroy(update);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
}

void
world_publish(const struct world *world, const char *json)
{
    mongoc_client_t *client;
    mongoc_collection_t *collection = world_collection(world, &client);
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, NULL);
    assert_non_null(doc);
    assert_true(
        mongoc_collection_insert_one(collection, doc, NULL, NULL, NULL));
    bson_destroy(doc);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
}

char *
world_document(const struct world *world, const char *id)
{
    mongoc_client_t *client;
    mongoc_collection_t *collection = world_collection(world, &client);
    bson_t *filter = BCON_NEW("id", BCON_UTF8(id));
    const bson_t *doc = NULL;
    mongoc_cursor_t *cursor =
        mongoc_collection_find_with_opts(collection, filter, NULL, NULL);
    assert_true(mongoc_cursor_next(cursor, &doc));
    char *text = bson_as_relaxed_extended_json(doc, NULL);
    char *copy = strdup(text);
    bson_free(text);
    mongoc_cursor_destroy(cursor);
    bson_destroy(filter);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    return copy;
}

enum mst_status
world_register(struct mst_subject_store *store, const char *subject,
               const char *text, struct mst_subject_result *ret,
               struct mst_error *err)
{
    struct mst_compat_report report = {.len = 0};
    const struct mst_subject_change change = {.subject = subject,
                                              .text = mst_slice_str(text)};
    mst_error_clear(err);
    enum mst_status status =
        mst_subject_apply(store, &change, &report, ret, err);
    mst_compat_report_clear(&report);
    return status;
}

uint32_t
world_add(struct mst_subject_store *store, const char *subject,
          const char *text)
{
    struct mst_subject_result result = {.version = 0};
    struct mst_error err;
    if (world_register(store, subject, text, &result, &err) != MST_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return result.version;
}
