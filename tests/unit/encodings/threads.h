/* SPDX-License-Identifier: MIT */
/* The same work on several threads. */
#ifndef MST_TESTS_THREADS_H
#define MST_TESTS_THREADS_H

#include "unit/cmocka_all.h"

#include <pthread.h>

enum { THREADS = 12 };

/* run: gives back how often something was wrong, as a pointer. */
static inline void
threads_find_nothing_wrong(void *(*run)(void *shared), void *shared)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run, shared), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

#endif
