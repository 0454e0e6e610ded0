/* SPDX-License-Identifier: MIT */
/*
 * From an operation of the oplog to the change that a change stream would
 * show. No I/O: documents that have to be fetched are only asked for.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_MAP_H
#define MST_SOURCES_MONGODB_OPLOG_MAP_H

#include "base/arena.h"
#include "sources/mongodb/change.h"
#include "sources/mongodb/oplog/diff.h"
#include "sources/mongodb/oplog/entry.h"
#include "sources/mongodb/oplog/resume_token.h"
#include "sources/mongodb/oplog/rules.h"
#include "sources/mongodb/oplog/scope.h"

/* When and by whom operations take effect: an entry of its own, or the entry
 * that commits a transaction. */
struct mst_oplog_commit {
    struct mst_oplog_time time;
    int64_t wall_ms;
    struct mst_slice lsid; /* of a transaction only */
    bool has_txn_number;
    int64_t txn_number;
    uint32_t index; /* of the operation, 0 when it stands alone */
    /* The key of its pre-image: entry and place in it. */
    struct mst_oplog_time image_time;
    uint32_t image_index;
};

/* Slices point into the entry or the arena. */
struct mst_oplog_change {
    struct mst_mongo_change change; /* bytes and token: see render.h */
    struct mst_oplog_commit commit;
    struct mst_slice uuid;           /* 16 bytes */
    struct mst_slice ns;             /* "db.collection" */
    struct mst_slice to;             /* of a rename, {db, coll} */
    struct mst_slice description;    /* operationDescription */
    struct mst_slice state_before;   /* stateBeforeChange */
    struct mst_slice diff;           /* of an update that is one */
    struct mst_oplog_time pre_image; /* entry that holds it; none */
    const char *ns_type;             /* nsType; NULL: none */
    bool is_view;        /* uuid is in the token, and not in the event */
    bool invalidates;    /* the collection (or database) ends here */
    bool wants_document; /* fullDocument is to be there, null at worst */
    bool wants_before;   /* fullDocumentBeforeChange likewise */
};

/* Thread: one at a time. */
struct mst_oplog_map {
    struct mst_oplog_scope scope;
    struct mst_oplog_rules rules;
    const struct mst_mongo_source_options *options;
    struct mst_oplog_describer describer;
    struct mst_buf part;
    struct mst_arena *arena;  /* where made documents go */
    struct mst_slice ns_name; /* the namespace made last, in that arena */
    struct mst_slice ns;
};

void mst_oplog_map_init(struct mst_oplog_map *map,
                        const struct mst_mongo_watch *watch, const char *db,
                        struct mst_oplog_rules rules);
void mst_oplog_map_clear(struct mst_oplog_map *map);
/* From now on documents go to this arena. */
void mst_oplog_map_use(struct mst_oplog_map *map, struct mst_arena *arena);

/* MST_OK: a change; MST_AGAIN: nothing that this source shows; MST_FATAL: it
 * can not be understood, or no memory. entry is an entry other than one of
 * transactions, or one operation of them. */
MST_MUST_CHECK enum mst_status
mst_oplog_map(struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
              const struct mst_oplog_commit *commit,
              struct mst_oplog_change *ret_change, struct mst_error *err);

/* Of changes.c, for ddl.c: fills in what all changes have, with ns
 * {db, coll}; name NULL data: {db} alone. */
MST_MUST_CHECK enum mst_status mst_oplog_map_begin(
    struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
    const struct mst_oplog_commit *commit, enum mst_mongo_kind kind,
    struct mst_slice name, struct mst_oplog_change *change);
/* An entry of commands (op c), or of views (ddl.c). As mst_oplog_map. */
MST_MUST_CHECK enum mst_status
mst_oplog_map_command(struct mst_oplog_map *map,
                      const struct mst_oplog_entry *entry,
                      const struct mst_oplog_commit *commit,
                      struct mst_oplog_change *change, struct mst_error *err);
MST_MUST_CHECK enum mst_status
mst_oplog_map_view(struct mst_oplog_map *map,
                   const struct mst_oplog_entry *entry,
                   const struct mst_oplog_commit *commit,
                   struct mst_oplog_change *change, struct mst_error *err);

#endif
