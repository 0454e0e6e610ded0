/* SPDX-License-Identifier: MIT */
/*
 * Documents in a stream of bytes that comes in pieces: BSON one behind the
 * other, JSON one per line, any encoding in batch frames. No I/O.
 *
 *     mst_stream_room(&stream, n, &room, &err)    n = read(..., room, n)
 *     mst_stream_filled(&stream, n)
 *     while ((status = mst_stream_convert(&stream, ended, &out, &err)) ...)
 */
#ifndef MST_ENCODINGS_STREAM_H
#define MST_ENCODINGS_STREAM_H

#include <stdbool.h>

#include "core/encoding.h"

/* Ownership: the caller's, cleared with mst_stream_clear. Thread: one at a
 * time. The fields are for reading. */
struct mst_stream {
    struct mst_transcoder transcoder;
    struct mst_buf pending; /* bytes not yet converted, from at on */
    size_t at;
    size_t searched;  /* from at on, without finding a newline */
    bool batches;     /* the documents are items of batch frames */
    uint32_t left;    /* items of the open frame that are still to come */
    uint64_t offset;  /* of pending's first byte in the whole stream */
    uint64_t taken;   /* documents so far, refused ones too */
    uint64_t refused; /* of those */
};

/* max: bytes that one document may have in the input. MST_FATAL where there
 * is no such conversion. options may be NULL. */
MST_MUST_CHECK enum mst_status
mst_stream_init(struct mst_stream *stream, enum mst_encoding from,
                enum mst_encoding to,
                const struct mst_encoding_options *options, size_t max,
                struct mst_error *err);
/* The same for batch frames, one behind the other, which hold any encoding but
 * raw. Only the item at hand is kept, whatever a frame's size. */
MST_MUST_CHECK enum mst_status
mst_stream_init_batches(struct mst_stream *stream, enum mst_encoding from,
                        enum mst_encoding to,
                        const struct mst_encoding_options *options, size_t max,
                        struct mst_error *err);
void mst_stream_clear(struct mst_stream *stream);

/* Room for the next n bytes, to be written at *ret_room; mst_stream_filled
 * says how many they have become. MST_FATAL: a document is larger than max, or
 * no memory. */
MST_MUST_CHECK enum mst_status mst_stream_room(struct mst_stream *stream,
                                               size_t n, uint8_t **ret_room,
                                               struct mst_error *err);
void mst_stream_filled(struct mst_stream *stream, size_t n);

/* Both at once, for bytes that are somewhere else. */
MST_MUST_CHECK enum mst_status mst_stream_push(struct mst_stream *stream,
                                               struct mst_slice bytes,
                                               struct mst_error *err);

/* Appends the next document to out, a JSON one with its newline; ended: no
 * more bytes will come.
 * MST_OK: done. MST_AGAIN: it is not all there, push more. MST_END: that was
 * the last one. MST_REJECTED: this one is refused and passed over; the
 * message tells its number and place. MST_FATAL: where the next one starts
 * can not be known. A document in its own encoding is checked. */
MST_MUST_CHECK enum mst_status mst_stream_convert(struct mst_stream *stream,
                                                  bool ended,
                                                  struct mst_buf *out,
                                                  struct mst_error *err);

/* One document, without a stream: as the transcoder says; in its own encoding
 * it is checked and copied. Appends nothing on failure. */
MST_MUST_CHECK enum mst_status
mst_stream_item(const struct mst_transcoder *transcoder, struct mst_slice item,
                struct mst_buf *out, struct mst_error *err);

#endif
