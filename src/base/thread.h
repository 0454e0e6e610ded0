/* SPDX-License-Identifier: MIT */
/* Threads and condition variables on the monotonic clock. */
#ifndef MST_BASE_THREAD_H
#define MST_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "base/error.h"

/* Starts a joinable thread with all signals blocked (the main thread handles
 * them) and a name of at most 15 characters that debuggers show. */
MST_MUST_CHECK enum mst_status
mst_thread_start(pthread_t *ret_thread, const char *name,
                 void *(*run)(void *arg), void *arg, struct mst_error *err);

enum { MST_THREAD_OWNER_MAX = 256 };

/* Whose work this thread does, as do those that it starts from now on: the
 * name of a job, copied. "": nobody's. The log has it in each line. */
void mst_thread_own(const char *owner);
/* Never NULL. */
const char *mst_thread_owner(void);

/* Lock and unlock a mutex that was initialised without attributes: the only
 * errors possible are our own bugs, which end the program. */
void mst_mutex_lock(pthread_mutex_t *mutex);
/* False: somebody holds it. */
MST_MUST_CHECK bool mst_mutex_try(pthread_mutex_t *mutex);
void mst_mutex_unlock(pthread_mutex_t *mutex);

/* A condition variable that waits on CLOCK_MONOTONIC. */
MST_MUST_CHECK bool mst_cond_init(pthread_cond_t *cond);
/* The moment timeout_ms from now (negative counts as 0). */
struct timespec mst_cond_deadline(int timeout_ms);
/* Waits; false when until (NULL: never) has passed. May wake early. */
bool mst_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                   const struct timespec *until);

#endif
