/* SPDX-License-Identifier: MIT */
/* Summing up a checkpoint, field by field. */
#include "state/checkpoint_sum.h"

#include "state/sum.h"

uint32_t
mst_checkpoint_sum(const struct mst_checkpoint *checkpoint)
{
    uint32_t sum = mst_sum_bytes(0, mst_slice_str(checkpoint->job));
    /* No identity is stored as an empty one. */
    sum = mst_sum_bytes(sum, mst_slice_str(checkpoint->identity != NULL
                                               ? checkpoint->identity
                                               : ""));
    sum = mst_sum_bytes(sum, checkpoint->position);
    sum = mst_sum_bytes(sum, checkpoint->sink_mark);
    sum = mst_sum_number(sum, (uint64_t)checkpoint->origin);
    sum = mst_sum_number(sum, (uint64_t)checkpoint->saved_ms);
    sum = mst_sum_number(sum, checkpoint->events);
    return mst_sum_number(sum, checkpoint->fence);
}

enum mst_status
mst_checkpoint_fail_damaged(struct mst_error *err, const char *job,
                            const char *place)
{
    (void)mst_fail(err, MST_FATAL, "state", 0,
                   "the checkpoint of job '%s' in '%s' is damaged: its check "
                   "sum does not fit",
                   job, place);
    mst_error_hint(err,
                   "'mstream checkpoints list' shows the older ones: set one "
                   "of them, rewind the job to a time before the damage, or "
                   "import a copy");
    mst_error_lasts(err);
    return MST_FATAL;
}
