/* SPDX-License-Identifier: MIT */
/*
 * Payloads sent together: u32 LE count, u8 content type, then of each item
 * u32 LE length and its bytes. Every length is checked before anything is
 * made of it, nothing is allocated for one.
 */
#ifndef MST_ENCODINGS_BATCH_FRAME_H
#define MST_ENCODINGS_BATCH_FRAME_H

#include <stdbool.h>

#include "core/encoding.h"

enum {
    MST_BATCH_HEAD = 5,     /* bytes of count and content type */
    MST_BATCH_ITEM_HEAD = 4 /* of an item's length */
};

/* --- reading -------------------------------------------------------------- */

/* A frame whose lengths are those of its bytes. Borrows them. */
struct mst_batch_frame {
    enum mst_encoding encoding;
    uint32_t count;
    uint32_t left; /* items that were not yet taken */
    struct mst_slice rest;
};

/* Count and content type, of bytes that have MST_BATCH_HEAD. MST_REJECTED:
 * there is no such content type. */
MST_MUST_CHECK enum mst_status
mst_batch_frame_head(const uint8_t *head, uint32_t *ret_count,
                     enum mst_encoding *ret_encoding, struct mst_error *err);

/* Checks all of a frame. MST_REJECTED, with the byte offset: it is cut, an
 * item is longer than what is left, there are bytes behind the last one. */
MST_MUST_CHECK enum mst_status
mst_batch_frame_open(struct mst_slice bytes, struct mst_batch_frame *ret_frame,
                     struct mst_error *err);
/* The next item; false: that was the last one. */
bool mst_batch_frame_next(struct mst_batch_frame *frame,
                          struct mst_slice *ret_item);

/* --- writing -------------------------------------------------------------- */

/* A frame at the end of a buffer, whose maximum is at most 4 GiB. Between
 * begin and end nobody else adds to it. No clean-up. */
struct mst_batch_writer {
    struct mst_buf *out;
    size_t start; /* of the frame */
    size_t item;  /* of the item that is being written */
    uint32_t count;
};

/* All are MST_REJECTED above the buffer's maximum and change nothing then. */
MST_MUST_CHECK enum mst_status
mst_batch_writer_begin(struct mst_batch_writer *writer, struct mst_buf *out,
                       enum mst_encoding encoding);
/* Between these two the caller appends the item; leave takes away what came
 * behind begin instead. */
MST_MUST_CHECK enum mst_status
mst_batch_writer_item(struct mst_batch_writer *writer);
void mst_batch_writer_keep(struct mst_batch_writer *writer);
void mst_batch_writer_leave(struct mst_batch_writer *writer);
/* Tells the count; the frame is complete. */
void mst_batch_writer_end(struct mst_batch_writer *writer);

/* --- conversion ----------------------------------------------------------- */

/* Told of each item that is refused, counted from 0. */
struct mst_batch_refusals {
    void (*tell)(void *ctx, uint32_t item, const struct mst_error *err);
    void *ctx;
    uint32_t count; /* written by mst_batch_convert */
};

/*
 * Appends the frame of what the items became. An item that is refused is left
 * out alone, and told; the others keep their order. So is one that out has no
 * room for. Items that keep their encoding are checked. MST_REJECTED, with
 * nothing appended: the frame is none, or holds another encoding.
 */
MST_MUST_CHECK enum mst_status
mst_batch_convert(const struct mst_transcoder *transcoder,
                  struct mst_slice bytes, struct mst_batch_refusals *refusals,
                  struct mst_buf *out, struct mst_error *err);

#endif
