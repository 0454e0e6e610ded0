/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints as text: one JSON object per line, to be kept, looked at and
 * brought to another state store.
 *
 *   {"mstream_checkpoint":1,"job":"users","identity":"mongodb/app.users",
 *    "position":"{...}","saved_at":"2026-11-21T10:40:05.123Z","events":41}
 *
 * position and sink_mark are text, or base64 as position_base64 and
 * sink_mark_base64 when they are not.
 */
#ifndef MST_STATE_EXPORT_H
#define MST_STATE_EXPORT_H

#include "core/store.h"

/* Appends one line with its newline. Origin and fence are left out: they
 * have no meaning elsewhere. Statuses as mst_buf_append. */
MST_MUST_CHECK enum mst_status
mst_checkpoint_export(const struct mst_checkpoint *checkpoint,
                      struct mst_buf *out, struct mst_error *err);

/* One line, with or without newline, from anybody. The result has origin
 * MST_POSITION_SET and fence 0: a person sets it. MST_REJECTED with what is
 * wrong. */
MST_MUST_CHECK enum mst_status mst_checkpoint_import(struct mst_slice line,
                                                     struct mst_checkpoint *ret,
                                                     struct mst_error *err);

/* All lines of a file; empty ones are skipped. The first bad line ends it
 * with MST_REJECTED and "line N: ..."; so does a status of each other than
 * MST_OK. To write all or nothing, collect first and save afterwards. */
MST_MUST_CHECK enum mst_status mst_checkpoint_import_lines(
    struct mst_slice text,
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one),
    void *arg, struct mst_error *err);

#endif
