/* SPDX-License-Identifier: MIT */
/*
 * Makes resume tokens: the KeyString (hexadecimal, upper case) that the server
 * itself would give an event of its change stream. sources/mongodb/token.h
 * reads them.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_RESUME_TOKEN_H
#define MST_SOURCES_MONGODB_OPLOG_RESUME_TOKEN_H

#include "base/buf.h"
#include "sources/mongodb/oplog/entry.h"

enum {
    MST_OPLOG_TOKEN_V1 = 1, /* server 6.0 */
    MST_OPLOG_TOKEN_V2 = 2  /* from 7.0 on */
};

/* What an event's token is made from. */
struct mst_oplog_token {
    int version;
    struct mst_oplog_time time;
    uint32_t index;               /* in its transaction, else 0 */
    struct mst_slice uuid;        /* of the collection; none */
    const char *kind;             /* operationType */
    struct mst_slice key;         /* documentKey; none */
    struct mst_slice description; /* operationDescription; none */
};

/* Room to work in, used again for each token. */
struct mst_oplog_token_room {
    struct mst_buf bytes;
    struct mst_buf bits;
    struct mst_buf identifier;
    struct mst_buf out; /* the token made last, a BSON document */
};

void mst_oplog_token_room_init(struct mst_oplog_token_room *room);
void mst_oplog_token_room_clear(struct mst_oplog_token_room *room);

/* Makes room->out. MST_REJECTED: it has values whose form in a token this
 * build does not know (fractions, decimals, ...); MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_oplog_token_make(struct mst_oplog_token_room *room,
                     const struct mst_oplog_token *token);
/* Makes room->out a high-water mark: all before that time was seen. */
MST_MUST_CHECK enum mst_status
mst_oplog_token_mark(struct mst_oplog_token_room *room, int version,
                     struct mst_oplog_time time);

#endif
