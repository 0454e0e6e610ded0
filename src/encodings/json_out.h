/* SPDX-License-Identifier: MIT */
/* Writes JSON text into a buffer through a bare pointer. Private. */
#ifndef MST_ENCODINGS_JSON_OUT_H
#define MST_ENCODINGS_JSON_OUT_H

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"

/* buf->len is behind while one of these is in use; mst_json_out_end sets it.
 * No clean-up. */
struct mst_json_out {
    uint8_t *at;
    uint8_t *limit;
    struct mst_buf *buf;
    enum mst_status status; /* why there is no room */
};

enum {
    /* What is behind the room asked for, for blocks that are copied whole. */
    MST_JSON_SLACK = 32
};

static inline void
mst_json_out_init(struct mst_json_out *out, struct mst_buf *buf)
{
    out->buf = buf;
    out->status = MST_OK;
    out->at = buf->data == NULL ? NULL : buf->data + buf->len;
    out->limit = buf->data == NULL ? NULL : buf->data + buf->cap;
}

static inline void
mst_json_out_end(struct mst_json_out *out)
{
    if (out->buf->data != NULL) {
        out->buf->len = (size_t)(out->at - out->buf->data);
    }
}

/* The slow half of mst_json_out_reserve. */
MST_MUST_CHECK bool mst_json_out_grow(struct mst_json_out *out, size_t n);

/* Room for n bytes at out->at; false: see out->status. */
MST_MUST_CHECK static inline bool
mst_json_out_reserve(struct mst_json_out *out, size_t n)
{
    if (MST_LIKELY((size_t)(out->limit - out->at) >= n)) {
        return true;
    }
    return mst_json_out_grow(out, n);
}

/* A constant text, where room is known to be. */
#define MST_JSON_PUT(out, text)                                                \
    (memcpy((out)->at, "" text, sizeof(text) - 1),                             \
     (void)((out)->at += sizeof(text) - 1))

enum mst_json_put {
    MST_JSON_PUT_OK = 0,
    MST_JSON_PUT_BAD_UTF8,
    MST_JSON_PUT_NO_ROOM
};

/* Appends the text escaped, without quotes. Up to readable bytes may be read
 * at data, which is len or more. Control characters become \n, \u001f, ... */
MST_MUST_CHECK enum mst_json_put mst_json_put_text(struct mst_json_out *out,
                                                   const uint8_t *data,
                                                   size_t len, size_t readable);

#endif
