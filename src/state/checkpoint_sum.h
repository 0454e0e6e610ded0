/* SPDX-License-Identifier: MIT */
/* The check sum that guards a stored checkpoint. */
#ifndef MST_STATE_CHECKPOINT_SUM_H
#define MST_STATE_CHECKPOINT_SUM_H

#include "core/store.h"

/* CRC-32C over all fields, each with its length in front; the same for every
 * store and machine. */
uint32_t mst_checkpoint_sum(const struct mst_checkpoint *checkpoint);

/* What every store says when the sum does not fit. place: file or
 * collection. */
enum mst_status mst_checkpoint_fail_damaged(struct mst_error *err,
                                            const char *job, const char *place);

#endif
