/* SPDX-License-Identifier: MIT */
/* What the errors of libmongoc and of the server mean to the program. */
#include "clients/mongo_client.h"

#include <stdio.h>
#include <string.h>

#define ORIGIN "mongodb"

struct mongo_code {
    int64_t code;
    enum mst_status status;
};

/* Names as in the server's error_codes.yml. */
static const struct mongo_code mongo_codes[] = {
    {6, MST_DISCONNECTED},     /* HostUnreachable */
    {7, MST_DISCONNECTED},     /* HostNotFound */
    {43, MST_DISCONNECTED},    /* CursorNotFound */
    {63, MST_DISCONNECTED},    /* StaleShardVersion */
    {89, MST_DISCONNECTED},    /* NetworkTimeout */
    {91, MST_DISCONNECTED},    /* ShutdownInProgress */
    {133, MST_DISCONNECTED},   /* FailedToSatisfyReadPreference */
    {150, MST_DISCONNECTED},   /* StaleEpoch */
    {189, MST_DISCONNECTED},   /* PrimarySteppedDown */
    {234, MST_DISCONNECTED},   /* RetryChangeStream */
    {237, MST_DISCONNECTED},   /* CursorKilled */
    {279, MST_DISCONNECTED},   /* ClientDisconnect */
    {9001, MST_DISCONNECTED},  /* SocketException */
    {10058, MST_DISCONNECTED}, /* LegacyNotPrimary */
    {10107, MST_DISCONNECTED}, /* NotWritablePrimary */
    {11600, MST_DISCONNECTED}, /* InterruptedAtShutdown */
    {11601, MST_DISCONNECTED}, /* Interrupted */
    {11602, MST_DISCONNECTED}, /* InterruptedDueToReplStateChange */
    {13388, MST_DISCONNECTED}, /* StaleConfig */
    {13435, MST_DISCONNECTED}, /* NotPrimaryNoSecondaryOk */
    {13436, MST_DISCONNECTED}, /* NotPrimaryOrSecondary */
    {24, MST_RETRY},           /* LockTimeout */
    {46, MST_RETRY},           /* LockBusy */
    {50, MST_RETRY},           /* MaxTimeMSExpired */
    {64, MST_RETRY},           /* WriteConcernFailed */
    {75, MST_RETRY},           /* Network: a write concern timed out */
    {79, MST_RETRY},           /* UnknownReplWriteConcern */
    {100, MST_RETRY},          /* UnsatisfiableWriteConcern */
    {112, MST_RETRY},          /* WriteConflict */
    {134, MST_RETRY},          /* ReadConcernMajorityNotAvailableYet */
    {202, MST_RETRY},          /* NetworkInterfaceExceededTimeLimit */
    {203, MST_RETRY},          /* NonRetryableInternal time limit */
    {225, MST_RETRY},          /* TransactionTooOld */
    {244, MST_RETRY},          /* TransactionAborted */
    {251, MST_RETRY},          /* NoSuchTransaction */
    {262, MST_RETRY},          /* ExceededTimeLimit */
    {365, MST_RETRY},          /* TemporarilyUnavailable */
    {14031, MST_RETRY},        /* OutOfDiskSpace */
    {16500, MST_RETRY},        /* request rate too large (compatibles) */
    {2, MST_REJECTED},         /* BadValue */
    {9, MST_REJECTED},         /* FailedToParse */
    {14, MST_REJECTED},        /* TypeMismatch */
    {15, MST_REJECTED},        /* Overflow */
    {16, MST_REJECTED},        /* InvalidLength */
    {22, MST_REJECTED},        /* InvalidBSON */
    {28, MST_REJECTED},        /* PathNotViable */
    {40, MST_REJECTED},        /* ConflictingUpdateOperators */
    {52, MST_REJECTED},        /* DollarPrefixedFieldName */
    {53, MST_REJECTED},        /* InvalidIdField */
    {54, MST_REJECTED},        /* NotSingleValueField */
    {55, MST_REJECTED},        /* InvalidDBRef */
    {56, MST_REJECTED},        /* EmptyFieldName */
    {57, MST_REJECTED},        /* DottedFieldName */
    {66, MST_REJECTED},        /* ImmutableField */
    {121, MST_REJECTED},       /* DocumentValidationFailure */
    {10334, MST_REJECTED},     /* BSONObjectTooLarge */
    {11000, MST_REJECTED},     /* DuplicateKey */
    {11001, MST_REJECTED},     /* DuplicateKey, old */
    {12582, MST_REJECTED},     /* DuplicateKey, old */
    {16755, MST_REJECTED},     /* can not extract geo keys */
    {16837, MST_REJECTED},     /* field not valid for the operator */
    {17280, MST_REJECTED},     /* KeyTooLong */
    {17419, MST_REJECTED},     /* document after update too large */
    {17420, MST_REJECTED},     /* document after update too large */
};

enum mst_status
mst_mongo_classify_code(int64_t code)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(mongo_codes); i++) {
        if (mongo_codes[i].code == code) {
            return mongo_codes[i].status;
        }
    }
    return MST_FATAL;
}

bool
mst_mongo_has_label(const bson_t *reply, const char *label)
{
    return reply != NULL && mongoc_error_has_label(reply, label);
}

/* The library gives whatever goes wrong during a login the code of a login
 * that was refused; only its words tell a line that was cut from a password
 * that is wrong. */
static bool
mongo_is_login_cut(const char *message)
{
    static const char *const words[] = {"Failed to send", "Failed to read",
                                        "socket error",   "timeout",
                                        "interrupted",    "shutdown"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(words); i++) {
        if (strstr(message, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static enum mst_status
mongo_classify_client(const bson_error_t *error)
{
    /* Only what a person has to repair; the rest is a connection that did
     * not come about. */
    switch (error->code) {
    case MONGOC_ERROR_CLIENT_AUTHENTICATE:
        return mongo_is_login_cut(error->message) ? MST_DISCONNECTED
                                                  : MST_FATAL;
    case MONGOC_ERROR_CLIENT_NOT_READY:
    case MONGOC_ERROR_CLIENT_IN_EXHAUST:
        return MST_FATAL;
    default:
        return MST_DISCONNECTED;
    }
}

enum mst_status
mst_mongo_classify(const bson_error_t *error, const bson_t *reply)
{
    switch (error->domain) {
    case MONGOC_ERROR_CLIENT:
        return mongo_classify_client(error);
    case MONGOC_ERROR_STREAM:
    case MONGOC_ERROR_SERVER_SELECTION:
        return MST_DISCONNECTED;
    case MONGOC_ERROR_PROTOCOL:
        return error->code == MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION
                   ? MST_FATAL
                   : MST_DISCONNECTED;
    case MONGOC_ERROR_BSON:
        return MST_REJECTED;
    case MONGOC_ERROR_WRITE_CONCERN:
        return mst_mongo_classify_code(error->code) == MST_DISCONNECTED
                   ? MST_DISCONNECTED
                   : MST_RETRY;
    default:
        break;
    }
    enum mst_status status = mst_mongo_classify_code(error->code);
    if (status != MST_FATAL || error->code == 13 || error->code == 18) {
        return status;
    }
    if (mst_mongo_has_label(reply, "ResumableChangeStreamError")) {
        return MST_DISCONNECTED;
    }
    if (mst_mongo_has_label(reply, "RetryableWriteError")
        || mst_mongo_has_label(reply, "TransientTransactionError")) {
        return MST_RETRY;
    }
    return MST_FATAL;
}

static bool
mongo_is_auth(const bson_error_t *error)
{
    return (error->domain == MONGOC_ERROR_CLIENT
            && error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE
            && !mongo_is_login_cut(error->message))
           || (error->domain != MONGOC_ERROR_CLIENT && error->code == 18);
}

enum mst_status
mst_mongo_fail_as(struct mst_error *err, enum mst_status status,
                  const bson_error_t *error, const char *what)
{
    bool server = error->domain == MONGOC_ERROR_SERVER
                  || error->domain == MONGOC_ERROR_WRITE_CONCERN
                  || error->domain == MONGOC_ERROR_QUERY;
    if (server) {
        (void)mst_fail(err, status, ORIGIN, error->code, "%s: %s (code %u)",
                       what, error->message, error->code);
    } else {
        (void)mst_fail(err, status, ORIGIN, error->code, "%s: %s", what,
                       error->message);
    }
    if (mongo_is_auth(error)) {
        mst_error_hint(err, "check user, password and authSource in "
                            "connection_string");
    } else if (server && error->code == 13) {
        mst_error_hint(err, "grant the missing privilege to the user that "
                            "connection_string names");
    } else if (error->domain == MONGOC_ERROR_SERVER_SELECTION) {
        mst_error_hint(err, "is the server running, reachable, and a member "
                            "of the replica set that connection_string "
                            "names?");
    }
    return status;
}

enum mst_status
mst_mongo_fail(struct mst_error *err, const bson_error_t *error,
               const bson_t *reply, const char *what)
{
    return mst_mongo_fail_as(err, mst_mongo_classify(error, reply), error,
                             what);
}
