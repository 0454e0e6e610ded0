/* SPDX-License-Identifier: MIT */
/*
 * All that a step needs to convert to and from Avro: the schema, its plans
 * and how single data are framed. A part of struct mst_schema_plan.
 */
#ifndef MST_ENCODINGS_AVRO_AVRO_PLAN_H
#define MST_ENCODINGS_AVRO_AVRO_PLAN_H

#include "encodings/avro/codec.h"

struct mst_avro_plan;

struct mst_avro_plan_options {
    struct mst_avro_options values;
    enum mst_framing framing;
    uint32_t schema_id; /* of a Confluent frame */
    /* Outlives the plan. Not NULL: data with a Confluent frame may have any
     * number, and are read by the schema that it names. */
    struct mst_schema_lookup *lookup;
};

enum {
    MST_AVRO_FRAME_MAX = 10 /* bytes in front of a datum */
};

/* Ownership: the caller's; it holds a copy of the text. options may be NULL.
 * MST_REJECTED: the text is no schema. With a lookup it may be empty: such a
 * plan only decodes, to what the writer wrote. */
MST_MUST_CHECK enum mst_status
mst_avro_plan_create(struct mst_slice json,
                     const struct mst_avro_plan_options *options,
                     struct mst_avro_plan **ret_plan, struct mst_error *err);
/* NULL is allowed. */
void mst_avro_plan_destroy(struct mst_avro_plan *plan);

/* Whether decoding asks the lookup. */
bool mst_avro_plan_asks(const struct mst_avro_plan *plan);

const struct mst_avro_schema *
mst_avro_plan_schema(const struct mst_avro_plan *plan);
struct mst_avro_decoder *
mst_avro_plan_decoder(const struct mst_avro_plan *plan);

/* What the framing has in front of each datum; as long as the plan lives. */
struct mst_slice mst_avro_plan_head(const struct mst_avro_plan *plan);

/* Makes plan ready for data that were written by another one, as options of a
 * step have it (written may be NULL, or plan: nothing to do). MST_REJECTED:
 * plan's schema can not read the other, and where. Both live equally long.
 * Thread: any. */
MST_MUST_CHECK enum mst_status
mst_avro_plan_prepare(struct mst_avro_plan *plan,
                      const struct mst_avro_plan *written,
                      struct mst_error *err);

/* Payloads with their frame, for the table of conversions. A frame of
 * another schema is MST_REJECTED and names it. What is decoded was written by
 * `written`, for which plan was prepared; NULL: by plan's own. To Avro it
 * becomes a datum of plan's schema, in its frame; where that is the one that
 * it was written by, it is checked and stays as it is. */
MST_MUST_CHECK enum mst_status
mst_avro_plan_encode(struct mst_avro_plan *plan, enum mst_encoding from,
                     const struct mst_encoding_options *options,
                     struct mst_slice in, struct mst_buf *out,
                     struct mst_error *err);
MST_MUST_CHECK enum mst_status
mst_avro_plan_decode(struct mst_avro_plan *plan,
                     const struct mst_avro_plan *written,
                     const struct mst_transcoder *step, struct mst_slice in,
                     struct mst_buf *out, struct mst_error *err);

/* BSON and JSON by the schema, none of them Avro: BSON keeps its types and
 * loses the fields that the schema does not have; JSON that becomes BSON gets
 * the types of the schema. step: from, to and options. */
MST_MUST_CHECK enum mst_status
mst_avro_plan_project(struct mst_avro_plan *plan,
                      const struct mst_transcoder *step, struct mst_slice in,
                      struct mst_buf *out, struct mst_error *err);

#endif
