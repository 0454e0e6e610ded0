/* SPDX-License-Identifier: MIT */
/* Draws from a command's reply what became of each operation. */
#ifndef MST_SINKS_MONGODB_SETTLE_H
#define MST_SINKS_MONGODB_SETTLE_H

#include "sinks/mongodb/mongodb_writer.h"

struct mst_mongosink_settled {
    size_t ran; /* operations of the step that were tried; an ordered command
                 * stops behind an error */
    struct mst_mongosink_op **again; /* malloc'ed; to be tried otherwise */
    size_t again_len;
    bool missed; /* a DELTA may have met no document */
};

/* Marks operations DONE or REFUSED. MST_RETRY, MST_DISCONNECTED, MST_FATAL: the
 * reply holds an error that stops the lane; what it hit stays WAITING. */
MST_MUST_CHECK enum mst_status mst_mongosink_settle(
    struct mst_mongosink_writer *writer, const struct mst_mongosink_step *step,
    struct mst_slice reply, struct mst_mongosink_settled *ret_settled,
    struct mst_error *err);

#endif
