/* SPDX-License-Identifier: MIT */
/*
 * A MongoDB sink with a collection of its own on a real server, and an engine
 * that only writes down what was confirmed. Tests that use it are skipped
 * where MSTREAM_TEST_MONGODB is not set.
 */
#ifndef MST_TESTS_MONGODB_WORLD_H
#define MST_TESTS_MONGODB_WORLD_H

#include <mongoc/mongoc.h>

#include "clients/mongo_options.h"
#include "sinks/mongodb/mongodb_options.h"
#include "sinks/mongodb/mongodb_sink.h"

enum { WORLD_EVENTS = 4096, WORLD_ATTRIBUTES = 4 };

struct world_event {
    struct mst_event event;
    struct mst_delivery delivery;
    struct mst_attribute attributes[WORLD_ATTRIBUTES];
    bson_t *payload; /* owned, NULL: none */
    enum mst_status status;
    int confirmed; /* times */
    struct mst_error err;
};

struct world {
    struct mst_mongo_options service;
    struct mst_mongosink_options options;
    struct mst_sink_args args;
    struct mst_delivery_owner owner;
    void *sink;
    mongoc_client_t *client;
    mongoc_collection_t *target;
    char collection[64];
    struct world_event *events;
    size_t len;
};

/* Skips the test when there is no server to use. Set options before
 * world_open. */
void world_begin(struct world *world);
void world_open(struct world *world);
void world_clear(struct world *world);

/* The next event, with its payload in Extended JSON (NULL: none). */
struct world_event *world_add(struct world *world, enum mst_op op,
                              const char *json);
void world_attribute(struct world_event *event, const char *name,
                     const char *value);
/* Writes all events from first on and waits until each is confirmed once. */
void world_run(struct world *world, size_t first);

/* The stored document as relaxed Extended JSON; "none" when there is none.
 * Valid until the next call frees it: caller frees with bson_free. */
char *world_get(struct world *world, const char *filter);
int64_t world_count(struct world *world);
/* Runs a command on the admin or the test database; asserts that it works. */
void world_command(struct world *world, const char *db, const char *json);

#endif
