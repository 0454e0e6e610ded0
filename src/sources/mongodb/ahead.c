/* SPDX-License-Identifier: MIT */
/* The thread that reads in advance, and its short queue. */
#include "sources/mongodb/ahead.h"

#include <stdlib.h>

#include "base/thread.h"

#define ORIGIN "mongodb"

struct mst_mongo_ahead {
    mst_mongo_ahead_ask ask;
    void *arg;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* --- under the mutex ---------------------------------------------- */
    struct mst_mongo_ahead_item items[MST_MONGO_AHEAD_REPLIES];
    size_t first;
    size_t len;
    size_t bytes;
    bool stop;
};

static size_t
ahead_size(const struct mst_mongo_ahead_item *item)
{
    return item->reply != NULL ? item->reply->doc.len : 0;
}

/* Waits for room; false: it ends. */
static bool
ahead_wait_room(struct mst_mongo_ahead *ahead)
{
    mst_mutex_lock(&ahead->mutex);
    while (!ahead->stop
           && (ahead->len == MST_MONGO_AHEAD_REPLIES
               || ahead->bytes >= MST_MONGO_AHEAD_BYTES)) {
        (void)mst_cond_wait(&ahead->changed, &ahead->mutex, NULL);
    }
    bool goes_on = !ahead->stop;
    mst_mutex_unlock(&ahead->mutex);
    return goes_on;
}

static void
ahead_give(struct mst_mongo_ahead *ahead,
           const struct mst_mongo_ahead_item *item)
{
    mst_mutex_lock(&ahead->mutex);
    ahead->items[(ahead->first + ahead->len) % MST_MONGO_AHEAD_REPLIES] = *item;
    ahead->len++;
    ahead->bytes += ahead_size(item);
    (void)pthread_cond_broadcast(&ahead->changed);
    mst_mutex_unlock(&ahead->mutex);
}

static void *
ahead_main(void *arg)
{
    struct mst_mongo_ahead *ahead = arg;
    while (ahead_wait_room(ahead)) {
        struct mst_mongo_ahead_item item;
        memset(&item, 0, sizeof(item));
        ahead->ask(ahead->arg, &item);
        bool last = item.reply == NULL || item.reply->cursor_id == 0;
        ahead_give(ahead, &item); /* the reply is the reader's now */
        if (last) {
            break;
        }
    }
    return NULL;
}

enum mst_status
mst_mongo_ahead_create(struct mst_mongo_ahead **ret_ahead,
                       mst_mongo_ahead_ask ask, void *arg,
                       struct mst_error *err)
{
    struct mst_mongo_ahead *ahead = calloc(1, sizeof(*ahead));
    if (ahead == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    ahead->ask = ask;
    ahead->arg = arg;
    if (pthread_mutex_init(&ahead->mutex, NULL) != 0) {
        free(ahead);
        return mst_fail_memory(err, ORIGIN);
    }
    if (!mst_cond_init(&ahead->changed)) {
        (void)pthread_mutex_destroy(&ahead->mutex);
        free(ahead);
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status =
        mst_thread_start(&ahead->thread, "ahead", ahead_main, ahead, err);
    if (status != MST_OK) {
        (void)pthread_cond_destroy(&ahead->changed);
        (void)pthread_mutex_destroy(&ahead->mutex);
        free(ahead);
        return status;
    }
    *ret_ahead = ahead;
    return MST_OK;
}

bool
mst_mongo_ahead_take(struct mst_mongo_ahead *ahead, int timeout_ms,
                     struct mst_mongo_ahead_item *ret_item)
{
    struct timespec until = mst_cond_deadline(timeout_ms);
    mst_mutex_lock(&ahead->mutex);
    while (ahead->len == 0
           && mst_cond_wait(&ahead->changed, &ahead->mutex, &until)) {
    }
    bool taken = ahead->len > 0;
    if (taken) {
        *ret_item = ahead->items[ahead->first];
        ahead->first = (ahead->first + 1) % MST_MONGO_AHEAD_REPLIES;
        ahead->len--;
        ahead->bytes -= ahead_size(ret_item);
        (void)pthread_cond_broadcast(&ahead->changed);
    }
    mst_mutex_unlock(&ahead->mutex);
    return taken;
}

void
mst_mongo_ahead_destroy(struct mst_mongo_ahead *ahead)
{
    if (ahead == NULL) {
        return;
    }
    mst_mutex_lock(&ahead->mutex);
    ahead->stop = true;
    (void)pthread_cond_broadcast(&ahead->changed);
    mst_mutex_unlock(&ahead->mutex);
    (void)pthread_join(ahead->thread, NULL);
    for (; ahead->len > 0; ahead->len--) {
        mst_mongo_reply_unref(ahead->items[ahead->first].reply);
        ahead->first = (ahead->first + 1) % MST_MONGO_AHEAD_REPLIES;
    }
    (void)pthread_cond_destroy(&ahead->changed);
    (void)pthread_mutex_destroy(&ahead->mutex);
    free(ahead);
}
