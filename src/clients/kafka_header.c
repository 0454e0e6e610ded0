/* SPDX-License-Identifier: MIT */
/* Bytes of headers as text, and back. */
#include "clients/kafka_header.h"

#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"

#define HEADER_BASE64 "base64:"
#define HEADER_NULL   "null:"
enum { HEADER_PREFIX = sizeof(HEADER_BASE64) - 1 };

static bool
header_is_base64(struct mst_slice text)
{
    return text.len >= HEADER_PREFIX
           && memcmp(text.data, HEADER_BASE64, HEADER_PREFIX) == 0;
}

enum mst_status
mst_kafka_header_text(struct mst_arena *arena, struct mst_slice bytes,
                      struct mst_slice *ret_text)
{
    if (bytes.data == NULL) {
        *ret_text = MST_SLICE_LIT(HEADER_NULL);
        return MST_OK;
    }
    if (mst_utf8_valid(bytes.data, bytes.len) == bytes.len
        && !header_is_base64(bytes) && !mst_slice_is(bytes, HEADER_NULL)) {
        *ret_text = bytes;
        return MST_OK;
    }
    size_t len = HEADER_PREFIX + mst_base64_len(bytes.len);
    uint8_t *text = mst_arena_alloc(arena, len);
    if (text == NULL) {
        return MST_FATAL;
    }
    memcpy(text, HEADER_BASE64, HEADER_PREFIX);
    (void)mst_base64_print(text + HEADER_PREFIX, bytes.data, bytes.len);
    *ret_text = mst_slice_of(text, len);
    return MST_OK;
}

enum mst_status
mst_kafka_header_bytes(struct mst_slice text, struct mst_buf *scratch,
                       struct mst_slice *ret_bytes)
{
    *ret_bytes = text;
    if (mst_slice_is(text, HEADER_NULL)) {
        *ret_bytes = MST_SLICE_NONE;
        return MST_OK;
    }
    if (text.len == HEADER_PREFIX || !header_is_base64(text)) {
        return MST_OK;
    }
    mst_buf_reset(scratch);
    enum mst_status status = mst_base64_decode(
        mst_slice_of(text.data + HEADER_PREFIX, text.len - HEADER_PREFIX),
        scratch);
    if (status == MST_OK) {
        *ret_bytes = mst_buf_slice(scratch);
    }
    return status == MST_FATAL ? MST_FATAL : MST_OK;
}

bool
mst_kafka_header_is_ours(const struct mst_event *event)
{
    return mst_slice_is(mst_event_attribute(event, "origin"), "kafka");
}
