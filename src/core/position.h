/* SPDX-License-Identifier: MIT */
/*
 * Where a source stands, opaque to all but that source, and its saved form,
 * the checkpoint.
 *
 * The format of a position is the source's own; all sources of this project
 * write one JSON object as text, so that people can read a checkpoint.
 */
#ifndef MST_CORE_POSITION_H
#define MST_CORE_POSITION_H

#include "base/buf.h"

enum { MST_POSITION_MAX = 1024 * 1024 };

/* How far the source should believe a position against what its origin
 * remembers (Kafka's group offsets). */
enum mst_position_origin {
    MST_POSITION_SAVED = 0, /* by this job, as it went */
    MST_POSITION_SET        /* by a person: rewind, set, import. It wins */
};

/* How an open should begin. Borrowed. */
struct mst_start {
    struct mst_slice position; /* data == NULL: no checkpoint yet */
    enum mst_position_origin origin;
    bool bounded; /* give what exists now, then MST_END */
    /* For `dry-run`: nobody else may notice. Join no group, take nothing that
     * another instance of the job has, change nothing at the origin. */
    bool look_only;
};

#endif
