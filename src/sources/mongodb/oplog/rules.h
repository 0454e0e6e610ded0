/* SPDX-License-Identifier: MIT */
/* How a server writes its changes and shows them in a change stream, by its
 * version; and which versions this reader was tried with. */
#ifndef MST_SOURCES_MONGODB_OPLOG_RULES_H
#define MST_SOURCES_MONGODB_OPLOG_RULES_H

#include <stdbool.h>

#include "sources/mongodb/stream.h"

/* Wire versions, which name the server's version. */
enum {
    MST_OPLOG_WIRE_6_0 = 17,
    MST_OPLOG_WIRE_6_1 = 18,
    MST_OPLOG_WIRE_7_0 = 21,
    MST_OPLOG_WIRE_8_0 = 25,
    MST_OPLOG_WIRE_8_1 = 26,
    MST_OPLOG_WIRE_8_2 = 27
};

struct mst_oplog_rules {
    int token_version;
    bool any_apply_ops; /* also those outside of transactions (6.1) */
    bool image_entries; /* preImageOpTime is a pre-image (before 7.0) */
    bool ambiguous;     /* disambiguatedPaths (6.1) */
    bool ns_type;       /* nsType of what is created (8.1) */
};

/* fcv is the featureCompatibilityVersion, 10 * major + minor; 0: not known,
 * taken as the server's own. False: no rules are known for such a server. */
bool mst_oplog_rules_of(int64_t wire_version, int fcv,
                        struct mst_oplog_rules *ret_rules);

/* The rules for the server that stream is connected to. MST_FATAL: there are
 * none, or nobody tried them, and untested is not set. */
MST_MUST_CHECK enum mst_status
mst_oplog_rules_choose(struct mst_mongo_stream *stream, bool untested,
                       struct mst_oplog_rules *ret_rules,
                       struct mst_error *err);

/* The name of a server's version, "8.0"; "newer" where it has none here. */
const char *mst_oplog_server_name(int64_t wire_version);

#endif
