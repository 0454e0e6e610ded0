/* SPDX-License-Identifier: MIT */
/*
 * A sink with lanes: an event goes to the lane of its key and is answered in
 * the lane's order, by write itself or by a thread. When one is answered with
 * RETRY, all behind it in the lane are too, as core/sink.h asks.
 */
#include "fake_parts.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

static enum mst_status
fake_sink_create(void **ret_ctx, const struct mst_sink_args *args,
                 struct mst_error *err)
{
    struct fake_sink *sink = (struct fake_sink *)(uintptr_t)args->options;
    (void)err;
    sink->host = args->host;
    sink->quit = false;
    *ret_ctx = sink;
    return MST_OK;
}

static bool
fake_sink_chance(struct fake_sink *sink, unsigned per_mille)
{
    return fake_random(&sink->seed, 1000) < per_mille;
}

static struct mst_delivery *
fake_lane_shift(struct fake_lane *lane)
{
    struct mst_delivery *first = lane->items[0];
    lane->len--;
    memmove(lane->items, lane->items + 1, lane->len * sizeof(*lane->items));
    return first;
}

static void
fake_sink_answer(struct fake_sink *sink, struct mst_delivery *delivery,
                 enum mst_status status)
{
    struct mst_error err;
    if (status == MST_OK) {
        fake_world_ended(sink->world, sink->index, delivery->event, false);
    } else {
        (void)mst_fail(&err, status, "fake", 0, "fake sink says %s",
                       mst_status_name(status));
    }
    mst_delivery_confirm(delivery, status, &err);
}

/* Everything in the lane ends with this status. Lock: sink->mutex held. */
static void
fake_lane_fail(struct fake_sink *sink, struct fake_lane *lane,
               enum mst_status status)
{
    lane->failed = true;
    while (lane->len > 0) {
        sink->queued--;
        fake_sink_answer(sink, fake_lane_shift(lane), status);
    }
}

/* Answers one event of some lane. Lock: sink->mutex held. */
static void
fake_sink_work(struct fake_sink *sink)
{
    unsigned at = fake_random(&sink->seed, FAKE_LANES);
    while (sink->lanes[at].len == 0) {
        at = (at + 1) % FAKE_LANES;
    }
    struct fake_lane *lane = &sink->lanes[at];
    uint64_t n = 0;
    memcpy(&n, lane->items[0]->payload.data, sizeof(n));
    if (fake_sink_chance(sink, sink->script.drop)) {
        sink->lost = true;
        for (unsigned i = 0; i < FAKE_LANES; i++) {
            fake_lane_fail(sink, &sink->lanes[i], MST_DISCONNECTED);
        }
    } else if (lane->failed || fake_sink_chance(sink, sink->script.retry)) {
        fake_lane_fail(sink, lane, MST_RETRY);
    } else {
        sink->queued--;
        fake_sink_answer(sink, fake_lane_shift(lane),
                         n % 1000 < sink->script.reject ? MST_REJECTED
                                                        : MST_OK);
    }
}

static void *
fake_sink_main(void *arg)
{
    struct fake_sink *sink = arg;
    mst_mutex_lock(&sink->mutex);
    while (!sink->quit) {
        if (sink->queued > 0) {
            fake_sink_work(sink);
            sink->host->ready(sink->host);
        } else {
            (void)pthread_cond_broadcast(&sink->changed);
            (void)mst_cond_wait(&sink->changed, &sink->mutex, NULL);
        }
    }
    mst_mutex_unlock(&sink->mutex);
    return NULL;
}

static enum mst_status
fake_sink_open(void *ctx, const struct mst_sink_start *start,
               struct mst_error *err)
{
    struct fake_sink *sink = ctx;
    (void)start;
    sink->opener = pthread_self();
    sink->open = true;
    sink->lost = false;
    sink->quit = false;
    if (sink->script.async) {
        sink->started =
            mst_thread_start(&sink->thread, "fake", fake_sink_main, sink, err)
            == MST_OK;
    }
    return MST_OK;
}

/* False without memory: the sink is full. */
static bool
fake_lane_push(struct fake_lane *lane, struct mst_delivery *delivery)
{
    if (lane->len == lane->cap) {
        size_t cap = lane->cap == 0 ? 64 : lane->cap * 2;
        struct mst_delivery **items =
            realloc(lane->items, cap * sizeof(*items));
        if (items == NULL) {
            return false;
        }
        lane->items = items;
        lane->cap = cap;
    }
    lane->items[lane->len++] = delivery;
    return true;
}

/* The engine calls one at a time: counts when it does not. */
static void
fake_sink_enter(struct fake_sink *sink)
{
    sink->together += atomic_exchange(&sink->inside, true) ? 1 : 0;
}

static void
fake_sink_leave(struct fake_sink *sink)
{
    atomic_store(&sink->inside, false);
}

static enum mst_status
fake_sink_take(struct fake_sink *sink, struct mst_delivery *const *deliveries,
               size_t n, size_t *ret_taken, struct mst_error *err)
{
    *ret_taken = 0;
    sink->written_by_others +=
        pthread_equal(sink->opener, pthread_self()) ? 0 : 1;
    mst_mutex_lock(&sink->world->mutex);
    sink->world->unsaved_writes += sink->world->has_saved ? 0 : 1;
    if (mst_clock_ms() > sink->world->lease_until_ms) {
        sink->world->unleased_writes++;
    }
    mst_mutex_unlock(&sink->world->mutex);
    if (sink->script.never) {
        return MST_AGAIN;
    }
    if (sink->script.fatal) {
        return mst_fail(err, MST_FATAL, "fake", 0, "no right to write");
    }
    mst_mutex_lock(&sink->mutex);
    bool lost = sink->lost;
    bool full = fake_sink_chance(sink, sink->script.full);
    size_t take = full ? fake_random(&sink->seed, (unsigned)n) : n;
    for (size_t i = 0; i < take && !lost; i++) {
        uint64_t hash = deliveries[i]->event->key_hash;
        if (!fake_lane_push(&sink->lanes[hash % FAKE_LANES], deliveries[i])) {
            full = true;
            break;
        }
        sink->queued++;
        *ret_taken = i + 1;
    }
    while (!sink->script.async && sink->queued > 0) {
        fake_sink_work(sink);
    }
    (void)pthread_cond_broadcast(&sink->changed);
    mst_mutex_unlock(&sink->mutex);
    if (lost) {
        return mst_fail(err, MST_DISCONNECTED, "fake", 0, "connection lost");
    }
    if (full) {
        sink->host->ready(sink->host); /* it was only full for a moment */
        return MST_AGAIN;
    }
    return MST_OK;
}

static enum mst_status
fake_sink_write(void *ctx, struct mst_delivery *const *deliveries, size_t n,
                size_t *ret_taken, struct mst_error *err)
{
    fake_sink_enter(ctx);
    struct fake_sink *sink = ctx;
    enum mst_status status = fake_sink_take(ctx, deliveries, n, ret_taken, err);
    if (sink->script.chatty) {
        sink->host->ready(sink->host);
    }
    fake_sink_leave(ctx);
    return status;
}

static enum mst_status
fake_sink_drain(void *ctx, int timeout_ms, struct mst_error *err)
{
    struct fake_sink *sink = ctx;
    struct timespec until = mst_cond_deadline(timeout_ms);
    (void)err;
    fake_sink_enter(sink);
    mst_mutex_lock(&sink->mutex);
    while (sink->queued > 0
           && mst_cond_wait(&sink->changed, &sink->mutex, &until)) {
    }
    size_t left = sink->queued;
    for (unsigned i = 0; i < FAKE_LANES && left == 0; i++) {
        sink->lanes[i].failed = false;
    }
    mst_mutex_unlock(&sink->mutex);
    fake_sink_leave(sink);
    return left == 0 ? MST_OK : MST_AGAIN;
}

static void
fake_sink_close(void *ctx)
{
    struct fake_sink *sink = ctx;
    mst_mutex_lock(&sink->mutex);
    sink->quit = true;
    (void)pthread_cond_broadcast(&sink->changed);
    mst_mutex_unlock(&sink->mutex);
    if (sink->started) {
        (void)pthread_join(sink->thread, NULL);
        sink->started = false;
    }
    for (unsigned i = 0; i < FAKE_LANES; i++) {
        fake_lane_fail(sink, &sink->lanes[i], MST_DISCONNECTED);
        sink->lanes[i].failed = false;
    }
    sink->open = false;
}

static void
fake_sink_nothing(void *ctx)
{
    (void)ctx;
}

const struct mst_sink_type fake_sink_type = {
    .name = "fake",
    .capabilities = MST_SINK_ASYNC,
    .encodings = 1U << MST_ENCODING_RAW,
    .create = fake_sink_create,
    .open = fake_sink_open,
    .write = fake_sink_write,
    .drain = fake_sink_drain,
    .interrupt = fake_sink_nothing,
    .close = fake_sink_close,
    .destroy = fake_sink_nothing,
};
