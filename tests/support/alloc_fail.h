/* SPDX-License-Identifier: MIT */
/*
 * Lets one allocation of the program under test fail. For programs made with
 * mst_torture_test, which links malloc, calloc, realloc, strdup and strndup
 * of our libraries to alloc_fail.c; those of other libraries never fail.
 * Thread: any.
 */
#ifndef MST_TESTS_SUPPORT_ALLOC_FAIL_H
#define MST_TESTS_SUPPORT_ALLOC_FAIL_H

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from here fails, once; n counts from 1. */
void alloc_fail_at(size_t n);

/* All succeed again. True when one has failed. */
bool alloc_fail_stop(void);

#endif
