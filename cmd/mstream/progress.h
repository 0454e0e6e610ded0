/* SPDX-License-Identifier: MIT */
/* The line on a terminal that shows how jobs are doing. */
#ifndef MST_MSTREAM_PROGRESS_H
#define MST_MSTREAM_PROGRESS_H

#include "jobs/manager.h"

/* A zeroed one is a good start. */
struct mst_progress {
    int64_t last_ms;
    uint64_t last_events;
    double rate; /* events per second, smoothed */
    bool shown;
};

void mst_progress_show(struct mst_progress *progress,
                       struct mst_manager *manager);
/* Leaves the line as it is and goes to the next. */
void mst_progress_end(struct mst_progress *progress);

#endif
