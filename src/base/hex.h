/* SPDX-License-Identifier: MIT */
/* Single hexadecimal digits. */
#ifndef MST_BASE_HEX_H
#define MST_BASE_HEX_H

#include <stdint.h>

/* The value of a digit of either case; -1: it is none. */
static inline int
mst_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
