/* SPDX-License-Identifier: MIT */
/* cmocka with the standard headers that it wants before itself. */
#ifndef MST_TESTS_CMOCKA_ALL_H
#define MST_TESTS_CMOCKA_ALL_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#endif
