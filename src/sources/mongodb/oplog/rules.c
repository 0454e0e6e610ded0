/* SPDX-License-Identifier: MIT */
/* Rules by the server's version. */
#include "sources/mongodb/oplog/rules.h"

#include <stdlib.h>

#include "base/macros.h"
#include "sources/mongodb/oplog/resume_token.h"

#define ORIGIN "mongodb"

enum { RULES_FCV_6_1 = 61 };

static const char *const rules_names[] = {
    [MST_OPLOG_WIRE_6_0] = "6.0",
    [MST_OPLOG_WIRE_6_1] = "6.1",
    [19] = "6.2",
    [20] = "6.3",
    [MST_OPLOG_WIRE_7_0] = "7.0",
    [22] = "7.1",
    [23] = "7.2",
    [24] = "7.3",
    [MST_OPLOG_WIRE_8_0] = "8.0",
    [MST_OPLOG_WIRE_8_1] = "8.1",
    [MST_OPLOG_WIRE_8_2] = "8.2",
};

const char *
mst_oplog_server_name(int64_t wire_version)
{
    return wire_version >= MST_OPLOG_WIRE_6_0
                   && wire_version < (int64_t)MST_ARRAY_SIZE(rules_names)
               ? rules_names[wire_version]
               : "newer";
}

bool
mst_oplog_rules_of(int64_t wire_version, int fcv,
                   struct mst_oplog_rules *ret_rules)
{
    if (wire_version < MST_OPLOG_WIRE_6_0
        || wire_version > MST_OPLOG_WIRE_8_2) {
        return false;
    }
    /* What the feature version holds back is only the paths: the others are
     * the server's whatever it is, and entries of either form are read. */
    *ret_rules = (struct mst_oplog_rules){
        .token_version = wire_version >= MST_OPLOG_WIRE_7_0
                             ? MST_OPLOG_TOKEN_V2
                             : MST_OPLOG_TOKEN_V1,
        .any_apply_ops = wire_version >= MST_OPLOG_WIRE_6_1,
        .image_entries = wire_version < MST_OPLOG_WIRE_7_0,
        .ambiguous = wire_version >= MST_OPLOG_WIRE_6_1
                     && (fcv == 0 || fcv >= RULES_FCV_6_1),
        .ns_type = wire_version >= MST_OPLOG_WIRE_8_1,
    };
    return true;
}

/* {featureCompatibilityVersion: {version: "6.0"}}; 0: the user may not know
 * it, or it is none. */
static enum mst_status
rules_fcv(struct mst_mongo_stream *stream, int *ret_fcv, struct mst_error *err)
{
    bson_t *command = BCON_NEW("getParameter", BCON_INT32(1),
                               "featureCompatibilityVersion", BCON_INT32(1));
    bson_t reply;
    bson_iter_t iter;
    bson_iter_t version;
    struct mst_mongo_failure failure;
    bool ok = mst_mongo_stream_run(stream, "admin", command, &reply, &failure);
    *ret_fcv = 0;
    if (ok && bson_iter_init(&iter, &reply)
        && bson_iter_find_descendant(
            &iter, "featureCompatibilityVersion.version", &version)
        && BSON_ITER_HOLDS_UTF8(&version)) {
        char *end = NULL;
        const char *text = bson_iter_utf8(&version, NULL);
        long major = strtol(text, &end, 10);
        long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
        if (major > 0 && major < 100 && minor >= 0 && minor < 10) {
            *ret_fcv = (int)(10 * major + minor);
        }
    }
    bson_destroy(&reply);
    bson_destroy(command);
    return ok || failure.status != MST_DISCONNECTED
               ? MST_OK
               : mst_mongo_failure_say(&failure, "admin", err);
}

enum mst_status
mst_oplog_rules_choose(struct mst_mongo_stream *stream, bool untested,
                       struct mst_oplog_rules *ret_rules, struct mst_error *err)
{
    int64_t wire = stream->wire_version;
    struct mst_oplog_rules rules;
    if (!mst_oplog_rules_of(wire, 0, &rules)) {
        return mst_fail(err, MST_FATAL, ORIGIN, wire,
                        "the oplog can not be read: this build knows that of "
                        "MongoDB up to 8.2, and the server is newer (wire "
                        "version %lld)",
                        (long long)wire);
    }
    if (wire == MST_OPLOG_WIRE_6_0) {
        *ret_rules = rules;
        return MST_OK;
    }
    if (!untested) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, wire,
                       "the oplog can not be read: this is MongoDB %s, and "
                       "this reader was tried with 6.0 only",
                       mst_oplog_server_name(wire));
        mst_error_hint(err, "reader = \"change_stream\", which goes on from "
                            "the same place; or oplog_untested_server = true, "
                            "after a look at docs/oplog-reader.md");
        mst_error_lasts(err);
        return MST_FATAL;
    }
    int fcv = 0;
    enum mst_status status = rules_fcv(stream, &fcv, err);
    if (status == MST_OK) {
        (void)mst_oplog_rules_of(wire, fcv, ret_rules);
    }
    return status;
}
