/* SPDX-License-Identifier: MIT */
/* A worker: converts units and hands each sink its part. */
#include "pipeline/run.h"

static enum mst_status
worker_unit(struct mst_pipeline *pipeline, struct mst_unit *unit,
            struct mst_error *err)
{
    enum mst_status status = mst_unit_convert(unit, &pipeline->plan, err);
    if (status != MST_OK) {
        return status;
    }
    for (size_t s = 0; s < pipeline->plan.sinks_len; s++) {
        if (!mst_runner_offer(&pipeline->runners[s], &unit->parts[s])) {
            return mst_fail_memory(err, "pipeline");
        }
    }
    return MST_OK;
}

void *
mst_worker_main(void *arg)
{
    struct mst_worker *worker = arg;
    struct mst_pipeline *pipeline = worker->pipeline;
    struct mst_unit *unit = mst_queue_pop(worker->queue, -1);
    while (unit != NULL) {
        struct mst_error err;
        mst_error_clear(&err);
        if (worker_unit(pipeline, unit, &err) != MST_OK) {
            mst_pipeline_fail(pipeline, &err);
        }
        unit = mst_queue_pop(worker->queue, -1);
    }
    return NULL;
}
