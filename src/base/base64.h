/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648, section 4) with padding. */
#ifndef MST_BASE_BASE64_H
#define MST_BASE_BASE64_H

#include "base/buf.h"

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

/* The same into a buffer; statuses of mst_buf_reserve. */
MST_MUST_CHECK enum mst_status mst_base64_encode(struct mst_slice bytes,
                                                 struct mst_buf *out);
/* MST_REJECTED also for what is not base64; out is as before then. */
MST_MUST_CHECK enum mst_status mst_base64_decode(struct mst_slice text,
                                                 struct mst_buf *out);

#endif
