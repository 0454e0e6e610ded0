/* SPDX-License-Identifier: MIT */
/*
 * The connection of a change stream: one client, one server, one cursor.
 * Commands are sent and replies taken whole, without the driver's own change
 * stream, so that events can be used where they lie.
 */
#ifndef MST_SOURCES_MONGODB_STREAM_H
#define MST_SOURCES_MONGODB_STREAM_H

#include <mongoc/mongoc.h>

#include "clients/mongo_cancel.h"
#include "clients/mongo_options.h"
#include "sources/mongodb/fault.h"
#include "sources/mongodb/reply.h"

enum { MST_MONGO_COLLECTION_MAX = 256, MST_MONGO_MEMBER_MAX = 280 };

/* Zeroed is closed. Thread: reader. */
struct mst_mongo_stream {
    mongoc_client_t *client;
    mongoc_client_session_t *session;
    uint32_t server_id;
    const char *db;                    /* borrowed */
    char member[MST_MONGO_MEMBER_MAX]; /* "host:port" */
    char set_name[128];
    int64_t wire_version; /* 17: server 6.0 */
    bool is_router;
    int64_t cursor_id; /* 0: none */
    char cursor_collection[MST_MONGO_COLLECTION_MAX];
    bool broken; /* no use in talking to the server any more */
    struct mst_mongo_cancel *cancel; /* ends its waiting; NULL: nothing does */
};

/* Connects to a member and checks that it can have change streams. cancel (may
 * be NULL) outlives the stream. MST_FATAL: a standalone or a server before
 * 6.0, wrong credentials; MST_DISCONNECTED. */
MST_MUST_CHECK enum mst_status mst_mongo_stream_connect(
    struct mst_mongo_stream *stream, const struct mst_mongo_options *options,
    const char *app_name, int64_t socket_timeout_ms,
    struct mst_mongo_cancel *cancel, struct mst_error *err);

/* While there is no cursor: talks to that member ("host:port") instead.
 * False: it is not known to hold data, and nothing changes. */
MST_MUST_CHECK bool mst_mongo_stream_move(struct mst_mongo_stream *stream,
                                          const char *member);

/* The members that hold data and answer, at most max of them. */
size_t mst_mongo_stream_members(struct mst_mongo_stream *stream,
                                char (*ret_members)[MST_MONGO_MEMBER_MAX],
                                size_t max);

/* Runs a command on that member. On failure (false) failure says it. reply
 * (may be NULL) is always the caller's to destroy. */
MST_MUST_CHECK bool mst_mongo_stream_run(struct mst_mongo_stream *stream,
                                         const char *db, const bson_t *command,
                                         bson_t *reply,
                                         struct mst_mongo_failure *failure);

/* Opens the cursor. An open one is killed first. */
MST_MUST_CHECK bool mst_mongo_stream_open(struct mst_mongo_stream *stream,
                                          const bson_t *aggregate,
                                          struct mst_mongo_reply **ret_reply,
                                          struct mst_mongo_failure *failure);
/* The next events; waits at most await_ms for the first. */
MST_MUST_CHECK bool mst_mongo_stream_more(struct mst_mongo_stream *stream,
                                          int64_t batch_size, int64_t await_ms,
                                          struct mst_mongo_reply **ret_reply,
                                          struct mst_mongo_failure *failure);

/* Kills the cursor, if the server can be told. */
void mst_mongo_stream_end(struct mst_mongo_stream *stream);
/* Ends everything, within half a second where there is a cancel, which is
 * good again afterwards. */
void mst_mongo_stream_close(struct mst_mongo_stream *stream);

/* Time of the oplog's first entry. False: none, or no right to read it. */
MST_MUST_CHECK bool
mst_mongo_stream_oplog_first(struct mst_mongo_stream *stream,
                             uint32_t *ret_seconds, uint32_t *ret_increment,
                             struct mst_mongo_failure *failure);

#endif
