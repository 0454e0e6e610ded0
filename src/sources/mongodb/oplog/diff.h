/* SPDX-License-Identifier: MIT */
/* The deltas ($v: 2) that updates stand in the oplog as: what a change stream
 * tells of them, and their effect on a document. */
#ifndef MST_SOURCES_MONGODB_OPLOG_DIFF_H
#define MST_SOURCES_MONGODB_OPLOG_DIFF_H

#include <stdbool.h>

#include "base/buf.h"

enum { MST_OPLOG_DIFF_MAX = 256 * 1024 * 1024 };

/* Room to work in, used again for each update. */
struct mst_oplog_describer {
    struct mst_buf path;
    struct mst_buf updated;
    struct mst_buf removed;
    struct mst_buf truncated;
    struct mst_buf ambiguous;
    struct mst_buf out; /* the description made last, a BSON document */
};

void mst_oplog_describer_init(struct mst_oplog_describer *describer);
void mst_oplog_describer_clear(struct mst_oplog_describer *describer);

/* Makes describer->out, the updateDescription of a diff; with_paths: also
 * disambiguatedPaths, as servers from 6.1 on have it. MST_REJECTED: not a diff
 * that this build knows, or too large or deep; MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_oplog_describe(struct mst_oplog_describer *describer, struct mst_slice diff,
                   bool with_paths, struct mst_error *err);

/* Appends to out the document that the diff makes of doc. MST_REJECTED: the
 * diff is not one of that document, or as above. */
MST_MUST_CHECK enum mst_status mst_oplog_diff_apply(struct mst_slice doc,
                                                    struct mst_slice diff,
                                                    struct mst_buf *out,
                                                    struct mst_error *err);

#endif
