/* SPDX-License-Identifier: MIT */
/* Base64 both ways, strict. */
#include "encodings/base64.h"

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
static uint32_t
base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint32_t)c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return (uint32_t)c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return (uint32_t)c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

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
        uint32_t a = base64_value(text[i]);
        uint32_t b = base64_value(text[i + 1]);
        uint32_t c = pad2 ? 0 : base64_value(text[i + 2]);
        uint32_t d = pad3 ? 0 : base64_value(text[i + 3]);
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
