/* SPDX-License-Identifier: MIT */
/* The state of a run as others see it, and how it is told to end. */
#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "pipeline/run.h"

void
mst_pipeline_fail(struct mst_pipeline *pipeline, const struct mst_error *err)
{
    mst_mutex_lock(&pipeline->mutex);
    if (!pipeline->failed) {
        pipeline->failed = true;
        pipeline->failure = *err;
    }
    pipeline->stopping = true;
    (void)pthread_cond_broadcast(&pipeline->changed);
    mst_mutex_unlock(&pipeline->mutex);
    pipeline->spec->source->interrupt(pipeline->source);
}

void
mst_pipeline_block(struct mst_pipeline *pipeline, const struct mst_error *err)
{
    mst_mutex_lock(&pipeline->mutex);
    pipeline->blocked = pipeline->blocked || !pipeline->failed;
    mst_mutex_unlock(&pipeline->mutex);
    mst_pipeline_fail(pipeline, err);
}

void
mst_pipeline_stop(struct mst_pipeline *pipeline)
{
    mst_mutex_lock(&pipeline->mutex);
    pipeline->stopping = true;
    (void)pthread_cond_broadcast(&pipeline->changed);
    mst_mutex_unlock(&pipeline->mutex);
    pipeline->spec->source->interrupt(pipeline->source);
}

void
mst_pipeline_abort(struct mst_pipeline *pipeline)
{
    mst_mutex_lock(&pipeline->mutex);
    pipeline->stopping = true;
    pipeline->aborting = true;
    (void)pthread_cond_broadcast(&pipeline->changed);
    mst_mutex_unlock(&pipeline->mutex);
    pipeline->spec->source->interrupt(pipeline->source);
    for (size_t i = 0; i < pipeline->workers_len; i++) {
        if (pipeline->workers[i].chain != NULL) {
            mst_chain_interrupt(pipeline->workers[i].chain);
        }
    }
    for (size_t i = 0; i < pipeline->runners_len; i++) {
        struct mst_runner *runner = &pipeline->runners[i];
        if (!atomic_load(&runner->finished)) {
            runner->spec->type->interrupt(runner->sink);
            mst_queue_wake(runner->queue);
        }
    }
}

bool
mst_pipeline_is_stopping(struct mst_pipeline *pipeline)
{
    mst_mutex_lock(&pipeline->mutex);
    bool stopping = pipeline->stopping;
    mst_mutex_unlock(&pipeline->mutex);
    return stopping;
}

bool
mst_pipeline_is_aborting(struct mst_pipeline *pipeline)
{
    mst_mutex_lock(&pipeline->mutex);
    bool aborting = pipeline->aborting;
    mst_mutex_unlock(&pipeline->mutex);
    return aborting;
}

void
mst_pipeline_sleep(struct mst_pipeline *pipeline, int64_t ms, bool until_abort)
{
    struct timespec until =
        mst_cond_deadline((int)(ms < INT32_MAX ? ms : INT32_MAX));
    mst_mutex_lock(&pipeline->mutex);
    while (!pipeline->aborting && (until_abort || !pipeline->stopping)
           && mst_cond_wait(&pipeline->changed, &pipeline->mutex, &until)) {
    }
    mst_mutex_unlock(&pipeline->mutex);
}

void
mst_pipeline_trouble(struct mst_pipeline *pipeline, struct mst_trouble *slot,
                     const struct mst_error *err, int64_t wait_ms)
{
    int64_t now = mst_clock_wall_ms();
    mst_mutex_lock(&pipeline->mutex);
    bool was = slot->err.status != MST_OK;
    bool news = err != NULL && strcmp(slot->err.text, err->text) != 0;
    if (err == NULL) {
        mst_error_clear(&slot->err);
        slot->since_ms = 0;
        slot->next_ms = 0;
    } else {
        slot->since_ms = was ? slot->since_ms : now;
        slot->next_ms = wait_ms < 0 ? 0 : now + wait_ms;
        slot->err = *err;
        if (slot->err.status == MST_OK) {
            slot->err.status = MST_RETRY;
        }
    }
    mst_mutex_unlock(&pipeline->mutex);
    /* The same trouble again is not news; the state shows it anyway. */
    if (news) {
        mst_log_failure(MST_LOG_WARN, "job", pipeline->spec->job, err);
    } else if (was && err == NULL) {
        struct mst_log_field job = MST_LOG_STR("job", pipeline->spec->job);
        mst_log_write(MST_LOG_INFO, "job", &job, 1, "works again");
    }
}

static const struct mst_trouble *
status_problem(const struct mst_pipeline *pipeline)
{
    if (pipeline->lease_problem.err.status != MST_OK) {
        return &pipeline->lease_problem;
    }
    if (pipeline->reader_problem.err.status != MST_OK) {
        return &pipeline->reader_problem;
    }
    if (pipeline->convert_problem.err.status != MST_OK) {
        return &pipeline->convert_problem;
    }
    for (size_t i = 0; i < pipeline->runners_len; i++) {
        if (pipeline->runners[i].problem->err.status != MST_OK) {
            return pipeline->runners[i].problem;
        }
    }
    return pipeline->store_problem.err.status != MST_OK
               ? &pipeline->store_problem
               : NULL;
}

static void
status_numbers(struct mst_pipeline *pipeline,
               struct mst_pipeline_status *ret_status)
{
    bool skip = pipeline->spec->on_reject == MST_ON_REJECT_SKIP;
    ret_status->events_in = atomic_load(&pipeline->events_in);
    ret_status->bytes_in = atomic_load(&pipeline->bytes_in);
    for (size_t i = 0; i < pipeline->spec->sinks_len; i++) {
        ret_status->events_out += atomic_load(&pipeline->runners[i].confirmed);
        ret_status->unconfirmed += atomic_load(&pipeline->runners[i].inflight);
    }
    ret_status->rejected = atomic_load(&pipeline->rejected);
    ret_status->dropped = atomic_load(&pipeline->dropped);
    ret_status->letters = skip ? 0 : ret_status->rejected;
    ret_status->retries = atomic_load(&pipeline->retries);
    ret_status->reopened = atomic_load(&pipeline->reopened);
    ret_status->checkpoints = atomic_load(&pipeline->checkpoints);
    ret_status->checkpoint_ms = atomic_load(&pipeline->checkpoint_ms);
    ret_status->source_ts_ms = atomic_load(&pipeline->source_ts_ms);
    ret_status->memory = mst_budget_used(&pipeline->budget);
    ret_status->memory_limit = atomic_load(&pipeline->budget.limit);
    mst_meters_read(&pipeline->meters, &ret_status->meters);
    mst_mutex_lock(&pipeline->tracker.mutex);
    ret_status->settled_seq = pipeline->tracker.settled_seq;
    ret_status->batches = pipeline->tracker.flights;
    mst_mutex_unlock(&pipeline->tracker.mutex);
}

void
mst_pipeline_status(struct mst_pipeline *pipeline,
                    struct mst_pipeline_status *ret_status)
{
    memset(ret_status, 0, sizeof(*ret_status));
    mst_mutex_lock(&pipeline->mutex);
    const struct mst_trouble *problem = status_problem(pipeline);
    if (problem != NULL) {
        ret_status->problem = problem->err;
        ret_status->problem_since_ms = problem->since_ms;
        ret_status->next_attempt_ms = problem->next_ms;
    }
    ret_status->phase = pipeline->stopping  ? MST_PHASE_DRAINING
                        : problem != NULL   ? MST_PHASE_RETRYING
                        : !pipeline->opened ? MST_PHASE_STARTING
                                            : MST_PHASE_RUNNING;
    bool opened = pipeline->opened;
    mst_mutex_unlock(&pipeline->mutex);
    status_numbers(pipeline, ret_status);
    ret_status->source.lag_ms = -1;
    ret_status->source.lag_events = -1;
    if (opened && pipeline->spec->source->stats != NULL) {
        pipeline->spec->source->stats(pipeline->source, &ret_status->source);
    }
}
