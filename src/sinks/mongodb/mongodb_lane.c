/* SPDX-License-Identifier: MIT */
/* The thread that writes, and the queue in front of it. */
#include "sinks/mongodb/mongodb_lane.h"

#include <stdlib.h>

#include "base/thread.h"
#include "encodings/bson_reader.h"
#include "sinks/mongodb/mongodb_writer.h"

#define ORIGIN "mongodb"

struct mst_mongosink_lane {
    const struct mst_mongosink_lane_args *args;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Lock: mutex. Bags that came in, oldest first. */
    struct mst_mongosink_bag *first;
    struct mst_mongosink_bag *last;
    bool stop;
    /* Thread: the lane's. */
    struct mst_mongosink_bag *work; /* bags begun with, oldest first */
    struct mst_mongosink_op **window;
    size_t window_len;
    struct mst_mongosink_writer writer;
    enum mst_status broken; /* MST_OK, or what everything is confirmed as */
    struct mst_error err;   /* why */
};

size_t
mst_mongosink_lane_weight(const struct mst_mongosink_op *op)
{
    return op->delivery->payload.len + sizeof(*op);
}

/* Appends what has come in to the work; waits for something when there is
 * nothing at all. False: stop. */
static bool
lane_fetch(struct mst_mongosink_lane *lane)
{
    struct mst_mongosink_bag **tail = &lane->work;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    mst_mutex_lock(&lane->mutex);
    while (lane->work == NULL && lane->first == NULL && !lane->stop) {
        (void)mst_cond_wait(&lane->changed, &lane->mutex, NULL);
    }
    *tail = lane->first;
    lane->first = NULL;
    lane->last = NULL;
    bool go_on = !lane->stop;
    mst_mutex_unlock(&lane->mutex);
    return go_on;
}

/* Takes as many operations as one round may have. */
static void
lane_collect(struct mst_mongosink_lane *lane)
{
    size_t bytes = 0;
    lane->window_len = 0;
    for (struct mst_mongosink_bag *bag = lane->work; bag != NULL;
         bag = bag->next) {
        while (bag->taken < bag->len) {
            struct mst_mongosink_op *op = &bag->ops[bag->taken];
            bytes += mst_mongosink_op_size(op);
            if (lane->window_len == lane->args->window_ops
                || (lane->window_len > 0 && bytes > lane->args->window_bytes)) {
                return;
            }
            lane->window[lane->window_len++] = op;
            bag->taken++;
        }
    }
}

/* A command with bytes that are no document is refused as a whole. */
static void
lane_check(struct mst_mongosink_lane *lane)
{
    for (size_t i = 0; i < lane->window_len; i++) {
        struct mst_mongosink_op *op = lane->window[i];
        if (op->kind == MST_MONGOSINK_SKIP) {
            op->state = op->state == MST_MONGOSINK_WAITING ? MST_MONGOSINK_DONE
                                                           : op->state;
        } else if (op->unchecked && op->state == MST_MONGOSINK_WAITING
                   && op->delivery->payload.data != NULL) {
            struct mst_error err;
            mst_error_clear(&err);
            if (mst_bson_check(op->delivery->payload, &err) != MST_OK) {
                mst_mongosink_op_refuse(op, &err);
            }
        }
    }
}

static void
lane_confirm_one(struct mst_mongosink_lane *lane, struct mst_mongosink_op *op)
{
    struct mst_error unknown;
    switch (op->state) {
    case MST_MONGOSINK_DONE:
        mst_delivery_confirm(op->delivery, MST_OK, NULL);
        break;
    case MST_MONGOSINK_REFUSED:
        if (op->err == NULL) {
            mst_error_clear(&unknown);
            (void)mst_fail(&unknown, MST_REJECTED, ORIGIN, 0,
                           "refused; there was no memory to keep the reason");
        }
        mst_delivery_confirm(op->delivery, MST_REJECTED,
                             op->err != NULL ? op->err : &unknown);
        break;
    case MST_MONGOSINK_WAITING:
        mst_delivery_confirm(op->delivery, lane->broken, &lane->err);
        break;
    }
    free(op->err);
    op->err = NULL;
}

/* Confirms the window and lets go of bags that are through. */
static void
lane_confirm(struct mst_mongosink_lane *lane)
{
    size_t bytes = 0;
    for (size_t i = 0; i < lane->window_len; i++) {
        bytes += mst_mongosink_lane_weight(lane->window[i]);
        lane_confirm_one(lane, lane->window[i]);
    }
    while (lane->work != NULL && lane->work->taken == lane->work->len) {
        struct mst_mongosink_bag *bag = lane->work;
        lane->work = bag->next;
        mst_mongosink_bag_reset(bag);
        lane->args->recycle(lane->args->owner, bag);
    }
    lane->args->released(lane->args->owner, lane->window_len, bytes);
    lane->window_len = 0;
}

static enum mst_status
lane_write(struct mst_mongosink_lane *lane)
{
    lane_check(lane);
    return mst_mongosink_writer_run(&lane->writer, lane->window,
                                    lane->window_len, &lane->err);
}

static void
lane_round(struct mst_mongosink_lane *lane)
{
    lane_collect(lane);
    if (lane->broken == MST_OK) {
        enum mst_status status = lane_write(lane);
        if (status != MST_OK) {
            lane->broken = status;
            lane->args->broken(lane->args->owner, status, &lane->err);
        }
    }
    lane_confirm(lane);
}

static void *
lane_run(void *arg)
{
    struct mst_mongosink_lane *lane = arg;
    while (lane_fetch(lane)) {
        lane_round(lane);
    }
    if (lane->broken == MST_OK || lane->broken == MST_RETRY) {
        lane->broken = mst_fail(&lane->err, MST_DISCONNECTED, ORIGIN, 0,
                                "the connection was closed before this was "
                                "written");
    }
    while (lane->work != NULL) {
        lane_round(lane);
    }
    return NULL;
}

static void
lane_free(struct mst_mongosink_lane *lane)
{
    mst_mongosink_writer_clear(&lane->writer);
    (void)pthread_cond_destroy(&lane->changed);
    (void)pthread_mutex_destroy(&lane->mutex);
    free(lane->window);
    free(lane);
}

enum mst_status
mst_mongosink_lane_create(const struct mst_mongosink_lane_args *args,
                          mongoc_client_t *client,
                          struct mst_mongosink_lane **ret_lane,
                          struct mst_error *err)
{
    struct mst_mongosink_lane *lane = calloc(1, sizeof(*lane));
    if (lane == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    lane->args = args;
    lane->window = malloc(args->window_ops * sizeof(*lane->window));
    if (lane->window == NULL || pthread_mutex_init(&lane->mutex, NULL) != 0) {
        free(lane->window);
        free(lane);
        return mst_fail_memory(err, ORIGIN);
    }
    if (!mst_cond_init(&lane->changed)) {
        (void)pthread_mutex_destroy(&lane->mutex);
        free(lane->window);
        free(lane);
        return mst_fail_memory(err, ORIGIN);
    }
    mst_mongosink_writer_init(&lane->writer, client, args->options,
                              args->equal_is_ok);
    lane->writer.may_write = args->may_write;
    lane->writer.owner = args->owner;
    enum mst_status status =
        mst_thread_start(&lane->thread, "mongo-lane", lane_run, lane, err);
    if (status != MST_OK) {
        lane_free(lane);
        return status;
    }
    *ret_lane = lane;
    return MST_OK;
}

void
mst_mongosink_lane_put(struct mst_mongosink_lane *lane,
                       struct mst_mongosink_bag *bag)
{
    bag->next = NULL;
    mst_mutex_lock(&lane->mutex);
    if (lane->last == NULL) {
        lane->first = bag;
    } else {
        lane->last->next = bag;
    }
    lane->last = bag;
    (void)pthread_cond_signal(&lane->changed);
    mst_mutex_unlock(&lane->mutex);
}

void
mst_mongosink_lane_heal(struct mst_mongosink_lane *lane)
{
    /* The thread waits for work, and looks again behind the same mutex. */
    mst_mutex_lock(&lane->mutex);
    if (lane->broken == MST_RETRY) {
        lane->broken = MST_OK;
    }
    mst_mutex_unlock(&lane->mutex);
}

void
mst_mongosink_lane_stop(struct mst_mongosink_lane *lane)
{
    mst_mutex_lock(&lane->mutex);
    lane->stop = true;
    (void)pthread_cond_signal(&lane->changed);
    mst_mutex_unlock(&lane->mutex);
}

void
mst_mongosink_lane_destroy(struct mst_mongosink_lane *lane)
{
    if (lane == NULL) {
        return;
    }
    mst_mongosink_lane_stop(lane);
    (void)pthread_join(lane->thread, NULL);
    lane_free(lane);
}
