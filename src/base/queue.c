/* SPDX-License-Identifier: MIT */
/* A ring of pointers behind one mutex. */
#include "base/queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

enum { QUEUE_FIRST = 16 };

struct mst_queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    void **items;
    size_t head;
    size_t len;
    size_t cap;
    bool closed;
    bool woken;
};

struct mst_queue *
mst_queue_create(void)
{
    struct mst_queue *queue = calloc(1, sizeof(*queue));
    if (queue == NULL) {
        return NULL;
    }
    if (pthread_mutex_init(&queue->mutex, NULL) != 0) {
        free(queue);
        return NULL;
    }
    if (!mst_cond_init(&queue->filled)) {
        (void)pthread_mutex_destroy(&queue->mutex);
        free(queue);
        return NULL;
    }
    return queue;
}

void
mst_queue_destroy(struct mst_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_mutex_destroy(&queue->mutex);
    free(queue->items);
    free(queue);
}

static bool
queue_grow(struct mst_queue *queue)
{
    size_t cap = queue->cap == 0 ? QUEUE_FIRST : queue->cap * 2;
    void **items = malloc(cap * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    assert(queue->len <= queue->cap);
    for (size_t i = 0; i < queue->len; i++) {
        items[i] = queue->items[(queue->head + i) % queue->cap];
    }
    free(queue->items);
    queue->items = items;
    queue->head = 0;
    queue->cap = cap;
    return true;
}

bool
mst_queue_push(struct mst_queue *queue, void *item)
{
    mst_mutex_lock(&queue->mutex);
    bool taken =
        !queue->closed && (queue->len < queue->cap || queue_grow(queue));
    if (taken) {
        queue->items[(queue->head + queue->len) % queue->cap] = item;
        queue->len++;
        (void)pthread_cond_signal(&queue->filled);
    }
    mst_mutex_unlock(&queue->mutex);
    return taken;
}

/* Until there is an item, or a reason to return without. Lock: mutex held.
 * False: it was woken. */
static bool
queue_wait(struct mst_queue *queue, int timeout_ms)
{
    struct timespec until = mst_cond_deadline(timeout_ms);
    while (queue->len == 0 && !queue->closed && !queue->woken
           && timeout_ms != 0) {
        if (!mst_cond_wait(&queue->filled, &queue->mutex,
                           timeout_ms < 0 ? NULL : &until)) {
            break;
        }
    }
    bool woken = queue->woken;
    queue->woken = false;
    return !woken;
}

bool
mst_queue_wait(struct mst_queue *queue, int timeout_ms)
{
    mst_mutex_lock(&queue->mutex);
    (void)queue_wait(queue, timeout_ms);
    bool filled = queue->len > 0;
    mst_mutex_unlock(&queue->mutex);
    return filled;
}

void *
mst_queue_pop(struct mst_queue *queue, int timeout_ms)
{
    void *item = NULL;
    mst_mutex_lock(&queue->mutex);
    if (queue_wait(queue, timeout_ms) && queue->len > 0) {
        item = queue->items[queue->head];
        queue->head = (queue->head + 1) % queue->cap;
        queue->len--;
    }
    mst_mutex_unlock(&queue->mutex);
    return item;
}

void
mst_queue_close(struct mst_queue *queue)
{
    mst_mutex_lock(&queue->mutex);
    queue->closed = true;
    (void)pthread_cond_broadcast(&queue->filled);
    mst_mutex_unlock(&queue->mutex);
}

void
mst_queue_wake(struct mst_queue *queue)
{
    mst_mutex_lock(&queue->mutex);
    queue->woken = true;
    (void)pthread_cond_signal(&queue->filled);
    mst_mutex_unlock(&queue->mutex);
}

bool
mst_queue_is_closed(struct mst_queue *queue)
{
    mst_mutex_lock(&queue->mutex);
    bool closed = queue->closed;
    mst_mutex_unlock(&queue->mutex);
    return closed;
}

size_t
mst_queue_len(struct mst_queue *queue)
{
    mst_mutex_lock(&queue->mutex);
    size_t len = queue->len;
    mst_mutex_unlock(&queue->mutex);
    return len;
}
