/* SPDX-License-Identifier: MIT */
/* See mongodb_world.h. */
#include "mongodb_world.h"

#include <stdio.h>
#include <unistd.h>

#include "unit/cmocka_all.h"

#include "base/clock.h"
#include "clients/mongo_client.h"

#define WORLD_DB "mstream_sink_test"

enum { WORLD_WAIT_MS = 20000 };

static void
world_confirm(const struct mst_delivery_owner *owner,
              struct mst_delivery *delivery, enum mst_status status,
              const struct mst_error *err)
{
    (void)owner;
    struct world_event *event =
        (struct world_event *)(void *)((char *)delivery
                                       - offsetof(struct world_event,
                                                  delivery));
    event->status = status;
    event->confirmed++;
    if (err != NULL) {
        event->err = *err;
    }
}

void
world_begin(struct world *world)
{
    const char *uri = getenv("MSTREAM_TEST_MONGODB");
    *world = (struct world){0};
    if (uri == NULL) {
        skip();
    }
    mst_mongo_init();
    world->service =
        (struct mst_mongo_options){.connection_string = strdup(uri),
                                   .db_name = strdup(WORLD_DB),
                                   .connect_timeout_ms = 5000,
                                   .server_selection_timeout_ms = 5000,
                                   .socket_timeout_ms = 20000};
    world->options =
        (struct mst_mongosink_options){.id = strdup("document"),
                                       .write_concern = strdup("majority"),
                                       .write_timeout_ms = 10000,
                                       .bulk = {1000, UINT64_C(16) << 20},
                                       .connections = 2};
    (void)snprintf(world->collection, sizeof(world->collection), "c%d_%lld",
                   (int)getpid(), (long long)mst_clock_ns());
    world->args = (struct mst_sink_args){.job = "test",
                                         .service_name = "m",
                                         .service = &world->service,
                                         .options = &world->options,
                                         .resource = world->collection,
                                         .encoding = MST_ENCODING_BSON,
                                         .memory = UINT64_C(8) << 20};
    world->owner.confirm = world_confirm;
    world->client = mongoc_client_new(uri);
    world->target = mongoc_client_get_collection(world->client, WORLD_DB,
                                                 world->collection);
    world->events = calloc(WORLD_EVENTS, sizeof(*world->events));
}

void
world_open(struct world *world)
{
    struct mst_error err;
    struct mst_sink_start start = {0};
    mst_error_clear(&err);
    if (mst_mongodb_sink.create(&world->sink, &world->args, &err) != MST_OK
        || mst_mongodb_sink.open(world->sink, &start, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
}

void
world_clear(struct world *world)
{
    if (world->sink != NULL) {
        mst_mongodb_sink.close(world->sink);
        mst_mongodb_sink.destroy(world->sink);
    }
    for (size_t i = 0; i < world->len; i++) {
        bson_destroy(world->events[i].payload);
    }
    if (world->target != NULL) {
        (void)mongoc_collection_drop(world->target, NULL);
        mongoc_collection_destroy(world->target);
    }
    mongoc_client_destroy(world->client);
    free(world->events);
    free(world->service.connection_string);
    free(world->service.db_name);
    free(world->options.id);
    free(world->options.database);
    free(world->options.write_concern);
}

struct world_event *
world_add(struct world *world, enum mst_op op, const char *json)
{
    bson_error_t error;
    assert_true(world->len < WORLD_EVENTS);
    struct world_event *event = &world->events[world->len++];
    event->event = (struct mst_event){.op = op,
                                      .encoding = MST_ENCODING_BSON,
                                      .attributes = event->attributes,
                                      .source_ts_ms = MST_TIME_UNKNOWN,
                                      .seq = world->len};
    if (json != NULL) {
        event->payload = bson_new_from_json((const uint8_t *)json, -1, &error);
        if (event->payload == NULL) {
            fail_msg("%s: %s", json, error.message);
        }
        event->event.payload =
            mst_slice_of(bson_get_data(event->payload), event->payload->len);
    }
    event->delivery = (struct mst_delivery){.event = &event->event,
                                            .payload = event->event.payload,
                                            .encoding = MST_ENCODING_BSON,
                                            .owner = &world->owner};
    return event;
}

void
world_attribute(struct world_event *event, const char *name, const char *value)
{
    assert_true(event->event.attributes_len < WORLD_ATTRIBUTES);
    event->attributes[event->event.attributes_len++] =
        (struct mst_attribute){mst_slice_str(name), mst_slice_str(value)};
}

void
world_run(struct world *world, size_t first)
{
    struct mst_delivery *all[WORLD_EVENTS];
    struct mst_error err;
    size_t n = 0;
    for (size_t i = first; i < world->len; i++) {
        world->events[i].confirmed = 0;
        all[n++] = &world->events[i].delivery;
    }
    size_t at = 0;
    int64_t until = mst_clock_ms() + WORLD_WAIT_MS;
    enum mst_status status = MST_OK;
    while (at < n && (status == MST_OK || status == MST_AGAIN)) {
        size_t taken = 0;
        status =
            mst_mongodb_sink.write(world->sink, all + at, n - at, &taken, &err);
        at += taken;
        assert_true(mst_clock_ms() < until);
        if (status == MST_AGAIN) {
            (void)mst_mongodb_sink.drain(world->sink, 5, &err);
        }
    }
    if (status != MST_OK && status != MST_DISCONNECTED) {
        fail_msg("write: %s", err.text);
    }
    assert_int_equal(mst_mongodb_sink.drain(world->sink, WORLD_WAIT_MS, &err),
                     MST_OK);
    for (size_t i = first; i < first + at; i++) {
        assert_int_equal(world->events[i].confirmed, 1);
    }
}

char *
world_get(struct world *world, const char *filter)
{
    bson_t *query = bson_new_from_json((const uint8_t *)filter, -1, NULL);
    const bson_t *doc = NULL;
    assert_non_null(query);
    mongoc_cursor_t *cursor =
        mongoc_collection_find_with_opts(world->target, query, NULL, NULL);
    char *text = mongoc_cursor_next(cursor, &doc)
                     ? bson_as_relaxed_extended_json(doc, NULL)
                     : bson_strdup("none");
    mongoc_cursor_destroy(cursor);
    bson_destroy(query);
    return text;
}

int64_t
world_count(struct world *world)
{
    bson_t all = BSON_INITIALIZER;
    return mongoc_collection_count_documents(world->target, &all, NULL, NULL,
                                             NULL, NULL);
}

void
world_command(struct world *world, const char *db, const char *json)
{
    bson_error_t error;
    bson_t *command = bson_new_from_json((const uint8_t *)json, -1, &error);
    assert_non_null(command);
    if (!mongoc_client_command_simple(world->client, db == NULL ? WORLD_DB : db,
                                      command, NULL, NULL, &error)) {
        fail_msg("%s: %s", json, error.message);
    }
    bson_destroy(command);
}
