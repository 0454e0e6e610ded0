/* SPDX-License-Identifier: MIT */
/*
 * C11 threads on top of POSIX ones, for builds with ThreadSanitizer only.
 * librdkafka uses thrd_create and mtx_lock of the C library, which the
 * sanitizer of gcc 12 does not see: its threads crash in malloc, and its locks
 * order nothing. These definitions come before the C library's. As there, a
 * mtx_t is a pthread_mutex_t, a cnd_t a pthread_cond_t.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "mtx_t");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "cnd_t");

struct tsan_start {
    thrd_start_t start;
    void *arg;
};

static int
tsan_result(int error)
{
    switch (error) {
    case 0:
        return thrd_success;
    case EBUSY:
        return thrd_busy;
    case ETIMEDOUT:
        return thrd_timedout;
    case ENOMEM:
        return thrd_nomem;
    default:
        return thrd_error;
    }
}

static void *
tsan_run(void *arg)
{
    struct tsan_start start = *(struct tsan_start *)arg;
    free(arg);
    return (void *)(intptr_t)start.start(start.arg);
}

int
thrd_create(thrd_t *thread, thrd_start_t start, void *arg)
{
    struct tsan_start *box = malloc(sizeof(*box));
    if (box == NULL) {
        return thrd_nomem;
    }
    *box = (struct tsan_start){start, arg};
    int error = pthread_create(thread, NULL, tsan_run, box);
    if (error != 0) {
        free(box);
    }
    return tsan_result(error);
}

int
thrd_join(thrd_t thread, int *result)
{
    void *value = NULL;
    int error = pthread_join(thread, &value);
    if (error == 0 && result != NULL) {
        *result = (int)(intptr_t)value;
    }
    return tsan_result(error);
}

int
thrd_detach(thrd_t thread)
{
    return tsan_result(pthread_detach(thread));
}

int
mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attributes;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0
                                                     ? PTHREAD_MUTEX_RECURSIVE
                                                     : PTHREAD_MUTEX_NORMAL);
    int error = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
    return tsan_result(error);
}

int
mtx_lock(mtx_t *mutex)
{
    return tsan_result(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int
mtx_trylock(mtx_t *mutex)
{
    return tsan_result(pthread_mutex_trylock((pthread_mutex_t *)mutex));
}

int
mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict until)
{
    return tsan_result(
        pthread_mutex_timedlock((pthread_mutex_t *)mutex, until));
}

int
mtx_unlock(mtx_t *mutex)
{
    return tsan_result(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

void
mtx_destroy(mtx_t *mutex)
{
    (void)pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int
cnd_init(cnd_t *cond)
{
    return tsan_result(pthread_cond_init((pthread_cond_t *)cond, NULL));
}

int
cnd_signal(cnd_t *cond)
{
    return tsan_result(pthread_cond_signal((pthread_cond_t *)cond));
}

int
cnd_broadcast(cnd_t *cond)
{
    return tsan_result(pthread_cond_broadcast((pthread_cond_t *)cond));
}

int
cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    return tsan_result(
        pthread_cond_wait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex));
}

int
cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
              const struct timespec *restrict until)
{
    return tsan_result(pthread_cond_timedwait((pthread_cond_t *)cond,
                                              (pthread_mutex_t *)mutex, until));
}

void
cnd_destroy(cnd_t *cond)
{
    (void)pthread_cond_destroy((pthread_cond_t *)cond);
}
