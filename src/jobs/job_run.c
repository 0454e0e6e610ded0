/* SPDX-License-Identifier: MIT */
/* Positions as text. */
#include "jobs/job_run.h"

#include <stdlib.h>

void
mst_job_run_positions(struct mst_run_record *run, struct mst_pipeline *pipeline)
{
    struct mst_buf first;
    struct mst_buf last;
    mst_buf_init(&first, MST_POSITION_MAX);
    mst_buf_init(&last, MST_POSITION_MAX);
    if (mst_pipeline_positions(pipeline, &first, &last) == MST_OK) {
        const char *from = first.len > 0 ? mst_buf_text(&first) : NULL;
        const char *to = last.len > 0 ? mst_buf_text(&last) : NULL;
        run->first_position = from != NULL ? strdup(from) : NULL;
        run->last_position = to != NULL ? strdup(to) : NULL;
    }
    mst_buf_clear(&first);
    mst_buf_clear(&last);
}

void
mst_job_run_clear(struct mst_run_record *run)
{
    free(run->first_position);
    free(run->last_position);
    run->first_position = NULL;
    run->last_position = NULL;
}
