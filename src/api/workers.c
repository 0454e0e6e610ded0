/* SPDX-License-Identifier: MIT */
/* Two queues, and as many threads as they need. */
#include "api/workers.h"

#include <stdlib.h>
#include <unistd.h>

#include "api/router.h"
#include "base/thread.h"

enum {
    WORKERS_MAX = 18,
    WORKERS_QUICK = 2, /* threads that are enough for quick calls */
    WORKERS_SLOW_MAX = WORKERS_MAX - WORKERS_QUICK,
    WORKERS_WAITING_MAX = 64, /* slow calls in the queue */
    WORKERS_IDLE_MS = 10 * 1000
};

struct workers_queue {
    struct mst_api_call *first;
    struct mst_api_call *last;
    size_t len;
};

enum workers_state { WORKERS_NONE, WORKERS_RUNS, WORKERS_ENDED };

struct workers_one {
    struct mst_api_workers *all;
    enum workers_state state;
    pthread_t thread;
};

struct mst_api_workers {
    struct mst_api *api;
    int wake_fd;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t work;
    struct workers_queue quick;
    struct workers_queue slow;
    struct workers_queue done;
    size_t running;   /* threads */
    size_t idle;      /* of them */
    size_t slow_runs; /* slow calls on a thread */
    bool stopping;
    struct workers_one items[WORKERS_MAX];
};

static void
workers_push(struct workers_queue *queue, struct mst_api_call *call)
{
    call->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = call;
    } else {
        queue->first = call;
    }
    queue->last = call;
    queue->len++;
}

static struct mst_api_call *
workers_pop(struct workers_queue *queue)
{
    struct mst_api_call *call = queue->first;
    queue->first = call->next;
    queue->last = queue->first != NULL ? queue->last : NULL;
    queue->len--;
    return call;
}

static bool
workers_is_quick(const struct mst_api_call *call)
{
    return call->request.operation->quick;
}

/* Lock: mutex held. */
static struct mst_api_call *
workers_next(struct mst_api_workers *workers)
{
    if (workers->quick.first != NULL) {
        return workers_pop(&workers->quick);
    }
    if (workers->slow.first != NULL && workers->slow_runs < WORKERS_SLOW_MAX) {
        workers->slow_runs++;
        return workers_pop(&workers->slow);
    }
    return NULL;
}

/* NULL: there was nothing to do for long, or it all ends. Lock: held. */
static struct mst_api_call *
workers_wait(struct mst_api_workers *workers)
{
    struct timespec until = mst_cond_deadline(WORKERS_IDLE_MS);
    struct mst_api_call *call = NULL;
    bool in_time = true;
    workers->idle++;
    while (!workers->stopping && (call = workers_next(workers)) == NULL
           && in_time) {
        in_time = mst_cond_wait(&workers->work, &workers->mutex, &until);
    }
    workers->idle--;
    return call;
}

static void *
workers_run(void *arg)
{
    struct workers_one *one = arg;
    struct mst_api_workers *workers = one->all;
    static const uint64_t wake = 1;
    struct mst_api_call *call = NULL;
    mst_mutex_lock(&workers->mutex);
    while ((call = workers_wait(workers)) != NULL) {
        mst_mutex_unlock(&workers->mutex);
        mst_api_run(workers->api, &call->request, &call->answer);
        mst_mutex_lock(&workers->mutex);
        if (!workers_is_quick(call)) {
            workers->slow_runs--;
            (void)pthread_cond_signal(&workers->work);
        }
        workers_push(&workers->done, call);
        ssize_t woken = write(workers->wake_fd, &wake, sizeof(wake));
        (void)woken; /* full is awake */
    }
    workers->running--;
    one->state = WORKERS_ENDED;
    mst_mutex_unlock(&workers->mutex);
    return NULL;
}

enum mst_status
mst_api_workers_create(struct mst_api *api, int wake_fd,
                       struct mst_api_workers **ret, struct mst_error *err)
{
    struct mst_api_workers *workers = calloc(1, sizeof(*workers));
    if (workers == NULL || pthread_mutex_init(&workers->mutex, NULL) != 0) {
        free(workers);
        return mst_fail_memory(err, "api");
    }
    if (!mst_cond_init(&workers->work)) {
        (void)pthread_mutex_destroy(&workers->mutex);
        free(workers);
        return mst_fail_memory(err, "api");
    }
    workers->api = api;
    workers->wake_fd = wake_fd;
    *ret = workers;
    return MST_OK;
}

void
mst_api_workers_destroy(struct mst_api_workers *workers)
{
    if (workers == NULL) {
        return;
    }
    bool made[WORKERS_MAX];
    mst_mutex_lock(&workers->mutex);
    workers->stopping = true;
    (void)pthread_cond_broadcast(&workers->work);
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        made[i] = workers->items[i].state != WORKERS_NONE;
    }
    mst_mutex_unlock(&workers->mutex);
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        if (made[i]) {
            (void)pthread_join(workers->items[i].thread, NULL);
        }
    }
    (void)pthread_cond_destroy(&workers->work);
    (void)pthread_mutex_destroy(&workers->mutex);
    free(workers);
}

/* One more thread, where there may be. Lock: mutex held, which the thread
 * that has ended no longer takes. */
static void
workers_grow(struct mst_api_workers *workers)
{
    struct workers_one *one = workers->items;
    struct mst_error err;
    while (one < workers->items + WORKERS_MAX && one->state == WORKERS_RUNS) {
        one++;
    }
    if (one == workers->items + WORKERS_MAX) {
        return;
    }
    if (one->state == WORKERS_ENDED) {
        (void)pthread_join(one->thread, NULL);
    }
    *one = (struct workers_one){.all = workers, .state = WORKERS_RUNS};
    if (mst_thread_start(&one->thread, "api-worker", workers_run, one, &err)
        == MST_OK) {
        workers->running++;
    } else {
        one->state = WORKERS_NONE;
        mst_log_failure(MST_LOG_WARN, "api", NULL, &err);
    }
}

/* Threads that no slow call keeps, or will. Lock: mutex held. */
static size_t
workers_at_hand(const struct mst_api_workers *workers)
{
    size_t taken = workers->slow_runs + workers->slow.len;
    return workers->running > taken ? workers->running - taken : 0;
}

bool
mst_api_workers_give(struct mst_api_workers *workers, struct mst_api_call *call)
{
    bool quick = workers_is_quick(call);
    mst_mutex_lock(&workers->mutex);
    bool taken = quick || workers->slow.len < WORKERS_WAITING_MAX;
    if (taken) {
        workers_push(quick ? &workers->quick : &workers->slow, call);
        bool busy = workers->idle < workers->quick.len + workers->slow.len;
        if (busy && (!quick || workers_at_hand(workers) < WORKERS_QUICK)) {
            workers_grow(workers);
        }
        (void)pthread_cond_signal(&workers->work);
        /* Without any thread nobody would ever answer. */
        if (workers->running == 0) {
            (void)workers_pop(quick ? &workers->quick : &workers->slow);
            taken = false;
        }
    }
    mst_mutex_unlock(&workers->mutex);
    return taken;
}

struct mst_api_call *
mst_api_workers_done(struct mst_api_workers *workers)
{
    mst_mutex_lock(&workers->mutex);
    struct mst_api_call *first = workers->done.first;
    workers->done = (struct workers_queue){0};
    mst_mutex_unlock(&workers->mutex);
    return first;
}
