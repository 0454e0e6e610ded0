/* SPDX-License-Identifier: MIT */
/* The reader thread: opens the source, fills batches, sends them off. */
#include "base/clock.h"
#include "base/fault_point.h"
#include "base/hash.h"
#include "base/thread.h"
#include "log/log.h"
#include "pipeline/run.h"

enum {
    READER_WAIT_MS = 1000,
    READER_OPEN_MS = 2,
    READER_CHECK_MS = 100,
    READER_KEEPALIVE_MS = 1000,
    READER_FLUSH_MS = 60000, /* below Kafka's max.poll.interval.ms */
    READER_SINKS_MS = 5000
};

/* Waits until the tracker is empty; false: stopping, or the time is over. */
static bool
reader_wait_settled(struct mst_pipeline *pipeline, int64_t timeout_ms)
{
    int64_t until = mst_clock_ms() + timeout_ms;
    bool empty = false;
    atomic_store(&pipeline->reader_waits, true);
    while (!empty && !mst_pipeline_is_stopping(pipeline)
           && (timeout_ms < 0 || mst_clock_ms() < until)) {
        mst_pipeline_advance(pipeline);
        empty = mst_tracker_is_empty(&pipeline->tracker);
        if (!empty) {
            struct timespec tick = mst_cond_deadline(READER_CHECK_MS);
            mst_mutex_lock(&pipeline->mutex);
            (void)mst_cond_wait(&pipeline->changed, &pipeline->mutex, &tick);
            mst_mutex_unlock(&pipeline->mutex);
        }
    }
    atomic_store(&pipeline->reader_waits, false);
    return empty;
}

/* Lets the source answer heartbeats while there is no room for events. */
static void
reader_keepalive(struct mst_pipeline *pipeline)
{
    struct mst_flight *flight = mst_pipeline_take_flight(pipeline);
    struct mst_error err;
    if (flight == NULL) {
        return;
    }
    size_t max = flight->batch->max_events;
    flight->batch->max_events = 0;
    /* What it says comes again with the next real read. */
    (void)pipeline->spec->source->read(pipeline->source, flight->batch, 0,
                                       &err);
    flight->batch->max_events = max;
    mst_pipeline_give_flight(pipeline, flight);
}

/* Waits for room in the budget; false when the run stops. */
static bool
reader_wait_room(struct mst_pipeline *pipeline)
{
    const struct mst_pipeline_spec *spec = pipeline->spec;
    uint64_t copies = mst_plan_copies(&pipeline->plan);
    uint64_t need = spec->batch_bytes + copies * (spec->batch_bytes * 3 / 2);
    int64_t last = mst_clock_ms();
    mst_pipeline_advance(pipeline);
    while (!mst_budget_fits(&pipeline->budget, need)) {
        atomic_store(&pipeline->reader_waits, true);
        mst_pipeline_advance(pipeline);
        if (!mst_budget_fits(&pipeline->budget, need)) {
            struct timespec tick = mst_cond_deadline(READER_CHECK_MS);
            mst_mutex_lock(&pipeline->mutex);
            if (!pipeline->stopping) {
                (void)mst_cond_wait(&pipeline->changed, &pipeline->mutex,
                                    &tick);
            }
            mst_mutex_unlock(&pipeline->mutex);
        }
        if (mst_pipeline_is_stopping(pipeline)) {
            break;
        }
        if (mst_clock_ms() - last >= READER_KEEPALIVE_MS) {
            reader_keepalive(pipeline);
            last = mst_clock_ms();
        }
    }
    atomic_store(&pipeline->reader_waits, false);
    return !mst_pipeline_is_stopping(pipeline);
}

/* Sinks that leave a mark should be open when the start is saved. True: they
 * are, or have finished; one that can not be opened is not waited for. */
static bool
reader_sinks_are_open(struct mst_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->spec->sinks_len; i++) {
        struct mst_runner *runner = &pipeline->runners[i];
        if (runner->spec->type->mark != NULL && !atomic_load(&runner->opened)
            && !atomic_load(&runner->finished)) {
            return false;
        }
    }
    return true;
}

static void
reader_wait_sinks(struct mst_pipeline *pipeline)
{
    int64_t until = mst_clock_ms() + READER_SINKS_MS;
    while (!reader_sinks_are_open(pipeline) && mst_clock_ms() < until
           && !mst_pipeline_is_stopping(pipeline)) {
        mst_pipeline_sleep(pipeline, READER_OPEN_MS, false);
    }
}

/* Before the first event of a job is sent on, a checkpoint says where it
 * began; asked when the source is open, and where it could not say it then,
 * when it gave its first events. False: the run stops. */
static bool
reader_save_start(struct mst_pipeline *pipeline)
{
    if (pipeline->has_checkpoint || !pipeline->spec->checkpoint) {
        return true;
    }
    reader_wait_sinks(pipeline);
    int64_t last = mst_clock_ms();
    enum mst_status status = mst_pipeline_save_start(pipeline);
    while (status != MST_OK && status != MST_AGAIN) {
        if (mst_pipeline_is_stopping(pipeline)) {
            return false;
        }
        mst_pipeline_sleep(pipeline, READER_CHECK_MS, false);
        if (mst_clock_ms() - last >= READER_KEEPALIVE_MS) {
            reader_keepalive(pipeline);
            last = mst_clock_ms();
        }
        status = mst_pipeline_save_start(pipeline);
    }
    pipeline->has_checkpoint = status == MST_OK;
    return true;
}

/* Numbers the events and sends the flight to the workers. */
static enum mst_status
reader_dispatch(struct mst_pipeline *pipeline, struct mst_flight *flight,
                struct mst_error *err)
{
    struct mst_batch *batch = flight->batch;
    unsigned workers = (unsigned)pipeline->workers_len;
    for (size_t i = 0; i < batch->len; i++) {
        struct mst_event *event = &batch->events[i];
        event->seq = ++pipeline->next_seq;
        event->key_hash = event->key.data != NULL
                              ? mst_hash64(event->key.data, event->key.len)
                              : 0;
    }
    atomic_fetch_add(&pipeline->events_in, batch->len);
    atomic_fetch_add(&pipeline->bytes_in, batch->bytes);
    if (batch->len > 0
        && batch->events[batch->len - 1].source_ts_ms != MST_TIME_UNKNOWN) {
        atomic_store(&pipeline->source_ts_ms,
                     batch->events[batch->len - 1].source_ts_ms);
    }
    mst_meters_received(&pipeline->meters, flight);
    flight->charged = mst_flight_estimate(batch, &pipeline->plan);
    mst_budget_charge(&pipeline->budget, flight->charged);
    if (mst_flight_split(flight, &pipeline->plan, workers, err) != MST_OK) {
        mst_pipeline_give_flight(pipeline, flight);
        return MST_FATAL;
    }
    /* Once tracked, a flight without events may be settled and reused at any
     * moment: what is sent on is read before. */
    size_t units = flight->units_len;
    while (units > 0 && flight->units[units - 1].len == 0) {
        units--;
    }
    mst_tracker_add(&pipeline->tracker, flight,
                    (unsigned)pipeline->plan.sinks_len);
    for (size_t w = 0; w < units; w++) {
        if (flight->units[w].len > 0
            && mst_worker_give(&pipeline->workers[w], &flight->units[w], err)
                   != MST_OK) {
            return MST_FATAL;
        }
    }
    return MST_OK;
}

/* Takes the position that stands now as the one to open at. */
static enum mst_status
reader_refresh_start(struct mst_pipeline *pipeline, struct mst_error *err)
{
    struct mst_buf position;
    mst_buf_init(&position, MST_POSITION_MAX);
    mst_mutex_lock(&pipeline->tracker.mutex);
    enum mst_status status =
        pipeline->spec->source->position(pipeline->source, &position, err);
    mst_mutex_unlock(&pipeline->tracker.mutex);
    if (status == MST_OK) {
        mst_buf_clear(&pipeline->start);
        pipeline->start = position;
        pipeline->start_origin = MST_POSITION_SAVED;
    } else {
        mst_buf_clear(&position);
    }
    return status == MST_AGAIN ? MST_OK : status;
}

static void
reader_set_opened(struct mst_pipeline *pipeline)
{
    struct mst_log_field job = MST_LOG_STR("job", pipeline->spec->job);
    mst_mutex_lock(&pipeline->mutex);
    bool first = !pipeline->opened;
    pipeline->opened = true;
    (void)pthread_cond_broadcast(&pipeline->changed);
    mst_mutex_unlock(&pipeline->mutex);
    mst_pipeline_trouble(pipeline, &pipeline->reader_problem, NULL, 0);
    if (first) {
        mst_log_write(MST_LOG_INFO, "job", &job, 1, "running from %s",
                      pipeline->start.len > 0 ? "its checkpoint"
                                              : "the start that is configured");
    }
}

/* Classifies what the source said; false: the run is over. */
static bool
reader_pause(struct mst_pipeline *pipeline, enum mst_status status,
             struct mst_backoff *backoff, struct mst_error *err)
{
    err->status = status;
    mst_error_prefix(err,
                     "source '%s': ", pipeline->spec->source_args.service_name);
    if (status == MST_FATAL || status == MST_REJECTED) {
        mst_pipeline_fail(pipeline, err);
        return false;
    }
    int64_t wait =
        mst_backoff_next(backoff, &pipeline->spec->retry, err->retry_after_ms);
    mst_pipeline_trouble(pipeline, &pipeline->reader_problem, err, wait);
    mst_pipeline_sleep(pipeline, wait, false);
    return !mst_pipeline_is_stopping(pipeline);
}

static bool
reader_open(struct mst_pipeline *pipeline, struct mst_backoff *backoff)
{
    while (!mst_pipeline_is_stopping(pipeline)) {
        struct mst_error err;
        mst_error_clear(&err);
        const struct mst_start start = {
            .position = mst_buf_slice(&pipeline->start),
            .origin = pipeline->start_origin,
            .bounded = pipeline->spec->bounded,
        };
        enum mst_status status =
            pipeline->spec->source->open(pipeline->source, &start, &err);
        if (status == MST_OK) {
            reader_set_opened(pipeline);
            return true;
        }
        pipeline->spec->source->close(pipeline->source);
        if (status != MST_AGAIN
            && !reader_pause(pipeline, status, backoff, &err)) {
            return false;
        }
    }
    return false;
}

/* One read and what follows from it. The status tells what to do next. */
static enum mst_status
reader_turn(struct mst_pipeline *pipeline, struct mst_error *err)
{
    struct mst_flight *flight = mst_pipeline_take_flight(pipeline);
    if (flight == NULL) {
        return mst_fail_memory(err, "pipeline");
    }
    struct mst_batch *batch = flight->batch;
    batch->max_age_ms = pipeline->spec->batch_age_ms;
    enum mst_status status = pipeline->spec->source->read(
        pipeline->source, batch, READER_WAIT_MS, err);
    bool flush = batch->flush;
    if (batch->len > 0) {
        mst_fault_point("after_read");
    }
    if (batch->len > 0 && pipeline->next_seq == 0
        && !reader_save_start(pipeline)) {
        mst_pipeline_give_flight(pipeline, flight);
        return MST_AGAIN;
    }
    if (batch->len > 0 || batch->end_mark.data != NULL) {
        struct mst_error sent;
        if (reader_dispatch(pipeline, flight, &sent) != MST_OK) {
            *err = sent;
            return MST_FATAL;
        }
    } else {
        mst_pipeline_give_flight(pipeline, flight);
    }
    if (flush && reader_wait_settled(pipeline, READER_FLUSH_MS)) {
        mst_pipeline_save(pipeline);
    }
    return status;
}

static void
reader_loop(struct mst_pipeline *pipeline)
{
    struct mst_backoff backoff = {0};
    if (!reader_open(pipeline, &backoff) || !reader_save_start(pipeline)) {
        return;
    }
    while (reader_wait_room(pipeline)) {
        struct mst_error err;
        mst_error_clear(&err);
        enum mst_status status = reader_turn(pipeline, &err);
        if (status == MST_OK || status == MST_AGAIN) {
            if (backoff.failures > 0 && status == MST_OK) {
                mst_backoff_reset(&backoff);
                mst_pipeline_trouble(pipeline, &pipeline->reader_problem, NULL,
                                     0);
            }
            continue;
        }
        if (status == MST_END) {
            mst_mutex_lock(&pipeline->mutex);
            pipeline->reached_end = true;
            mst_mutex_unlock(&pipeline->mutex);
            return;
        }
        if (!reader_pause(pipeline, status, &backoff, &err)) {
            return;
        }
        if (status == MST_DISCONNECTED) {
            /* Nothing may be read again behind events still in flight. */
            if (!reader_wait_settled(pipeline, -1)) {
                return;
            }
            pipeline->spec->source->close(pipeline->source);
            if (reader_refresh_start(pipeline, &err) != MST_OK) {
                mst_pipeline_fail(pipeline, &err);
                return;
            }
            if (!reader_open(pipeline, &backoff)) {
                return;
            }
            (void)atomic_fetch_add(&pipeline->reopened, 1);
        }
    }
}

void *
mst_reader_main(void *arg)
{
    struct mst_pipeline *pipeline = arg;
    reader_loop(pipeline);
    mst_mutex_lock(&pipeline->mutex);
    pipeline->reader_done = true;
    (void)pthread_cond_broadcast(&pipeline->changed);
    mst_mutex_unlock(&pipeline->mutex);
    return NULL;
}
