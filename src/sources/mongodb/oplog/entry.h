/* SPDX-License-Identifier: MIT */
/* One entry of the oplog, or one operation of an applyOps entry, found in its
 * bytes in one pass. */
#ifndef MST_SOURCES_MONGODB_OPLOG_ENTRY_H
#define MST_SOURCES_MONGODB_OPLOG_ENTRY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

/* A place in the oplog; {0, 0}: none. */
struct mst_oplog_time {
    uint32_t seconds;
    uint32_t increment;
};

/* Slices point into the entry. data == NULL: it has no such field. */
struct mst_oplog_entry {
    struct mst_slice bytes;
    char op; /* i, u, d, c, n; 0: another */
    bool from_migrate;
    bool has_txn_number;
    bool is_timeseries; /* of measurements: not shown (8.x) */
    bool is_multi;      /* multiOpType 1: a commit of its own, chained or not */
    struct mst_slice ns;
    struct mst_slice uuid; /* 16 bytes */
    struct mst_slice o;
    struct mst_slice o2;
    struct mst_slice lsid;
    int64_t txn_number;
    int64_t wall_ms; /* MST_TIME_UNKNOWN: none */
    struct mst_oplog_time time;
    struct mst_oplog_time previous;  /* entry of the same transaction */
    struct mst_oplog_time pre_image; /* entry whose o is the document before */
};

/* MST_REJECTED: not a well-formed document. */
MST_MUST_CHECK enum mst_status
mst_oplog_entry_parse(struct mst_slice bytes, struct mst_oplog_entry *ret_entry,
                      struct mst_error *err);

/* Before 0, at 0, after > 0. */
int mst_oplog_time_compare(struct mst_oplog_time a, struct mst_oplog_time b);

/* What an entry of commands (op c) means for a transaction. */
enum mst_oplog_command {
    MST_OPLOG_DDL = 0,    /* none of the others */
    MST_OPLOG_OPERATIONS, /* applyOps that takes effect here */
    MST_OPLOG_PART,       /* applyOps that a later entry makes effective */
    MST_OPLOG_COMMIT,     /* of a prepared transaction */
    MST_OPLOG_ABORT
};

enum mst_oplog_command
mst_oplog_entry_command(const struct mst_oplog_entry *entry);
/* The operations of an applyOps entry, an array. False: there are none. */
bool mst_oplog_entry_operations(const struct mst_oplog_entry *entry,
                                struct mst_slice *ret_array);

#endif
