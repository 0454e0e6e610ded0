/* SPDX-License-Identifier: MIT */
/* One change event of the server, found in its reply in one pass. */
#ifndef MST_SOURCES_MONGODB_CHANGE_H
#define MST_SOURCES_MONGODB_CHANGE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"
#include "core/event.h"

/* What happened. The first four are changes of documents. */
enum mst_mongo_kind {
    MST_MONGO_INSERT = 0,
    MST_MONGO_UPDATE,
    MST_MONGO_REPLACE,
    MST_MONGO_DELETE,
    MST_MONGO_DROP,
    MST_MONGO_RENAME,
    MST_MONGO_DROP_DATABASE,
    MST_MONGO_INVALIDATE, /* the stream ends here; startAfter goes on */
    MST_MONGO_CREATE,     /* from here on only with showExpandedEvents */
    MST_MONGO_CREATE_INDEXES,
    MST_MONGO_DROP_INDEXES,
    MST_MONGO_MODIFY,
    MST_MONGO_OTHER /* a kind that this build does not know */
};

enum { MST_MONGO_KINDS = MST_MONGO_OTHER + 1 };

/* Slices point into the event. data == NULL: the event has no such field. */
struct mst_mongo_change {
    struct mst_slice bytes; /* the whole event */
    struct mst_slice token; /* _id */
    struct mst_slice mark;  /* where the reader stands then; none: token */
    enum mst_mongo_kind kind;
    struct mst_slice kind_name;
    struct mst_slice ns;  /* {db, coll}; coll is absent for dropDatabase */
    struct mst_slice key; /* documentKey */
    struct mst_slice full_document;
    struct mst_slice before;
    struct mst_slice update_description;
    struct mst_slice lsid;
    bool has_txn_number;
    int64_t txn_number;
    int64_t wall_ms;  /* MST_TIME_UNKNOWN: none */
    uint32_t seconds; /* clusterTime */
    uint32_t increment;
    int32_t fragment; /* 1..fragments of a split event; 0: whole */
    int32_t fragments;
};

/* MST_REJECTED: not a well-formed document; ret_change->bytes is set. */
MST_MUST_CHECK enum mst_status
mst_mongo_change_parse(struct mst_slice bytes,
                       struct mst_mongo_change *ret_change,
                       struct mst_error *err);

/* The operation it stands for. */
enum mst_op mst_mongo_kind_op(enum mst_mongo_kind kind);
/* "insert", ..., "other". */
const char *mst_mongo_kind_name(enum mst_mongo_kind kind);
/* wallTime, else clusterTime, in milliseconds, else MST_TIME_UNKNOWN. */
int64_t mst_mongo_change_time(const struct mst_mongo_change *change);

#endif
