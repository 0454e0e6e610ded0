/* SPDX-License-Identifier: MIT */
/*
 * A script in a Lua state of its own: compiled, called once per event, and
 * exchanged for a newer version of itself.
 */
#ifndef MST_UDF_LUA_SCRIPT_H
#define MST_UDF_LUA_SCRIPT_H

#include "udf/lua_engine.h"

struct mst_lua_script;

/* What a job has unless its service says otherwise. */
extern const struct mst_lua_limits mst_lua_default_limits;

/* name: of the file, for messages. Thread: one at a time. MST_FATAL: it does
 * not compile, has neither transform
 * nor transform_batch, or its init() fails; err says where.
 * Ownership: job and name are copied. */
MST_MUST_CHECK enum mst_status
mst_lua_script_create(const char *job, const char *name, struct mst_slice text,
                      const struct mst_lua_limits *limits,
                      struct mst_lua_script **ret_script,
                      struct mst_error *err);

/* Compiles a text, runs what is outside of its functions, and its init().
 * MST_FATAL: as above; *ret_place is then where, line 0 when nobody knows. */
MST_MUST_CHECK enum mst_status
mst_lua_script_check(const char *name, struct mst_slice text,
                     const struct mst_lua_limits *limits,
                     struct mst_lua_place *ret_place, struct mst_error *err);

/* Another text from the next event on; the table `state` stays. On failure the
 * one that ran goes on. */
MST_MUST_CHECK enum mst_status
mst_lua_script_swap(struct mst_lua_script *script, struct mst_slice text,
                    struct mst_error *err);

/* As the apply of a middleware. The event is BSON or has no payload. */
MST_MUST_CHECK enum mst_status
mst_lua_script_apply(struct mst_lua_script *script,
                     const struct mst_event *event, struct mst_emit *emit,
                     struct mst_error *err);

/* Whether it has a function transform_batch. */
bool mst_lua_script_batches(const struct mst_lua_script *script);

/* As the apply_batch of a middleware, for one that has. With a single event,
 * emit->of and emit->reject may be NULL. */
MST_MUST_CHECK enum mst_status
mst_lua_script_apply_batch(struct mst_lua_script *script,
                           const struct mst_event *const *events, size_t n,
                           struct mst_emit *emit, struct mst_error *err);

/* Of the text that runs. */
uint64_t mst_lua_script_hash(const struct mst_lua_script *script);

/* Calls finish(), where there is one; what it says is logged. */
void mst_lua_script_finish(struct mst_lua_script *script);

/* Thread: any. What runs ends soon with MST_RETRY, and all that follows. */
void mst_lua_script_interrupt(struct mst_lua_script *script);

/* Bytes of the state, for tests. */
size_t mst_lua_script_memory(const struct mst_lua_script *script);

/* NULL is fine. */
void mst_lua_script_destroy(struct mst_lua_script *script);

#endif
