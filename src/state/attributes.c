/* SPDX-License-Identifier: MIT */
/* Packing attributes into bytes, and back from bytes that may be damaged. */
#include "state/attributes.h"

/* Stands for a value that is not there. */
#define ATTRIBUTES_NONE UINT32_MAX

static enum mst_status
attributes_put_number(struct mst_buf *out, uint32_t number)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    return mst_buf_append(out, bytes, sizeof(bytes));
}

static enum mst_status
attributes_put_slice(struct mst_buf *out, struct mst_slice slice)
{
    if (slice.len >= ATTRIBUTES_NONE) {
        return MST_REJECTED;
    }
    enum mst_status status = attributes_put_number(
        out, slice.data == NULL ? ATTRIBUTES_NONE : (uint32_t)slice.len);
    if (status == MST_OK && slice.data != NULL) {
        status = mst_buf_append(out, slice.data, slice.len);
    }
    return status;
}

enum mst_status
mst_attributes_pack(const struct mst_attribute *attributes, size_t n,
                    struct mst_buf *out)
{
    if (n >= ATTRIBUTES_NONE) {
        return MST_REJECTED;
    }
    enum mst_status status = attributes_put_number(out, (uint32_t)n);
    for (size_t i = 0; status == MST_OK && i < n; i++) {
        status = attributes_put_slice(out, attributes[i].name);
        if (status == MST_OK) {
            status = attributes_put_slice(out, attributes[i].value);
        }
    }
    return status;
}

/* Takes a number off the front of rest. */
static bool
attributes_get_number(struct mst_slice *rest, uint32_t *ret)
{
    if (rest->len < 4) {
        return false;
    }
    *ret = (uint32_t)rest->data[0] | (uint32_t)rest->data[1] << 8
           | (uint32_t)rest->data[2] << 16 | (uint32_t)rest->data[3] << 24;
    *rest = mst_slice_of(rest->data + 4, rest->len - 4);
    return true;
}

static bool
attributes_get_slice(struct mst_slice *rest, struct mst_slice *ret)
{
    uint32_t len;
    if (!attributes_get_number(rest, &len)) {
        return false;
    }
    if (len == ATTRIBUTES_NONE) {
        *ret = MST_SLICE_NONE;
        return true;
    }
    if (len > rest->len) {
        return false;
    }
    *ret = mst_slice_of(rest->data, len);
    *rest = mst_slice_of(rest->data + len, rest->len - len);
    return true;
}

enum mst_status
mst_attributes_unpack(struct mst_slice packed, struct mst_arena *arena,
                      const struct mst_attribute **ret_attributes,
                      size_t *ret_n)
{
    struct mst_slice rest = packed;
    uint32_t n;
    /* Each takes at least the two lengths: bounds what is allocated. */
    if (!attributes_get_number(&rest, &n) || n > rest.len / 8) {
        return MST_REJECTED;
    }
    struct mst_attribute *attributes =
        mst_arena_alloc(arena, (n + 1) * sizeof(*attributes));
    if (attributes == NULL) {
        return MST_FATAL;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!attributes_get_slice(&rest, &attributes[i].name)
            || !attributes_get_slice(&rest, &attributes[i].value)) {
            return MST_REJECTED;
        }
    }
    if (rest.len != 0) {
        return MST_REJECTED;
    }
    *ret_attributes = n == 0 ? NULL : attributes;
    *ret_n = n;
    return MST_OK;
}
