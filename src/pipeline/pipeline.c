/* SPDX-License-Identifier: MIT */
/* Making a run, starting its threads, ending it in order. */
#include "pipeline/pipeline.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "pipeline/run.h"

enum {
    PIPELINE_TICK_MS = 250,
    PIPELINE_LOAD_MS = 1000,
    PIPELINE_LAST_SAVE_MS = 5000,
    PIPELINE_SAVE_AGAIN_MS = 20
};

static enum mst_status
pipeline_make_runners(struct mst_pipeline *pipeline, struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = pipeline->spec;
    size_t len = spec->sinks_len + (spec->letter_sink != NULL ? 1 : 0);
    pipeline->runners = calloc(len + 1, sizeof(*pipeline->runners));
    if (pipeline->runners == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    for (size_t i = 0; i < len; i++) {
        bool letters = i == spec->sinks_len;
        const struct mst_pipeline_sink *sink =
            letters ? spec->letter_sink : &spec->sinks[i];
        pipeline->runners_len = i + 1;
        enum mst_status status =
            mst_runner_init(&pipeline->runners[i], pipeline, sink, err);
        if (status != MST_OK) {
            mst_error_prefix(err, "sink '%s': ", sink->name);
            return status;
        }
        pipeline->runners[i].takes_letters = letters;
    }
    return MST_OK;
}

static enum mst_status
pipeline_make_workers(struct mst_pipeline *pipeline, struct mst_error *err)
{
    size_t len = pipeline->spec->workers;
    pipeline->workers = calloc(len, sizeof(*pipeline->workers));
    if (pipeline->workers == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    pipeline->workers_len = len;
    for (size_t i = 0; i < len; i++) {
        pipeline->workers[i].pipeline = pipeline;
        pipeline->workers[i].queue = mst_queue_create();
        if (pipeline->workers[i].queue == NULL) {
            return mst_fail_memory(err, "pipeline");
        }
        enum mst_status status =
            pipeline->spec->middlewares_len == 0
                ? MST_OK
                : mst_chain_create(pipeline->spec, &pipeline->plan,
                                   &pipeline->workers[i].chain, err);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

static enum mst_status
pipeline_make_locks(struct mst_pipeline *pipeline, struct mst_error *err)
{
    if (pthread_mutex_init(&pipeline->mutex, NULL) != 0
        || pthread_mutex_init(&pipeline->pool_mutex, NULL) != 0
        || pthread_mutex_init(&pipeline->save_mutex, NULL) != 0
        || pthread_rwlock_init(&pipeline->shadow_lock, NULL) != 0
        || !mst_cond_init(&pipeline->changed)) {
        return mst_fail_memory(err, "pipeline");
    }
    return mst_tracker_init(&pipeline->tracker, err);
}

/* An eighth is left to the copies that client libraries make. */
static uint64_t
pipeline_in_flight(uint64_t memory)
{
    return memory - memory / 8;
}

void
mst_pipeline_set_memory(struct mst_pipeline *pipeline, uint64_t memory)
{
    mst_budget_set_limit(&pipeline->budget, pipeline_in_flight(memory));
}

enum mst_status
mst_pipeline_create(const struct mst_pipeline_spec *spec,
                    struct mst_pipeline **ret_pipeline, struct mst_error *err)
{
    struct mst_pipeline *pipeline = calloc(1, sizeof(*pipeline));
    if (pipeline == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    pipeline->spec = spec;
    mst_budget_init(&pipeline->budget, pipeline_in_flight(spec->memory));
    pipeline->budget.whole = spec->whole;
    mst_buf_init(&pipeline->start, MST_POSITION_MAX);
    mst_buf_init(&pipeline->start_marks, MST_POSITION_MAX);
    mst_buf_init(&pipeline->saved_position, MST_POSITION_MAX);
    mst_buf_init(&pipeline->first_position, MST_POSITION_MAX);
    mst_error_clear(&pipeline->reader_problem.err);
    mst_error_clear(&pipeline->store_problem.err);
    mst_error_clear(&pipeline->lease_problem.err);
    pipeline->lease_next_ms = spec->lease != NULL ? 0 : INT64_MAX;
    atomic_init(&pipeline->lease_until_ms, spec->lease != NULL ? 0 : INT64_MAX);
    enum mst_status status = pipeline_make_locks(pipeline, err);
    if (status == MST_OK) {
        status = mst_plan_init(&pipeline->plan, spec, err);
        pipeline->plan.wait = mst_worker_wait;
        pipeline->plan.wait_arg = pipeline;
    }
    if (status == MST_OK) {
        status = pipeline_make_workers(pipeline, err);
    }
    if (status == MST_OK) {
        status =
            spec->source->create(&pipeline->source, &spec->source_args, err);
        if (status != MST_OK) {
            mst_error_prefix(err,
                             "source '%s': ", spec->source_args.service_name);
        }
    }
    if (status == MST_OK) {
        status = pipeline_make_runners(pipeline, err);
    }
    if (status != MST_OK) {
        mst_pipeline_destroy(pipeline);
        return status;
    }
    *ret_pipeline = pipeline;
    return MST_OK;
}

static void
pipeline_release(void *arg, struct mst_flight *flight)
{
    (void)arg;
    mst_flight_destroy(flight);
}

void
mst_pipeline_destroy(struct mst_pipeline *pipeline)
{
    if (pipeline == NULL) {
        return;
    }
    const struct mst_tracker_events events = {.release = pipeline_release};
    for (size_t i = 0; i < pipeline->runners_len; i++) {
        mst_runner_clear(&pipeline->runners[i]);
    }
    free(pipeline->runners);
    mst_tracker_clear(&pipeline->tracker, &events);
    while (pipeline->pool != NULL) {
        struct mst_flight *flight = pipeline->pool;
        pipeline->pool = flight->next;
        mst_flight_destroy(flight);
    }
    if (pipeline->source != NULL) {
        pipeline->spec->source->destroy(pipeline->source);
    }
    for (size_t i = 0; i < pipeline->workers_len; i++) {
        mst_queue_destroy(pipeline->workers[i].queue);
        mst_chain_destroy(pipeline->workers[i].chain);
    }
    free(pipeline->workers);
    mst_plan_clear(&pipeline->plan);
    mst_buf_clear(&pipeline->start);
    mst_buf_clear(&pipeline->start_marks);
    mst_buf_clear(&pipeline->saved_position);
    mst_buf_clear(&pipeline->first_position);
    (void)pthread_cond_destroy(&pipeline->changed);
    (void)pthread_rwlock_destroy(&pipeline->shadow_lock);
    (void)pthread_mutex_destroy(&pipeline->save_mutex);
    (void)pthread_mutex_destroy(&pipeline->pool_mutex);
    (void)pthread_mutex_destroy(&pipeline->mutex);
    free(pipeline);
}

static enum mst_status
pipeline_start(struct mst_pipeline *pipeline, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < pipeline->runners_len && status == MST_OK; i++) {
        status = mst_runner_start(&pipeline->runners[i], err);
    }
    for (size_t i = 0; i < pipeline->workers_len && status == MST_OK; i++) {
        struct mst_worker *worker = &pipeline->workers[i];
        status = mst_thread_start(&worker->thread, "worker", mst_worker_main,
                                  worker, err);
        worker->started = status == MST_OK;
    }
    if (status == MST_OK) {
        status = mst_thread_start(&pipeline->reader, "reader", mst_reader_main,
                                  pipeline, err);
        pipeline->reader_started = status == MST_OK;
    }
    return status;
}

/* A store that does not answer is asked again until the run stops or its time
 * is over. */
static enum mst_status
pipeline_load(struct mst_pipeline *pipeline, int64_t until_ms,
              struct mst_error *err)
{
    enum mst_status status = mst_pipeline_load(pipeline, err);
    while (status == MST_RETRY && !mst_pipeline_is_stopping(pipeline)
           && mst_clock_ms() < until_ms) {
        mst_pipeline_trouble(pipeline, &pipeline->store_problem, err,
                             PIPELINE_LOAD_MS);
        mst_pipeline_sleep(pipeline, PIPELINE_LOAD_MS, false);
        status = mst_pipeline_load(pipeline, err);
    }
    if (status == MST_OK) {
        mst_pipeline_trouble(pipeline, &pipeline->store_problem, NULL, 0);
    }
    return status;
}

/* Times of the run's own clockwork, monotonic. */
struct pipeline_clock {
    int64_t save_ms;
    int64_t timeout_ms;  /* INT64_MAX: none */
    int64_t give_up_ms;  /* of draining; INT64_MAX: not asked to stop yet */
    int64_t unleased_ms; /* the same, where nothing may be delivered */
    bool timed_out;
};

/* What is due: saving, the lease, the end of the time. True: timed out. */
static bool
pipeline_tick(struct mst_pipeline *pipeline, struct pipeline_clock *clock)
{
    int64_t now = mst_clock_ms();
    if (now >= clock->save_ms) {
        mst_pipeline_save(pipeline);
        clock->save_ms = now + pipeline->spec->checkpoint_interval_ms;
    }
    mst_pipeline_renew(pipeline);
    return now >= clock->timeout_ms;
}

static int
pipeline_next_tick(const struct mst_pipeline *pipeline,
                   const struct pipeline_clock *clock)
{
    int64_t next = clock->save_ms;
    next = clock->timeout_ms < next ? clock->timeout_ms : next;
    next = pipeline->lease_next_ms < next ? pipeline->lease_next_ms : next;
    next -= mst_clock_ms();
    return next < 1                  ? 1
           : next > PIPELINE_TICK_MS ? PIPELINE_TICK_MS
                                     : (int)next;
}

static bool
pipeline_wait(struct mst_pipeline *pipeline, int timeout_ms,
              bool (*is_done)(struct mst_pipeline *pipeline))
{
    struct timespec until = mst_cond_deadline(timeout_ms);
    mst_mutex_lock(&pipeline->mutex);
    bool done = is_done(pipeline);
    while (!done
           && mst_cond_wait(&pipeline->changed, &pipeline->mutex, &until)) {
        done = is_done(pipeline);
    }
    done = done || is_done(pipeline);
    mst_mutex_unlock(&pipeline->mutex);
    return done;
}

static bool
pipeline_reader_is_done(struct mst_pipeline *pipeline)
{
    return pipeline->reader_done || !pipeline->reader_started;
}

static bool
pipeline_sinks_are_done(struct mst_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->runners_len; i++) {
        struct mst_runner *runner = &pipeline->runners[i];
        if (runner->takes_letters) {
            /* The others are done: no letter will follow. */
            mst_queue_close(runner->queue);
        }
        if (runner->started && !atomic_load(&runner->finished)) {
            return false;
        }
    }
    return true;
}

static bool
pipeline_workers_are_done(struct mst_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->workers_len; i++) {
        struct mst_worker *worker = &pipeline->workers[i];
        if (worker->started && !atomic_load(&worker->finished)) {
            return false;
        }
    }
    return true;
}

/* Until the reader is through. */
static void
pipeline_serve(struct mst_pipeline *pipeline, struct pipeline_clock *clock)
{
    while (!pipeline_wait(pipeline, pipeline_next_tick(pipeline, clock),
                          pipeline_reader_is_done)) {
        if (pipeline_tick(pipeline, clock)) {
            clock->timed_out = true;
            clock->timeout_ms = INT64_MAX;
            mst_pipeline_stop(pipeline);
        }
    }
}

/* A run that was asked to stop gives what is in flight shutdown_timeout, but
 * not long where nothing may be delivered any more: the state does not answer.
 */
static bool
pipeline_gives_up(struct mst_pipeline *pipeline, struct pipeline_clock *clock)
{
    int64_t now = mst_clock_ms();
    if (!mst_pipeline_is_stopping(pipeline)) {
        return false;
    }
    if (clock->give_up_ms == INT64_MAX) {
        clock->give_up_ms = now + pipeline->spec->shutdown_timeout_ms;
    }
    if (mst_pipeline_may_deliver(pipeline)) {
        clock->unleased_ms = INT64_MAX;
    } else if (clock->unleased_ms == INT64_MAX) {
        clock->unleased_ms = now + PIPELINE_LAST_SAVE_MS;
    }
    return now >= clock->give_up_ms || now >= clock->unleased_ms;
}

/* Until they are done, or time is up. False: given up. */
static bool
pipeline_drain(struct mst_pipeline *pipeline, struct pipeline_clock *clock,
               bool (*is_done)(struct mst_pipeline *pipeline))
{
    for (;;) {
        if (pipeline_wait(pipeline, pipeline_next_tick(pipeline, clock),
                          is_done)) {
            return !mst_pipeline_is_aborting(pipeline);
        }
        mst_mutex_lock(&pipeline->mutex);
        bool give_up = pipeline->aborting || pipeline->lease_lost;
        mst_mutex_unlock(&pipeline->mutex);
        if (pipeline_tick(pipeline, clock)) {
            clock->timed_out = true;
            give_up = true;
        }
        if (give_up || pipeline_gives_up(pipeline, clock)) {
            return false;
        }
    }
}

static void
pipeline_join(pthread_t thread, bool *started)
{
    if (*started) {
        (void)pthread_join(thread, NULL);
        *started = false;
    }
}

/* Workers first, then sinks: what was read reaches them all. */
static void
pipeline_close_workers(struct mst_pipeline *pipeline,
                       struct pipeline_clock *clock)
{
    for (size_t i = 0; i < pipeline->workers_len; i++) {
        mst_queue_close(pipeline->workers[i].queue);
    }
    /* A middleware may have much to do, or never come back by itself. */
    if (!pipeline_drain(pipeline, clock, pipeline_workers_are_done)) {
        mst_pipeline_abort(pipeline);
    }
    for (size_t i = 0; i < pipeline->workers_len; i++) {
        pipeline_join(pipeline->workers[i].thread,
                      &pipeline->workers[i].started);
    }
    for (size_t i = 0; i < pipeline->spec->sinks_len; i++) {
        mst_queue_close(pipeline->runners[i].queue);
    }
}

/* The last save; a store in trouble gets a little time, because what is not
 * saved now is repeated at the next start. */
static void
pipeline_save_last(struct mst_pipeline *pipeline)
{
    int64_t until =
        mst_clock_ms()
        + (mst_pipeline_may_deliver(pipeline) ? PIPELINE_LAST_SAVE_MS : 0);
    bool wait = false;
    do {
        if (wait) {
            mst_mutex_lock(&pipeline->mutex);
            struct timespec tick = mst_cond_deadline(PIPELINE_SAVE_AGAIN_MS);
            (void)mst_cond_wait(&pipeline->changed, &pipeline->mutex, &tick);
            mst_mutex_unlock(&pipeline->mutex);
        }
        pipeline->save_not_before_ms = 0;
        mst_pipeline_save(pipeline);
        wait = true;
    } while (atomic_load(&pipeline->dirty) && !pipeline->lease_lost
             && mst_clock_ms() < until);
}

static void
pipeline_finish(struct mst_pipeline *pipeline, bool drained)
{
    if (!drained) {
        mst_pipeline_abort(pipeline);
    }
    for (size_t i = 0; i < pipeline->runners_len; i++) {
        mst_queue_close(pipeline->runners[i].queue);
        pipeline_join(pipeline->runners[i].thread,
                      &pipeline->runners[i].started);
    }
    pipeline_save_last(pipeline);
    pipeline->spec->source->close(pipeline->source);
}

static enum mst_pipeline_end
pipeline_verdict(struct mst_pipeline *pipeline, bool drained, bool timed_out,
                 struct mst_error *err)
{
    mst_mutex_lock(&pipeline->mutex);
    bool lease_lost = pipeline->lease_lost;
    bool failed = pipeline->failed;
    bool blocked = pipeline->blocked;
    bool reached_end = pipeline->reached_end;
    if (failed) {
        *err = pipeline->failure;
    }
    mst_mutex_unlock(&pipeline->mutex);
    if (lease_lost) {
        return MST_PIPELINE_LEASE_LOST;
    }
    if (failed) {
        return blocked ? MST_PIPELINE_BLOCKED : MST_PIPELINE_FAILED;
    }
    if (timed_out) {
        (void)mst_fail(err, MST_RETRY, "job", 0,
                       "the time of %lld ms was over before all was done",
                       (long long)pipeline->spec->timeout_ms);
        return MST_PIPELINE_TIMED_OUT;
    }
    if (!drained || !mst_tracker_is_empty(&pipeline->tracker)) {
        (void)mst_fail(err, MST_RETRY, "job", 0,
                       "some events were not confirmed in time; they come "
                       "again at the next start");
        return MST_PIPELINE_UNDRAINED;
    }
    return reached_end ? MST_PIPELINE_COMPLETED : MST_PIPELINE_STOPPED;
}

enum mst_pipeline_end
mst_pipeline_run(struct mst_pipeline *pipeline, struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = pipeline->spec;
    int64_t now = mst_clock_ms();
    struct pipeline_clock clock = {
        .save_ms = now + spec->checkpoint_interval_ms,
        .timeout_ms = spec->deadline_ms > 0  ? spec->deadline_ms
                      : spec->timeout_ms > 0 ? now + spec->timeout_ms
                                             : INT64_MAX,
        .give_up_ms = INT64_MAX,
        .unleased_ms = INT64_MAX,
    };
    enum mst_status status = pipeline_load(pipeline, clock.timeout_ms, err);
    clock.timed_out = status == MST_RETRY && mst_clock_ms() >= clock.timeout_ms;
    if (status == MST_OK) {
        /* Loading may have taken longer than the lease lasts. */
        mst_pipeline_renew(pipeline);
        status = pipeline_start(pipeline, err);
    }
    if (status != MST_OK) {
        if (!clock.timed_out) {
            mst_pipeline_fail(pipeline, err);
        }
        mst_pipeline_abort(pipeline);
    }
    pipeline_serve(pipeline, &clock);
    pipeline_join(pipeline->reader, &pipeline->reader_started);
    pipeline_close_workers(pipeline, &clock);
    bool drained = pipeline_drain(pipeline, &clock, pipeline_sinks_are_done);
    pipeline_finish(pipeline, drained);
    return pipeline_verdict(pipeline, drained, clock.timed_out, err);
}
