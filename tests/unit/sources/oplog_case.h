/* SPDX-License-Identifier: MIT */
/* What test cases of the oplog are made of and mapped with. */
#ifndef MST_TESTS_SOURCES_OPLOG_CASE_H
#define MST_TESTS_SOURCES_OPLOG_CASE_H

#include "unit/cmocka_all.h"

#include "sources/mongodb/oplog/render.h"
#include "unit/sources/bson_case.h"

#define UUID                                                                   \
    "{\"$binary\":{\"base64\":\"jU/aWV/DS92/"                                  \
    "a3YtcQs7cg==\",\"subType\":\"04\"}}"
#define TS   "{\"$timestamp\":{\"t\":100,\"i\":3}}"
#define WALL "{\"$date\":{\"$numberLong\":\"99123\"}}"
#define END                                                                    \
    ",\"ts\":" TS ",\"t\":{\"$numberLong\":\"1\"},\"v\":{\"$numberLong\":"     \
    "\"2\"},\"wall\":" WALL "}"
#define ENTRY(op, ns, rest)                                                    \
    "{\"op\":\"" op "\",\"ns\":\"" ns "\",\"ui\":" UUID "," rest END

struct oplog_case {
    struct mst_mongo_source_options options;
    struct mst_mongo_watch watch;
    struct mst_oplog_map map;
    struct mst_oplog_render render;
    struct mst_arena arena;
};

/* Of collection c, or of all of database d. */
static inline void
oplog_case_init(struct oplog_case *fixture, struct mst_oplog_rules rules,
                bool database, bool expanded)
{
    memset(fixture, 0, sizeof(*fixture));
    fixture->options.ddl = expanded;
    /* Descriptions are wanted. */
    fixture->options.payload = MST_MONGO_PAYLOAD_DEBEZIUM;
    fixture->watch.options = &fixture->options;
    fixture->watch.resource = database ? "*" : "c";
    fixture->watch.database = database;
    mst_oplog_map_init(&fixture->map, &fixture->watch, "d", rules);
    mst_oplog_render_init(&fixture->render);
    mst_oplog_map_use(&fixture->map, &fixture->arena);
}

static inline void
oplog_case_clear(struct oplog_case *fixture)
{
    mst_oplog_map_clear(&fixture->map);
    mst_oplog_render_clear(&fixture->render);
    mst_arena_clear(&fixture->arena);
}

#endif
