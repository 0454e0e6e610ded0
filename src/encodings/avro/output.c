/* SPDX-License-Identifier: MIT */
/* The slow half of writing: when the room is used up. */
#include "encodings/avro/output.h"

enum avro_fault
avro_output_grow(struct mst_buf *buf, uint8_t **at, uint8_t **limit, size_t n)
{
    if (buf->data != NULL) {
        buf->len = (size_t)(*at - buf->data);
    }
    enum mst_status status = mst_buf_reserve(buf, n);
    if (status != MST_OK) {
        return status == MST_FATAL ? AVRO_NO_MEMORY : AVRO_TOO_LARGE;
    }
    *at = buf->data + buf->len;
    *limit = buf->data + buf->cap;
    return AVRO_FINE;
}
