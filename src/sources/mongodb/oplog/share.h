/* SPDX-License-Identifier: MIT */
/* A job at the tail of the oplog that jobs share: when it goes there, and when
 * it reads by itself again. */
#ifndef MST_SOURCES_MONGODB_OPLOG_SHARE_H
#define MST_SOURCES_MONGODB_OPLOG_SHARE_H

#include <stdatomic.h>

#include "sources/mongodb/oplog/hub.h"

struct mst_mongo_source;

enum mst_oplog_share_tail {
    MST_OPLOG_TAIL_NONE,
    MST_OPLOG_OWN,
    MST_OPLOG_SHARED
};

/* Part of the source. Zeroed: it never shares. */
struct mst_oplog_share {
    struct mst_oplog_hub *hub;   /* NULL: it never shares */
    struct mst_oplog_seat *seat; /* likewise; fixed from create to destroy */
    /* --- reader thread --- */
    bool asked;  /* it is about to be served */
    bool shared; /* it takes what comes from the hub */
    bool small;  /* its last own reply was: it is at the end */
    /* --- any thread --- */
    atomic_int tail; /* enum mst_oplog_share_tail */
    _Atomic uint64_t switches;
};

/* Where the options ask for it. */
MST_MUST_CHECK enum mst_status
mst_oplog_share_create(struct mst_mongo_source *source, struct mst_error *err);
void mst_oplog_share_destroy(struct mst_mongo_source *source);

/* The job's own tail is open. */
void mst_oplog_share_come(struct mst_mongo_source *source);
void mst_oplog_share_leave(struct mst_mongo_source *source);

/* The own tail should look for the newest entry at once. */
bool mst_oplog_share_wants_probe(const struct mst_mongo_source *source);
/* source->reply is read whole, and about to go. */
void mst_oplog_share_note(struct mst_mongo_source *source);
/* After that: it may go on with the hub's tail. */
void mst_oplog_share_turn(struct mst_mongo_source *source);

/* When it is shared: the next reply, as source->reply; none within the time
 * leaves that NULL, and says in oplog->probe how far there is none. The own
 * tail's first reply, when it has to go back to that. */
MST_MUST_CHECK enum mst_status
mst_oplog_share_fetch(struct mst_mongo_source *source, int timeout_ms,
                      struct mst_error *err);

#endif
