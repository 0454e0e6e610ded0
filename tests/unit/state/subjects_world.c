/* SPDX-License-Identifier: MIT */
/* Places for subjects that end with the test. */
#include "unit/state/subjects_world.h"

#include "state/mongo_subjects.h"
#include "state/sqlite_subjects.h"

#define DATABASE "mstream_subjects_test"

struct mst_subject_store *
world_open(const struct world *world)
{
    struct mst_subject_store *store = NULL;
    struct mst_error err = {.status = MST_OK};
    enum mst_status status =
        world->place.mongodb
            ? mst_mongo_subjects_create(&world->place.options, "test",
                                        world->place.collection, &store, &err)
            : mst_sqlite_subjects_open(world->place.directory, false, &store,
                                       &err);
    if (status != MST_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

int
world_setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    if (world == NULL || !place_make(&world->place, *state, DATABASE)) {
        return 1;
    }
    *state = world;
    world->store = world->place.is_there ? world_open(world) : NULL;
    return 0;
}

int
world_teardown(void **state)
{
    struct world *world = *state;
    if (world->store != NULL) {
        world->store->type->destroy(world->store);
        if (world->place.mongodb) {
            place_drop(&world->place, "_ids");
        }
    }
    int code = place_end(&world->place);
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
    if (!world->place.mongodb) {
        char sql[256];
        (void)snprintf(sql, sizeof(sql),
                       "UPDATE schemas SET text = CAST('\"int\"' AS BLOB)"
                       " WHERE subject = '%s' AND number = 1",
                       subject);
        fixture_sql(world->place.directory, sql);
        return;
    }
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(subject));
    bson_t *update = BCON_NEW("$set", "{", "versions.0.definition",
                              BCON_UTF8("\"int\""), "}");
    place_update(&world->place, filter, update);
    bson_destroy(filter);
    bson_destroy(update);
}

void
world_publish(const struct world *world, const char *json)
{
    place_insert(&world->place, json);
}

char *
world_document(const struct world *world, const char *id)
{
    bson_t *filter = BCON_NEW("id", BCON_UTF8(id));
    char *text = place_find(&world->place, filter);
    bson_destroy(filter);
    return text;
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
