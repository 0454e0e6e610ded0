/* SPDX-License-Identifier: MIT */
/* A worker: converts units and hands each sink its part. */
#include "base/clock.h"
#include "base/thread.h"
#include "pipeline/run.h"
#include "pipeline/shadow_run.h"

bool
mst_worker_wait(void *arg, unsigned failures, const struct mst_error *err)
{
    struct mst_pipeline *pipeline = arg;
    struct mst_backoff backoff = {.failures = failures - 1};
    if (failures == 0) {
        mst_pipeline_trouble(pipeline, &pipeline->convert_problem, NULL, 0);
        return true;
    }
    int64_t wait =
        mst_backoff_next(&backoff, &pipeline->spec->retry, err->retry_after_ms);
    if (mst_pipeline_is_stopping(pipeline)) {
        return false;
    }
    mst_pipeline_trouble(pipeline, &pipeline->convert_problem, err, wait);
    mst_pipeline_sleep(pipeline, wait, false);
    return !mst_pipeline_is_stopping(pipeline);
}

static enum mst_status
worker_unit(struct mst_worker *worker, struct mst_unit *unit,
            struct mst_error *err)
{
    struct mst_pipeline *pipeline = worker->pipeline;
    int64_t since_ns = mst_clock_ns();
    int64_t since_cpu_ns = mst_worker_cpu_ns(worker);
    enum mst_status status = MST_OK;
    if (worker->chain != NULL) {
        status = mst_chain_run(worker->chain, unit, err);
    }
    if (status == MST_OK) {
        mst_worker_shadow(worker, unit, since_cpu_ns);
        status = mst_unit_convert(unit, &pipeline->plan, err);
    }
    if (status != MST_OK) {
        return status;
    }
    mst_meters_converted(&pipeline->meters, unit->flight, unit->len, since_ns);
    if (worker->chain != NULL) {
        bool nothing = unit->results_len == 0;
        mst_pipeline_expect(pipeline, unit);
        if (nothing) {
            return MST_OK;
        }
    }
    for (size_t s = 0; s < pipeline->plan.sinks_len; s++) {
        if (!mst_runner_offer(&pipeline->runners[s], &unit->parts[s])) {
            return mst_fail_memory(err, "pipeline");
        }
    }
    return MST_OK;
}

enum mst_status
mst_worker_give(struct mst_worker *worker, struct mst_unit *unit,
                struct mst_error *err)
{
    /* Nobody else gives units: a worker that has none stays without. */
    if (unit->len <= MST_UNIT_FEW && !worker->pipeline->plan.may_wait
        && atomic_load_explicit(&worker->pending, memory_order_acquire) == 0) {
        return worker_unit(worker, unit, err);
    }
    atomic_fetch_add_explicit(&worker->pending, 1, memory_order_relaxed);
    return mst_queue_push(worker->queue, unit)
               ? MST_OK
               : mst_fail_memory(err, "pipeline");
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
        enum mst_status status =
            worker->gave_up ? MST_RETRY : worker_unit(worker, unit, &err);
        worker->gave_up = status != MST_OK;
        if (status != MST_OK && status != MST_RETRY) {
            mst_pipeline_fail(pipeline, &err);
        }
        atomic_fetch_sub_explicit(&worker->pending, 1, memory_order_release);
        unit = mst_queue_pop(worker->queue, -1);
    }
    if (worker->chain != NULL) {
        mst_chain_close(worker->chain);
    }
    atomic_store(&worker->finished, true);
    mst_mutex_lock(&pipeline->mutex);
    (void)pthread_cond_broadcast(&pipeline->changed);
    mst_mutex_unlock(&pipeline->mutex);
    return NULL;
}
