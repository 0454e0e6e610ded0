/* SPDX-License-Identifier: MIT */
/*
 * The writers of data with a Confluent frame: a decoder for each number that
 * was met. A number is looked up when it comes for the first time; after that
 * there is no lock. Private.
 */
#ifndef MST_ENCODINGS_AVRO_WRITERS_H
#define MST_ENCODINGS_AVRO_WRITERS_H

#include "encodings/avro/codec.h"

enum {
    AVRO_WRITERS_MAX = 1000,              /* numbers that are kept */
    AVRO_WRITERS_BYTES = 64 * 1024 * 1024 /* of their schemas' texts */
};

struct avro_writers;

/* One decoder in use, from begin to end. */
struct avro_writer_use {
    struct mst_avro_decoder *decoder;
    bool locked; /* it is the one that is not kept */
};

/* lookup and reader (NULL: data are as they were written) outlive it. */
MST_MUST_CHECK enum mst_status
avro_writers_create(struct mst_schema_lookup *lookup,
                    const struct mst_avro_schema *reader,
                    const struct mst_avro_options *options,
                    struct avro_writers **ret_writers, struct mst_error *err);
/* NULL is allowed. */
void avro_writers_destroy(struct avro_writers *writers);

/* Thread: any. Blocks where the number is new, and where there are more
 * numbers than are kept. What is not MST_OK needs no end. MST_REJECTED: there
 * is no such schema, or the reader's can not read it; others are the
 * lookup's. */
MST_MUST_CHECK enum mst_status avro_writers_begin(struct avro_writers *writers,
                                                  uint32_t id,
                                                  struct avro_writer_use *use,
                                                  struct mst_error *err);
void avro_writers_end(struct avro_writers *writers,
                      const struct avro_writer_use *use);

#endif
