/* SPDX-License-Identifier: MIT */
/*
 * Data out of a stream of bytes that comes in pieces: container files with
 * their own schema, or framed data one behind the other. Used as mst_stream.
 */
#ifndef MST_ENCODINGS_AVRO_FILE_H
#define MST_ENCODINGS_AVRO_FILE_H

#include "encodings/avro/avro_plan.h"
#include "encodings/avro/container.h"

struct mst_avro_file_options {
    enum mst_encoding to;
    enum mst_json_mode json_mode;
    struct mst_avro_options values;
    /* What data are wanted as; NULL: as they were written. Borrowed. */
    struct mst_avro_plan *plan;
    /* Of framed data, which are in no container file: how they were written,
     * and the frame. NULL: it is a container file. Borrowed. */
    struct mst_avro_plan *framed;
    /* In front of each datum, where Avro goes out. Borrowed. */
    struct mst_slice head;
    /* What each goes through when it is BSON; it gives to. Borrowed; NULL:
     * nothing. */
    const struct mst_transcoder *then;
};

/* Ownership: the caller's, cleared with mst_avro_file_clear. The fields are
 * for reading. */
struct mst_avro_file {
    struct mst_avro_file_options options;
    struct mst_avro_reader reader;
    struct mst_avro_schema *schema;   /* of the file, when it is known */
    struct mst_avro_decoder *decoder; /* of that */
    struct mst_slice block;           /* data not yet converted */
    struct mst_buf middle;            /* a document on its way to then */
    size_t wanted;                    /* bytes of a framed datum to wait for */
    uint64_t left;                    /* how many */
    uint64_t taken;
    uint64_t refused;
};

void mst_avro_file_init(struct mst_avro_file *file,
                        const struct mst_avro_file_options *options);
void mst_avro_file_clear(struct mst_avro_file *file);

/* As mst_stream_room, mst_stream_filled and mst_stream_convert. Of a file one
 * block is kept, of framed data one datum. MST_FATAL also: what follows can
 * not be read. */
MST_MUST_CHECK enum mst_status mst_avro_file_room(struct mst_avro_file *file,
                                                  size_t n, uint8_t **ret_room,
                                                  struct mst_error *err);
void mst_avro_file_filled(struct mst_avro_file *file, size_t n);
MST_MUST_CHECK enum mst_status mst_avro_file_convert(struct mst_avro_file *file,
                                                     bool ended,
                                                     struct mst_buf *out,
                                                     struct mst_error *err);

#endif
