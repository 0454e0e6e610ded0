/* SPDX-License-Identifier: MIT */
/*
 * A lane: one thread with one connection that writes what it is given, in
 * order per document. It sends as soon as it is idle: all that has come in
 * meanwhile is the next command, so commands grow by themselves under load.
 */
#ifndef MST_SINKS_MONGODB_LANE_H
#define MST_SINKS_MONGODB_LANE_H

#include <mongoc/mongoc.h>

#include "sinks/mongodb/mongodb_bag.h"

struct mst_mongosink_lane;

/* What lanes share. Borrowed; outlives them. */
struct mst_mongosink_lane_args {
    const bson_t *options; /* of write commands */
    bool equal_is_ok;
    size_t window_ops; /* bounds of one round of commands */
    size_t window_bytes;
    /* Thread: the lane's. bytes of n deliveries are confirmed. */
    void (*released)(void *owner, size_t n, size_t bytes);
    /* Thread: the lane's. It can not go on: MST_RETRY, MST_DISCONNECTED or
     * MST_FATAL. Everything it has and gets is confirmed as that from now on,
     * MST_RETRY until it is healed. */
    void (*broken)(void *owner, enum mst_status status,
                   const struct mst_error *err);
    /* Thread: the lane's. False: nothing may be written now. */
    bool (*may_write)(void *owner);
    /* Thread: any. An empty bag, and where to leave one. */
    void (*recycle)(void *owner, struct mst_mongosink_bag *bag);
    void *owner;
};

/* Starts the thread. client is borrowed until destroy. */
MST_MUST_CHECK enum mst_status mst_mongosink_lane_create(
    const struct mst_mongosink_lane_args *args, mongoc_client_t *client,
    struct mst_mongosink_lane **ret_lane, struct mst_error *err);
/* Moves a bag with at least one operation in. */
void mst_mongosink_lane_put(struct mst_mongosink_lane *lane,
                            struct mst_mongosink_bag *bag);
/* A lane that stopped with MST_RETRY goes on. Everything that it was given is
 * confirmed. */
void mst_mongosink_lane_heal(struct mst_mongosink_lane *lane);
/* Asks the thread to end after the command that is out. Thread: any. */
void mst_mongosink_lane_stop(struct mst_mongosink_lane *lane);
/* Stops, waits for the thread, confirms what is left as MST_DISCONNECTED.
 * NULL is fine. */
void mst_mongosink_lane_destroy(struct mst_mongosink_lane *lane);

/* Bytes that an operation counts for in the bounds of memory. */
size_t mst_mongosink_lane_weight(const struct mst_mongosink_op *op);

#endif
