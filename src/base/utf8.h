/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 defines it: no surrogates, no overlong forms. */
#ifndef MST_BASE_UTF8_H
#define MST_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the valid character at data (1..4), or 0 when there is none. */
size_t mst_utf8_char(const uint8_t *data, size_t len);

/* Number of leading bytes that are valid; len when all of it is. */
size_t mst_utf8_valid(const uint8_t *data, size_t len);

#endif
