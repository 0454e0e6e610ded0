/* SPDX-License-Identifier: MIT */
/*
 * Opening the stream where it stood, and what to do when the server says no:
 * other modes for events that are too large, and the position that is lost.
 *
 *   PLAIN ──10334──► SPLIT ──refused──► SINGLE ──10334──► BARE ──one event──┐
 *     ▲                │ quiet for long    │ none found                     │
 *     └────────────────┴───────────────────┴────────────────────────────────┘
 *
 * PLAIN is the usual one because the split stage costs the server a tenth of
 * its speed.
 */
#include <stdio.h>

#include "base/clock.h"
#include "log/log.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

enum { RESUME_ATTEMPTS = 6 };

static void
resume_mode(struct mst_mongo_source *source, enum mst_mongo_mode mode)
{
    source->mode = mode;
    source->mode_events = 0;
}

/* An event above the server's limit stands next. */
static enum mst_status
resume_large(struct mst_mongo_source *source,
             const struct mst_mongo_failure *failure, struct mst_error *err)
{
    switch (source->mode) {
    case MST_MONGO_MODE_PLAIN:
        resume_mode(source, source->split_refused ? MST_MONGO_MODE_SINGLE
                                                  : MST_MONGO_MODE_SPLIT);
        mst_log_info(ORIGIN,
                     "a change of '%s' is too large for one event "
                     "of the server: reading it in %s",
                     source->ns,
                     source->split_refused ? "single steps" : "fragments");
        return MST_OK;
    case MST_MONGO_MODE_SPLIT:
        resume_mode(source, MST_MONGO_MODE_SINGLE);
        return MST_OK;
    case MST_MONGO_MODE_SINGLE:
        resume_mode(source, MST_MONGO_MODE_BARE);
        mst_log_warn(ORIGIN,
                     "one change of '%s' is too large for the "
                     "server with the document before it: reading that one "
                     "without",
                     source->ns);
        return MST_OK;
    case MST_MONGO_MODE_BARE:
    default:
        return mst_mongo_failure_say(failure, source->ns, err);
    }
}

/* The split stage, or one of the user's, is not known to the server. */
static enum mst_status
resume_stage(struct mst_mongo_source *source,
             const struct mst_mongo_failure *failure, struct mst_error *err)
{
    if (source->mode != MST_MONGO_MODE_SPLIT || source->watch.always_split) {
        return mst_mongo_failure_say(failure, source->ns, err);
    }
    mst_log_warn(ORIGIN, "the server can not split large events "
                         "($changeStreamSplitLargeEvent, from 6.0.9 on)");
    source->split_refused = true;
    resume_mode(source, MST_MONGO_MODE_SINGLE);
    return MST_OK;
}

/* What is lost, or why the position is none, for the messages below. */
static void
resume_interval(struct mst_mongo_source *source, char *out, size_t size)
{
    char from[MST_TIME_TEXT_MAX] = "an unknown time";
    char to[MST_TIME_TEXT_MAX];
    int64_t from_ms = 0;
    if (mst_mongo_position_time(&source->resume, &from_ms)) {
        mst_time_format(from_ms, from);
    }
    uint32_t seconds = 0;
    uint32_t increment = 0;
    struct mst_mongo_failure ignored;
    if (!mst_mongo_stream_oplog_first(mst_mongo_fetch_aside(source), &seconds,
                                      &increment, &ignored)) {
        mst_time_format(mst_clock_wall_ms() / 1000 * 1000, to);
        (void)snprintf(out, size,
                       "the changes from %s to at most %s (now) are lost to "
                       "this job",
                       from, to);
        return;
    }
    mst_time_format((int64_t)seconds * 1000, to);
    if ((int64_t)seconds * 1000 > from_ms) {
        (void)snprintf(out, size,
                       "the changes from %s to %s, where the oplog begins, "
                       "are lost to this job",
                       from, to);
        return;
    }
    (void)snprintf(out, size,
                   "the oplog does reach back from now to %s, before the "
                   "position's time %s, so it is of another collection or "
                   "another replica set, or the set was restored",
                   to, from);
}

enum mst_status
mst_mongo_resume_lost(struct mst_mongo_source *source,
                      const struct mst_mongo_failure *failure,
                      struct mst_error *err)
{
    char interval[320];
    resume_interval(source, interval, sizeof(interval));
    if (source->options->on_lost_position == MST_MONGO_LOST_NOW) {
        mst_log_error(ORIGIN,
                      "POSITION LOST: the server no longer has it "
                      "in '%s': %s; going on from now, as on_lost_position "
                      "asks",
                      source->ns, interval);
        mst_mongo_position_clear(&source->resume);
        source->mark_wanted = true;
        return MST_OK;
    }
    (void)mst_fail(err, MST_FATAL, ORIGIN, failure->error.code,
                   "the server no longer has the position in '%s': %s "
                   "(%.300s, code %u)",
                   source->ns, interval, failure->error.message,
                   failure->error.code);
    mst_error_hint(err, "copy the documents again, then set the job's position "
                        "(mstream checkpoints rewind); or on_lost_position = "
                        "\"now\" to go on without those changes");
    mst_error_lasts(err);
    return MST_FATAL;
}

enum mst_status
mst_mongo_resume_earliest(struct mst_mongo_source *source,
                          struct mst_error *err)
{
    uint32_t seconds = 0;
    uint32_t increment = 0;
    struct mst_mongo_failure failure;
    if (mst_mongo_stream_oplog_first(&source->stream, &seconds, &increment,
                                     &failure)) {
        mst_mongo_position_set_time(&source->resume, seconds, increment);
        return MST_OK;
    }
    if (failure.error.code != 13) {
        return mst_mongo_failure_say(&failure, "local.oplog.rs", err);
    }
    (void)mst_fail(err, MST_FATAL, ORIGIN, 13,
                   "start = \"earliest\" has to look where the oplog begins, "
                   "and may not");
    mst_error_hint(err, "grant find on local.oplog.rs (role read on local), "
                        "or give start a time");
    return MST_FATAL;
}

enum mst_status
mst_mongo_resume_adapt(struct mst_mongo_source *source,
                       const struct mst_mongo_failure *failure,
                       struct mst_error *err)
{
    switch (failure->fault) {
    case MST_MONGO_FAULT_CURSOR:
        return MST_OK;
    case MST_MONGO_FAULT_LARGE:
        return resume_large(source, failure, err);
    case MST_MONGO_FAULT_STAGE:
        return resume_stage(source, failure, err);
    case MST_MONGO_FAULT_SPLIT_TOKEN:
        if (source->mode == MST_MONGO_MODE_SPLIT) {
            return mst_mongo_failure_say(failure, source->ns, err);
        }
        resume_mode(source, MST_MONGO_MODE_SPLIT);
        return MST_OK;
    case MST_MONGO_FAULT_LOST:
        if (source->earliest) {
            /* The oplog's first entry went while we came: take the next. */
            return mst_mongo_resume_earliest(source, err);
        }
        return mst_mongo_resume_lost(source, failure, err);
    case MST_MONGO_FAULT_OTHER:
    default:
        return mst_mongo_failure_say(failure, source->ns, err);
    }
}

/* Takes a reply as the one to read from. */
static enum mst_status
resume_adopt(struct mst_mongo_source *source, struct mst_mongo_reply *reply,
             struct mst_error *err)
{
    enum mst_status status =
        mst_bson_iter_init(&source->iter, reply->batch, NULL);
    if (status == MST_OK && source->resume.now) {
        /* What was opened at `now` is at that moment for good. */
        if (reply->token.data != NULL) {
            status = mst_mongo_position_set_token(&source->resume, reply->token,
                                                  err);
        } else {
            mst_mongo_position_set_time(&source->resume, reply->seconds,
                                        reply->increment);
        }
        if (status == MST_OK && reply->token.data != NULL) {
            mst_mongo_position_clear(&source->pinned);
            status = mst_mongo_position_set_token(&source->pinned, reply->token,
                                                  err);
        }
        source->mark_wanted = true;
    }
    if (status != MST_OK) {
        mst_mongo_reply_unref(reply);
        return mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                        "the server's reply is damaged");
    }
    source->reply = reply;
    source->reply_opened = true;
    source->reply_events = 0;
    source->last_token = MST_SLICE_NONE;
    return MST_OK;
}

enum mst_status
mst_mongo_resume_open(struct mst_mongo_source *source, struct mst_error *err)
{
    mst_mongo_join_clear(&source->join);
    for (int attempt = 0; attempt < RESUME_ATTEMPTS; attempt++) {
        bson_t *command =
            mst_mongo_aggregate(&source->watch, &source->resume, source->mode);
        struct mst_mongo_reply *reply = NULL;
        struct mst_mongo_failure failure;
        bool ok =
            mst_mongo_stream_open(&source->stream, command, &reply, &failure);
        bson_destroy(command);
        if (ok) {
            source->restart = false;
            return resume_adopt(source, reply, err);
        }
        enum mst_status status = mst_mongo_resume_adapt(source, &failure, err);
        if (status != MST_OK) {
            return status;
        }
    }
    return mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                    "the change stream of '%s' can not be opened", source->ns);
}
