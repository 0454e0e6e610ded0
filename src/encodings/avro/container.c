/* SPDX-License-Identifier: MIT */
/* Headers and blocks. */
#include "encodings/avro/container.h"

#include "base/hash.h"
#include "encodings/avro/datum.h"
#include "encodings/avro/parse.h"

static const uint8_t container_magic[] = {'O', 'b', 'j', 1};

enum {
    CONTAINER_MAGIC = sizeof(container_magic),
    /* A header: its schema and what else writers put there. */
    CONTAINER_HEADER_MAX = MST_AVRO_SCHEMA_MAX + 1024 * 1024,
    CONTAINER_PENDING_MAX = MST_AVRO_BLOCK_MAX + 4 * 1024 * 1024
};

static enum mst_status
container_fail(enum mst_status status, struct mst_error *err)
{
    return status == MST_FATAL
               ? mst_fail_memory(err, "avro")
               : mst_fail(err, MST_FATAL, "avro", 0,
                          "the output is larger than it may be");
}

static enum mst_status
container_put_long(struct mst_buf *out, int64_t value)
{
    uint8_t bytes[AVRO_LONG_MAX];
    return mst_buf_append(out, bytes,
                          (size_t)(avro_put_long(bytes, value) - bytes));
}

static enum mst_status
container_put_bytes(struct mst_buf *out, struct mst_slice bytes)
{
    enum mst_status status = container_put_long(out, (int64_t)bytes.len);
    return status == MST_OK ? mst_buf_append(out, bytes.data, bytes.len)
                            : status;
}

enum mst_status
mst_avro_writer_begin(struct mst_avro_writer *writer,
                      enum mst_avro_compression compression,
                      struct mst_slice schema, struct mst_buf *out,
                      struct mst_error *err)
{
    const struct mst_slice entries[] = {
        MST_SLICE_LIT("avro.schema"), schema, MST_SLICE_LIT("avro.codec"),
        mst_slice_str(mst_avro_compression_name(compression))};
    size_t before = out->len;
    writer->compression = compression;
    for (unsigned i = 0; i < MST_AVRO_SYNC_LEN; i++) {
        writer->sync[i] = (uint8_t)mst_random_below(256);
    }
    enum mst_status status =
        mst_buf_append(out, container_magic, CONTAINER_MAGIC);
    if (status == MST_OK) {
        status = container_put_long(out, MST_ARRAY_SIZE(entries) / 2);
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(entries) && status == MST_OK; i++) {
        status = container_put_bytes(out, entries[i]);
    }
    if (status == MST_OK) {
        status = container_put_long(out, 0);
    }
    if (status == MST_OK) {
        status = mst_buf_append(out, writer->sync, MST_AVRO_SYNC_LEN);
    }
    if (status == MST_OK) {
        return status;
    }
    out->len = before;
    return container_fail(status, err);
}

enum mst_status
mst_avro_writer_block(const struct mst_avro_writer *writer,
                      struct mst_slice data, uint64_t count,
                      struct mst_buf *out, struct mst_error *err)
{
    struct mst_buf packed;
    size_t before = out->len;
    mst_buf_init(&packed, (size_t)MST_AVRO_BLOCK_MAX * 2);
    struct mst_slice bytes = data;
    enum mst_status status = MST_OK;
    if (writer->compression != MST_AVRO_COMPRESSION_NULL) {
        status = mst_avro_compress(writer->compression, data, &packed, err);
        bytes = mst_buf_slice(&packed);
        if (status != MST_OK) {
            mst_buf_clear(&packed);
            return status;
        }
    }
    status = container_put_long(out, (int64_t)count);
    if (status == MST_OK) {
        status = container_put_bytes(out, bytes);
    }
    if (status == MST_OK) {
        status = mst_buf_append(out, writer->sync, MST_AVRO_SYNC_LEN);
    }
    mst_buf_clear(&packed);
    if (status == MST_OK) {
        return status;
    }
    out->len = before;
    return container_fail(status, err);
}

void
mst_avro_reader_init(struct mst_avro_reader *reader)
{
    *reader = (struct mst_avro_reader){.at = 0};
    mst_buf_init(&reader->pending, CONTAINER_PENDING_MAX);
    mst_buf_init(&reader->schema, MST_AVRO_SCHEMA_MAX);
    mst_buf_init(&reader->block, MST_AVRO_BLOCK_MAX);
}

void
mst_avro_reader_clear(struct mst_avro_reader *reader)
{
    mst_buf_clear(&reader->pending);
    mst_buf_clear(&reader->schema);
    mst_buf_clear(&reader->block);
    reader->has_header = false;
    reader->at = 0;
}

enum mst_status
mst_avro_reader_room(struct mst_avro_reader *reader, size_t n,
                     uint8_t **ret_room, struct mst_error *err)
{
    struct mst_buf *pending = &reader->pending;
    if (reader->at > 0 && reader->at >= pending->len - reader->at) {
        pending->len -= reader->at;
        memmove(pending->data, pending->data + reader->at, pending->len);
        reader->offset += reader->at;
        reader->at = 0;
    }
    enum mst_status status = mst_buf_reserve(pending, n);
    if (status == MST_FATAL) {
        return mst_fail_memory(err, "avro");
    }
    if (status != MST_OK) {
        return mst_fail(err, MST_FATAL, "avro", 0,
                        "a block of the file is larger than %d bytes",
                        MST_AVRO_BLOCK_MAX);
    }
    *ret_room = pending->data + pending->len;
    return MST_OK;
}

void
mst_avro_reader_filled(struct mst_avro_reader *reader, size_t n)
{
    reader->pending.len += n;
}

/* The file, from a place on that is counted from its start. */
static enum mst_status
reader_damaged(const struct mst_avro_reader *reader, const char *what,
               struct mst_error *err)
{
    uint64_t place = reader->offset + reader->at;
    return mst_fail_at(err, MST_REJECTED, "avro", (int64_t)place,
                       "the container file at byte %llu: %s",
                       (unsigned long long)place, what);
}

/* The bytes from *at on, with their length before them. MST_AGAIN: they are
 * not all there. */
static enum mst_status
reader_bytes(const uint8_t **at, const uint8_t *end, size_t max,
             struct mst_slice *ret_bytes)
{
    int64_t len = 0;
    const uint8_t *next = avro_get_long(*at, end, &len);
    if (next == NULL) {
        return end - *at >= AVRO_LONG_MAX ? MST_REJECTED : MST_AGAIN;
    }
    if (len < 0 || (uint64_t)len > max) {
        return MST_REJECTED;
    }
    if (len > end - next) {
        return MST_AGAIN;
    }
    *ret_bytes = mst_slice_of(next, (size_t)len);
    *at = next + len;
    return MST_OK;
}

/* One entry of the header's map. */
static enum mst_status
reader_entry(struct mst_avro_reader *reader, const uint8_t **at,
             const uint8_t *end, struct mst_error *err)
{
    struct mst_slice key = MST_SLICE_NONE;
    struct mst_slice value = MST_SLICE_NONE;
    enum mst_status status = reader_bytes(at, end, CONTAINER_HEADER_MAX, &key);
    if (status == MST_OK) {
        status = reader_bytes(at, end, CONTAINER_HEADER_MAX, &value);
    }
    if (status != MST_OK) {
        return status;
    }
    if (mst_slice_is(key, "avro.schema")) {
        mst_buf_reset(&reader->schema);
        status = mst_buf_append(&reader->schema, value.data, value.len);
        return status == MST_FATAL ? mst_fail_memory(err, "avro") : status;
    }
    if (mst_slice_is(key, "avro.codec")
        && !mst_avro_compression_find(value, &reader->compression)) {
        return mst_fail(err, MST_FATAL, "avro", 0,
                        "the container file is packed by '%.*s'; null, "
                        "deflate, snappy and zstandard are known",
                        (int)(value.len < 100 ? value.len : 100),
                        (const char *)value.data);
    }
    return MST_OK;
}

/* The blocks of the map; *at moves behind it. */
static enum mst_status
reader_map(struct mst_avro_reader *reader, const uint8_t **at,
           const uint8_t *end, struct mst_error *err)
{
    for (;;) {
        int64_t count = 0;
        int64_t size = 0;
        const uint8_t *next = avro_get_long(*at, end, &count);
        if (next != NULL && count < 0) {
            next = avro_get_long(next, end, &size);
        }
        if (next == NULL) {
            return end - *at >= (ptrdiff_t)AVRO_LONG_MAX * 2 ? MST_REJECTED
                                                             : MST_AGAIN;
        }
        *at = next;
        if (count == 0) {
            return MST_OK;
        }
        for (uint64_t n = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
             n > 0; n--) {
            enum mst_status status = reader_entry(reader, at, end, err);
            if (status != MST_OK) {
                return status;
            }
        }
    }
}

enum mst_status
mst_avro_reader_header(struct mst_avro_reader *reader, bool ended,
                       struct mst_error *err)
{
    const uint8_t *start = reader->pending.data;
    size_t len = reader->pending.len;
    size_t head = len < CONTAINER_MAGIC ? len : CONTAINER_MAGIC;
    if (reader->has_header) {
        return MST_OK;
    }
    if (head > 0 && memcmp(start, container_magic, head) != 0) {
        return reader_damaged(reader,
                              "it does not start with \"Obj\" and 1: "
                              "not a container file of Avro",
                              err);
    }
    const uint8_t *at = start == NULL ? NULL : start + head;
    enum mst_status status = head < CONTAINER_MAGIC
                                 ? MST_AGAIN
                                 : reader_map(reader, &at, start + len, err);
    if (status == MST_OK && (size_t)(start + len - at) < MST_AVRO_SYNC_LEN) {
        status = MST_AGAIN;
    }
    if (status == MST_REJECTED
        || (status == MST_AGAIN && len > CONTAINER_HEADER_MAX)) {
        return reader_damaged(reader, "the header is damaged", err);
    }
    if (status == MST_AGAIN && ended) {
        return reader_damaged(reader, "it ends inside of its header", err);
    }
    if (status != MST_OK) {
        return status;
    }
    if (reader->schema.len == 0) {
        return reader_damaged(reader, "its header has no schema", err);
    }
    memcpy(reader->sync, at, MST_AVRO_SYNC_LEN);
    reader->at = (size_t)(at - start) + MST_AVRO_SYNC_LEN;
    reader->has_header = true;
    return MST_OK;
}

/* The packed bytes of the next block, and the marker behind them. */
static enum mst_status
reader_find(struct mst_avro_reader *reader, struct mst_slice *ret_packed,
            uint64_t *ret_count, struct mst_error *err)
{
    const uint8_t *start = reader->pending.data + reader->at;
    const uint8_t *end = reader->pending.data + reader->pending.len;
    int64_t count = 0;
    const uint8_t *at = avro_get_long(start, end, &count);
    if (at == NULL) {
        return end - start >= AVRO_LONG_MAX
                   ? reader_damaged(reader, "a block's count is damaged", err)
                   : MST_AGAIN;
    }
    enum mst_status status =
        count < 0 ? MST_REJECTED
                  : reader_bytes(&at, end, MST_AVRO_BLOCK_MAX, ret_packed);
    if (status == MST_REJECTED) {
        return reader_damaged(reader, "a block's length is damaged", err);
    }
    if (status == MST_OK && end - at < MST_AVRO_SYNC_LEN) {
        status = MST_AGAIN;
    }
    if (status != MST_OK) {
        return status;
    }
    if (memcmp(at, reader->sync, MST_AVRO_SYNC_LEN) != 0) {
        return reader_damaged(
            reader, "the marker behind the block is not the file's", err);
    }
    *ret_count = (uint64_t)count;
    reader->at = (size_t)(at - reader->pending.data) + MST_AVRO_SYNC_LEN;
    return MST_OK;
}

enum mst_status
mst_avro_reader_next(struct mst_avro_reader *reader, bool ended,
                     struct mst_slice *ret_block, uint64_t *ret_count,
                     struct mst_error *err)
{
    struct mst_slice packed = MST_SLICE_NONE;
    if (reader->at == reader->pending.len) {
        return ended ? MST_END : MST_AGAIN;
    }
    enum mst_status status = reader_find(reader, &packed, ret_count, err);
    if (status == MST_AGAIN && ended) {
        return reader_damaged(reader, "it ends inside of a block", err);
    }
    if (status != MST_OK) {
        return status;
    }
    if (reader->compression == MST_AVRO_COMPRESSION_NULL) {
        *ret_block = packed;
        return MST_OK;
    }
    mst_buf_reset(&reader->block);
    status =
        mst_avro_decompress(reader->compression, packed, &reader->block, err);
    *ret_block =
        reader->block.len == 0 ? packed : mst_buf_slice(&reader->block);
    ret_block->len = reader->block.len;
    return status;
}
