/* SPDX-License-Identifier: MIT */
/* UTF-8 validation: eight ASCII bytes at a time, the rest by the table. */
#include "base/utf8.h"

#include <string.h>

/* RFC 3629, section 4: the second byte's range depends on the first. */
static size_t
utf8_multibyte(const uint8_t *s, size_t len)
{
    uint8_t a = s[0];
    size_t n = a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4;
    if (a < 0xC2 || a > 0xF4 || len < n) {
        return 0;
    }
    uint8_t low = a == 0xE0 ? 0xA0 : a == 0xF0 ? 0x90 : 0x80;
    uint8_t high = a == 0xED ? 0x9F : a == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if ((s[i] & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    return n;
}

size_t
mst_utf8_char(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    return data[0] < 0x80 ? 1 : utf8_multibyte(data, len);
}

size_t
mst_utf8_valid(const uint8_t *data, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint64_t word = 0;
        if (len - at >= sizeof(word)) {
            memcpy(&word, data + at, sizeof(word));
            if ((word & 0x8080808080808080ULL) == 0) {
                at += sizeof(word);
                continue;
            }
        }
        size_t n = mst_utf8_char(data + at, len - at);
        if (n == 0) {
            return at;
        }
        at += n;
    }
    return len;
}
