/* SPDX-License-Identifier: MIT */
/* A script, an event, and what comes of it. */
#ifndef MST_TESTS_UDF_SCRIPT_FIXTURE_H
#define MST_TESTS_UDF_SCRIPT_FIXTURE_H

#include "udf/lua_script.h"

struct script_result {
    struct mst_emit emit; /* first: its function casts back */
    struct mst_arena arena;
    struct mst_buf out;  /* results: JSON, attributes behind a '|', newline */
    struct mst_buf bson; /* the last one's payload */
    unsigned most;       /* that are taken; 0: all */
    unsigned n;
    enum mst_status status;
    struct mst_error err;
};

extern const struct mst_lua_limits script_limits;

/* Fails the test when it does not compile. */
struct mst_lua_script *script_make(const char *text);
/* Likewise, with other limits than script_limits. */
struct mst_lua_script *script_make_within(const char *text,
                                          const struct mst_lua_limits *limits);
void script_start(struct script_result *result);
void script_clear(struct script_result *result);
/* As emit.event: counts, and keeps nothing. */
enum mst_status script_count(struct mst_emit *emit,
                             const struct mst_event *event,
                             struct mst_error *err);
/* Any middleware's apply. */
typedef enum mst_status (*script_apply_one)(void *ctx,
                                            const struct mst_event *event,
                                            struct mst_emit *emit,
                                            struct mst_error *err);
void script_feed_to(script_apply_one apply, void *ctx,
                    const struct mst_event *event,
                    struct script_result *result);
void script_feed(struct mst_lua_script *script, const struct mst_event *event,
                 struct script_result *result);
/* An event of JSON text (Extended JSON), with the attributes a=1 and b=2 and
 * the key {_id: 7}. */
void script_event(struct script_result *result, const char *json,
                  struct mst_event *ret_event);
/* All in one: results as text in result->out. */
void script_try(const char *text, const char *json,
                struct script_result *result);

#endif
