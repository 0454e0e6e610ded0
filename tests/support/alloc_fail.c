/* SPDX-License-Identifier: MIT */
/* Lets one allocation of the program under test fail. */
#include "support/alloc_fail.h"

#include <stdatomic.h>

static atomic_size_t alloc_left; /* allocations until one fails; 0: none does */
static atomic_bool alloc_failed;

/* NOLINTBEGIN(bugprone-reserved-identifier): names that --wrap asks for. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

void
alloc_fail_at(size_t n)
{
    atomic_store(&alloc_failed, false);
    atomic_store(&alloc_left, n);
}

bool
alloc_fail_stop(void)
{
    atomic_store(&alloc_left, 0);
    return atomic_load(&alloc_failed);
}

static bool
alloc_fail_now(void)
{
    size_t left = atomic_load(&alloc_left);
    while (left > 0
           && !atomic_compare_exchange_weak(&alloc_left, &left, left - 1)) {
    }
    if (left == 1) {
        atomic_store(&alloc_failed, true);
    }
    return left == 1;
}

void *
__wrap_malloc(size_t size)
{
    return alloc_fail_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return alloc_fail_now() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
    return alloc_fail_now() ? NULL : __real_realloc(memory, size);
}

char *
__wrap_strdup(const char *text)
{
    return alloc_fail_now() ? NULL : __real_strdup(text);
}

char *
__wrap_strndup(const char *text, size_t len)
{
    return alloc_fail_now() ? NULL : __real_strndup(text, len);
}
/* NOLINTEND(bugprone-reserved-identifier) */
