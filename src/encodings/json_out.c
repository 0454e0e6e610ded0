/* SPDX-License-Identifier: MIT */
/* Escapes text for JSON, 16 bytes at a time where nothing is special. */
#include "encodings/json_out.h"

#include "encodings/digits.h"
#include "encodings/text_block.h"
#include "encodings/text_wide.h"

bool
mst_json_out_grow(struct mst_json_out *out, size_t n)
{
    struct mst_buf *buf = out->buf;
    mst_json_out_end(out);
    out->status = mst_buf_reserve(buf, n);
    if (out->status != MST_OK || buf->data == NULL) {
        return false;
    }
    out->at = buf->data + buf->len;
    out->limit = buf->data + buf->cap;
    return true;
}

/* At most six bytes. */
static uint8_t *
json_put_escape(uint8_t *at, uint8_t c)
{
    static const char letters[] = "btn?fr"; /* from \b on; \v has none */
    *at++ = '\\';
    if (c == '"' || c == '\\') {
        *at++ = c;
        return at;
    }
    if (c >= '\b' && c <= '\r' && c != '\v') {
        *at++ = (uint8_t)letters[c - '\b'];
        return at;
    }
    memcpy(at, "u00", 3);
    return mst_print_hex(at + 3, &c, 1);
}

enum mst_json_put
mst_json_put_text(struct mst_json_out *out, const uint8_t *data, size_t len,
                  size_t readable)
{
    const uint8_t *end = data + len;
    const uint8_t *readable_end = data + readable;
    if (!mst_json_out_reserve(out, len + MST_JSON_SLACK)) {
        return MST_JSON_PUT_NO_ROOM;
    }
    while (data < end) {
        size_t left = (size_t)(readable_end - data);
        unsigned mask = MST_LIKELY(left >= MST_TEXT_BLOCK)
                            ? mst_text_block(out->at, data)
                            : mst_text_tail(out->at, data, left);
        size_t n = mask == 0 ? MST_TEXT_BLOCK : mst_text_first(mask);
        if (n >= (size_t)(end - data)) {
            out->at += end - data;
            return MST_JSON_PUT_OK;
        }
        data += n;
        out->at += n;
        if (n == MST_TEXT_BLOCK) {
            continue;
        }
        if (*data >= 0x80) {
            n = mst_text_wide(out->at, data, (size_t)(end - data),
                              (size_t)(readable_end - data));
            if (n == 0) {
                return MST_JSON_PUT_BAD_UTF8;
            }
            data += n;
            out->at += n;
            continue;
        }
        out->at = json_put_escape(out->at, *data);
        data++;
        /* Only escapes are longer than what they stand for. */
        if (!mst_json_out_reserve(out, (size_t)(end - data) + MST_JSON_SLACK)) {
            return MST_JSON_PUT_NO_ROOM;
        }
    }
    return MST_JSON_PUT_OK;
}
