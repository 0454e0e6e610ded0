/* SPDX-License-Identifier: MIT */
/* The C++ library's shortest printing and exact parsing, for C. */
#ifndef MST_ENCODINGS_DOUBLE_SHIM_H
#define MST_ENCODINGS_DOUBLE_SHIM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes at most room bytes; returns how many, 0 when it does not fit. */
size_t mst_double_shim_print(double value, char *out, size_t room);
/* 1: all of text is one number, in range. 0: not. */
int mst_double_shim_parse(const char *text, size_t len, double *ret);

#ifdef __cplusplus
}
#endif

#endif
