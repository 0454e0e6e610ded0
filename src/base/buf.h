/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a maximum. Everything that is built from input
 * is built in one, so that hostile input ends in an error and not in swap.
 */
#ifndef MST_BASE_BUF_H
#define MST_BASE_BUF_H

#include "base/error.h"
#include <stdbool.h>

#include "base/slice.h"

/* Ownership: data belongs to the buffer until mst_buf_take. Thread: one at a
 * time. A zeroed struct with max set is a valid empty buffer. */
struct mst_buf {
    uint8_t *data;
    size_t len;
    size_t cap; /* one more byte than this is there, for a closing NUL */
    size_t max; /* the len that is never passed */
};

void mst_buf_init(struct mst_buf *buf, size_t max);
/* Frees the memory and makes it usable again. */
void mst_buf_clear(struct mst_buf *buf);

/* Room for n more bytes at data + len; the caller writes there and adds to
 * len itself. MST_REJECTED above max, MST_FATAL without memory; the buffer
 * is unchanged then. */
MST_MUST_CHECK enum mst_status mst_buf_grow(struct mst_buf *buf, size_t n);

/* The fast path of mst_buf_grow, to be inlined. */
MST_MUST_CHECK static inline enum mst_status
mst_buf_reserve(struct mst_buf *buf, size_t n)
{
    if (MST_LIKELY(n <= buf->cap - buf->len)) {
        return MST_OK;
    }
    return mst_buf_grow(buf, n);
}

MST_MUST_CHECK enum mst_status mst_buf_append(struct mst_buf *buf,
                                              const void *data, size_t len);
MST_MUST_CHECK enum mst_status mst_buf_append_str(struct mst_buf *buf,
                                                  const char *text);
MST_MUST_CHECK enum mst_status mst_buf_append_char(struct mst_buf *buf, char c);
MST_MUST_CHECK enum mst_status mst_buf_printf(struct mst_buf *buf,
                                              const char *fmt, ...)
    MST_PRINTF(2, 3);

/* Appends a JSON string with quotes; text must be UTF-8 (bytes that are not
 * are written as U+FFFD: this is for messages and state, not for payloads). */
MST_MUST_CHECK enum mst_status mst_buf_append_json(struct mst_buf *buf,
                                                   struct mst_slice text);

/* Ends the content with a NUL that len does not count; returns it as text, or
 * NULL without memory. */
MST_MUST_CHECK char *mst_buf_text(struct mst_buf *buf);

/* Moves the memory to the caller, who frees it with free(). */
uint8_t *mst_buf_take(struct mst_buf *buf, size_t *ret_len);

static inline struct mst_slice
mst_buf_slice(const struct mst_buf *buf)
{
    return (struct mst_slice){buf->data, buf->len};
}

static inline void
mst_buf_reset(struct mst_buf *buf)
{
    buf->len = 0;
}

#endif
