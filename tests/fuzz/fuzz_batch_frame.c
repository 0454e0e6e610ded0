/* SPDX-License-Identifier: MIT */
/* Any bytes as a batch frame, whole and in pieces: what is accepted is written
 * again as the same bytes; converted, the items that are good are there. */
#include "encodings/batch_frame.h"
#include "encodings/stream.h"
#include "encodings/transcode.h"
#include "fuzz_must.h"

enum { FUZZ_PIECE = 7 };

/* The frame of the same items; how many. */
static uint32_t
fuzz_again(struct mst_slice in, struct mst_batch_frame *frame)
{
    struct mst_batch_writer writer;
    struct mst_slice item;
    struct mst_buf out;
    uint32_t n = 0;
    mst_buf_init(&out, FUZZ_MAX);
    fuzz_must(mst_batch_writer_begin(&writer, &out, frame->encoding) == MST_OK);
    for (; mst_batch_frame_next(frame, &item); n++) {
        fuzz_must(mst_batch_writer_item(&writer) == MST_OK
                  && mst_buf_append(&out, item.data, item.len) == MST_OK);
        mst_batch_writer_keep(&writer);
    }
    mst_batch_writer_end(&writer);
    fuzz_must(mst_slice_equal(mst_buf_slice(&out), in) && n == frame->count);
    mst_buf_clear(&out);
    return n;
}

static void
fuzz_convert(struct mst_slice in, enum mst_encoding from, uint32_t n)
{
    struct mst_transcoder transcoder;
    struct mst_batch_refusals refusals = {.tell = NULL};
    struct mst_batch_frame frame;
    struct mst_buf out;
    enum mst_encoding to =
        from == MST_ENCODING_JSON ? MST_ENCODING_BSON : MST_ENCODING_JSON;
    if (mst_transcode_find(from, to, NULL, &transcoder, NULL) != MST_OK) {
        return;
    }
    mst_buf_init(&out, FUZZ_MAX);
    fuzz_must(
        mst_batch_convert(&transcoder, in, &refusals, &out, NULL) == MST_OK
        && mst_batch_frame_open(mst_buf_slice(&out), &frame, NULL) == MST_OK);
    fuzz_must(frame.encoding == to && frame.count + refusals.count == n);
    mst_buf_clear(&out);
}

/* The stream ends, whatever the frames in it say. */
static void
fuzz_stream(const uint8_t *data, size_t size)
{
    struct mst_stream stream;
    struct mst_buf out;
    enum mst_status status = MST_AGAIN;
    mst_buf_init(&out, FUZZ_MAX);
    fuzz_must(mst_stream_init_batches(&stream, MST_ENCODING_JSON,
                                      MST_ENCODING_BSON, NULL, FUZZ_MAX, NULL)
              == MST_OK);
    for (size_t at = 0; status == MST_AGAIN; at += FUZZ_PIECE) {
        size_t left = at < size ? size - at : 0;
        size_t n = left < FUZZ_PIECE ? left : FUZZ_PIECE;
        fuzz_must(mst_stream_push(&stream, mst_slice_of(data + at, n), NULL)
                  == MST_OK);
        do {
            mst_buf_reset(&out);
            status = mst_stream_convert(&stream, left == 0, &out, NULL);
        } while (status == MST_OK || status == MST_REJECTED);
        fuzz_must(status != MST_AGAIN || left > 0);
    }
    mst_stream_clear(&stream);
    mst_buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_slice in = mst_slice_of(data, size);
    struct mst_batch_frame frame;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_batch_frame_open(in, &frame, &err) == MST_OK) {
        enum mst_encoding from = frame.encoding;
        fuzz_convert(in, from, fuzz_again(in, &frame));
    } else {
        fuzz_must(err.offset >= 0 && (size_t)err.offset <= size);
    }
    fuzz_stream(data, size);
    return 0;
}
