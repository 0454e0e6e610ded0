/* SPDX-License-Identifier: MIT */
/* The compressions of container files, by the libraries that define them. */
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "encodings/avro/container.h"

enum {
    COMPRESSION_FIRST = 64 * 1024,
    COMPRESSION_ZSTD_LEVEL = 3,
    COMPRESSION_REST = 4, /* of zlib's checksum, that some writers leave */
    COMPRESSION_CRC = 4   /* behind snappy data, most significant byte first */
};

static const char *const compression_names[] = {"null", "deflate", "snappy",
                                                "zstandard"};

const char *
mst_avro_compression_name(enum mst_avro_compression compression)
{
    return compression_names[compression];
}

bool
mst_avro_compression_find(struct mst_slice name,
                          enum mst_avro_compression *ret_compression)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(compression_names); i++) {
        if (mst_slice_is(name, compression_names[i])) {
            *ret_compression = (enum mst_avro_compression)i;
            return true;
        }
    }
    return false;
}

/* Not more than a block may have, before and after. */
static enum mst_status
compression_room(struct mst_buf *out, size_t before, size_t n)
{
    if (n > MST_AVRO_BLOCK_MAX || out->len - before > MST_AVRO_BLOCK_MAX - n) {
        return MST_REJECTED;
    }
    return mst_buf_reserve(out, n);
}

static enum mst_status
deflate_pack(struct mst_slice in, struct mst_buf *out)
{
    z_stream stream = {.zalloc = Z_NULL};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY)
        != Z_OK) {
        return MST_FATAL;
    }
    size_t bound = deflateBound(&stream, in.len);
    enum mst_status status = mst_buf_reserve(out, bound);
    if (status == MST_OK) {
        /* The library's type is not const; it only reads there. */
        stream.next_in = (Bytef *)(uintptr_t)in.data;
        stream.avail_in = (uInt)in.len;
        stream.next_out = out->data + out->len;
        stream.avail_out = (uInt)bound;
        status =
            deflate(&stream, Z_FINISH) == Z_STREAM_END ? MST_OK : MST_REJECTED;
        out->len += status == MST_OK ? stream.total_out : 0;
    }
    (void)deflateEnd(&stream); /* nothing is left to fail */
    return status;
}

static enum mst_status
deflate_unpack(struct mst_slice in, struct mst_buf *out)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)in.data,
                       .avail_in = (uInt)in.len};
    size_t before = out->len;
    int code = inflateInit2(&stream, -MAX_WBITS);
    enum mst_status status = code == Z_OK ? MST_OK : MST_FATAL;
    while (status == MST_OK && code == Z_OK) {
        size_t want = out->len - before;
        want = want < COMPRESSION_FIRST ? COMPRESSION_FIRST : want;
        size_t left = MST_AVRO_BLOCK_MAX - (out->len - before);
        want = want < left ? want : left;
        status = want == 0 ? MST_REJECTED : compression_room(out, before, want);
        if (status == MST_OK) {
            stream.next_out = out->data + out->len;
            stream.avail_out = (uInt)want;
            code = inflate(&stream, Z_NO_FLUSH);
            out->len += want - stream.avail_out;
        }
    }
    (void)inflateEnd(&stream); /* as above */
    bool whole = code == Z_STREAM_END && stream.avail_in <= COMPRESSION_REST;
    return status == MST_OK && !whole ? MST_REJECTED : status;
}

static enum mst_status
snappy_pack(struct mst_slice in, struct mst_buf *out)
{
    size_t len = snappy_max_compressed_length(in.len);
    enum mst_status status = mst_buf_reserve(out, len + COMPRESSION_CRC);
    if (status != MST_OK) {
        return status;
    }
    uint8_t *at = out->data + out->len;
    if (snappy_compress((const char *)in.data, in.len, (char *)at, &len)
        != SNAPPY_OK) {
        return MST_REJECTED;
    }
    uLong crc = crc32(0, in.data, (uInt)in.len);
    for (unsigned i = 0; i < COMPRESSION_CRC; i++) {
        at[len + i] = (uint8_t)(crc >> (24 - i * 8));
    }
    out->len += len + COMPRESSION_CRC;
    return MST_OK;
}

static enum mst_status
snappy_unpack(struct mst_slice in, struct mst_buf *out)
{
    size_t len = 0;
    if (in.len < COMPRESSION_CRC
        || snappy_uncompressed_length((const char *)in.data,
                                      in.len - COMPRESSION_CRC, &len)
               != SNAPPY_OK) {
        return MST_REJECTED;
    }
    enum mst_status status = compression_room(out, out->len, len);
    if (status != MST_OK) {
        return status;
    }
    uint8_t *at = out->data + out->len;
    if (snappy_uncompress((const char *)in.data, in.len - COMPRESSION_CRC,
                          (char *)at, &len)
        != SNAPPY_OK) {
        return MST_REJECTED;
    }
    uLong wanted = 0;
    for (unsigned i = 0; i < COMPRESSION_CRC; i++) {
        wanted = wanted << 8 | in.data[in.len - COMPRESSION_CRC + i];
    }
    out->len += len;
    return crc32(0, at, (uInt)len) == wanted ? MST_OK : MST_REJECTED;
}

static enum mst_status
zstd_pack(struct mst_slice in, struct mst_buf *out)
{
    size_t bound = ZSTD_compressBound(in.len);
    enum mst_status status = mst_buf_reserve(out, bound);
    if (status == MST_OK) {
        size_t n = ZSTD_compress(out->data + out->len, bound, in.data, in.len,
                                 COMPRESSION_ZSTD_LEVEL);
        status = ZSTD_isError(n) != 0 ? MST_REJECTED : MST_OK;
        out->len += status == MST_OK ? n : 0;
    }
    return status;
}

/* Frames may not say how long they are: unpacked as a stream. */
static enum mst_status
zstd_unpack(struct mst_slice in, struct mst_buf *out)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer from = {in.data, in.len, 0};
    size_t before = out->len;
    size_t more = 1;
    enum mst_status status = stream == NULL ? MST_FATAL : MST_OK;
    while (status == MST_OK && more != 0) {
        size_t left = MST_AVRO_BLOCK_MAX - (out->len - before);
        size_t want = ZSTD_DStreamOutSize();
        want = want < left ? want : left;
        status = want == 0 ? MST_REJECTED : compression_room(out, before, want);
        if (status != MST_OK) {
            break;
        }
        ZSTD_outBuffer to = {out->data + out->len, want, 0};
        more = ZSTD_decompressStream(stream, &to, &from);
        bool stuck = to.pos == 0 && from.pos == from.size && more != 0;
        status = ZSTD_isError(more) != 0 || stuck ? MST_REJECTED : MST_OK;
        out->len += status == MST_OK ? to.pos : 0;
    }
    (void)ZSTD_freeDStream(stream); /* nothing is left to fail */
    return status == MST_OK && from.pos != from.size ? MST_REJECTED : status;
}

static enum mst_status
null_copy(struct mst_slice in, struct mst_buf *out)
{
    return mst_buf_append(out, in.data, in.len);
}

static enum mst_status
compression_run(enum mst_avro_compression compression, bool pack,
                struct mst_slice in, struct mst_buf *out)
{
    switch (compression) {
    case MST_AVRO_COMPRESSION_NULL:
        break;
    case MST_AVRO_COMPRESSION_DEFLATE:
        return pack ? deflate_pack(in, out) : deflate_unpack(in, out);
    case MST_AVRO_COMPRESSION_SNAPPY:
        return pack ? snappy_pack(in, out) : snappy_unpack(in, out);
    case MST_AVRO_COMPRESSION_ZSTANDARD:
        return pack ? zstd_pack(in, out) : zstd_unpack(in, out);
    }
    return null_copy(in, out);
}

static enum mst_status
compression_try(enum mst_avro_compression compression, bool pack,
                struct mst_slice in, struct mst_buf *out, struct mst_error *err)
{
    size_t before = out->len;
    enum mst_status status = in.len > MST_AVRO_BLOCK_MAX
                                 ? MST_REJECTED
                                 : compression_run(compression, pack, in, out);
    if (status == MST_OK) {
        return status;
    }
    out->len = before;
    return status == MST_FATAL
               ? mst_fail_memory(err, "avro")
               : mst_fail(err, status, "avro", 0,
                          "a block of %zu bytes can not be %s (%s): damaged, "
                          "or too large",
                          in.len, pack ? "packed" : "unpacked",
                          compression_names[compression]);
}

enum mst_status
mst_avro_compress(enum mst_avro_compression compression, struct mst_slice in,
                  struct mst_buf *out, struct mst_error *err)
{
    return compression_try(compression, true, in, out, err);
}

enum mst_status
mst_avro_decompress(enum mst_avro_compression compression, struct mst_slice in,
                    struct mst_buf *out, struct mst_error *err)
{
    return compression_try(compression, false, in, out, err);
}
