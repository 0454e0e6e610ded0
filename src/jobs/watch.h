/* SPDX-License-Identifier: MIT */
/* Whether a job that says it runs gets anywhere. */
#ifndef MST_JOBS_WATCH_H
#define MST_JOBS_WATCH_H

#include "jobs/job.h"

/* Zeroed: nothing seen yet. */
struct mst_watch {
    int64_t run_ms; /* the run that is watched, by its start */
    uint64_t settled;
    int64_t settled_at; /* monotonic: when that changed, or nothing was to do */
    uint64_t checkpoints;
    uint64_t saved_settled; /* what was settled when they changed */
    int64_t saved_at;
    uint64_t events; /* read so far, and when that last grew, wall clock */
    int64_t events_ms;
};

/* A look at `now` (monotonic); patience_ms: stuck_after. True: healthy as far as it can be seen. False:
 * err says what stands still though there is something to do. */
bool mst_watch_look(struct mst_watch *watch, const struct mst_job_status *seen,
                    const struct mst_config_checkpoint *checkpoint,
                    int64_t patience_ms, int64_t now, struct mst_error *err);

#endif
