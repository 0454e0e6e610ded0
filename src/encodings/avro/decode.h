/* SPDX-License-Identifier: MIT */
/* Shared by the files that turn Avro into BSON. Private. */
#ifndef MST_ENCODINGS_AVRO_DECODE_H
#define MST_ENCODINGS_AVRO_DECODE_H

#include "encodings/avro/datum.h"
#include "encodings/avro/fault.h"
#include "encodings/avro/output.h"
#include "encodings/avro/read_plan.h"

enum {
    /* Room for any value of fixed size, its type and a short name. */
    AVRO_DECODE_ROOM = 64
};

/* A step of the path to what is wrong: a name, or an index (no data). */
struct avro_step_name {
    const uint8_t *data;
    uint64_t len;
};

/* One datum being decoded. */
struct avro_decode {
    const uint8_t *in;
    const uint8_t *end;
    uint8_t *at;
    uint8_t *limit;
    struct mst_buf *buf;
    const struct mst_avro_decoder *decoder;
    const uint8_t *start;
    unsigned depth;
    enum mst_json_mode mode; /* to JSON only, and the same below */
    struct mst_buf *rare;    /* NULL: none was needed yet */
    struct avro_scratch *scratch;
    /* Values that may come yet: those without bytes would have no end. */
    size_t budget;
    const struct avro_read *read; /* that failed */
    unsigned path_len;
    struct avro_step_name path[MST_BSON_DEPTH_MAX + 1]; /* innermost first */
};

MST_MUST_CHECK static inline enum avro_fault
avro_decode_reserve(struct avro_decode *decode, size_t n)
{
    if (MST_LIKELY((size_t)(decode->limit - decode->at) >= n)) {
        return AVRO_FINE;
    }
    return avro_output_grow(decode->buf, &decode->at, &decode->limit, n);
}

void avro_decode_init(struct avro_decode *decode,
                      const struct mst_avro_decoder *decoder,
                      struct mst_slice datum, struct mst_buf *out);

/* One value as a BSON element of that name. */
MST_MUST_CHECK enum avro_fault avro_decode_value(struct avro_decode *decode,
                                                 const struct avro_read *read,
                                                 struct avro_label label);
/* A value that nobody wants. */
MST_MUST_CHECK enum avro_fault avro_decode_skip(struct avro_decode *decode,
                                                const struct avro_read *read);

/* The length of bytes or a text, and where they are; moves behind them. */
MST_MUST_CHECK enum avro_fault avro_decode_bytes(struct avro_decode *decode,
                                                 struct mst_slice *ret);

/* The count of the next block, 0 at the end; its bytes if it says them. */
MST_MUST_CHECK enum avro_fault avro_decode_block(struct avro_decode *decode,
                                                 int64_t *ret_count,
                                                 int64_t *ret_size);

/* The branch that a union's datum is of; moves behind its index. */
MST_MUST_CHECK static inline enum avro_fault
avro_decode_branch(struct avro_decode *decode, const struct avro_read *read,
                   const struct avro_read **ret_branch)
{
    int64_t index = 0;
    const uint8_t *at = avro_get_long(decode->in, decode->end, &index);
    if (MST_UNLIKELY(at == NULL)) {
        return AVRO_MALFORMED;
    }
    if (MST_UNLIKELY(index < 0 || index >= (int64_t)read->size)) {
        return AVRO_BAD_INDEX;
    }
    decode->in = at;
    *ret_branch = read->branches[index];
    return AVRO_FINE;
}

/* Runs what reads a value that holds others, a level deeper. */
MST_MUST_CHECK static inline enum avro_fault
avro_decode_deeper(struct avro_decode *decode, const struct avro_read *read,
                   enum avro_fault (*nested)(struct avro_decode *decode,
                                             const struct avro_read *read))
{
    if (decode->depth == MST_BSON_DEPTH_MAX) {
        return AVRO_TOO_DEEP;
    }
    decode->depth++;
    enum avro_fault fault = nested(decode, read);
    decode->depth--;
    return fault;
}

/* What is not in the fast switch: what bytes, fixeds and times stand for. */
MST_MUST_CHECK enum avro_fault avro_decode_rare(struct avro_decode *decode,
                                                const struct avro_read *read,
                                                struct avro_label label);

/* All fields of a record, in the reader's order, by the function. */
MST_MUST_CHECK enum avro_fault
avro_decode_fields(struct avro_decode *decode, const struct avro_read *read,
                   enum avro_fault (*field)(struct avro_decode *decode,
                                            const struct avro_step *step));

/* The datum as Avro of the reader's schema. */
MST_MUST_CHECK enum avro_fault avro_decode_resolve(struct avro_decode *decode);

/* A step that the failure passes on its way up. */
static inline void
avro_decode_step(struct avro_decode *decode, const uint8_t *data, uint64_t len)
{
    if (decode->path_len < MST_BSON_DEPTH_MAX) {
        decode->path[decode->path_len++] = (struct avro_step_name){data, len};
    }
}

/* Writes type and name; there is AVRO_DECODE_ROOM behind them. */
MST_MUST_CHECK static inline enum avro_fault
avro_decode_head(struct avro_decode *decode, uint8_t type,
                 struct avro_label label)
{
    enum avro_fault fault = avro_decode_reserve(
        decode, label.len + AVRO_LABEL_PAD + AVRO_DECODE_ROOM);
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        return fault;
    }
    *decode->at++ = type;
    memcpy(decode->at, label.data, AVRO_LABEL_PAD);
    if (MST_UNLIKELY(label.len > AVRO_LABEL_PAD)) {
        memcpy(decode->at, label.data, label.len);
    }
    decode->at += label.len;
    return AVRO_FINE;
}

enum mst_status avro_decode_fail(const struct avro_decode *decode,
                                 enum avro_fault fault, struct mst_error *err);

#endif
