/* SPDX-License-Identifier: MIT */
/* An oplog to fan out, and the server that reads it. */
#ifndef MST_TESTS_SOURCES_OPLOG_WORLD_H
#define MST_TESTS_SOURCES_OPLOG_WORLD_H

#include "unit/cmocka_all.h"

#include <pthread.h>
#include <stdio.h>

#include "base/macros.h"
#include "sources/mongodb/oplog/fan.h"

/* cmocka's assertions are for its own thread. */
#define check(what) world_check((what), #what, __FILE__, __LINE__)

enum {
    WORLD_ENTRIES = 6000,
    WORLD_SPACES = 5,
    WORLD_REPLY = 40 /* entries, at most */
};

extern const char *const world_spaces[WORLD_SPACES];

/* Entry n (from 1) has the time {n, 1}. Of ten one is a no-op, and one is a
 * transaction of two namespaces. */
struct world {
    pthread_mutex_t mutex; /* guards len and seed */
    size_t len;            /* entries that are there */
    uint64_t seed;
    uint8_t ns[WORLD_ENTRIES
               + 1]; /* of each entry: into world_spaces; behind: none */
    uint8_t also[WORLD_ENTRIES + 1]; /* of transactions; else as ns */
    struct mst_oplog_fan *fan;
    size_t finished; /* jobs */
};

void world_check(bool right, const char *what, const char *file, int line);
uint64_t world_random(struct world *world, uint64_t below);
size_t world_len(struct world *world);
/* What the server answers to find or getMore behind *at. */
struct mst_mongo_reply *world_reply(struct world *world, const bson_t *filter,
                                    size_t *at);

#endif
