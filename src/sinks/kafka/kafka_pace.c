/* SPDX-License-Identifier: MIT */
/* The thread that flushes while events come slowly. */
#include "sinks/kafka/kafka_pace.h"

#include "base/thread.h"

enum {
    /* Long enough that a stall of the source, and what comes at once after
     * it, do not look like load. */
    PACE_WINDOW_MS = 100,
    /* Up to 4 000 events a second go out one by one; librdkafka and the
     * broker can do that, and beyond it batches cost less. */
    PACE_CALM_EVENTS = 400,
    /* Longer than a broker needs to answer. A flush also ends when nothing
     * waits any more. */
    PACE_FLUSH_MS = 3
};

static void *
pace_run(void *arg)
{
    struct kafka_pace *pace = arg;
    mst_mutex_lock(&pace->mutex);
    while (!pace->stop) {
        if (!pace->push) {
            (void)mst_cond_wait(&pace->cond, &pace->mutex, NULL);
            continue;
        }
        pace->push = false;
        mst_mutex_unlock(&pace->mutex);
        (void)rd_kafka_flush(pace->rk, PACE_FLUSH_MS);
        mst_mutex_lock(&pace->mutex);
    }
    mst_mutex_unlock(&pace->mutex);
    return NULL;
}

enum mst_status
kafka_pace_start(struct kafka_pace *pace, rd_kafka_t *rk, struct mst_error *err)
{
    *pace = (struct kafka_pace){.rk = rk};
    (void)pthread_mutex_init(&pace->mutex, NULL);
    if (!mst_cond_init(&pace->cond)) {
        (void)pthread_mutex_destroy(&pace->mutex);
        return mst_fail_memory(err, "kafka");
    }
    enum mst_status status =
        mst_thread_start(&pace->thread, "kafka-pace", pace_run, pace, err);
    if (status != MST_OK) {
        (void)pthread_cond_destroy(&pace->cond);
        (void)pthread_mutex_destroy(&pace->mutex);
        return status;
    }
    pace->running = true;
    return MST_OK;
}

void
kafka_pace_stop(struct kafka_pace *pace)
{
    if (!pace->running) {
        return;
    }
    mst_mutex_lock(&pace->mutex);
    pace->stop = true;
    (void)pthread_cond_signal(&pace->cond);
    mst_mutex_unlock(&pace->mutex);
    (void)pthread_join(pace->thread, NULL);
    (void)pthread_cond_destroy(&pace->cond);
    (void)pthread_mutex_destroy(&pace->mutex);
    pace->running = false;
}

void
kafka_pace_push(struct kafka_pace *pace)
{
    if (!pace->running) {
        return;
    }
    mst_mutex_lock(&pace->mutex);
    pace->push = true;
    (void)pthread_cond_signal(&pace->cond);
    mst_mutex_unlock(&pace->mutex);
}

void
kafka_pace_wrote(struct kafka_pace *pace, size_t n, int64_t now_ms)
{
    if (!pace->running) {
        return;
    }
    int64_t passed = now_ms - pace->window_ms;
    if (passed >= PACE_WINDOW_MS) {
        pace->events_before = passed / 2 < PACE_WINDOW_MS ? pace->events : 0;
        pace->events = 0;
        pace->window_ms = now_ms;
    }
    pace->events += n;
    /* Two windows are counted. */
    if ((pace->events + pace->events_before) / 2 <= PACE_CALM_EVENTS) {
        kafka_pace_push(pace);
    }
}
