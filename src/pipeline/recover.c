/* SPDX-License-Identifier: MIT */
/*
 * What happens when a sink says RETRY or DISCONNECTED: nothing new is given,
 * everything in flight comes to its end, and what failed goes back to the
 * front in its order, after a pause. That keeps the order of every key.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "pipeline/run.h"

enum { RECOVER_DRAIN_MS = 100 };

static void
recover_out_of_memory(struct mst_runner *runner)
{
    struct mst_error err;
    (void)mst_fail_memory(&err, "pipeline");
    mst_pipeline_fail(runner->pipeline, &err);
}

static int
recover_compare(const void *a, const void *b)
{
    const struct mst_delivery *const *x = a;
    const struct mst_delivery *const *y = b;
    uint64_t left = (*x)->event->seq;
    uint64_t right = (*y)->event->seq;
    if (left == right) {
        left = (*x)->event->result;
        right = (*y)->event->result;
    }
    return left < right ? -1 : left > right ? 1 : 0;
}

/* Back into the order of the events: confirmations come last first. */
static void
recover_sort(struct mst_delivery_list *list)
{
    if (list->len > 1) {
        qsort(list->items + list->head, list->len, sizeof(*list->items),
              recover_compare);
    }
}

void
mst_runner_collect_failed(struct mst_runner *runner)
{
    mst_mutex_lock(&runner->mutex);
    struct mst_delivery *failed = runner->failed;
    struct mst_error last = runner->last_error;
    runner->failed = NULL;
    atomic_store(&runner->has_failed, false);
    mst_mutex_unlock(&runner->mutex);
    while (failed != NULL) {
        struct mst_delivery *next = failed->next;
        bool refused = failed->outcome == MST_REJECTED;
        if (failed->outcome == MST_FATAL) {
            mst_error_prefix(&last, "sink '%s': ", runner->spec->name);
            runner->broken = true;
            mst_pipeline_block(runner->pipeline, &last);
        }
        if (!mst_delivery_list_push(refused ? &runner->refused : &runner->again,
                                    failed)) {
            free(failed->error);
            failed->error = NULL;
            recover_out_of_memory(runner);
        }
        failed = next;
    }
    /* Letters are replayed in the order of their numbers. */
    recover_sort(&runner->refused);
}

/* Waits until the sink has confirmed all that it took. */
static void
recover_wait(struct mst_runner *runner)
{
    bool drained = !runner->is_open;
    atomic_store(&runner->draining, true);
    while ((atomic_load(&runner->inflight) > 0 || !drained)
           && !mst_pipeline_is_aborting(runner->pipeline)) {
        if (runner->is_open) {
            /* Also when nothing is in flight: it makes lanes good again. */
            drained =
                runner->spec->type->drain(runner->sink, RECOVER_DRAIN_MS, NULL)
                == MST_OK;
        }
        struct timespec until = mst_cond_deadline(RECOVER_DRAIN_MS);
        mst_mutex_lock(&runner->mutex);
        if (atomic_load(&runner->inflight) > 0) {
            (void)mst_cond_wait(&runner->idle, &runner->mutex, &until);
        }
        mst_mutex_unlock(&runner->mutex);
    }
    atomic_store(&runner->draining, false);
    mst_runner_collect_failed(runner);
}

/* Those that used up their attempts become refused; the others go to the
 * front of the line, in order. */
static void
recover_requeue(struct mst_runner *runner, const struct mst_error *why)
{
    bool over =
        mst_backoff_is_over(&runner->backoff, &runner->pipeline->spec->retry);
    struct mst_delivery_list old = runner->pending;
    struct mst_delivery_list *again = &runner->again;
    memset(&runner->pending, 0, sizeof(runner->pending));
    recover_sort(again);
    bool good = true;
    for (size_t i = 0; i < again->len && good; i++) {
        struct mst_delivery *delivery = again->items[again->head + i];
        delivery->attempts++;
        if (over && delivery->outcome == MST_RETRY) {
            free(delivery->error);
            delivery->error = malloc(sizeof(*why));
            if (delivery->error != NULL) {
                *delivery->error = *why;
            }
            delivery->outcome = MST_REJECTED;
            good = mst_delivery_list_push(&runner->refused, delivery);
        } else {
            delivery->outcome = MST_OK;
            good = mst_delivery_list_push(&runner->pending, delivery);
        }
    }
    atomic_fetch_add(&runner->pipeline->retries, again->len);
    for (size_t i = 0; i < old.len && good; i++) {
        good =
            mst_delivery_list_push(&runner->pending, old.items[old.head + i]);
    }
    mst_delivery_list_clear(&old);
    again->len = 0;
    again->head = 0;
    if (over) {
        mst_backoff_reset(&runner->backoff);
    }
    if (!good) {
        recover_out_of_memory(runner);
    }
}

void
mst_runner_recover(struct mst_runner *runner)
{
    struct mst_pipeline *pipeline = runner->pipeline;
    mst_mutex_lock(&runner->mutex);
    struct mst_error why = runner->last_error;
    mst_mutex_unlock(&runner->mutex);
    if (why.status == MST_DISCONNECTED) {
        mst_runner_close(runner); /* confirms what it had */
    }
    recover_wait(runner);
    bool lost = why.status == MST_DISCONNECTED;
    for (size_t i = 0; i < runner->again.len; i++) {
        lost = lost
               || runner->again.items[runner->again.head + i]->outcome
                      == MST_DISCONNECTED;
    }
    if (lost) {
        mst_runner_close(runner);
        mst_runner_collect_failed(runner);
    }
    runner->confirmed_before = atomic_load(&runner->confirmed);
    int64_t wait = mst_backoff_next(&runner->backoff, &pipeline->spec->retry,
                                    why.retry_after_ms);
    mst_error_prefix(&why, "sink '%s': ", runner->spec->name);
    recover_requeue(runner, &why);
    mst_pipeline_trouble(pipeline, runner->problem, &why, wait);
    mst_pipeline_sleep(pipeline, wait, true);
}
