/* SPDX-License-Identifier: MIT */
/* The growing buffer: doubling up to its maximum. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { BUF_FIRST = 256 };

void
mst_buf_init(struct mst_buf *buf, size_t max)
{
    *buf = (struct mst_buf){.max = max};
}

void
mst_buf_clear(struct mst_buf *buf)
{
    free(buf->data);
    *buf = (struct mst_buf){.max = buf->max};
}

enum mst_status
mst_buf_grow(struct mst_buf *buf, size_t n)
{
    size_t need = 0;
    if (__builtin_add_overflow(buf->len, n, &need) || need > buf->max) {
        return MST_REJECTED;
    }
    if (need <= buf->cap) {
        return MST_OK;
    }
    size_t cap = buf->cap < BUF_FIRST ? BUF_FIRST : buf->cap;
    while (cap < need && cap < buf->max) {
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    }
    if (cap > buf->max) {
        cap = buf->max;
    }
    /* One byte that cap does not count, for the NUL of text. */
    uint8_t *data = cap == SIZE_MAX ? NULL : realloc(buf->data, cap + 1);
    if (data == NULL) {
        return MST_FATAL;
    }
    buf->data = data;
    buf->cap = cap;
    return MST_OK;
}

enum mst_status
mst_buf_append(struct mst_buf *buf, const void *data, size_t len)
{
    if (len == 0) {
        return MST_OK;
    }
    enum mst_status status = mst_buf_reserve(buf, len);
    if (status == MST_OK) {
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
    }
    return status;
}

enum mst_status
mst_buf_append_str(struct mst_buf *buf, const char *text)
{
    return mst_buf_append(buf, text, strlen(text));
}

enum mst_status
mst_buf_append_char(struct mst_buf *buf, char c)
{
    return mst_buf_append(buf, &c, 1);
}

enum mst_status
mst_buf_printf(struct mst_buf *buf, const char *fmt, ...)
{
    va_list args;
    size_t room = buf->data != NULL ? buf->cap - buf->len + 1 : 0;
    va_start(args, fmt);
    int len = vsnprintf(room > 0 ? (char *)buf->data + buf->len : NULL, room,
                        fmt, args);
    va_end(args);
    if (len < 0) {
        return MST_REJECTED;
    }
    if (len > 0 && (size_t)len >= room) {
        enum mst_status status = mst_buf_grow(buf, (size_t)len);
        if (status != MST_OK) {
            return status;
        }
        va_start(args, fmt);
        (void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, fmt,
                        args);
        va_end(args);
    }
    buf->len += (size_t)len;
    return MST_OK;
}

static enum mst_status
buf_append_escaped(struct mst_buf *buf, unsigned char c)
{
    switch (c) {
    case '"':
        return mst_buf_append_str(buf, "\\\"");
    case '\\':
        return mst_buf_append_str(buf, "\\\\");
    case '\n':
        return mst_buf_append_str(buf, "\\n");
    case '\r':
        return mst_buf_append_str(buf, "\\r");
    case '\t':
        return mst_buf_append_str(buf, "\\t");
    default:
        return mst_buf_printf(buf, "\\u%04x", c);
    }
}

/* Bytes at the beginning that stand in JSON as they are, and are ASCII. */
static size_t
buf_plain(struct mst_slice text)
{
    size_t n = 0;
    while (n < text.len && text.data[n] >= 0x20 && text.data[n] < 0x80
           && text.data[n] != '"' && text.data[n] != '\\') {
        n++;
    }
    return n;
}

enum mst_status
mst_buf_append_json(struct mst_buf *buf, struct mst_slice text)
{
    enum mst_status status = mst_buf_append_char(buf, '"');
    size_t at = 0;
    while (status == MST_OK && at < text.len) {
        size_t plain =
            buf_plain((struct mst_slice){text.data + at, text.len - at});
        if (plain > 0) {
            status = mst_buf_append(buf, text.data + at, plain);
            at += plain;
            continue;
        }
        unsigned char c = text.data[at];
        if (c < 0x20 || c == '"' || c == '\\') {
            status = buf_append_escaped(buf, c);
            at++;
            continue;
        }
        size_t n = mst_utf8_char(text.data + at, text.len - at);
        status = n == 0 ? mst_buf_append_str(buf, "\xEF\xBF\xBD")
                        : mst_buf_append(buf, text.data + at, n);
        at += n == 0 ? 1 : n;
    }
    return status == MST_OK ? mst_buf_append_char(buf, '"') : status;
}

char *
mst_buf_text(struct mst_buf *buf)
{
    if (buf->data == NULL && mst_buf_grow(buf, 1) != MST_OK) {
        return NULL;
    }
    assert(buf->data != NULL);
    buf->data[buf->len] = '\0';
    return (char *)buf->data;
}

uint8_t *
mst_buf_take(struct mst_buf *buf, size_t *ret_len)
{
    uint8_t *data = buf->data;
    *ret_len = buf->len;
    *buf = (struct mst_buf){.max = buf->max};
    return data;
}
