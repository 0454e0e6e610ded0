/* SPDX-License-Identifier: MIT */
/* The documents that codec_avro measures, with their schemas. */
#ifndef MST_BENCH_CODEC_AVRO_SHAPES_H
#define MST_BENCH_CODEC_AVRO_SHAPES_H

#include "base/buf.h"

enum { CODEC_AVRO_SHAPES = 5, CODEC_AVRO_WIDE = 60 };

struct mst_bson_writer;

struct codec_avro_shape {
    const char *name;
    const char *what;
    const char *schema; /* NULL: made by codec_avro_schema */
    void (*write)(struct mst_bson_writer *w, uint64_t r);
};

extern const struct codec_avro_shape codec_avro_shapes[CODEC_AVRO_SHAPES];

enum mst_status codec_avro_document(const struct codec_avro_shape *shape,
                                    struct mst_buf *out, uint32_t n);
enum mst_status codec_avro_schema(const struct codec_avro_shape *shape,
                                  struct mst_buf *out);

#endif
