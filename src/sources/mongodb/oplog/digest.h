/* SPDX-License-Identifier: MIT */
/* What the entries of a reply of the oplog may concern, found in one pass, so
 * that jobs on other collections need not look at them. */
#ifndef MST_SOURCES_MONGODB_OPLOG_DIGEST_H
#define MST_SOURCES_MONGODB_OPLOG_DIGEST_H

#include "sources/mongodb/oplog/entry.h"
#include "sources/mongodb/oplog/parts.h"
#include "sources/mongodb/oplog/scope.h"
#include "sources/mongodb/reply.h"

enum { MST_OPLOG_DIGEST_MAX = 64 };

struct mst_oplog_digest {
    struct mst_slice names[MST_OPLOG_DIGEST_MAX]; /* into reply and parts */
    size_t len;
    bool all; /* it may concern everybody */
    size_t entries;
    struct mst_oplog_time last; /* of them */
};

/* parts: what passed before, kept up to date; what the digest says is good
 * until the next one. MST_REJECTED: these are no entries of the oplog that go on behind `from`. */
MST_MUST_CHECK enum mst_status
mst_oplog_digest_make(const struct mst_mongo_reply *reply,
                      struct mst_oplog_time from, struct mst_oplog_parts *parts,
                      struct mst_oplog_digest *ret_digest);
bool mst_oplog_digest_concerns(const struct mst_oplog_digest *digest,
                               const struct mst_oplog_scope *scope);

#endif
