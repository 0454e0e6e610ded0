/* SPDX-License-Identifier: MIT */
/* The parts of /metrics, each in the file of its name. */
#ifndef MST_API_METRICS_H
#define MST_API_METRICS_H

#include "api/api_impl.h"
#include "api/metrics_text.h"

/* A job's numbers, taken at one moment. */
struct mst_metrics_job {
    char *labels; /* job_name="..." */
    struct mst_job_status status;
    bool stuck;
    bool leaving;
    int64_t horizon_ms; /* see control.h */
    bool has_shadow;
    struct mst_shadow_look shadow;
};

struct mst_metrics_jobs {
    struct mst_metrics_job *items;
    size_t len;
};

void mst_metrics_write_jobs(struct mst_metrics_text *text,
                            const struct mst_metrics_jobs *jobs);
void mst_metrics_write_process(struct mst_metrics_text *text,
                               const struct mst_api *api);
void mst_metrics_write_api(struct mst_metrics_text *text,
                           const struct mst_api *api);

#endif
