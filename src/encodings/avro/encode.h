/* SPDX-License-Identifier: MIT */
/* Shared by the files that turn BSON into Avro. Private. */
#ifndef MST_ENCODINGS_AVRO_ENCODE_H
#define MST_ENCODINGS_AVRO_ENCODE_H

#include "encodings/avro/datum.h"
#include "encodings/avro/fault.h"
#include "encodings/avro/output.h"
#include "encodings/avro/plan.h"

enum {
    /* Room at the start of each value: for any of fixed size. */
    AVRO_ENCODE_ROOM = 64
};

/* One document being encoded. */
struct avro_encode {
    uint8_t *at;
    uint8_t *limit;
    const uint8_t *start; /* of the input */
    const uint8_t *end;
    const struct mst_avro_encoder *encoder;
    struct mst_buf *buf;
    unsigned depth;
    bool from_json;
    bool strict;   /* a union looks for a record that takes all fields */
    size_t budget; /* tries of branches left */
    /* What went wrong: */
    const struct avro_op *op;
    const uint8_t *where;
    uint8_t type;
    unsigned path_len;
    struct mst_slice path[MST_BSON_DEPTH_MAX + 1]; /* innermost first */
};

/* A value of a document. */
struct avro_value {
    const uint8_t *data;
    size_t size;
    uint8_t type;
};

MST_MUST_CHECK static inline enum avro_fault
avro_encode_reserve(struct avro_encode *encode, size_t n)
{
    if (MST_LIKELY((size_t)(encode->limit - encode->at) >= n)) {
        return AVRO_FINE;
    }
    return avro_output_grow(encode->buf, &encode->at, &encode->limit, n);
}

/* Any value as any type; takes note of what is wrong. */
MST_MUST_CHECK enum avro_fault
avro_encode_value(struct avro_encode *encode, const struct avro_op *op,
                  const struct avro_value *value);

MST_MUST_CHECK enum avro_fault
avro_encode_record(struct avro_encode *encode, const struct avro_op *op,
                   const struct avro_value *value);

/* What is not in the fast switch: conversions, times, decimals, bytes. */
MST_MUST_CHECK enum avro_fault
avro_encode_scalar(struct avro_encode *encode, const struct avro_op *op,
                   const struct avro_value *value);
MST_MUST_CHECK enum avro_fault avro_encode_time(struct avro_encode *encode,
                                                const struct avro_op *op,
                                                const struct avro_value *value);

/* Length and bytes; text: they must be UTF-8. */
MST_MUST_CHECK enum avro_fault avro_encode_bytes(struct avro_encode *encode,
                                                 const uint8_t *data,
                                                 size_t len, bool text);

/* A field's name that the failure passes on its way up. */
static inline void
avro_encode_step(struct avro_encode *encode, struct mst_slice name)
{
    if (encode->path_len < MST_BSON_DEPTH_MAX) {
        encode->path[encode->path_len++] = name;
    }
}

#endif
