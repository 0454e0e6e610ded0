/* SPDX-License-Identifier: MIT */
/* Entries of transactions that have not committed yet, as they passed: only
 * which namespaces they are of, and what they lead back to. */
#ifndef MST_SOURCES_MONGODB_OPLOG_PARTS_H
#define MST_SOURCES_MONGODB_OPLOG_PARTS_H

#include "sources/mongodb/oplog/entry.h"

/* So many of the newest are known. */
enum { MST_OPLOG_PARTS_KNOWN = 256 };

struct mst_oplog_part {
    struct mst_oplog_part *next; /* older */
    struct mst_oplog_time time;
    struct mst_oplog_time previous; /* of the same transaction */
    size_t len;                     /* bytes of names */
    char names[];                   /* each with its NUL */
};

/* Zeroed is empty. Thread: one at a time. */
struct mst_oplog_parts {
    struct mst_oplog_part *newest;
};

void mst_oplog_parts_clear(struct mst_oplog_parts *parts);
/* Forgets all but the newest ones. Until then what was found stays. */
void mst_oplog_parts_sweep(struct mst_oplog_parts *parts);
/* Without memory it is not known. */
void mst_oplog_parts_add(struct mst_oplog_parts *parts,
                         const struct mst_oplog_entry *entry,
                         const struct mst_slice *names, size_t names_len);
/* NULL: not known. */
const struct mst_oplog_part *
mst_oplog_parts_find(const struct mst_oplog_parts *parts,
                     struct mst_oplog_time time);

#endif
