/* SPDX-License-Identifier: MIT */
/* Giving out what one tail reads. */
#include "sources/mongodb/oplog/fan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "sources/mongodb/oplog/digest.h"
#include "sources/mongodb/oplog/fan_impl.h"

#define ORIGIN "mongodb"

enum { FAN_OTHER_HOST_MS = 30000, FAN_LATER_MS = 1000, FAN_NARROW_MS = 10000 };

enum mst_status
mst_oplog_fan_create(size_t window, int grace_ms, struct mst_oplog_fan **ret,
                     struct mst_error *err)
{
    struct mst_oplog_fan *fan = calloc(1, sizeof(*fan));
    if (fan == NULL || pthread_mutex_init(&fan->mutex, NULL) != 0
        || !mst_cond_init(&fan->changed)) {
        free(fan);
        return mst_fail_memory(err, "mongodb");
    }
    fan->window = window;
    fan->grace_ms = grace_ms;
    *ret = fan;
    return MST_OK;
}

void
mst_oplog_fan_destroy(struct mst_oplog_fan *fan)
{
    if (fan == NULL) {
        return;
    }
    assert(fan->seats == NULL && fan->bytes == 0);
    mst_oplog_parts_clear(&fan->parts);
    (void)pthread_cond_destroy(&fan->changed);
    (void)pthread_mutex_destroy(&fan->mutex);
    free(fan);
}

/* --- what to do next ---------------------------------------------------- */

static bool
fan_is_in(const struct mst_oplog_seat *seat)
{
    return seat->state == FAN_ASKING || seat->state == FAN_SERVED;
}

static size_t
fan_count(const struct mst_oplog_fan *fan, enum fan_state state)
{
    size_t n = 0;
    for (const struct mst_oplog_seat *seat = fan->seats; seat != NULL;
         seat = seat->next) {
        n += seat->state == state ? 1 : 0;
    }
    return n;
}

/* What waits is too much. True: there is room now, or nothing to wait for;
 * false: look again. until: of the grace. */
static bool
fan_has_room(struct mst_oplog_fan *fan, const struct timespec *until,
             bool *late)
{
    if (fan->bytes < fan->window) {
        return true;
    }
    bool starved = false; /* somebody has nothing to do */
    struct mst_oplog_seat *last = NULL;
    for (struct mst_oplog_seat *seat = fan->seats; seat != NULL;
         seat = seat->next) {
        if (seat->state == FAN_SERVED && seat->len == 0) {
            starved = true;
        } else if (seat->state == FAN_SERVED
                   && (last == NULL
                       || seat->queue[seat->head]->number
                              < last->queue[last->head]->number)) {
            last = seat;
        }
    }
    if (starved && *late && last != NULL) {
        mst_oplog_seat_drop(last, NULL);
        return false;
    }
    bool in_time = mst_cond_wait(&fan->changed, &fan->mutex,
                                 starved && !*late ? until : NULL);
    *late = *late || !in_time;
    return false;
}

static void
fan_limits(const struct mst_oplog_fan *fan, struct mst_oplog_task *task)
{
    task->heartbeat_ms = INT64_MAX;
    task->silence_ms = INT64_MAX;
    task->await_ms = INT64_MAX;
    task->batch_size = 1;
    for (const struct mst_oplog_seat *seat = fan->seats; seat != NULL;
         seat = seat->next) {
        const struct mst_oplog_wish *wish = &seat->wish;
        if (!fan_is_in(seat)) {
            continue;
        }
        if (wish->heartbeat_ms < task->heartbeat_ms) {
            task->heartbeat_ms = wish->heartbeat_ms;
        }
        if (wish->silence_ms < task->silence_ms) {
            task->silence_ms = wish->silence_ms;
        }
        if (wish->await_ms < task->await_ms) {
            task->await_ms = wish->await_ms;
        }
        if (wish->batch_size > task->batch_size) {
            task->batch_size = wish->batch_size;
        }
    }
    if (task->await_ms > task->heartbeat_ms) {
        task->await_ms = task->heartbeat_ms;
    }
}

/* Where, for whom, and what. False: no memory. */
static bool
fan_plan(struct mst_oplog_fan *fan, struct mst_oplog_task *task)
{
    size_t served = fan_count(fan, FAN_SERVED);
    size_t jobs = served + fan_count(fan, FAN_ASKING);
    struct mst_oplog_scope *scopes = calloc(jobs, sizeof(*scopes));
    if (scopes == NULL) {
        return false;
    }
    task->from = fan->through;
    task->round = ++fan->round;
    task->jobs = 0;
    for (struct mst_oplog_seat *seat = fan->seats; seat != NULL;
         seat = seat->next) {
        if (!fan_is_in(seat)) {
            continue;
        }
        if (seat->state == FAN_ASKING) {
            seat->round = task->round;
        }
        /* A tail that begins begins with who is furthest. */
        if (served == 0
            && (task->jobs == 0
                || mst_oplog_time_compare(seat->at, task->from) > 0)) {
            task->from = seat->at;
        }
        scopes[task->jobs++] = seat->wish.scope;
    }
    task->filter = bson_new();
    mst_oplog_scope_filter_all(scopes, task->jobs, task->filter);
    free(scopes);
    return true;
}

static void
fan_drop_all(struct mst_oplog_fan *fan, const struct mst_error *why)
{
    for (struct mst_oplog_seat *seat = fan->seats; seat != NULL;
         seat = seat->next) {
        if (seat->state == FAN_SERVED) {
            mst_oplog_seat_drop(seat, why);
        } else if (seat->state == FAN_ASKING) {
            mst_oplog_seat_refuse(seat, FAN_LATER_MS);
        }
    }
}

/* Nobody who left is in the filter for long. */
static bool
fan_is_to_narrow(struct mst_oplog_fan *fan)
{
    if (fan->left && fan->narrow_ms == 0) {
        fan->narrow_ms = mst_clock_ms() + FAN_NARROW_MS;
    }
    return fan->left && mst_clock_ms() >= fan->narrow_ms;
}

/* False: look again. */
static bool
fan_decide(struct mst_oplog_fan *fan, bool is_open, struct mst_oplog_task *task,
           enum mst_oplog_work *ret_work)
{
    size_t asking = fan_count(fan, FAN_ASKING);
    if (asking + fan_count(fan, FAN_SERVED) == 0) {
        fan->left = false;
        if (!is_open && fan->member[0] == '\0') {
            (void)mst_cond_wait(&fan->changed, &fan->mutex, NULL);
            return false;
        }
        *ret_work = MST_OPLOG_WORK_CLOSE;
        return true;
    }
    fan_limits(fan, task);
    *ret_work = MST_OPLOG_WORK_READ;
    if (is_open && asking == 0 && !fan_is_to_narrow(fan)) {
        return true;
    }
    *ret_work = MST_OPLOG_WORK_OPEN;
    if (!fan_plan(fan, task)) {
        /* No memory here: each for itself. */
        fan_drop_all(fan, NULL);
        return false;
    }
    return true;
}

enum mst_oplog_work
mst_oplog_fan_next(struct mst_oplog_fan *fan, bool is_open,
                   struct mst_oplog_task *ret_task)
{
    enum mst_oplog_work work = MST_OPLOG_WORK_STOP;
    struct timespec until = mst_cond_deadline(fan->grace_ms);
    bool late = false;
    memset(ret_task, 0, sizeof(*ret_task));
    mst_mutex_lock(&fan->mutex);
    while (!fan->stopping) {
        if (fan_has_room(fan, &until, &late)
            && fan_decide(fan, is_open, ret_task, &work)) {
            break;
        }
    }
    mst_mutex_unlock(&fan->mutex);
    return work;
}

/* --- what was done ------------------------------------------------------ */

void
mst_oplog_fan_set_member(struct mst_oplog_fan *fan, const char *member)
{
    mst_mutex_lock(&fan->mutex);
    (void)snprintf(fan->member, sizeof(fan->member), "%s", member);
    mst_mutex_unlock(&fan->mutex);
}

void
mst_oplog_fan_opened(struct mst_oplog_fan *fan,
                     const struct mst_oplog_task *task)
{
    mst_mutex_lock(&fan->mutex);
    fan->through = task->from;
    fan->left = false;
    fan->narrow_ms = 0;
    for (struct mst_oplog_seat *seat = fan->seats; seat != NULL;
         seat = seat->next) {
        if (seat->state == FAN_ASKING && seat->round == task->round) {
            seat->state = FAN_SERVED;
            seat->from = task->from;
            seat->served_ms = mst_clock_ms();
        }
    }
    mst_mutex_unlock(&fan->mutex);
}

/* Lock held. */
static enum mst_status
fan_give(struct mst_oplog_fan *fan, struct mst_mongo_reply *reply,
         const struct mst_oplog_digest *digest)
{
    struct fan_chunk *chunk = calloc(1, sizeof(*chunk));
    if (chunk == NULL) {
        return MST_FATAL;
    }
    chunk->reply = mst_mongo_reply_ref(reply);
    chunk->number = ++fan->number;
    chunk->seats = 1; /* ours */
    fan->bytes += reply->doc.len;
    for (struct mst_oplog_seat *seat = fan->seats; seat != NULL;
         seat = seat->next) {
        if (seat->state == FAN_SERVED
            && mst_oplog_digest_concerns(digest, &seat->wish.scope)
            && !mst_oplog_seat_push(seat, chunk)) {
            mst_oplog_seat_drop(seat, NULL);
        }
    }
    if (--chunk->seats == 0) {
        fan->bytes -= reply->doc.len;
        mst_mongo_reply_unref(reply);
        free(chunk);
    }
    return MST_OK;
}

enum mst_status
mst_oplog_fan_publish(struct mst_oplog_fan *fan, struct mst_mongo_reply *reply,
                      struct mst_error *err)
{
    struct mst_oplog_digest digest;
    if (mst_oplog_digest_make(reply, mst_oplog_fan_place(fan), &fan->parts,
                              &digest)
        != MST_OK) {
        return mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                        "the server's reply is damaged");
    }
    enum mst_status status = MST_OK;
    mst_mutex_lock(&fan->mutex);
    if (digest.all || digest.len > 0) {
        status = fan_give(fan, reply, &digest);
    }
    if (status == MST_OK) {
        fan->through = digest.last;
    }
    mst_mutex_unlock(&fan->mutex);
    return status == MST_OK ? MST_OK : mst_fail_memory(err, ORIGIN);
}

void
mst_oplog_fan_quiet(struct mst_oplog_fan *fan, struct mst_oplog_time through)
{
    mst_mutex_lock(&fan->mutex);
    if (mst_oplog_time_compare(through, fan->through) > 0) {
        fan->through = through;
    }
    mst_mutex_unlock(&fan->mutex);
}

struct mst_oplog_time
mst_oplog_fan_place(struct mst_oplog_fan *fan)
{
    mst_mutex_lock(&fan->mutex);
    struct mst_oplog_time place = fan->through;
    mst_mutex_unlock(&fan->mutex);
    return place;
}

void
mst_oplog_fan_break(struct mst_oplog_fan *fan, const struct mst_error *why)
{
    mst_mutex_lock(&fan->mutex);
    fan_drop_all(fan, why);
    mst_mutex_unlock(&fan->mutex);
}

void
mst_oplog_fan_stop(struct mst_oplog_fan *fan)
{
    mst_mutex_lock(&fan->mutex);
    fan->stopping = true;
    (void)pthread_cond_signal(&fan->changed);
    mst_mutex_unlock(&fan->mutex);
}

bool
mst_oplog_fan_is_stopping(struct mst_oplog_fan *fan)
{
    mst_mutex_lock(&fan->mutex);
    bool stopping = fan->stopping;
    mst_mutex_unlock(&fan->mutex);
    return stopping;
}

void
mst_oplog_fan_look(struct mst_oplog_fan *fan, size_t *ret_bytes,
                   size_t *ret_served)
{
    mst_mutex_lock(&fan->mutex);
    *ret_bytes = fan->bytes;
    *ret_served = fan_count(fan, FAN_SERVED);
    mst_mutex_unlock(&fan->mutex);
}
