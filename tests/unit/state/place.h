/* SPDX-License-Identifier: MIT */
/* Where a store under test is: a directory or a collection of its own, gone
 * with the test. */
#ifndef MST_TESTS_PLACE_H
#define MST_TESTS_PLACE_H

#include "unit/state/store_fixture.h"

#include <mongoc/mongoc.h>

#include "clients/mongo_options.h"

struct place {
    bool mongodb;
    bool is_there; /* false: there is no server */
    char *directory;
    struct mst_mongo_options options;
    char collection[64];
};

/* kind: "sqlite" or "mongodb", which MSTREAM_TEST_MONGODB names a server of.
 * False: it can not be made. */
bool place_make(struct place *place, const char *kind, const char *database);
/* Ends it; 0: all is gone. */
int place_end(struct place *place);

/* Drops the collection whose name ends with suffix. */
void place_drop(const struct place *place, const char *suffix);

/* One document of the collection, behind the store's back. */
void place_update(const struct place *place, const bson_t *filter,
                  const bson_t *update);
void place_insert(const struct place *place, const char *json);
/* As relaxed Extended JSON; the caller frees it. */
char *place_find(const struct place *place, const bson_t *filter);

#define PLACE_TEST(f, setup, teardown, kind)                                   \
    cmocka_unit_test_prestate_setup_teardown((f), setup, teardown,             \
                                             (char[]){kind})

#endif
