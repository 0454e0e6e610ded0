/* SPDX-License-Identifier: MIT */
/* `doctor`, `explain` and `dry-run` for the MongoDB sink. */
#ifndef MST_SINKS_MONGODB_INSPECT_H
#define MST_SINKS_MONGODB_INSPECT_H

#include <mongoc/mongoc.h>

#include "core/inspect.h"
#include "sinks/mongodb/mongodb_intake.h"

extern const struct mst_inspect mst_mongosink_inspect;

/* The options of write commands: {writeConcern: ...}. MST_FATAL: the option
 * write_concern is no acknowledged one. */
MST_MUST_CHECK enum mst_status
mst_mongosink_write_options(const struct mst_mongosink_options *options,
                            bson_t *ret_options, struct mst_error *err);

/* One line: what this delivery would write. */
MST_MUST_CHECK enum mst_status
mst_mongosink_preview(struct mst_mongosink_intake *intake,
                      const struct mst_delivery *delivery, bool for_machines,
                      struct mst_buf *out, struct mst_error *err);

#endif
