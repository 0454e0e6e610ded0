/* SPDX-License-Identifier: MIT */
/* Freeing what stores hand out. */
#include "core/store.h"

#include <stdlib.h>

static void
store_free_slice(struct mst_slice *slice)
{
    /* Owned slices come from malloc; the const is for the borrowed ones. */
    free((void *)(uintptr_t)slice->data);
    *slice = MST_SLICE_NONE;
}

void
mst_checkpoint_clear(struct mst_checkpoint *checkpoint)
{
    free(checkpoint->job);
    free(checkpoint->identity);
    store_free_slice(&checkpoint->position);
    store_free_slice(&checkpoint->sink_mark);
    memset(checkpoint, 0, sizeof(*checkpoint));
}

void
mst_run_record_clear(struct mst_run_record *run)
{
    free(run->job);
    free(run->reason);
    free(run->state);
    free(run->first_position);
    free(run->last_position);
    memset(run, 0, sizeof(*run));
}
