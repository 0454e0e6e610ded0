/* SPDX-License-Identifier: MIT */
/*
 * One Lua state and what limits it. Private to this folder.
 *
 * Functions with a lua_State raise Lua errors, which leave them by a jump:
 * what they hold is Lua's, the document's or the engine's.
 */
#ifndef MST_UDF_LUA_ENGINE_H
#define MST_UDF_LUA_ENGINE_H

#include <lauxlib.h>
#include <lua.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "core/middleware.h"
#include "udf/doc.h"

enum {
    /* Instructions between two looks at the limits. */
    MST_LUA_LOOK = 1000,
    /* Steps of a library function that weigh as much as one instruction. */
    MST_LUA_STEPS = 16,
    MST_LUA_DEPTH = 100, /* tables inside each other that become documents */
    MST_LUA_TEXT_MAX = 1024 * 1024 * 1024
};

struct mst_lua_limits {
    int64_t instructions; /* per call */
    int64_t time_ms;      /* per call, by the clock on the wall */
    uint64_t memory;      /* of the state and the document, above the event */
};

/* Of a piece of a script; counted from 1, columns in characters. The end is
 * behind it. line 0: unknown. */
struct mst_lua_place {
    uint32_t line;
    uint32_t column;
    uint32_t end_line;
    uint32_t end_column;
};

/* Which limit was passed. */
enum mst_lua_stop {
    MST_LUA_GOES_ON = 0,
    MST_LUA_INSTRUCTIONS,
    MST_LUA_TIME,
    MST_LUA_INTERRUPTED
};

/* Thread: one at a time, but for interrupted. */
struct mst_lua {
    lua_State *state;
    struct mst_lua_limits limits;
    const char *job;
    size_t used;      /* bytes of the state */
    uint64_t allowed; /* the most of them, in this call */
    bool out_of_memory;
    int64_t instructions; /* of this call */
    int64_t deadline_ns;
    enum mst_lua_stop stop;
    atomic_bool interrupted;

    /* The events at hand: of transform_batch, which of them gets the results
     * is event. */
    const struct mst_event *const *batch;
    size_t batch_len;
    size_t refused; /* of them, by reject() */
    struct mst_doc doc;
    uint64_t generation; /* of documents: older ones are gone */
    const struct mst_event *event;
    struct mst_emit *emit;
    enum mst_status emit_status;
    struct mst_error emit_err;
    struct mst_buf scratch;
    int null_ref;
    int state_ref;              /* the table `state` */
    struct mst_lua_place place; /* where the last text did not compile */
};

static inline struct mst_lua *
mst_lua_of(lua_State *L)
{
    return *(struct mst_lua **)lua_getextraspace(L);
}

/* --- limits (lua_limit.c) ------------------------------------------------ */
void *mst_lua_alloc(void *arg, void *memory, size_t before, size_t size);
/* Starts counting for a call; event: bytes that it may use beside. */
void mst_lua_begin(struct mst_lua *lua, size_t event);
/* Steps of a library function: raises when a limit is passed. */
void mst_lua_charge(lua_State *L, uint64_t steps);
/* Likewise for the text at index, if there is a long one: no hook sees how long
 * it takes to read. */
void mst_lua_charge_text(lua_State *L, int index);
/* The functions of those names in the table on the top charge for their
 * arguments from now on. */
void mst_lua_pay_for_texts(lua_State *L, const char *const *names);
/* The same for who has to clean up before mst_lua_raise. */
bool mst_lua_is_over(struct mst_lua *lua, uint64_t steps);
int mst_lua_raise(lua_State *L);
/* The document grew: raises when it passes the limit. */
void mst_lua_check_memory(lua_State *L);
/* Raises what failed. */
int mst_lua_fail(lua_State *L, const struct mst_error *err);
const char *mst_lua_stop_text(const struct mst_lua *lua);

/* --- compiling (lua_load.c) ---------------------------------------------- */
/* Pushes the text as a function, or the error, which begins with
 * "name:line:column:", and says where in the engine's place. */
int mst_lua_load(lua_State *L, struct mst_slice text, const char *chunk);
/* Where an error "name:line: ..." says that it is. */
void mst_lua_place_of(const char *error, const char *name,
                      struct mst_slice text, struct mst_lua_place *ret);

/* --- the tables of functions, each of which fills the table on the top ---- */
void mst_lua_add_base(lua_State *L);    /* lua_sandbox.c: all of what follows */
void mst_lua_add_strings(lua_State *L); /* lua_string.c, into `string` */
void mst_lua_add_tables(lua_State *L);  /* lua_table.c, into `table` */
void mst_lua_add_values(lua_State *L);  /* lua_value.c */
void mst_lua_add_docs(lua_State *L);    /* lua_doc.c */
void mst_lua_add_masks(lua_State *L);   /* lua_mask.c */
void mst_lua_add_lists(lua_State *L);   /* lua_list.c */
void mst_lua_add_codecs(lua_State *L);  /* lua_codec.c */
void mst_lua_add_batches(lua_State *L); /* lua_batch.c */

/* --- events that come together (lua_batch.c) -------------------------------- */
/* Stack: the function transform_batch. Calls it with the batch and hands over
 * what becomes of each event; the batch may be of one. */
void mst_lua_batch_call(lua_State *L);

/* --- values (lua_value.c, lua_convert.c, lua_doc.c) ------------------------ */
/* A value of a type that Lua does not have. */
struct mst_lua_value {
    uint8_t type;
    uint32_t len;
    uint8_t raw[];
};

/* NULL: the value at index is none. */
const struct mst_lua_value *mst_lua_to_value(lua_State *L, int index);
void mst_lua_push_value(lua_State *L, uint8_t type, const void *raw,
                        size_t len);
/* Any value as Lua has it; documents are copied into tables. */
void mst_lua_push_bson(lua_State *L, const struct mst_bson_value *value);
/* The value at index as BSON, in the document's memory. was: the type that
 * stood there, or 0. */
void mst_lua_to_bson(lua_State *L, int index, uint8_t was,
                     struct mst_bson_value *ret_value);
/* A document of the event; NULL: the value at index is none. Raises when its
 * event is over. */
struct mst_doc_node *mst_lua_to_node(lua_State *L, int index);
void mst_lua_push_node(lua_State *L, struct mst_doc_node *node);
/* A field's value: documents by mst_lua_push_node. */
void mst_lua_push_item(lua_State *L, struct mst_doc_node *node);
bool mst_lua_is_array(lua_State *L, int index);
/* Pushes the value's text: of tables and documents their JSON. */
void mst_lua_push_text(lua_State *L, int index);
/* Metatables are in the registry under these. */
extern const char mst_lua_doc_key;
extern const char mst_lua_value_key;
extern const char mst_lua_array_key;

#endif
