/* SPDX-License-Identifier: MIT */
/* Talking to the server about one change stream. */
#include "sources/mongodb/stream.h"

#include <stdio.h>

#include "clients/mongo_client.h"

#define ORIGIN "mongodb"

/* 6.0 speaks wire version 17. */
enum { WIRE_VERSION_6_0 = 17, STREAM_GOODBYE_MS = 300 };

static const char *
stream_text(const bson_t *doc, const char *field)
{
    bson_iter_t iter;
    if (bson_iter_init_find(&iter, doc, field) && BSON_ITER_HOLDS_UTF8(&iter)) {
        return bson_iter_utf8(&iter, NULL);
    }
    return "";
}

/* Looks at what the member said of itself. */
static enum mst_status
stream_check_member(struct mst_mongo_stream *stream, const bson_t *hello,
                    struct mst_error *err)
{
    bson_iter_t iter;
    int64_t wire = 0;
    if (bson_iter_init_find(&iter, hello, "maxWireVersion")) {
        wire = bson_iter_as_int64(&iter);
    }
    if (wire < WIRE_VERSION_6_0) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, wire,
                       "the MongoDB server is older than 6.0 (wire version "
                       "%lld): its change streams are not supported",
                       (long long)wire);
        mst_error_hint(err, "use MongoDB 6.0 or later");
        return MST_FATAL;
    }
    const char *set = stream_text(hello, "setName");
    bool router = strcmp(stream_text(hello, "msg"), "isdbgrid") == 0;
    if (set[0] == '\0' && !router) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "the MongoDB server is a standalone: change streams "
                       "need a replica set");
        mst_error_hint(err, "start mongod with --replSet and run "
                            "rs.initiate(); one member is enough");
        /* A member that starts up has no name of its set for a moment. */
        if (!bson_iter_init_find(&iter, hello, "isreplicaset")) {
            mst_error_lasts(err);
        }
        return MST_FATAL;
    }
    stream->wire_version = wire;
    stream->is_router = router;
    (void)snprintf(stream->set_name, sizeof(stream->set_name), "%s", set);
    return MST_OK;
}

static void
stream_use(struct mst_mongo_stream *stream,
           const mongoc_server_description_t *member)
{
    stream->server_id = mongoc_server_description_id(member);
    (void)snprintf(stream->member, sizeof(stream->member), "%s",
                   mongoc_server_description_host(member)->host_and_port);
}

static enum mst_status
stream_select(struct mst_mongo_stream *stream, struct mst_error *err)
{
    bson_error_t error;
    mongoc_server_description_t *member = mongoc_client_select_server(
        stream->client, false, mongoc_client_get_read_prefs(stream->client),
        &error);
    if (member == NULL) {
        return mst_mongo_fail(err, &error, NULL, "cannot reach MongoDB");
    }
    stream_use(stream, member);
    enum mst_status status = stream_check_member(
        stream, mongoc_server_description_hello_response(member), err);
    mongoc_server_description_destroy(member);
    return status;
}

enum mst_status
mst_mongo_stream_connect(struct mst_mongo_stream *stream,
                         const struct mst_mongo_options *options,
                         const char *app_name, int64_t socket_timeout_ms,
                         struct mst_mongo_cancel *cancel, struct mst_error *err)
{
    memset(stream, 0, sizeof(*stream));
    stream->db = options->db_name;
    stream->cancel = cancel;
    enum mst_status status = mst_mongo_client_create(
        options, app_name, socket_timeout_ms, cancel, &stream->client, err);
    if (status == MST_OK) {
        status = stream_select(stream, err);
    }
    if (status == MST_OK) {
        /* A cursor belongs to a session: one for all commands. */
        mongoc_session_opt_t *opts = mongoc_session_opts_new();
        mongoc_session_opts_set_causal_consistency(opts, false);
        bson_error_t error;
        stream->session =
            mongoc_client_start_session(stream->client, opts, &error);
        mongoc_session_opts_destroy(opts);
        if (stream->session == NULL) {
            status = mst_mongo_fail(err, &error, NULL,
                                    "cannot start a session with MongoDB");
        }
    }
    if (status != MST_OK) {
        mst_mongo_stream_close(stream);
    }
    return status;
}

/* One that holds data and answers. */
static bool
stream_is_member(const mongoc_server_description_t *member)
{
    const char *type = mongoc_server_description_type(member);
    return strcmp(type, "RSPrimary") == 0 || strcmp(type, "RSSecondary") == 0;
}

bool
mst_mongo_stream_move(struct mst_mongo_stream *stream, const char *member)
{
    size_t n = 0;
    bool found = strcmp(stream->member, member) == 0;
    if (found) {
        return true;
    }
    mongoc_server_description_t **members =
        mongoc_client_get_server_descriptions(stream->client, &n);
    for (size_t i = 0; !found && i < n; i++) {
        found =
            stream_is_member(members[i])
            && strcmp(mongoc_server_description_host(members[i])->host_and_port,
                      member)
                   == 0;
        if (found) {
            stream_use(stream, members[i]);
        }
    }
    mongoc_server_descriptions_destroy_all(members, n);
    return found;
}

size_t
mst_mongo_stream_members(struct mst_mongo_stream *stream,
                         char (*ret_members)[MST_MONGO_MEMBER_MAX], size_t max)
{
    size_t n = 0;
    size_t len = 0;
    mongoc_server_description_t **members =
        mongoc_client_get_server_descriptions(stream->client, &n);
    for (size_t i = 0; i < n && len < max; i++) {
        if (stream_is_member(members[i])) {
            (void)snprintf(
                ret_members[len++], MST_MONGO_MEMBER_MAX, "%s",
                mongoc_server_description_host(members[i])->host_and_port);
        }
    }
    mongoc_server_descriptions_destroy_all(members, n);
    return len;
}

bool
mst_mongo_stream_run(struct mst_mongo_stream *stream, const char *db,
                     const bson_t *command, bson_t *reply,
                     struct mst_mongo_failure *failure)
{
    bson_t opts = BSON_INITIALIZER;
    bson_t local;
    bson_t *answer = reply != NULL ? reply : &local;
    memset(failure, 0, sizeof(*failure));
    (void)BSON_APPEND_INT32(&opts, "serverId", (int32_t)stream->server_id);
    (void)mongoc_client_session_append(stream->session, &opts, &failure->error);
    bool ok = mongoc_client_command_with_opts(
        stream->client, db, command,
        mongoc_client_get_read_prefs(stream->client), &opts, answer,
        &failure->error);
    bson_destroy(&opts);
    if (!ok) {
        mst_mongo_failure_classify(failure, answer);
    }
    stream->broken = !ok && failure->error.domain != MONGOC_ERROR_SERVER;
    if (reply == NULL) {
        bson_destroy(&local);
    }
    return ok;
}

/* The server does not notice that the line of a waiting getMore was cut by us
 * and keeps the cursor for minutes: it is told when the stream ends. */
static void
stream_failed(struct mst_mongo_stream *stream)
{
    if (stream->cancel != NULL && mst_mongo_cancel_is_now(stream->cancel)) {
        stream->broken = false;
    } else {
        stream->cursor_id = 0;
    }
}

/* Runs aggregate or getMore. */
static bool
stream_fetch(struct mst_mongo_stream *stream, const bson_t *command,
             struct mst_mongo_reply **ret_reply,
             struct mst_mongo_failure *failure)
{
    bson_t answer;
    bool ok =
        mst_mongo_stream_run(stream, stream->db, command, &answer, failure);
    if (!ok) {
        bson_destroy(&answer);
        stream_failed(stream);
        return false;
    }
    struct mst_mongo_reply *reply = mst_mongo_reply_create(&answer);
    struct mst_error err;
    mst_error_clear(&err);
    if (reply == NULL || mst_mongo_reply_parse(reply, &err) != MST_OK) {
        mst_mongo_reply_unref(reply);
        failure->status = reply == NULL ? MST_FATAL : MST_DISCONNECTED;
        bson_set_error(&failure->error, MONGOC_ERROR_PROTOCOL, 0, "%s",
                       reply == NULL ? "out of memory" : err.text);
        stream->cursor_id = 0;
        return false;
    }
    stream->cursor_id = reply->cursor_id;
    *ret_reply = reply;
    return true;
}

bool
mst_mongo_stream_open(struct mst_mongo_stream *stream, const bson_t *aggregate,
                      struct mst_mongo_reply **ret_reply,
                      struct mst_mongo_failure *failure)
{
    mst_mongo_stream_end(stream);
    struct mst_mongo_reply *reply = NULL;
    if (!stream_fetch(stream, aggregate, &reply, failure)) {
        return false;
    }
    const uint8_t *dot = memchr(reply->ns.data, '.', reply->ns.len);
    size_t skip = dot == NULL ? 0 : (size_t)(dot - reply->ns.data) + 1;
    (void)snprintf(stream->cursor_collection, sizeof(stream->cursor_collection),
                   "%.*s", (int)(reply->ns.len - skip),
                   (const char *)reply->ns.data + skip);
    *ret_reply = reply;
    return true;
}

bool
mst_mongo_stream_more(struct mst_mongo_stream *stream, int64_t batch_size,
                      int64_t await_ms, struct mst_mongo_reply **ret_reply,
                      struct mst_mongo_failure *failure)
{
    bson_t command = BSON_INITIALIZER;
    (void)BSON_APPEND_INT64(&command, "getMore", stream->cursor_id);
    (void)BSON_APPEND_UTF8(&command, "collection", stream->cursor_collection);
    (void)BSON_APPEND_INT64(&command, "batchSize", batch_size);
    (void)BSON_APPEND_INT64(&command, "maxTimeMS", await_ms);
    bool ok = stream_fetch(stream, &command, ret_reply, failure);
    bson_destroy(&command);
    return ok;
}

void
mst_mongo_stream_end(struct mst_mongo_stream *stream)
{
    if (stream->cursor_id != 0 && !stream->broken) {
        bson_t *command =
            BCON_NEW("killCursors", BCON_UTF8(stream->cursor_collection),
                     "cursors", "[", BCON_INT64(stream->cursor_id), "]");
        struct mst_mongo_failure failure;
        /* The server forgets cursors by itself too. */
        (void)!mst_mongo_stream_run(stream, stream->db, command, NULL,
                                    &failure);
        bson_destroy(command);
    }
    stream->cursor_id = 0;
}

void
mst_mongo_stream_close(struct mst_mongo_stream *stream)
{
    if (stream->client == NULL) {
        return;
    }
    if (stream->cancel != NULL) {
        mst_mongo_cancel_reset(stream->cancel);
        mst_mongo_cancel_within(stream->cancel,
                                stream->broken ? 0 : STREAM_GOODBYE_MS);
    }
    mst_mongo_stream_end(stream);
    if (stream->session != NULL) {
        mongoc_client_session_destroy(stream->session);
    }
    mongoc_client_destroy(stream->client);
    if (stream->cancel != NULL) {
        mst_mongo_cancel_reset(stream->cancel);
    }
    stream->session = NULL;
    stream->client = NULL;
}

bool
mst_mongo_stream_oplog_first(struct mst_mongo_stream *stream,
                             uint32_t *ret_seconds, uint32_t *ret_increment,
                             struct mst_mongo_failure *failure)
{
    bson_t *command =
        BCON_NEW("find", "oplog.rs", "sort", "{", "$natural", BCON_INT32(1),
                 "}", "limit", BCON_INT32(1), "singleBatch", BCON_BOOL(true),
                 "projection", "{", "ts", BCON_INT32(1), "}");
    bson_t reply;
    bool ok = mst_mongo_stream_run(stream, "local", command, &reply, failure);
    bson_iter_t iter;
    bson_iter_t ts;
    ok = ok && bson_iter_init(&iter, &reply)
         && bson_iter_find_descendant(&iter, "cursor.firstBatch.0.ts", &ts)
         && BSON_ITER_HOLDS_TIMESTAMP(&ts);
    if (ok) {
        bson_iter_timestamp(&ts, ret_seconds, ret_increment);
    }
    bson_destroy(&reply);
    bson_destroy(command);
    return ok;
}
