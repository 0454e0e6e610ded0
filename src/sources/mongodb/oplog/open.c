/* SPDX-License-Identifier: MIT */
/* Choosing the oplog, and opening it where the source stood. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "log/log.h"
#include "sources/mongodb/oplog/tail.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

enum { OPEN_ATTEMPTS = 6, CODE_UNAUTHORIZED = 13, CODE_HISTORY_LOST = 286 };

/* --- whether ------------------------------------------------------------ */

/* What the oplog's collections need to be read; NULL: it may be. */
static enum mst_status
open_right(struct mst_mongo_stream *stream, const char *db, const char *name,
           const char *what, struct mst_error *err)
{
    bson_t *command =
        BCON_NEW("find", BCON_UTF8(name), "limit", BCON_INT32(1), "singleBatch",
                 BCON_BOOL(true), "projection", "{", "_id", BCON_INT32(1), "}");
    struct mst_mongo_failure failure;
    bool ok = mst_mongo_stream_run(stream, db, command, NULL, &failure);
    bson_destroy(command);
    if (ok) {
        return MST_OK;
    }
    if (failure.error.code != CODE_UNAUTHORIZED) {
        char ns[128];
        (void)snprintf(ns, sizeof(ns), "%s.%s", db, name);
        return mst_mongo_failure_say(&failure, ns, err);
    }
    (void)mst_fail(err, MST_FATAL, ORIGIN, CODE_UNAUTHORIZED,
                   "the user may not read %s.%s, where %s", db, name, what);
    mst_error_hint(err,
                   "grant a role with find on {db: \"%s\", collection: "
                   "\"%s\"}; mstream doctor prints it whole",
                   db, name);
    return MST_FATAL;
}

static bool
open_wants_images(const struct mst_mongo_source_options *options)
{
    return options->before != MST_MONGO_BEFORE_OFF
           || options->full_document == MST_MONGO_FULL_WHEN_AVAILABLE
           || options->full_document == MST_MONGO_FULL_REQUIRED;
}

/* A view or time-series collection has no changes of its own. */
static enum mst_status
open_check_type(struct mst_mongo_stream *stream,
                const struct mst_mongo_watch *watch, const char *db,
                struct mst_error *err)
{
    if (watch->database) {
        return MST_OK;
    }
    bson_t *command =
        BCON_NEW("listCollections", BCON_INT32(1), "filter", "{", "name",
                 BCON_UTF8(watch->resource), "}", "nameOnly", BCON_BOOL(true),
                 "authorizedCollections", BCON_BOOL(true));
    bson_t reply;
    struct mst_mongo_failure failure;
    bson_iter_t iter;
    bson_iter_t type;
    bool ok = mst_mongo_stream_run(stream, db, command, &reply, &failure);
    bool other =
        ok && bson_iter_init(&iter, &reply)
        && bson_iter_find_descendant(&iter, "cursor.firstBatch.0.type", &type)
        && BSON_ITER_HOLDS_UTF8(&type)
        && strcmp(bson_iter_utf8(&type, NULL), "collection") != 0;
    bson_destroy(&reply);
    bson_destroy(command);
    if (!ok && failure.status == MST_DISCONNECTED) {
        return mst_mongo_failure_say(&failure, watch->resource, err);
    }
    if (other) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "'%s.%s' is a view or a time-series collection: these "
                        "have no changes of their own",
                        db, watch->resource);
    }
    return MST_OK;
}

static enum mst_status
open_refuse(struct mst_error *err, const char *text)
{
    (void)mst_fail(err, MST_FATAL, ORIGIN, 0, "the oplog can not be read: %s",
                   text);
    mst_error_hint(err, "reader = \"change_stream\", which goes on from the "
                        "same place");
    mst_error_lasts(err);
    return MST_FATAL;
}

enum mst_status
mst_oplog_reader_check(struct mst_mongo_stream *stream,
                       const struct mst_mongo_watch *watch, const char *db,
                       struct mst_error *err)
{
    const char *pipeline = watch->options->pipeline;
    if (stream->is_router) {
        return open_refuse(err, "this is a sharded cluster, whose shards each "
                                "have one of their own");
    }
    if (pipeline != NULL && pipeline[0] != '\0') {
        return open_refuse(err, "the pipeline's stages are the server's");
    }
    if (!watch->database && strncmp(watch->resource, "system.", 7) == 0) {
        return open_refuse(err, "system collections are not shown");
    }
    struct mst_oplog_rules rules;
    enum mst_status status = mst_oplog_rules_choose(
        stream, watch->options->oplog_untested_server, &rules, err);
    if (status == MST_OK) {
        status =
            open_right(stream, "local", "oplog.rs", "all changes stand", err);
    }
    if (status == MST_OK && open_wants_images(watch->options)) {
        status = open_right(stream, "config", "system.preimages",
                            "documents before changes are kept", err);
    }
    return status == MST_OK ? open_check_type(stream, watch, db, err) : status;
}

enum mst_status
mst_oplog_role_print(const struct mst_mongo_watch *watch, const char *db,
                     struct mst_buf *out)
{
    enum mst_status status = mst_buf_printf(
        out,
        "enough: db.getSiblingDB(\"admin\").createRole({role: "
        "\"mstream_oplog\", roles: [], privileges: [{resource: {db: "
        "\"local\", collection: \"oplog.rs\"}, actions: [\"find\"]}, "
        "{resource: {db: \"%s\", collection: \"%s\"}, actions: [\"find\"]}",
        db, watch->database ? "" : watch->resource);
    if (status == MST_OK && open_wants_images(watch->options)) {
        status = mst_buf_append_str(
            out, ", {resource: {db: \"config\", collection: "
                 "\"system.preimages\"}, actions: [\"find\"]}");
    }
    return status == MST_OK ? mst_buf_append_str(out, "]})") : status;
}

static enum mst_status
open_create(struct mst_mongo_source *source, struct mst_error *err)
{
    struct mst_oplog_rules rules;
    enum mst_status status =
        mst_oplog_rules_choose(&source->stream, true, &rules, err);
    if (status != MST_OK) {
        return status;
    }
    if (source->stream.wire_version != MST_OPLOG_WIRE_6_0) {
        mst_log_warn(ORIGIN,
                     "job '%s': the oplog reader was not tried with MongoDB "
                     "%s; oplog_untested_server allows it",
                     source->args->job,
                     mst_oplog_server_name(source->stream.wire_version));
    }
    struct mst_oplog_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    mst_oplog_map_init(&reader->map, &source->watch, source->service->db_name,
                       rules);
    mst_oplog_render_init(&reader->render);
    status = mst_oplog_group_init(&reader->group, err);
    if (status != MST_OK) {
        mst_oplog_reader_destroy(reader);
        return status;
    }
    source->oplog = reader;
    source->stream.db = "local";
    return MST_OK;
}

enum mst_status
mst_oplog_reader_choose(struct mst_mongo_source *source, struct mst_error *err)
{
    bool automatic = source->options->reader == MST_MONGO_READER_AUTO;
    if (source->options->reader == MST_MONGO_READER_CHANGE_STREAM) {
        return MST_OK;
    }
    enum mst_status status = mst_oplog_reader_check(
        &source->stream, &source->watch, source->service->db_name, err);
    if (status == MST_OK) {
        mst_log_info(ORIGIN, "job '%s': '%s' is read from the oplog%s",
                     source->args->job, source->ns,
                     automatic ? ", which the server and the user's rights "
                                 "allow"
                               : "");
        return open_create(source, err);
    }
    if (status == MST_FATAL && automatic) {
        mst_log_info(ORIGIN, "job '%s': '%s' is read by a change stream: %s",
                     source->args->job, source->ns, err->text);
        mst_error_clear(err);
        return MST_OK;
    }
    return status;
}

void
mst_oplog_reader_destroy(struct mst_oplog_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    mst_oplog_map_clear(&reader->map);
    mst_oplog_render_clear(&reader->render);
    mst_oplog_group_clear(&reader->group);
    mst_oplog_unwind_clear(&reader->unwind);
    free(reader);
}

/* --- where -------------------------------------------------------------- */

/* What the position says, of either reader. */
static struct mst_oplog_time
open_place(struct mst_mongo_source *source)
{
    struct mst_oplog_reader *reader = source->oplog;
    const struct mst_mongo_position *resume = &source->resume;
    struct mst_oplog_time time = {resume->seconds, resume->increment};
    struct mst_mongo_token token;
    reader->skip = time;
    reader->skip_after = resume->after;
    reader->skip_changes = resume->changes;
    if (resume->token.len > 0
        && mst_mongo_token_decode(mst_buf_slice(&resume->token), &token, NULL)
               == MST_OK) {
        reader->skip_after = token.invalidate;
        reader->skip_changes = token.event ? token.index + 1 : 0;
    }
    reader->skips = reader->skip_after || reader->skip_changes > 0;
    return time;
}

static bool
open_say_lost(struct mst_mongo_failure *failure, const char *why)
{
    failure->status = MST_FATAL;
    failure->fault = MST_MONGO_FAULT_LOST;
    bson_set_error(&failure->error, MONGOC_ERROR_SERVER, CODE_HISTORY_LOST,
                   "%s", why);
    return false;
}

/* An entry that this job has read must still be there. */
static bool
open_check_entry(struct mst_mongo_source *source, struct mst_oplog_time time,
                 struct mst_mongo_failure *failure)
{
    struct mst_mongo_reply *reply = NULL;
    struct mst_slice doc;
    if (!mst_oplog_tail_entry(&source->stream, time, true, &reply, failure)) {
        return false;
    }
    bool found = mst_oplog_tail_first(reply, &doc);
    mst_mongo_reply_unref(reply);
    if (found) {
        return true;
    }
    struct mst_oplog_time newest;
    if (!mst_oplog_tail_newest(&source->stream, &newest, failure)) {
        return false;
    }
    if (mst_oplog_time_compare(newest, time) < 0) {
        failure->status = MST_DISCONNECTED;
        failure->fault = MST_MONGO_FAULT_OTHER;
        bson_set_error(&failure->error, MONGOC_ERROR_SERVER, 0,
                       "the member's oplog does not reach the position yet");
        return false;
    }
    return open_say_lost(failure,
                         "the oplog has no such entry as the position names");
}

/* After the tail was opened: does it begin where it was to? The server begins
 * with the oldest entry that it has, and says nothing. */
static bool
open_check_history(struct mst_mongo_source *source, struct mst_oplog_time time,
                   struct mst_mongo_failure *failure)
{
    struct mst_oplog_time oldest;
    bool complete = false;
    if (!mst_oplog_tail_oldest(&source->stream, &oldest, &complete, failure)
        || !mst_oplog_tail_newest(&source->stream, &source->oplog->newest,
                                  failure)) {
        return false;
    }
    if (mst_oplog_time_compare(oldest, time) > 0 && !complete) {
        return open_say_lost(failure, "the oplog begins later");
    }
    return !source->oplog->skips || open_check_entry(source, time, failure);
}

/* `now` is behind the newest entry. */
static bool
open_now(struct mst_mongo_source *source, struct mst_mongo_failure *failure)
{
    struct mst_oplog_time newest;
    if (!mst_oplog_tail_newest(&source->stream, &newest, failure)) {
        return false;
    }
    mst_mongo_position_set_entry(&source->resume, newest.seconds,
                                 newest.increment, 0, true);
    mst_mongo_position_set_entry(&source->pinned, newest.seconds,
                                 newest.increment, 0, true);
    source->mark_wanted = true;
    return true;
}

static bool
open_once(struct mst_mongo_source *source, struct mst_mongo_reply **ret_reply,
          struct mst_mongo_failure *failure)
{
    if (source->resume.now && !open_now(source, failure)) {
        return false;
    }
    struct mst_oplog_time time = open_place(source);
    struct mst_mongo_reply *reply = NULL;
    bson_t where = BSON_INITIALIZER;
    char who[160];
    (void)snprintf(who, sizeof(who), "job %.128s", source->args->job);
    mst_oplog_scope_filter(&source->oplog->map.scope, &where);
    const struct mst_oplog_find find = {
        .from = time,
        .where = &where,
        .batch_size = source->options->batch_size,
        .who = who,
    };
    bool ok = mst_oplog_tail_open(&source->stream, &find, &reply, failure);
    bson_destroy(&where);
    if (!ok) {
        return false;
    }
    if (!open_check_history(source, time, failure)) {
        mst_mongo_reply_unref(reply);
        return false;
    }
    *ret_reply = reply;
    return true;
}

enum mst_status
mst_oplog_reader_open(struct mst_mongo_source *source, struct mst_error *err)
{
    mst_oplog_unwind_clear(&source->oplog->unwind);
    source->oplog->group.len = 0;
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        struct mst_mongo_reply *reply = NULL;
        struct mst_mongo_failure failure;
        memset(&failure, 0, sizeof(failure));
        if (open_once(source, &reply, &failure)) {
            source->oplog->last = (struct mst_oplog_time){0, 0};
            source->oplog->probe = (struct mst_oplog_time){0, 0};
            source->restart = false;
            return mst_mongo_reader_adopt(source, reply, err);
        }
        /* It searches a long oplog for the first entry that is wanted. */
        mst_mongo_reader_note_failure(source, &failure);
        enum mst_status status = mst_mongo_resume_adapt(source, &failure, err);
        if (status != MST_OK) {
            return status;
        }
    }
    return mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                    "the oplog can not be opened for '%s'", source->ns);
}
