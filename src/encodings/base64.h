/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648, section 4) with padding. */
#ifndef MST_ENCODINGS_BASE64_H
#define MST_ENCODINGS_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the text of n bytes (n at most INT32_MAX). */
static inline size_t
mst_base64_len(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Writes mst_base64_len(len) characters; returns where they end. */
uint8_t *mst_base64_print(uint8_t *out, const uint8_t *data, size_t len);

/* Decodes in place or elsewhere (out may be text). False for anything that
 * does not encode back to the same text; out needs len / 4 * 3 bytes. */
bool mst_base64_parse(const uint8_t *text, size_t len, uint8_t *out,
                      size_t *ret_len);

#endif
