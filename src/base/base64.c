/* SPDX-License-Identifier: MIT */
/* Three bytes to four characters and back. */
#include "base/base64.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum mst_status
mst_base64_encode(struct mst_slice bytes, struct mst_buf *out)
{
    if (bytes.len > SIZE_MAX / 2) {
        return MST_REJECTED;
    }
    enum mst_status status = mst_buf_reserve(out, (bytes.len + 2) / 3 * 4);
    if (status != MST_OK) {
        return status;
    }
    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t left = bytes.len - at;
        uint32_t word = (uint32_t)bytes.data[at] << 16;
        word |= left > 1 ? (uint32_t)bytes.data[at + 1] << 8 : 0;
        word |= left > 2 ? (uint32_t)bytes.data[at + 2] : 0;
        uint8_t *to = out->data + out->len;
        to[0] = (uint8_t)base64_alphabet[word >> 18];
        to[1] = (uint8_t)base64_alphabet[(word >> 12) & 63U];
        to[2] = left > 1 ? (uint8_t)base64_alphabet[(word >> 6) & 63U]
                         : (uint8_t)'=';
        to[3] = left > 2 ? (uint8_t)base64_alphabet[word & 63U] : (uint8_t)'=';
        out->len += 4;
    }
    return MST_OK;
}

static int
base64_value(uint8_t c)
{
    const char *at = c == 0 ? NULL : strchr(base64_alphabet, c);
    return at == NULL ? -1 : (int)(at - base64_alphabet);
}

enum mst_status
mst_base64_decode(struct mst_slice text, struct mst_buf *out)
{
    if (text.len % 4 != 0) {
        return MST_REJECTED;
    }
    size_t before = out->len;
    for (size_t at = 0; at < text.len; at += 4) {
        const uint8_t *from = text.data + at;
        bool last = at + 4 == text.len;
        unsigned pad = last && from[3] == '=' ? (from[2] == '=' ? 2U : 1U) : 0U;
        uint32_t word = 0;
        for (unsigned i = 0; i < 4; i++) {
            int value = i >= 4 - pad ? 0 : base64_value(from[i]);
            if (value < 0) {
                out->len = before;
                return MST_REJECTED;
            }
            word = word << 6 | (uint32_t)value;
        }
        const uint8_t bytes[3] = {(uint8_t)(word >> 16), (uint8_t)(word >> 8),
                                  (uint8_t)word};
        enum mst_status status = mst_buf_append(out, bytes, 3 - pad);
        if (status != MST_OK) {
            out->len = before;
            return status;
        }
    }
    return MST_OK;
}
