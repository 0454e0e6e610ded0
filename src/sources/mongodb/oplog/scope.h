/* SPDX-License-Identifier: MIT */
/* Which namespaces of the oplog a source wants: the same ones that its change
 * stream would show. */
#ifndef MST_SOURCES_MONGODB_OPLOG_SCOPE_H
#define MST_SOURCES_MONGODB_OPLOG_SCOPE_H

#include <bson/bson.h>
#include <stdbool.h>

#include "base/slice.h"
#include "sources/mongodb/aggregate.h"

struct mst_oplog_scope {
    const struct mst_mongo_watch *watch; /* borrowed */
    struct mst_slice db;                 /* borrowed */
    bool expanded;                       /* with showExpandedEvents */
};

/* The collection's name, when ns ("db.name") is wanted. */
bool mst_oplog_scope_wants(const struct mst_oplog_scope *scope,
                           struct mst_slice ns, struct mst_slice *ret_name);
/* ns is "db.<what>" of the source's database. */
bool mst_oplog_scope_is(const struct mst_oplog_scope *scope,
                        struct mst_slice ns, const char *what);
/* A collection of the database by that name is wanted. */
bool mst_oplog_scope_wants_name(const struct mst_oplog_scope *scope,
                                struct mst_slice name);
/* Splits "db.name"; false: there is no dot. */
bool mst_oplog_split(struct mst_slice ns, struct mst_slice *ret_db,
                     struct mst_slice *ret_name);

/* An entry in that namespace, or an operation of a transaction, may concern
 * the source: also commands of its database, and its views. */
bool mst_oplog_scope_may_want(const struct mst_oplog_scope *scope,
                              struct mst_slice ns);

/* Appends to a filter of the oplog what the server need not send: the
 * condition on ns. Leaves more than is wanted, never less. */
void mst_oplog_scope_filter(const struct mst_oplog_scope *scope,
                            bson_t *filter);
/* Likewise for several sources: what none of them wants. */
void mst_oplog_scope_filter_all(const struct mst_oplog_scope *scopes,
                                size_t len, bson_t *filter);

#endif
