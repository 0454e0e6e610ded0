/* SPDX-License-Identifier: MIT */
/*
 * One write: what a delivery means for one document of one collection. Made
 * on the engine's thread, carried out by a lane.
 */
#ifndef MST_SINKS_MONGODB_OP_H
#define MST_SINKS_MONGODB_OP_H

#include "core/event.h"
#include "encodings/bson_type.h"

enum mst_mongosink_kind {
    MST_MONGOSINK_SKIP = 0, /* nothing to write: confirmed at once */
    MST_MONGOSINK_ADD,      /* insert mode: must be new */
    MST_MONGOSINK_PUT,      /* the whole document, whatever is there */
    MST_MONGOSINK_SET,      /* update mode: $set of the fields, upsert */
    MST_MONGOSINK_DELTA,    /* a change event's difference */
    MST_MONGOSINK_DELETE
};

/* How far an operation is. */
enum mst_mongosink_state {
    MST_MONGOSINK_WAITING = 0,
    MST_MONGOSINK_DONE,
    MST_MONGOSINK_REFUSED /* err says why */
};

/* One statement of an update command, as bytes. */
struct mst_mongosink_statement {
    struct mst_slice update; /* a document of operators, or a pipeline */
    bool is_pipeline;
};

/* Where to write. Lives in the bag's arena. */
struct mst_mongosink_target {
    const char *database;
    const char *collection;
    uint64_t hash;
    struct mst_mongosink_target *next;
};

/* Borrowed memory: the event's batch and the bag's arena. */
struct mst_mongosink_op {
    struct mst_delivery *delivery;
    const struct mst_mongosink_target *target;
    uint64_t hash; /* of target and _id: equal where the document is */
    enum mst_mongosink_kind kind;
    enum mst_mongosink_state state;
    struct mst_bson_value id;
    /* ADD, PUT, SET: the document. DELTA: the whole document after the
     * change, data == NULL when the event has none. */
    struct mst_slice doc;
    /* DELTA */
    const struct mst_mongosink_statement *statements; /* in the arena */
    size_t statements_len;
    bool unchecked;  /* doc comes from outside: well-formed is not proved */
    bool is_fresh;   /* PUT: expected to be new, so an insert is tried first */
    bool as_literal; /* PUT: field names that an update would take for
                      * operators; written by a pipeline */
    bool is_create;  /* PUT: the event says that the document is new */
    bool held;       /* the last command did not settle it */
    bool has_guard;
    unsigned level;  /* see mongodb_plan.h */
    unsigned redone; /* times that it lost a race and was tried again */
    /* guard = position: an order of events, and where it is valid. */
    struct mst_slice guard_scope;
    int64_t guard_order;
    struct mst_error *err; /* malloc'ed, REFUSED only */
};

/* Bytes that the operation's command needs, at most. */
size_t mst_mongosink_op_size(const struct mst_mongosink_op *op);

/* Remembers why; without memory the reason is lost, the state is not. */
void mst_mongosink_op_refuse(struct mst_mongosink_op *op,
                             const struct mst_error *err);

/* "insert", "replace", ... for people. */
const char *mst_mongosink_kind_name(enum mst_mongosink_kind kind);

#endif
