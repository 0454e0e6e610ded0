/* SPDX-License-Identifier: MIT */
/* A job's place at the shared tail. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "sources/mongodb/oplog/fan_impl.h"

enum { SEAT_BACKOFF_MIN_MS = 1000, SEAT_BACKOFF_MAX_MS = 60000 };

/* --- what waits --------------------------------------------------------- */

/* Takes the oldest; the caller has its reply. */
static struct mst_mongo_reply *
seat_pop(struct mst_oplog_seat *seat)
{
    struct mst_oplog_fan *fan = seat->fan;
    struct fan_chunk *chunk = seat->queue[seat->head];
    struct mst_mongo_reply *reply = chunk->reply;
    seat->head = (seat->head + 1) % seat->cap;
    seat->len--;
    if (--chunk->seats == 0) {
        fan->bytes -= reply->doc.len;
        free(chunk);
        (void)pthread_cond_signal(&fan->changed);
        return reply;
    }
    if (seat->len == 0) {
        /* Somebody has nothing left: the hub may want to know. */
        (void)pthread_cond_signal(&fan->changed);
    }
    return mst_mongo_reply_ref(reply);
}

void
mst_oplog_seat_empty(struct mst_oplog_seat *seat)
{
    while (seat->len > 0) {
        mst_mongo_reply_unref(seat_pop(seat));
    }
}

bool
mst_oplog_seat_push(struct mst_oplog_seat *seat, struct fan_chunk *chunk)
{
    if (seat->len == seat->cap) {
        size_t cap = seat->cap == 0 ? 16 : 2 * seat->cap;
        struct fan_chunk **queue = calloc(cap, sizeof(struct fan_chunk *));
        if (queue == NULL) {
            return false;
        }
        for (size_t i = 0; i < seat->len; i++) {
            queue[i] = seat->queue[(seat->head + i) % seat->cap];
        }
        free(seat->queue);
        seat->queue = queue;
        seat->head = 0;
        seat->cap = cap;
    }
    seat->queue[(seat->head + seat->len++) % seat->cap] = chunk;
    chunk->seats++;
    (void)pthread_cond_signal(&seat->changed);
    return true;
}

/* --- coming and going --------------------------------------------------- */

void
mst_oplog_seat_refuse(struct mst_oplog_seat *seat, int64_t wait_ms)
{
    seat->state = FAN_READY;
    seat->ask_ms = mst_clock_ms() + wait_ms;
    (void)pthread_cond_signal(&seat->changed);
}

void
mst_oplog_seat_drop(struct mst_oplog_seat *seat, const struct mst_error *why)
{
    bool lasted = mst_clock_ms() - seat->served_ms >= SEAT_BACKOFF_MAX_MS;
    int64_t wait = lasted ? 0 : 2 * seat->backoff_ms;
    wait = wait < SEAT_BACKOFF_MIN_MS   ? SEAT_BACKOFF_MIN_MS
           : wait > SEAT_BACKOFF_MAX_MS ? SEAT_BACKOFF_MAX_MS
                                        : wait;
    seat->backoff_ms = wait;
    seat->broken = why != NULL;
    if (why != NULL) {
        seat->why = *why;
    }
    mst_oplog_seat_empty(seat);
    seat->fan->left = true;
    mst_oplog_seat_refuse(seat, wait);
}

enum mst_status
mst_oplog_seat_create(struct mst_oplog_fan *fan, struct mst_oplog_seat **ret,
                      struct mst_error *err)
{
    struct mst_oplog_seat *seat = calloc(1, sizeof(*seat));
    if (seat == NULL || !mst_cond_init(&seat->changed)) {
        free(seat);
        return mst_fail_memory(err, "mongodb");
    }
    seat->fan = fan;
    mst_mutex_lock(&fan->mutex);
    seat->next = fan->seats;
    fan->seats = seat;
    mst_mutex_unlock(&fan->mutex);
    *ret = seat;
    return MST_OK;
}

void
mst_oplog_seat_destroy(struct mst_oplog_seat *seat)
{
    if (seat == NULL) {
        return;
    }
    mst_oplog_seat_leave(seat);
    mst_mutex_lock(&seat->fan->mutex);
    struct mst_oplog_seat **at = &seat->fan->seats;
    while (*at != seat) {
        at = &(*at)->next;
    }
    *at = seat->next;
    mst_mutex_unlock(&seat->fan->mutex);
    (void)pthread_cond_destroy(&seat->changed);
    free(seat->queue);
    free(seat);
}

void
mst_oplog_seat_come(struct mst_oplog_seat *seat,
                    const struct mst_oplog_wish *wish)
{
    mst_mutex_lock(&seat->fan->mutex);
    seat->wish = *wish;
    seat->state = FAN_READY;
    seat->broken = false;
    mst_mutex_unlock(&seat->fan->mutex);
}

void
mst_oplog_seat_leave(struct mst_oplog_seat *seat)
{
    struct mst_oplog_fan *fan = seat->fan;
    mst_mutex_lock(&fan->mutex);
    fan->left = fan->left || seat->state == FAN_SERVED;
    seat->state = FAN_AWAY;
    mst_oplog_seat_empty(seat);
    (void)pthread_cond_signal(&fan->changed);
    mst_mutex_unlock(&fan->mutex);
}

/* Somebody is served, or could be. */
static bool
seat_has_company(const struct mst_oplog_seat *seat)
{
    const struct mst_oplog_seat *other = seat->fan->seats;
    while (other != NULL && (other == seat || other->state == FAN_AWAY)) {
        other = other->next;
    }
    return other != NULL;
}

bool
mst_oplog_seat_ask(struct mst_oplog_seat *seat, struct mst_oplog_time at,
                   int64_t now_ms)
{
    struct mst_oplog_fan *fan = seat->fan;
    mst_mutex_lock(&fan->mutex);
    if (seat->state == FAN_READY && now_ms >= seat->ask_ms
        && seat_has_company(seat)) {
        seat->state = FAN_ASKING;
        seat->at = at;
        seat->round = 0;
        seat->broken = false;
        (void)pthread_cond_signal(&fan->changed);
    }
    bool asked = seat->state == FAN_ASKING || seat->state == FAN_SERVED;
    mst_mutex_unlock(&fan->mutex);
    return asked;
}

bool
mst_oplog_seat_is_served(struct mst_oplog_seat *seat,
                         struct mst_oplog_time *ret_from,
                         char member[MST_MONGO_MEMBER_MAX])
{
    mst_mutex_lock(&seat->fan->mutex);
    bool served = seat->state == FAN_SERVED;
    if (served) {
        *ret_from = seat->from;
        memcpy(member, seat->fan->member, MST_MONGO_MEMBER_MAX);
    }
    mst_mutex_unlock(&seat->fan->mutex);
    return served;
}

void
mst_oplog_seat_decline(struct mst_oplog_seat *seat)
{
    mst_mutex_lock(&seat->fan->mutex);
    if (seat->state == FAN_SERVED) {
        mst_oplog_seat_drop(seat, NULL);
    }
    mst_mutex_unlock(&seat->fan->mutex);
}

/* --- taking ------------------------------------------------------------- */

enum mst_oplog_taken
mst_oplog_seat_take(struct mst_oplog_seat *seat, int timeout_ms,
                    struct mst_oplog_take *ret_take)
{
    struct mst_oplog_fan *fan = seat->fan;
    struct timespec until = mst_cond_deadline(timeout_ms);
    enum mst_oplog_taken taken = MST_OPLOG_TAKEN_QUIET;
    mst_mutex_lock(&fan->mutex);
    while (seat->state == FAN_SERVED && seat->len == 0 && !seat->woken
           && mst_cond_wait(&seat->changed, &fan->mutex, &until)) {
    }
    seat->woken = false;
    if (seat->state != FAN_SERVED) {
        taken = seat->broken ? MST_OPLOG_TAKEN_BROKEN : MST_OPLOG_TAKEN_OUT;
        ret_take->why = seat->why;
    } else if (seat->len > 0) {
        taken = MST_OPLOG_TAKEN_REPLY;
        ret_take->reply = seat_pop(seat);
    } else {
        ret_take->through = fan->through;
    }
    mst_mutex_unlock(&fan->mutex);
    return taken;
}

void
mst_oplog_seat_wake(struct mst_oplog_seat *seat)
{
    mst_mutex_lock(&seat->fan->mutex);
    seat->woken = true;
    (void)pthread_cond_signal(&seat->changed);
    mst_mutex_unlock(&seat->fan->mutex);
}
