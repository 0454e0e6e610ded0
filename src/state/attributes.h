/* SPDX-License-Identifier: MIT */
/*
 * The stored form of an event's attributes: their number, then for each the
 * lengths of name and value and their bytes. Numbers are 32 bits, little
 * endian.
 */
#ifndef MST_STATE_ATTRIBUTES_H
#define MST_STATE_ATTRIBUTES_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/event.h"

/* Appends to out. Statuses as mst_buf_append. */
MST_MUST_CHECK enum mst_status
mst_attributes_pack(const struct mst_attribute *attributes, size_t n,
                    struct mst_buf *out);

/* Names and values point into packed, the array is in arena. MST_REJECTED:
 * not that form; MST_FATAL without memory. */
MST_MUST_CHECK enum mst_status
mst_attributes_unpack(struct mst_slice packed, struct mst_arena *arena,
                      const struct mst_attribute **ret_attributes,
                      size_t *ret_n);

#endif
