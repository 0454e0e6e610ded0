/* SPDX-License-Identifier: MIT */
/* Base64 both ways, strict. */
#include "base/base64.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint8_t *
mst_base64_print(uint8_t *out, const uint8_t *data, size_t len)
{
    while (len >= 3) {
        uint32_t word = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8
                        | (uint32_t)data[2];
        out[0] = (uint8_t)base64_digits[word >> 18];
        out[1] = (uint8_t)base64_digits[word >> 12 & 63];
        out[2] = (uint8_t)base64_digits[word >> 6 & 63];
        out[3] = (uint8_t)base64_digits[word & 63];
        data += 3;
        len -= 3;
        out += 4;
    }
    if (len == 0) {
        return out;
    }
    uint32_t word = (uint32_t)data[0] << 16;
    if (len == 2) {
        word |= (uint32_t)data[1] << 8;
    }
    out[0] = (uint8_t)base64_digits[word >> 18];
    out[1] = (uint8_t)base64_digits[word >> 12 & 63];
    out[2] = len == 2 ? (uint8_t)base64_digits[word >> 6 & 63] : '=';
    out[3] = '=';
    return out + 4;
}

/* 0..63, or 64 for what is no digit. */
static const uint8_t base64_values[256] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 62, 64, 64, 64, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60,
    61, 64, 64, 64, 64, 64, 64, 64, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
    11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64,
    64, 64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
    43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64,
};

bool
mst_base64_parse(const uint8_t *text, size_t len, uint8_t *out, size_t *ret_len)
{
    size_t n = 0;
    if (len % 4 != 0) {
        return false;
    }
    for (size_t i = 0; i < len; i += 4) {
        bool last = i + 4 == len;
        bool pad3 = last && text[i + 3] == '=';
        bool pad2 = pad3 && text[i + 2] == '=';
        uint32_t a = base64_values[text[i]];
        uint32_t b = base64_values[text[i + 1]];
        uint32_t c = pad2 ? 0 : base64_values[text[i + 2]];
        uint32_t d = pad3 ? 0 : base64_values[text[i + 3]];
        uint32_t word = a << 18 | b << 12 | c << 6 | d;
        /* Bits that padding cuts off must be zero. */
        if ((a | b | c | d) > 63 || (pad2 && (b & 15) != 0)
            || (pad3 && !pad2 && (c & 3) != 0)) {
            return false;
        }
        out[n] = (uint8_t)(word >> 16);
        if (!pad2) {
            out[n + 1] = (uint8_t)(word >> 8);
        }
        if (!pad3) {
            out[n + 2] = (uint8_t)word;
        }
        n += pad2 ? 1 : pad3 ? 2 : 3;
    }
    *ret_len = n;
    return true;
}

enum mst_status
mst_base64_encode(struct mst_slice bytes, struct mst_buf *out)
{
    if (bytes.len > INT32_MAX) {
        return MST_REJECTED;
    }
    enum mst_status status = mst_buf_reserve(out, mst_base64_len(bytes.len));
    if (status == MST_OK && bytes.len > 0) {
        (void)mst_base64_print(out->data + out->len, bytes.data, bytes.len);
        out->len += mst_base64_len(bytes.len);
    }
    return status;
}

enum mst_status
mst_base64_decode(struct mst_slice text, struct mst_buf *out)
{
    size_t len = 0;
    enum mst_status status = mst_buf_reserve(out, text.len / 4 * 3);
    if (status != MST_OK || text.len == 0) {
        return status;
    }
    if (!mst_base64_parse(text.data, text.len, out->data + out->len, &len)) {
        return MST_REJECTED;
    }
    out->len += len;
    return MST_OK;
}
