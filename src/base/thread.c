/* SPDX-License-Identifier: MIT */
/* Thin, checked use of pthreads. */
#include "base/thread.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char thread_owner[MST_THREAD_OWNER_MAX];

/* What a new thread is to do, and for whom. */
struct thread_order {
    void *(*run)(void *arg);
    void *arg;
    char owner[MST_THREAD_OWNER_MAX];
};

void
mst_thread_own(const char *owner)
{
    (void)snprintf(thread_owner, sizeof(thread_owner), "%s", owner);
}

const char *
mst_thread_owner(void)
{
    return thread_owner;
}

static void *
thread_main(void *arg)
{
    struct thread_order order = *(struct thread_order *)arg;
    free(arg);
    mst_thread_own(order.owner);
    return order.run(order.arg);
}

enum mst_status
mst_thread_start(pthread_t *ret_thread, const char *name,
                 void *(*run)(void *arg), void *arg, struct mst_error *err)
{
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    struct thread_order *order = malloc(sizeof(*order));
    if (order == NULL) {
        return mst_fail_memory(err, "thread");
    }
    *order = (struct thread_order){.run = run, .arg = arg};
    memcpy(order->owner, thread_owner, sizeof(order->owner));
    (void)sigfillset(&all); /* can not fail on a valid pointer */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread, NULL, thread_main, order);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        free(order);
        return mst_fail(err, MST_FATAL, "thread", rc,
                        "can not start thread '%s' (error %d)", name, rc);
    }
    char cut[16] = {0};
    size_t len = strlen(name);
    memcpy(cut, name, len < sizeof(cut) - 1 ? len : sizeof(cut) - 1);
    (void)pthread_setname_np(thread, cut); /* only for debuggers */
    *ret_thread = thread;
    return MST_OK;
}

void
mst_mutex_lock(pthread_mutex_t *mutex)
{
    int rc = pthread_mutex_lock(mutex);
    assert(rc == 0);
    (void)rc;
}

bool
mst_mutex_try(pthread_mutex_t *mutex)
{
    int rc = pthread_mutex_trylock(mutex);
    assert(rc == 0 || rc == EBUSY);
    return rc == 0;
}

void
mst_mutex_unlock(pthread_mutex_t *mutex)
{
    int rc = pthread_mutex_unlock(mutex);
    assert(rc == 0);
    (void)rc;
}

bool
mst_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0) {
        return false;
    }
    bool good = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0
                && pthread_cond_init(cond, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return good;
}

struct timespec
mst_cond_deadline(int timeout_ms)
{
    struct timespec until = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    if (timeout_ms > 0) {
        until.tv_sec += timeout_ms / 1000;
        until.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000L;
        }
    }
    return until;
}

bool
mst_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
              const struct timespec *until)
{
    if (until == NULL) {
        (void)pthread_cond_wait(cond, mutex);
        return true;
    }
    return pthread_cond_timedwait(cond, mutex, until) != ETIMEDOUT;
}
