/* SPDX-License-Identifier: MIT */
/* The thread that feeds one sink. */
#include "pipeline/runner.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault_point.h"
#include "base/thread.h"
#include "log/log.h"
#include "pipeline/run.h"

enum {
    RUNNER_IDLE_MS = 1000,
    RUNNER_FULL_MS = 100, /* a sink that forgets ready() is asked again */
    RUNNER_DRAIN_MS = 200
};

bool
mst_delivery_list_push(struct mst_delivery_list *list,
                       struct mst_delivery *delivery)
{
    if (list->head + list->len == list->cap && list->head > 0) {
        memmove(list->items, list->items + list->head,
                list->len * sizeof(*list->items));
        list->head = 0;
    }
    if (list->len == list->cap) {
        size_t cap = list->cap == 0 ? 1024 : list->cap * 2;
        struct mst_delivery **items =
            realloc(list->items, cap * sizeof(*items));
        if (items == NULL) {
            return false;
        }
        list->items = items;
        list->cap = cap;
    }
    list->items[list->head + list->len++] = delivery;
    return true;
}

void
mst_delivery_list_clear(struct mst_delivery_list *list)
{
    free(list->items);
    memset(list, 0, sizeof(*list));
}

/* The one way in for confirmations. Thread: any; no lock unless it failed. */
static void
runner_confirm(const struct mst_delivery_owner *owner,
               struct mst_delivery *delivery, enum mst_status status,
               const struct mst_error *err)
{
    /* The owner is the first member, and the runner is ours to change. */
    struct mst_runner *runner = (struct mst_runner *)(uintptr_t)owner;
    if (MST_LIKELY(status == MST_OK)) {
        atomic_fetch_add_explicit(&runner->confirmed, 1, memory_order_relaxed);
        mst_pipeline_settle(runner->pipeline, delivery);
        mst_fault_point("after_confirm");
    } else {
        mst_mutex_lock(&runner->mutex);
        delivery->outcome = status;
        if (status == MST_REJECTED) {
            free(delivery->error);
            delivery->error = malloc(sizeof(*delivery->error));
            if (delivery->error != NULL) {
                *delivery->error = *err;
            }
        } else {
            runner->last_error = *err;
            runner->last_error.status = status;
        }
        delivery->next = runner->failed;
        runner->failed = delivery;
        atomic_store(&runner->has_failed, true);
        mst_mutex_unlock(&runner->mutex);
        mst_queue_wake(runner->queue);
    }
    size_t before = atomic_fetch_sub(&runner->inflight, 1);
    if (before == 1 && atomic_load(&runner->draining)) {
        mst_mutex_lock(&runner->mutex);
        (void)pthread_cond_signal(&runner->idle);
        mst_mutex_unlock(&runner->mutex);
    }
}

static void
runner_health(const struct mst_sink_host *host, const struct mst_error *err)
{
    struct mst_runner *runner =
        (struct mst_runner *)((uintptr_t)host
                              - offsetof(struct mst_runner, host));
    if (err != NULL) {
        struct mst_error told = *err;
        told.status = MST_RETRY;
        mst_pipeline_trouble(runner->pipeline, runner->problem, &told, -1);
    } else {
        mst_pipeline_trouble(runner->pipeline, runner->problem, NULL, 0);
    }
}

static void
runner_ready(const struct mst_sink_host *host)
{
    struct mst_runner *runner =
        (struct mst_runner *)((uintptr_t)host
                              - offsetof(struct mst_runner, host));
    if (!atomic_exchange(&runner->has_room, true)) {
        mst_queue_wake(runner->queue);
    }
}

static bool
runner_may_write(const struct mst_sink_host *host)
{
    const struct mst_runner *runner =
        (const struct mst_runner *)((uintptr_t)host
                                    - offsetof(struct mst_runner, host));
    return mst_pipeline_may_deliver(runner->pipeline);
}

enum mst_status
mst_runner_init(struct mst_runner *runner, struct mst_pipeline *pipeline,
                const struct mst_pipeline_sink *spec, struct mst_error *err)
{
    memset(runner, 0, sizeof(*runner));
    runner->pipeline = pipeline;
    runner->spec = spec;
    runner->owner.confirm = runner_confirm;
    runner->host.health = runner_health;
    runner->host.ready = runner_ready;
    runner->host.may_write = runner_may_write;
    runner->args = spec->args;
    runner->args.host = &runner->host;
    runner->problem = calloc(1, sizeof(*runner->problem));
    runner->queue = mst_queue_create();
    if (runner->problem == NULL || runner->queue == NULL
        || pthread_mutex_init(&runner->mutex, NULL) != 0
        || pthread_mutex_init(&runner->turn, NULL) != 0
        || !mst_cond_init(&runner->idle)) {
        return mst_fail_memory(err, "pipeline");
    }
    return spec->type->create(&runner->sink, &runner->args, err);
}

/* Deliveries that a failed run leaves behind belong to their flights, what was
 * said about them to nobody. */
static void
runner_forget(struct mst_delivery_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        free(list->items[list->head + i]->error);
        list->items[list->head + i]->error = NULL;
    }
}

void
mst_runner_clear(struct mst_runner *runner)
{
    if (runner->sink != NULL) {
        runner->spec->type->destroy(runner->sink);
    }
    runner_forget(&runner->pending);
    runner_forget(&runner->again);
    runner_forget(&runner->refused);
    for (struct mst_delivery *left = runner->failed; left != NULL;
         left = left->next) {
        free(left->error);
    }
    mst_queue_destroy(runner->queue);
    mst_delivery_list_clear(&runner->pending);
    mst_delivery_list_clear(&runner->again);
    mst_delivery_list_clear(&runner->refused);
    free(runner->problem);
    if (runner->queue != NULL) {
        (void)pthread_cond_destroy(&runner->idle);
        (void)pthread_mutex_destroy(&runner->mutex);
        (void)pthread_mutex_destroy(&runner->turn);
    }
}

void
mst_runner_close(struct mst_runner *runner)
{
    if (runner->is_open) {
        runner->spec->type->close(runner->sink);
        runner->is_open = false;
    }
}

/* Tries to open; pauses when that fails. */
static void
runner_open(struct mst_runner *runner)
{
    struct mst_pipeline *pipeline = runner->pipeline;
    struct mst_error err;
    struct mst_sink_start start = {
        .mark = mst_pipeline_sink_mark(pipeline, runner->spec->name)};
    mst_error_clear(&err);
    enum mst_status status =
        runner->spec->type->open(runner->sink, &start, &err);
    if (status == MST_OK) {
        runner->is_open = true;
        if (atomic_exchange(&runner->opened, true)) {
            (void)atomic_fetch_add(&pipeline->reopened, 1);
        }
        runner->waits_for_room = false;
        mst_backoff_reset(&runner->backoff);
        mst_pipeline_trouble(pipeline, runner->problem, NULL, 0);
        return;
    }
    mst_error_prefix(&err, "sink '%s': ", runner->spec->name);
    err.status = status;
    if (status == MST_FATAL || status == MST_REJECTED) {
        runner->broken = true;
        mst_pipeline_fail(pipeline, &err);
        return;
    }
    int64_t wait = mst_backoff_next(&runner->backoff, &pipeline->spec->retry,
                                    err.retry_after_ms);
    mst_pipeline_trouble(pipeline, runner->problem, &err, wait);
    mst_pipeline_sleep(pipeline, wait, true);
}

/* Puts a part's deliveries in line. */
static bool
runner_enqueue(struct mst_runner *runner, struct mst_part *part)
{
    for (size_t i = 0; i < part->len; i++) {
        struct mst_delivery *delivery = &part->deliveries[i];
        delivery->owner = &runner->owner;
        struct mst_delivery_list *list = delivery->outcome == MST_REJECTED
                                             ? &runner->refused
                                             : &runner->pending;
        if (!mst_delivery_list_push(list, delivery)) {
            return false;
        }
    }
    return true;
}

/* Takes all parts that are there. */
static void
runner_receive(struct mst_runner *runner)
{
    struct mst_part *part = mst_queue_pop(runner->queue, 0);
    while (part != NULL) {
        if (!runner_enqueue(runner, part)) {
            struct mst_error err;
            (void)mst_fail_memory(&err, "pipeline");
            mst_pipeline_fail(runner->pipeline, &err);
            return;
        }
        part = mst_queue_pop(runner->queue, 0);
    }
}

/* How long there is nothing to do but for what comes. */
static int
runner_patience(const struct mst_runner *runner)
{
    if (atomic_load(&runner->has_failed) || runner->refused.len > 0
        || runner->write_error.status != MST_OK) {
        return 0;
    }
    /* A sink may also tell of room when nothing waits for it any more. */
    if (runner->pending.len == 0) {
        return RUNNER_IDLE_MS;
    }
    bool waits = runner->waits_for_room && !atomic_load(&runner->has_room);
    return waits ? runner->room_ms : 0;
}

/* Offers all that is pending. MST_OK: also when some of it has to wait. */
static enum mst_status
runner_give(struct mst_runner *runner, struct mst_error *err)
{
    struct mst_delivery_list *pending = &runner->pending;
    size_t n = pending->len;
    size_t taken = 0;
    mst_error_clear(err);
    atomic_store(&runner->has_room, false);
    /* Counted before: confirmations may come before write returns. */
    atomic_fetch_add(&runner->inflight, n);
    enum mst_status status = runner->spec->type->write(
        runner->sink, pending->items + pending->head, n, &taken, err);
    if (taken < n) {
        atomic_fetch_sub(&runner->inflight, n - taken);
    }
    if (taken > 0) {
        mst_fault_point("after_send");
    }
    pending->head += taken;
    pending->len -= taken;
    if (pending->len == 0) {
        pending->head = 0;
    }
    runner->waits_for_room = status == MST_AGAIN;
    runner->room_ms =
        err->retry_after_ms > 0 && err->retry_after_ms < RUNNER_FULL_MS
            ? (int)err->retry_after_ms
            : RUNNER_FULL_MS;
    if (status == MST_OK || status == MST_AGAIN) {
        return MST_OK;
    }
    mst_error_prefix(err, "sink '%s': ", runner->spec->name);
    err->status = status;
    runner->write_error = *err;
    return status;
}

/* What a failed write asks for. */
static void
runner_mend(struct mst_runner *runner)
{
    struct mst_error err = runner->write_error;
    mst_error_clear(&runner->write_error);
    if (err.status == MST_FATAL) {
        runner->broken = true;
        mst_pipeline_fail(runner->pipeline, &err);
        return;
    }
    mst_mutex_lock(&runner->mutex);
    runner->last_error = err;
    mst_mutex_unlock(&runner->mutex);
    mst_runner_recover(runner);
}

/* Whether a part may be written by who has it: nothing stands before it, and
 * nothing but writing is to be done. */
static bool
runner_is_free(struct mst_runner *runner)
{
    return runner->is_open && !runner->broken
           && runner->write_error.status == MST_OK && runner->refused.len == 0
           && !atomic_load(&runner->has_failed)
           && mst_queue_len(runner->queue) == 0
           && !mst_pipeline_is_aborting(runner->pipeline)
           && mst_pipeline_may_deliver(runner->pipeline);
}

/* Lock: turn held. False without memory. */
static bool
runner_write_here(struct mst_runner *runner, struct mst_part *part)
{
    struct mst_error err;
    bool waited = runner->pending.len > 0;
    if (!runner_enqueue(runner, part)) {
        return false;
    }
    enum mst_status status = MST_OK;
    if (runner->pending.len > 0) {
        status = runner_give(runner, &err);
    }
    /* What is left is the thread's; it may be waiting for longer. */
    if (status != MST_OK || runner->refused.len > 0
        || (runner->pending.len > 0 && !waited)) {
        mst_queue_wake(runner->queue);
    }
    return true;
}

bool
mst_runner_offer(struct mst_runner *runner, struct mst_part *part)
{
    bool few = part->len <= MST_UNIT_FEW
               && (runner->spec->type->capabilities & MST_SINK_ASYNC) != 0;
    if (!few || !mst_mutex_try(&runner->turn)) {
        return mst_queue_push(runner->queue, part);
    }
    bool good = runner_is_free(runner) ? runner_write_here(runner, part)
                                       : mst_queue_push(runner->queue, part);
    mst_mutex_unlock(&runner->turn);
    return good;
}

/* Nothing more will come, and nothing is left to be done. */
static bool
runner_is_done(struct mst_runner *runner)
{
    return mst_queue_is_closed(runner->queue)
           && mst_queue_len(runner->queue) == 0 && runner->pending.len == 0
           && runner->refused.len == 0 && atomic_load(&runner->inflight) == 0
           && !atomic_load(&runner->has_failed);
}

/* Something got through since the last recovery: all is well again. */
static void
runner_note_health(struct mst_runner *runner)
{
    if (runner->backoff.failures > 0
        && atomic_load(&runner->confirmed) > runner->confirmed_before) {
        mst_backoff_reset(&runner->backoff);
        mst_pipeline_trouble(runner->pipeline, runner->problem, NULL, 0);
    }
}

/* Lets a sink that has nothing to write see that time goes by. */
static void
runner_tick(struct mst_runner *runner)
{
    int64_t now = mst_clock_ms();
    if (runner->spec->type->tick == NULL || !runner->is_open
        || now < runner->tick_ms) {
        return;
    }
    runner->tick_ms = now + RUNNER_IDLE_MS;
    if (runner->spec->type->tick(runner->sink)) {
        atomic_store(&runner->pipeline->dirty, true);
    }
}

static void
runner_turn(struct mst_runner *runner)
{
    runner_note_health(runner);
    if (runner->write_error.status != MST_OK) {
        runner_mend(runner);
    }
    runner_receive(runner);
    if (runner->pending.len == 0) {
        runner_tick(runner);
    }
    if (atomic_load(&runner->has_failed)) {
        mst_runner_collect_failed(runner);
        if (runner->again.len > 0) {
            mst_runner_recover(runner);
        }
    }
    if (runner->refused.len > 0) {
        mst_runner_bury(runner);
    }
    if (runner->pending.len > 0 && runner->is_open && !runner->broken) {
        struct mst_error err;
        if (!mst_pipeline_may_deliver(runner->pipeline)) {
            runner->waits_for_room = true;
            runner->room_ms = RUNNER_FULL_MS;
            atomic_store(&runner->has_room, false);
        } else if (runner_give(runner, &err) != MST_OK) {
            runner_mend(runner);
        }
    }
    if ((runner->pending.len == 0 || runner->waits_for_room) && runner->is_open
        && mst_queue_is_closed(runner->queue)) {
        /* OK or not is seen by who looks at inflight. */
        (void)runner->spec->type->drain(runner->sink, RUNNER_DRAIN_MS, NULL);
    }
}

/* Opens the sink if need be, waits for something to do, and does it. */
static void
runner_step(struct mst_runner *runner)
{
    if (!runner->is_open) {
        runner_open(runner);
        if (!runner->is_open) {
            return;
        }
    }
    int wait = runner_patience(runner);
    if (wait > 0) {
        mst_mutex_unlock(&runner->turn);
        (void)mst_queue_wait(runner->queue, wait);
        mst_mutex_lock(&runner->turn);
    }
    runner_turn(runner);
}

static void *
runner_main(void *arg)
{
    struct mst_runner *runner = arg;
    mst_mutex_lock(&runner->turn);
    /* Once at least: a source may be at its end before this thread runs, and
     * a sink can have something left of an earlier run. */
    bool first = true;
    while ((first || !runner_is_done(runner)) && !runner->broken
           && !mst_pipeline_is_aborting(runner->pipeline)) {
        runner_step(runner);
        first = false;
    }
    mst_runner_close(runner);
    mst_runner_collect_failed(runner);
    mst_mutex_unlock(&runner->turn);
    atomic_store(&runner->finished, true);
    mst_mutex_lock(&runner->pipeline->mutex);
    (void)pthread_cond_broadcast(&runner->pipeline->changed);
    mst_mutex_unlock(&runner->pipeline->mutex);
    return NULL;
}

enum mst_status
mst_runner_start(struct mst_runner *runner, struct mst_error *err)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "snk:%.11s", runner->spec->name);
    enum mst_status status =
        mst_thread_start(&runner->thread, name, runner_main, runner, err);
    runner->started = status == MST_OK;
    return status;
}
