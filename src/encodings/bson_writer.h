/* SPDX-License-Identifier: MIT */
/*
 * Writes BSON documents behind what is in a buffer. A failure sticks: the
 * calls after it do nothing and mst_bson_writer_finish reports it, so a
 * document is written without a check per field.
 *
 *     struct mst_bson_writer w;
 *     mst_bson_writer_init(&w, buf);
 *     mst_bson_write_string(&w, "find", MST_SLICE_LIT("users"));
 *     mst_bson_write_begin_document(&w, "filter");
 *     mst_bson_write_int32(&w, "a", 1);
 *     mst_bson_write_end(&w);
 *     enum mst_status status = mst_bson_writer_finish(&w, err);
 */
#ifndef MST_ENCODINGS_BSON_WRITER_H
#define MST_ENCODINGS_BSON_WRITER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "encodings/bson_type.h"

/* Thread: one at a time. No clean-up: the memory is the buffer's. */
struct mst_bson_writer {
    struct mst_buf *buf;
    enum mst_status status;
    unsigned depth;                    /* open documents, the outermost too */
    size_t starts[MST_BSON_DEPTH_MAX]; /* offsets of their lengths */
};

/* Opens the outermost document at the end of buf. */
void mst_bson_writer_init(struct mst_bson_writer *writer, struct mst_buf *buf);

/* Closes what is still open. On failure the buffer is as long as it was
 * before init. MST_REJECTED: too large (the buffer's maximum or 2 GiB), too
 * deep, a name or pattern with a NUL; MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_bson_writer_finish(struct mst_bson_writer *writer, struct mst_error *err);

/* The names of array elements are up to the caller ("0", "1", ...). Text is
 * written as it comes: it must be UTF-8. */
void mst_bson_write_begin_document(struct mst_bson_writer *writer,
                                   const char *key);
void mst_bson_write_begin_array(struct mst_bson_writer *writer,
                                const char *key);
/* Closes the innermost open document or array (never the outermost). */
void mst_bson_write_end(struct mst_bson_writer *writer);

void mst_bson_write_int32(struct mst_bson_writer *writer, const char *key,
                          int32_t value);
void mst_bson_write_int64(struct mst_bson_writer *writer, const char *key,
                          int64_t value);
void mst_bson_write_double(struct mst_bson_writer *writer, const char *key,
                           double value);
void mst_bson_write_bool(struct mst_bson_writer *writer, const char *key,
                         bool value);
void mst_bson_write_null(struct mst_bson_writer *writer, const char *key);
void mst_bson_write_string(struct mst_bson_writer *writer, const char *key,
                           struct mst_slice text);
void mst_bson_write_text(struct mst_bson_writer *writer, const char *key,
                         const char *text);
/* 12 bytes. */
void mst_bson_write_oid(struct mst_bson_writer *writer, const char *key,
                        const uint8_t *oid);
void mst_bson_write_date(struct mst_bson_writer *writer, const char *key,
                         int64_t wall_ms);
void mst_bson_write_timestamp(struct mst_bson_writer *writer, const char *key,
                              uint32_t seconds, uint32_t increment);
void mst_bson_write_binary(struct mst_bson_writer *writer, const char *key,
                           uint8_t subtype, struct mst_slice bytes);
/* A whole document or array, copied byte by byte. */
void mst_bson_write_document(struct mst_bson_writer *writer, const char *key,
                             struct mst_slice doc);
void mst_bson_write_array(struct mst_bson_writer *writer, const char *key,
                          struct mst_slice array);
/* Any value under a new name. */
void mst_bson_write_value(struct mst_bson_writer *writer, struct mst_slice key,
                          const struct mst_bson_value *value);
/* All elements of doc, as they are (doc must be well formed outside). */
void mst_bson_write_elements(struct mst_bson_writer *writer,
                             struct mst_slice doc);

#endif
