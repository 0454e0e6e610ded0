/* SPDX-License-Identifier: MIT */
/*
 * What the sink asks to be saved with a checkpoint, and how it goes back to
 * that state after a restart. One JSON object:
 *
 *   {"v":1,"tag":"job-1a2b","bases":[{"base":"out-\u0002.jsonl","next":4,
 *    "files":[{"n":3,"len":1234,"events":10,"made":1795257605123,
 *              "sealed":false}]}]}
 */
#ifndef MST_SINKS_FILE_FILE_MARK_H
#define MST_SINKS_FILE_FILE_MARK_H

#include "sinks/file/file_set.h"

/* Makes everything durable that holds events up to seq (unless the policy is
 * another) and appends the mark. Publishes what the mark before covered.
 * Takes the lock. MST_RETRY: the files are not brought back yet, so that
 * nothing can be said about them. */
MST_MUST_CHECK enum mst_status mst_file_mark(struct mst_file_set *set,
                                             uint64_t seq, struct mst_buf *out,
                                             struct mst_error *err);

/* Brings the files back to what the mark says. MST_FATAL: not a mark, or a
 * file is shorter than it was. Lock: held. */
MST_MUST_CHECK enum mst_status mst_file_restore(struct mst_file_set *set,
                                                struct mst_slice mark,
                                                struct mst_error *err);

/* Deals with temporary files of this sink that set does not know. With
 * remove: they were made after the checkpoint, their events come again.
 * Without: they are of a run without checkpoint; they are kept, under their
 * final names, without half an event at the end. */
MST_MUST_CHECK enum mst_status
mst_file_leftovers(struct mst_file_set *set,
                   const struct mst_file_template *template, bool remove,
                   struct mst_error *err);

#endif
