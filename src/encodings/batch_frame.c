/* SPDX-License-Identifier: MIT */
/* Frames of several payloads, there and back. */
#include "encodings/batch_frame.h"

#include <assert.h>

#include "encodings/little_endian.h"
#include "encodings/stream.h"

/* By content type. */
static const enum mst_encoding batch_contents[] = {
    MST_ENCODING_RAW, MST_ENCODING_JSON, MST_ENCODING_BSON, MST_ENCODING_AVRO};

static uint8_t
batch_content(enum mst_encoding encoding)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(batch_contents); i++) {
        if (batch_contents[i] == encoding) {
            return (uint8_t)i;
        }
    }
    return 0;
}

enum mst_status
mst_batch_frame_head(const uint8_t *head, uint32_t *ret_count,
                     enum mst_encoding *ret_encoding, struct mst_error *err)
{
    uint8_t content = head[4];
    if (content >= MST_ARRAY_SIZE(batch_contents)) {
        return mst_fail_at(err, MST_REJECTED, "batch", 4,
                           "there is no content type %u: 0 is raw, 1 JSON, "
                           "2 BSON, 3 Avro",
                           content);
    }
    *ret_count = mst_le32(head);
    *ret_encoding = batch_contents[content];
    return MST_OK;
}

/* The item at the start of rest, which it is taken from. False: its length is
 * more than there is. */
static bool
batch_take(struct mst_slice *rest, struct mst_slice *ret_item)
{
    if (rest->len < MST_BATCH_ITEM_HEAD) {
        return false;
    }
    size_t len = mst_le32(rest->data);
    if (len > rest->len - MST_BATCH_ITEM_HEAD) {
        return false;
    }
    *ret_item = mst_slice_of(rest->data + MST_BATCH_ITEM_HEAD, len);
    rest->data += MST_BATCH_ITEM_HEAD + len;
    rest->len -= MST_BATCH_ITEM_HEAD + len;
    return true;
}

enum mst_status
mst_batch_frame_open(struct mst_slice bytes, struct mst_batch_frame *ret_frame,
                     struct mst_error *err)
{
    struct mst_batch_frame frame = {.rest = MST_SLICE_NONE};
    struct mst_slice item = MST_SLICE_NONE;
    if (bytes.len < MST_BATCH_HEAD) {
        return mst_fail_at(err, MST_REJECTED, "batch", (int64_t)bytes.len,
                           "the frame ends inside of its head: %zu of %d bytes "
                           "are there",
                           bytes.len, MST_BATCH_HEAD);
    }
    enum mst_status status =
        mst_batch_frame_head(bytes.data, &frame.count, &frame.encoding, err);
    if (status != MST_OK) {
        return status;
    }
    frame.left = frame.count;
    frame.rest =
        mst_slice_of(bytes.data + MST_BATCH_HEAD, bytes.len - MST_BATCH_HEAD);
    struct mst_slice rest = frame.rest;
    for (uint32_t i = 0; i < frame.count; i++) {
        size_t at = bytes.len - rest.len;
        if (!batch_take(&rest, &item)) {
            return mst_fail_at(err, MST_REJECTED, "batch", (int64_t)at,
                               "the frame of %u items ends inside of item %u, "
                               "from byte %zu",
                               frame.count, i, at);
        }
    }
    if (rest.len > 0) {
        size_t at = bytes.len - rest.len;
        return mst_fail_at(err, MST_REJECTED, "batch", (int64_t)at,
                           "%zu bytes are behind the last of %u items, from "
                           "byte %zu",
                           rest.len, frame.count, at);
    }
    *ret_frame = frame;
    return MST_OK;
}

bool
mst_batch_frame_next(struct mst_batch_frame *frame, struct mst_slice *ret_item)
{
    if (frame->left == 0 || !batch_take(&frame->rest, ret_item)) {
        return false;
    }
    frame->left--;
    return true;
}

enum mst_status
mst_batch_writer_begin(struct mst_batch_writer *writer, struct mst_buf *out,
                       enum mst_encoding encoding)
{
    assert(out->max <= UINT32_MAX);
    enum mst_status status = mst_buf_reserve(out, MST_BATCH_HEAD);
    if (status != MST_OK) {
        return status;
    }
    assert(out->data != NULL);
    *writer = (struct mst_batch_writer){.out = out, .start = out->len};
    mst_put_le32(out->data + out->len, 0);
    out->data[out->len + 4] = batch_content(encoding);
    out->len += MST_BATCH_HEAD;
    return MST_OK;
}

enum mst_status
mst_batch_writer_item(struct mst_batch_writer *writer)
{
    struct mst_buf *out = writer->out;
    enum mst_status status = mst_buf_reserve(out, MST_BATCH_ITEM_HEAD);
    if (status == MST_OK) {
        writer->item = out->len;
        out->len += MST_BATCH_ITEM_HEAD;
    }
    return status;
}

void
mst_batch_writer_keep(struct mst_batch_writer *writer)
{
    struct mst_buf *out = writer->out;
    size_t len = out->len - writer->item - MST_BATCH_ITEM_HEAD;
    mst_put_le32(out->data + writer->item, (uint32_t)len);
    writer->count++;
}

void
mst_batch_writer_leave(struct mst_batch_writer *writer)
{
    writer->out->len = writer->item;
}

void
mst_batch_writer_end(struct mst_batch_writer *writer)
{
    mst_put_le32(writer->out->data + writer->start, writer->count);
}

static enum mst_status
batch_too_large(enum mst_status status, struct mst_error *err)
{
    return status == MST_FATAL
               ? mst_fail_memory(err, "batch")
               : mst_fail(err, status, "batch", 0,
                          "the frame would be larger than it may be");
}

/* One item behind those that are there, or none. */
static enum mst_status
batch_item(const struct mst_transcoder *transcoder, struct mst_slice item,
           struct mst_batch_writer *writer, struct mst_error *err)
{
    enum mst_status status = mst_batch_writer_item(writer);
    if (status != MST_OK) {
        return batch_too_large(status, err);
    }
    status = mst_stream_item(transcoder, item, writer->out, err);
    if (status == MST_OK) {
        mst_batch_writer_keep(writer);
    } else {
        mst_batch_writer_leave(writer);
    }
    return status;
}

enum mst_status
mst_batch_convert(const struct mst_transcoder *transcoder,
                  struct mst_slice bytes, struct mst_batch_refusals *refusals,
                  struct mst_buf *out, struct mst_error *err)
{
    struct mst_batch_frame frame = {.rest = MST_SLICE_NONE};
    struct mst_batch_writer writer = {.out = out};
    struct mst_slice item = MST_SLICE_NONE;
    size_t before = out->len;
    refusals->count = 0;
    enum mst_status status = mst_batch_frame_open(bytes, &frame, err);
    if (status == MST_OK && frame.encoding != transcoder->from) {
        return mst_fail_at(err, MST_REJECTED, "batch", 4,
                           "the frame holds %s, not %s",
                           mst_encoding_name(frame.encoding),
                           mst_encoding_name(transcoder->from));
    }
    if (status != MST_OK) {
        return status;
    }
    status = mst_batch_writer_begin(&writer, out, transcoder->to);
    if (status != MST_OK) {
        return batch_too_large(status, err);
    }
    for (uint32_t i = 0; mst_batch_frame_next(&frame, &item); i++) {
        struct mst_error why;
        mst_error_clear(&why);
        status = batch_item(transcoder, item, &writer, &why);
        if (status == MST_REJECTED) {
            refusals->count++;
            mst_error_prefix(&why, "item %u: ", i);
            if (refusals->tell != NULL) {
                refusals->tell(refusals->ctx, i, &why);
            }
        } else if (status != MST_OK) {
            out->len = before;
            if (err != NULL) {
                *err = why;
            }
            return status;
        }
    }
    mst_batch_writer_end(&writer);
    return MST_OK;
}
