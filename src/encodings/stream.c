/* SPDX-License-Identifier: MIT */
/* Cuts documents out of a stream and converts them. */
#include "encodings/stream.h"

#include "encodings/batch_frame.h"
#include "encodings/bson_reader.h"
#include "encodings/json_check.h"
#include "encodings/little_endian.h"
#include "encodings/transcode.h"

static struct mst_transcoder
stream_cell(enum mst_encoding from, enum mst_encoding to,
            const struct mst_encoding_options *options)
{
    struct mst_transcoder cell = {.from = from, .to = to};
    if (options != NULL) {
        cell.options = *options;
    }
    return cell;
}

static enum mst_status
stream_init(struct mst_stream *stream, const struct mst_transcoder *cell,
            size_t max, struct mst_error *err)
{
    enum mst_encoding from = cell->from;
    enum mst_encoding to = cell->to;
    *stream = (struct mst_stream){.at = 0};
    /* Room for the rest of one document and the pieces that bring it. */
    mst_buf_init(&stream->pending, max > SIZE_MAX / 2 ? max : max * 2);
    if (from <= MST_ENCODING_RAW || to <= MST_ENCODING_RAW) {
        return mst_fail(err, MST_FATAL, "encoding", 0,
                        "there is no stream of documents from %s to %s",
                        mst_encoding_name(from), mst_encoding_name(to));
    }
    return mst_transcode_find(from, to, &cell->options, &stream->transcoder,
                              err);
}

enum mst_status
mst_stream_init(struct mst_stream *stream, enum mst_encoding from,
                enum mst_encoding to,
                const struct mst_encoding_options *options, size_t max,
                struct mst_error *err)
{
    struct mst_transcoder cell = stream_cell(from, to, options);
    /* Nothing tells where one datum of Avro ends. */
    if (from == MST_ENCODING_AVRO) {
        cell.from = MST_ENCODING_NONE;
    }
    return stream_init(stream, &cell, max, err);
}

enum mst_status
mst_stream_init_batches(struct mst_stream *stream, enum mst_encoding from,
                        enum mst_encoding to,
                        const struct mst_encoding_options *options, size_t max,
                        struct mst_error *err)
{
    struct mst_transcoder cell = stream_cell(from, to, options);
    enum mst_status status = stream_init(stream, &cell, max, err);
    stream->batches = true;
    return status;
}

void
mst_stream_clear(struct mst_stream *stream)
{
    mst_buf_clear(&stream->pending);
    stream->at = 0;
    stream->searched = 0;
}

static enum mst_status
stream_too_large(const struct mst_stream *stream, struct mst_error *err)
{
    return mst_fail_at(err, MST_FATAL, "encoding",
                       (int64_t)(stream->offset + stream->at),
                       "document %llu, from byte %llu, is larger than %zu "
                       "bytes",
                       (unsigned long long)stream->taken + 1,
                       (unsigned long long)(stream->offset + stream->at),
                       stream->pending.max / 2);
}

enum mst_status
mst_stream_room(struct mst_stream *stream, size_t n, uint8_t **ret_room,
                struct mst_error *err)
{
    struct mst_buf *pending = &stream->pending;
    /* Moved only when that frees at least as much as it costs. */
    if (stream->at > 0 && stream->at >= pending->len - stream->at) {
        pending->len -= stream->at;
        memmove(pending->data, pending->data + stream->at, pending->len);
        stream->offset += stream->at;
        stream->at = 0;
    }
    enum mst_status status = mst_buf_reserve(pending, n);
    if (status == MST_FATAL) {
        return mst_fail_memory(err, "encoding");
    }
    if (status != MST_OK) {
        return stream_too_large(stream, err);
    }
    *ret_room = pending->data + pending->len;
    return MST_OK;
}

void
mst_stream_filled(struct mst_stream *stream, size_t n)
{
    stream->pending.len += n;
}

enum mst_status
mst_stream_push(struct mst_stream *stream, struct mst_slice bytes,
                struct mst_error *err)
{
    uint8_t *room = NULL;
    if (bytes.len == 0) {
        return MST_OK;
    }
    enum mst_status status = mst_stream_room(stream, bytes.len, &room, err);
    if (status == MST_OK && room != NULL) {
        memcpy(room, bytes.data, bytes.len);
        mst_stream_filled(stream, bytes.len);
    }
    return status;
}

/* The next BSON document, by its length. */
static enum mst_status
stream_next_bson(struct mst_stream *stream, bool ended, struct mst_slice rest,
                 struct mst_slice *ret_item, struct mst_error *err)
{
    uint64_t place = stream->offset + stream->at;
    if (rest.len == 0) {
        return ended ? MST_END : MST_AGAIN;
    }
    size_t len = rest.len < 4 ? MST_BSON_DOCUMENT_MIN : mst_le32(rest.data);
    if (len < MST_BSON_DOCUMENT_MIN || len > INT32_MAX) {
        return mst_fail_at(err, MST_FATAL, "bson", (int64_t)place,
                           "there is no BSON document at byte %llu: its "
                           "length would be %zu",
                           (unsigned long long)place, len);
    }
    if (len > stream->pending.max / 2) {
        return stream_too_large(stream, err);
    }
    if (len > rest.len && !ended) {
        return MST_AGAIN;
    }
    if (len > rest.len) {
        return mst_fail_at(err, MST_FATAL, "bson", (int64_t)place,
                           "the stream ends inside of the BSON document at "
                           "byte %llu: %zu of %zu bytes are there",
                           (unsigned long long)place, rest.len, len);
    }
    *ret_item = mst_slice_of(rest.data, len);
    stream->at += len;
    return MST_OK;
}

static bool
stream_is_blank(struct mst_slice line)
{
    const uint8_t *end = line.data + line.len;
    return mst_json_skip_space(line.data, end) == end;
}

/* The next line that is not blank. */
static enum mst_status
stream_next_line(struct mst_stream *stream, bool ended, struct mst_slice rest,
                 struct mst_slice *ret_item)
{
    while (rest.len > 0) {
        const uint8_t *newline = memchr(rest.data + stream->searched, '\n',
                                        rest.len - stream->searched);
        stream->searched = rest.len;
        if (newline == NULL && !ended) {
            return MST_AGAIN;
        }
        stream->searched = 0;
        size_t len = newline == NULL ? rest.len : (size_t)(newline - rest.data);
        size_t step = newline == NULL ? len : len + 1;
        struct mst_slice line = mst_slice_of(rest.data, len);
        stream->at += step;
        if (!stream_is_blank(line)) {
            *ret_item = line;
            return MST_OK;
        }
        rest = mst_slice_of(rest.data + step, rest.len - step);
    }
    return ended ? MST_END : MST_AGAIN;
}

/* The head of the next frame that has items. */
static enum mst_status
stream_next_frame(struct mst_stream *stream, bool ended, struct mst_slice *rest,
                  struct mst_error *err)
{
    while (stream->left == 0) {
        uint64_t place = stream->offset + stream->at;
        enum mst_encoding from = stream->transcoder.from;
        enum mst_encoding encoding = MST_ENCODING_NONE;
        if (rest->len == 0) {
            return ended ? MST_END : MST_AGAIN;
        }
        if (rest->len < MST_BATCH_HEAD && !ended) {
            return MST_AGAIN;
        }
        enum mst_status status =
            rest->len < MST_BATCH_HEAD
                ? mst_fail(err, MST_REJECTED, "batch", 0,
                           "the stream ends inside of a frame's head")
                : mst_batch_frame_head(rest->data, &stream->left, &encoding,
                                       err);
        if (status == MST_OK && encoding != from) {
            stream->left = 0;
            status = mst_fail(
                err, MST_REJECTED, "batch", 0, "the frame holds %s, not %s",
                mst_encoding_name(encoding), mst_encoding_name(from));
        }
        if (status != MST_OK) {
            mst_error_prefix(err, "the batch frame at byte %llu: ",
                             (unsigned long long)place);
            return MST_FATAL;
        }
        stream->at += MST_BATCH_HEAD;
        *rest = mst_slice_of(rest->data + MST_BATCH_HEAD,
                             rest->len - MST_BATCH_HEAD);
    }
    return MST_OK;
}

/* The next item of a batch frame. */
static enum mst_status
stream_next_item(struct mst_stream *stream, bool ended, struct mst_slice rest,
                 struct mst_slice *ret_item, struct mst_error *err)
{
    enum mst_status status = stream_next_frame(stream, ended, &rest, err);
    if (status != MST_OK) {
        return status;
    }
    bool has_len = rest.len >= MST_BATCH_ITEM_HEAD;
    size_t len = has_len ? mst_le32(rest.data) : 0;
    if (len > stream->pending.max / 2) {
        return stream_too_large(stream, err);
    }
    if (!has_len || len > rest.len - MST_BATCH_ITEM_HEAD) {
        uint64_t place = stream->offset + stream->at;
        return !ended
                   ? MST_AGAIN
                   : mst_fail_at(err, MST_FATAL, "batch", (int64_t)place,
                                 "the stream ends inside of the item at "
                                 "byte %llu: %zu of %zu bytes are there, "
                                 "and %u items should follow",
                                 (unsigned long long)place, rest.len,
                                 len + MST_BATCH_ITEM_HEAD, stream->left - 1);
    }
    *ret_item = mst_slice_of(rest.data + MST_BATCH_ITEM_HEAD, len);
    stream->at += MST_BATCH_ITEM_HEAD + len;
    stream->left--;
    return MST_OK;
}

static enum mst_status
stream_next(struct mst_stream *stream, bool ended, struct mst_slice *ret_item,
            struct mst_error *err)
{
    struct mst_slice rest = mst_buf_slice(&stream->pending);
    if (stream->at > 0) {
        rest = mst_slice_of(rest.data + stream->at, rest.len - stream->at);
    }
    if (stream->batches) {
        return stream_next_item(stream, ended, rest, ret_item, err);
    }
    return stream->transcoder.from == MST_ENCODING_BSON
               ? stream_next_bson(stream, ended, rest, ret_item, err)
               : stream_next_line(stream, ended, rest, ret_item);
}

enum mst_status
mst_stream_item(const struct mst_transcoder *transcoder, struct mst_slice item,
                struct mst_buf *out, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (transcoder->run != NULL) {
        return transcoder->run(transcoder, item, out, err);
    }
    if (transcoder->from == MST_ENCODING_BSON) {
        status = mst_bson_check(item, err);
    } else if (transcoder->from == MST_ENCODING_JSON) {
        status = mst_json_check(item, err);
    }
    return status == MST_OK ? mst_transcode(transcoder->from, transcoder->to,
                                            NULL, item, out, err)
                            : status;
}

enum mst_status
mst_stream_convert(struct mst_stream *stream, bool ended, struct mst_buf *out,
                   struct mst_error *err)
{
    struct mst_slice item = MST_SLICE_NONE;
    enum mst_status status = stream_next(stream, ended, &item, err);
    if (status != MST_OK) {
        return status;
    }
    stream->taken++;
    size_t before = out->len;
    status = mst_stream_item(&stream->transcoder, item, out, err);
    if (status == MST_OK && stream->transcoder.to == MST_ENCODING_JSON
        && mst_buf_append_char(out, '\n') != MST_OK) {
        out->len = before;
        status = mst_fail(err, MST_REJECTED, "encoding", 0,
                          "the text is larger than it may be");
    }
    if (status != MST_OK) {
        uint64_t place =
            stream->offset + (uint64_t)(item.data - stream->pending.data);
        stream->refused++;
        mst_error_prefix(err, "document %llu, from byte %llu: ",
                         (unsigned long long)stream->taken,
                         (unsigned long long)place);
        if (err != NULL && err->offset >= 0) {
            err->offset += (int64_t)place;
        }
    }
    return status;
}
