/* SPDX-License-Identifier: MIT */
/* The taxonomy of change stream errors. */
#include "sources/mongodb/fault.h"

#include <stdio.h>
#include <string.h>

#include "clients/mongo_client.h"

enum {
    CODE_FAILED_TO_PARSE = 9,
    CODE_UNAUTHORIZED = 13,
    CODE_OVERFLOW = 15,
    CODE_ILLEGAL_OPERATION = 20,
    CODE_CURSOR_NOT_FOUND = 43,
    CODE_NO_MATCHING_DOCUMENT = 47,
    CODE_CAPPED_POSITION_LOST = 136,
    CODE_VIEW = 166,
    CODE_CURSOR_KILLED = 237,
    CODE_INVALID_RESUME_TOKEN = 260,
    CODE_CHANGE_STREAM_FATAL = 280,
    CODE_HISTORY_LOST = 286,
    CODE_TOO_LARGE = 10334,
    CODE_UNKNOWN_STAGE = 40324,
    CODE_STANDALONE = 40573,
    CODE_BAD_TOKEN = 40647,
    CODE_BAD_KEY_STRING = 50811
};

/* 280 has three meanings, told apart only by the message. */
static enum mst_mongo_fault
fault_of_280(const char *message)
{
    if (strstr(message, "split event") != NULL) {
        return MST_MONGO_FAULT_SPLIT_TOKEN;
    }
    if (strstr(message, "modified by the pipeline") != NULL) {
        return MST_MONGO_FAULT_OTHER;
    }
    return MST_MONGO_FAULT_LOST;
}

static enum mst_mongo_fault
fault_of_code(const bson_error_t *error)
{
    switch (error->code) {
    case CODE_CURSOR_NOT_FOUND:
    case CODE_CURSOR_KILLED:
        return MST_MONGO_FAULT_CURSOR;
    case CODE_CAPPED_POSITION_LOST:
    case CODE_INVALID_RESUME_TOKEN:
    case CODE_HISTORY_LOST:
        return MST_MONGO_FAULT_LOST;
    case CODE_CHANGE_STREAM_FATAL:
        return fault_of_280(error->message);
    case CODE_TOO_LARGE:
        return MST_MONGO_FAULT_LARGE;
    case CODE_UNKNOWN_STAGE:
        return MST_MONGO_FAULT_STAGE;
    default:
        return MST_MONGO_FAULT_OTHER;
    }
}

void
mst_mongo_failure_classify(struct mst_mongo_failure *failure,
                           const bson_t *reply)
{
    failure->status = mst_mongo_classify(&failure->error, reply);
    failure->fault = MST_MONGO_FAULT_OTHER;
    if (failure->error.domain == MONGOC_ERROR_SERVER) {
        failure->fault = fault_of_code(&failure->error);
        /* Nothing that this source sends is data: what the server calls a
         * bad value is a bad command. */
        if (failure->status == MST_REJECTED) {
            failure->status = MST_FATAL;
        }
    }
    if (failure->status == MST_REJECTED) {
        failure->status = MST_DISCONNECTED;
    }
}

static void
fault_hint(uint32_t code, const char *ns, struct mst_error *err)
{
    switch (code) {
    case CODE_UNAUTHORIZED:
        mst_error_hint(err, "grant the actions find and changeStream on %s",
                       ns);
        break;
    case CODE_NO_MATCHING_DOCUMENT:
        mst_error_hint(err,
                       "a document that 'required' asks for is not kept: use "
                       "whenAvailable, or enable_pre_images = true for the "
                       "changes to come");
        break;
    case CODE_STANDALONE:
        mst_error_hint(err, "start mongod with --replSet and run "
                            "rs.initiate(); one member is enough");
        break;
    case CODE_UNKNOWN_STAGE:
    case CODE_ILLEGAL_OPERATION:
    case CODE_CHANGE_STREAM_FATAL:
        mst_error_hint(err, "look at the option pipeline; mstream explain "
                            "prints what is sent");
        break;
    case CODE_VIEW:
        mst_error_hint(err, "views and time-series collections have no "
                            "change stream");
        break;
    case CODE_TOO_LARGE:
        mst_error_hint(err, "leave out a part of the event with a $unset in "
                            "pipeline, or use a server from 6.0.9 on");
        break;
    case CODE_FAILED_TO_PARSE:
    case CODE_OVERFLOW:
    case CODE_BAD_TOKEN:
    case CODE_BAD_KEY_STRING:
        mst_error_hint(err, "if start or the position was set by hand, check "
                            "the resume token in it");
        break;
    default:
        break;
    }
}

enum mst_status
mst_mongo_failure_say(const struct mst_mongo_failure *failure, const char *ns,
                      struct mst_error *err)
{
    char what[360];
    (void)snprintf(what, sizeof(what), "cannot read the changes of '%.300s'",
                   ns);
    (void)mst_mongo_fail_as(err, failure->status, &failure->error, what);
    if (failure->error.domain == MONGOC_ERROR_SERVER) {
        fault_hint(failure->error.code, ns, err);
    }
    return failure->status;
}
