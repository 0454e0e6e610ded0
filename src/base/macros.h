/* SPDX-License-Identifier: MIT */
/* Compiler attributes that every module uses. */
#ifndef MST_BASE_MACROS_H
#define MST_BASE_MACROS_H

#define MST_MUST_CHECK       __attribute__((warn_unused_result))
#define MST_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define MST_LIKELY(x)        __builtin_expect(!!(x), 1)
#define MST_UNLIKELY(x)      __builtin_expect(!!(x), 0)
#define MST_ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))

#endif
