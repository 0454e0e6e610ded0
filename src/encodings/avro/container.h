/* SPDX-License-Identifier: MIT */
/*
 * Avro object container files: a header with the schema, then blocks of data
 * with a marker behind each. No I/O: bytes are pushed in and come out.
 */
#ifndef MST_ENCODINGS_AVRO_CONTAINER_H
#define MST_ENCODINGS_AVRO_CONTAINER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

enum mst_avro_compression {
    MST_AVRO_COMPRESSION_NULL = 0,
    MST_AVRO_COMPRESSION_DEFLATE,
    MST_AVRO_COMPRESSION_SNAPPY,
    MST_AVRO_COMPRESSION_ZSTANDARD
};

enum {
    MST_AVRO_SYNC_LEN = 16,
    /* A block, packed or not: what its lengths say is not believed beyond. */
    MST_AVRO_BLOCK_MAX = 256 * 1024 * 1024
};

/* "null", "deflate", "snappy", "zstandard". Never NULL. */
const char *mst_avro_compression_name(enum mst_avro_compression compression);
/* False: there is no such one. */
bool mst_avro_compression_find(struct mst_slice name,
                               enum mst_avro_compression *ret_compression);

/* Appends in, packed, or unpacked to at most MST_AVRO_BLOCK_MAX bytes.
 * MST_REJECTED: it is damaged or too large; out's length is as before. */
MST_MUST_CHECK enum mst_status
mst_avro_compress(enum mst_avro_compression compression, struct mst_slice in,
                  struct mst_buf *out, struct mst_error *err);
MST_MUST_CHECK enum mst_status
mst_avro_decompress(enum mst_avro_compression compression, struct mst_slice in,
                    struct mst_buf *out, struct mst_error *err);

/* Ownership: the caller's; no clean-up. */
struct mst_avro_writer {
    enum mst_avro_compression compression;
    uint8_t sync[MST_AVRO_SYNC_LEN];
};

/* Makes up a marker and appends the header. schema: its text. */
MST_MUST_CHECK enum mst_status mst_avro_writer_begin(
    struct mst_avro_writer *writer, enum mst_avro_compression compression,
    struct mst_slice schema, struct mst_buf *out, struct mst_error *err);
/* Appends a block of count data, one behind the other. */
MST_MUST_CHECK enum mst_status
mst_avro_writer_block(const struct mst_avro_writer *writer,
                      struct mst_slice data, uint64_t count,
                      struct mst_buf *out, struct mst_error *err);

/* Ownership: the caller's, cleared with mst_avro_reader_clear. The fields
 * are for reading. */
struct mst_avro_reader {
    struct mst_buf pending; /* bytes not yet used, from at on */
    size_t at;
    uint64_t offset;       /* of pending's first byte in the file */
    struct mst_buf schema; /* its text, once the header is there */
    struct mst_buf block;  /* unpacked */
    enum mst_avro_compression compression;
    uint8_t sync[MST_AVRO_SYNC_LEN];
    bool has_header;
};

void mst_avro_reader_init(struct mst_avro_reader *reader);
void mst_avro_reader_clear(struct mst_avro_reader *reader);

/* Room for the next n bytes, to be written at *ret_room;
 * mst_avro_reader_filled says how many they have become. MST_FATAL: a block
 * is too large, or no memory. */
MST_MUST_CHECK enum mst_status
mst_avro_reader_room(struct mst_avro_reader *reader, size_t n,
                     uint8_t **ret_room, struct mst_error *err);
void mst_avro_reader_filled(struct mst_avro_reader *reader, size_t n);
/* MST_OK: reader->schema is there. MST_AGAIN: push more; ended: there is no
 * more. MST_REJECTED: not such a file, or a compression that is unknown. */
MST_MUST_CHECK enum mst_status
mst_avro_reader_header(struct mst_avro_reader *reader, bool ended,
                       struct mst_error *err);
/* After the header. MST_OK: a block of *ret_count data, until the next call.
 * MST_AGAIN: push more. MST_END: the file is read. MST_REJECTED: it ends
 * inside of a block, or a block is damaged: what follows is not looked for. */
MST_MUST_CHECK enum mst_status
mst_avro_reader_next(struct mst_avro_reader *reader, bool ended,
                     struct mst_slice *ret_block, uint64_t *ret_count,
                     struct mst_error *err);

#endif
