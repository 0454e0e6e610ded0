/* SPDX-License-Identifier: MIT */
/*
 * Reading in advance: a thread asks for the next replies of a cursor while
 * the reader still works on the one before, waiting for documents that it
 * looks up on a connection of its own. Replies are taken in the order in which
 * they came, and what waits is bounded.
 */
#ifndef MST_SOURCES_MONGODB_AHEAD_H
#define MST_SOURCES_MONGODB_AHEAD_H

#include "sources/mongodb/fault.h"
#include "sources/mongodb/reply.h"

enum {
    /* No further reply is asked for while this much waits to be taken. */
    MST_MONGO_AHEAD_REPLIES = 2,
    MST_MONGO_AHEAD_BYTES = 2 * 1024 * 1024
};

struct mst_mongo_ahead;

/* One answer of the server. */
struct mst_mongo_ahead_item {
    struct mst_mongo_reply *reply; /* NULL: failure says why there is none */
    struct mst_mongo_failure failure;
    bool cancelled;     /* it failed since somebody interrupted */
    uint32_t seconds;   /* the newest entry before it was asked for; */
    uint32_t increment; /* 0: not known */
};

/* Asks for the next reply. Thread: that of the ahead. After an item without a
 * reply, or with one that ends the cursor, it is not called again. */
typedef void (*mst_mongo_ahead_ask)(void *arg,
                                    struct mst_mongo_ahead_item *ret_item);

/* Starts to read. arg belongs to ask until destroy. */
MST_MUST_CHECK enum mst_status
mst_mongo_ahead_create(struct mst_mongo_ahead **ret_ahead,
                       mst_mongo_ahead_ask ask, void *arg,
                       struct mst_error *err);
/* The oldest item, its reply the caller's; false: none came in time. Thread:
 * reader. */
MST_MUST_CHECK bool mst_mongo_ahead_take(struct mst_mongo_ahead *ahead,
                                         int timeout_ms,
                                         struct mst_mongo_ahead_item *ret_item);
/* Waits for ask to return, and forgets what was not taken. NULL is fine. */
void mst_mongo_ahead_destroy(struct mst_mongo_ahead *ahead);

#endif
