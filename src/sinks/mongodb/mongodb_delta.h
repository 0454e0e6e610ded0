/* SPDX-License-Identifier: MIT */
/*
 * The difference in a MongoDB update event (updateDescription) as statements
 * of an update command.
 *
 *   truncatedArrays -> $push {path: {$each: [], $slice: newSize}}
 *   updatedFields   -> $set
 *   removedFields   -> $unset
 *
 * All in one statement, unless one of the paths lies in an array that is cut:
 * then one statement per cut, outer ones first, and one for the rest. Fields
 * whose names hold a dot or begin with '$' are changed by a pipeline, in a
 * last statement.
 */
#ifndef MST_SINKS_MONGODB_DELTA_H
#define MST_SINKS_MONGODB_DELTA_H

#include "base/arena.h"
#include "base/buf.h"
#include "sinks/mongodb/mongodb_op.h"

/* Fills op->statements from the event's updateDescription; the statements
 * are copied to the arena. No statement at all: nothing changed.
 * MST_REJECTED: the event does not say which field it means, or it is no
 * updateDescription. */
MST_MUST_CHECK enum mst_status mst_mongosink_delta(struct mst_slice description,
                                                   struct mst_arena *arena,
                                                   struct mst_buf *scratch,
                                                   struct mst_mongosink_op *op,
                                                   struct mst_error *err);

#endif
