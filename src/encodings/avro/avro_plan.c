/* SPDX-License-Identifier: MIT */
/* A schema with both directions and the frame of single data. */
#include "encodings/avro/avro_plan.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "encodings/avro/parse.h"
#include "encodings/avro/scratch.h"
#include "encodings/avro/writers.h"
#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "encodings/little_endian.h"
#include "schema/avro_canonical.h"

enum { PLAN_CONFLUENT_HEAD = 5 };

/* How data of another schema are read as this one. Only added to. */
struct plan_reader {
    struct plan_reader *next;
    const struct mst_avro_plan *written;
    struct mst_avro_decoder *decoder; /* NULL: it is the same one */
};

struct mst_avro_plan {
    struct mst_avro_schema *schema;
    struct mst_avro_encoder *encoder;
    struct mst_avro_decoder *decoder;
    struct avro_writers *writers; /* NULL: all is written by schema */
    struct avro_scratch scratch;  /* documents between two conversions */
    struct mst_avro_options values;
    _Atomic(struct plan_reader *) readers;
    size_t head_len;
    uint8_t head[MST_AVRO_FRAME_MAX];
};

static enum mst_status
plan_head(struct mst_avro_plan *plan,
          const struct mst_avro_plan_options *options, struct mst_error *err)
{
    uint64_t crc = 0;
    if (options->framing == MST_FRAMING_CONFLUENT) {
        plan->head_len = PLAN_CONFLUENT_HEAD;
        for (unsigned i = 0; i < 4; i++) {
            plan->head[4 - i] = (uint8_t)(options->schema_id >> i * 8);
        }
        return MST_OK;
    }
    if (options->framing == MST_FRAMING_BARE) {
        return MST_OK;
    }
    enum mst_status status = mst_avro_fingerprint(plan->schema, &crc, err);
    plan->head_len = MST_AVRO_FRAME_MAX;
    plan->head[0] = 0xC3;
    plan->head[1] = 0x01;
    mst_put_le64(plan->head + 2, crc);
    return status;
}

static enum mst_status
plan_compile(struct mst_avro_plan *plan, struct mst_slice json,
             const struct mst_avro_plan_options *options, struct mst_error *err)
{
    enum mst_status status = mst_avro_schema_parse(json, &plan->schema, err);
    if (status == MST_OK) {
        status = mst_avro_encoder_create(plan->schema, &options->values,
                                         &plan->encoder, err);
    }
    if (status == MST_OK) {
        status = mst_avro_decoder_create(plan->schema, NULL, &options->values,
                                         &plan->decoder, err);
    }
    return status == MST_OK ? plan_head(plan, options, err) : status;
}

enum mst_status
mst_avro_plan_create(struct mst_slice json,
                     const struct mst_avro_plan_options *options,
                     struct mst_avro_plan **ret_plan, struct mst_error *err)
{
    static const struct mst_avro_plan_options none = {.framing =
                                                          MST_FRAMING_BARE};
    struct mst_avro_plan *plan = calloc(1, sizeof(*plan));
    if (plan == NULL) {
        return mst_fail_memory(err, "avro");
    }
    options = options == NULL ? &none : options;
    plan->values = options->values;
    bool asks = options->lookup != NULL;
    enum mst_status status = MST_OK;
    if (json.len > 0 || !asks) {
        status = plan_compile(plan, json, options, err);
    }
    if (status == MST_OK && asks) {
        status = avro_writers_create(options->lookup, plan->schema,
                                     &options->values, &plan->writers, err);
    }
    if (status != MST_OK) {
        mst_avro_plan_destroy(plan);
        return status;
    }
    *ret_plan = plan;
    return MST_OK;
}

void
mst_avro_plan_destroy(struct mst_avro_plan *plan)
{
    if (plan != NULL) {
        struct plan_reader *reader = atomic_load(&plan->readers);
        while (reader != NULL) {
            struct plan_reader *next = reader->next;
            mst_avro_decoder_destroy(reader->decoder);
            free(reader);
            reader = next;
        }
        avro_scratch_clear(&plan->scratch);
        avro_writers_destroy(plan->writers);
        mst_avro_decoder_destroy(plan->decoder);
        mst_avro_encoder_destroy(plan->encoder);
        mst_avro_schema_destroy(plan->schema);
        free(plan);
    }
}

bool
mst_avro_plan_asks(const struct mst_avro_plan *plan)
{
    return plan->writers != NULL;
}

const struct mst_avro_schema *
mst_avro_plan_schema(const struct mst_avro_plan *plan)
{
    return plan->schema;
}

struct mst_avro_decoder *
mst_avro_plan_decoder(const struct mst_avro_plan *plan)
{
    return plan->decoder;
}

struct mst_slice
mst_avro_plan_head(const struct mst_avro_plan *plan)
{
    return mst_slice_of(plan->head, plan->head_len);
}

/* NULL: plan was not prepared for it, or they are one. */
static const struct plan_reader *
plan_reader(const struct mst_avro_plan *plan,
            const struct mst_avro_plan *written)
{
    const struct plan_reader *reader =
        written == NULL || written == plan ? NULL : atomic_load(&plan->readers);
    while (reader != NULL && reader->written != written) {
        reader = reader->next;
    }
    return reader;
}

enum mst_status
mst_avro_plan_prepare(struct mst_avro_plan *plan,
                      const struct mst_avro_plan *written,
                      struct mst_error *err)
{
    if (written == NULL || written == plan
        || plan_reader(plan, written) != NULL) {
        return MST_OK;
    }
    struct plan_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return mst_fail_memory(err, "avro");
    }
    enum mst_status status = MST_OK;
    if (!mst_slice_equal(written->schema->text, plan->schema->text)) {
        status = mst_avro_decoder_create(written->schema, plan->schema,
                                         &plan->values, &reader->decoder, err);
    }
    if (status != MST_OK) {
        free(reader);
        return status;
    }
    reader->written = written;
    /* Two threads may add the same one: either does. */
    reader->next = atomic_load(&plan->readers);
    while (
        !atomic_compare_exchange_weak(&plan->readers, &reader->next, reader)) {
    }
    return MST_OK;
}

static enum mst_status
plan_append(struct mst_buf *out, struct mst_slice bytes, struct mst_error *err)
{
    enum mst_status status = mst_buf_append(out, bytes.data, bytes.len);
    if (status == MST_OK) {
        return status;
    }
    return status == MST_FATAL ? mst_fail_memory(err, "avro")
                               : mst_fail(err, status, "avro", 0,
                                          "the output is larger than it may "
                                          "be");
}

enum mst_status
mst_avro_plan_encode(struct mst_avro_plan *plan, enum mst_encoding from,
                     const struct mst_encoding_options *options,
                     struct mst_slice in, struct mst_buf *out,
                     struct mst_error *err)
{
    size_t before = out->len;
    enum mst_status status = plan_append(out, mst_avro_plan_head(plan), err);
    if (status != MST_OK) {
        return status;
    }
    status = from == MST_ENCODING_BSON
                 ? mst_avro_from_bson(plan->encoder, in, out, err)
                 : mst_avro_from_json(plan->encoder, options, in, out, err);
    out->len = status == MST_OK ? out->len : before;
    return status;
}

/* What the frame is instead of the one that it should be. */
static enum mst_status
plan_wrong_frame(const struct mst_avro_plan *plan, struct mst_slice in,
                 struct mst_error *err)
{
    char there[2 * MST_AVRO_FRAME_MAX + 1] = "";
    char wanted[2 * MST_AVRO_FRAME_MAX + 1] = "";
    for (size_t i = 0; i < plan->head_len; i++) {
        (void)snprintf(wanted + i * 2, 3, "%02x", plan->head[i]);
        if (i < in.len) {
            (void)snprintf(there + i * 2, 3, "%02x", in.data[i]);
        }
    }
    return mst_fail_at(err, MST_REJECTED, "avro", 0,
                       "the frame is %s, that of the schema is %s",
                       in.len == 0 ? "empty" : there, wanted);
}

/* The datum is checked, and stays as it is. */
static enum mst_status
plan_check(struct mst_avro_plan *plan, struct mst_slice datum,
           struct mst_buf *out, struct mst_error *err)
{
    struct mst_buf *copy = avro_scratch_take(&plan->scratch, INT32_MAX);
    if (copy == NULL) {
        return mst_fail_memory(err, "avro");
    }
    enum mst_status status = mst_avro_resolve(plan->decoder, datum, copy, err);
    avro_scratch_give(&plan->scratch, copy);
    return status == MST_OK ? plan_append(out, datum, err) : status;
}

/* A datum for plan's schema, with its frame; decoder NULL: it is one. */
static enum mst_status
plan_resolve(struct mst_avro_plan *plan, const struct mst_avro_decoder *decoder,
             struct mst_slice datum, struct mst_buf *out, struct mst_error *err)
{
    size_t before = out->len;
    enum mst_status status = plan_append(out, mst_avro_plan_head(plan), err);
    if (status != MST_OK) {
        return status;
    }
    status = decoder == NULL ? plan_check(plan, datum, out, err)
                             : mst_avro_resolve(decoder, datum, out, err);
    out->len = status == MST_OK ? out->len : before;
    return status;
}

static enum mst_status
plan_decode_datum(struct mst_avro_plan *plan, struct mst_avro_decoder *other,
                  const struct mst_transcoder *step, struct mst_slice datum,
                  struct mst_buf *out, struct mst_error *err)
{
    struct mst_avro_decoder *decoder = other == NULL ? plan->decoder : other;
    switch ((unsigned)step->to) {
    case MST_ENCODING_BSON:
        return mst_avro_to_bson(decoder, datum, out, err);
    case MST_ENCODING_JSON:
        return mst_avro_to_json(decoder, datum, step->options.json_mode, out,
                                err);
    default:
        return plan_resolve(plan, other, datum, out, err);
    }
}

/* By the schema whose number is in the frame. */
static enum mst_status
plan_decode_written(struct mst_avro_plan *plan,
                    const struct mst_transcoder *step, struct mst_slice in,
                    struct mst_buf *out, struct mst_error *err)
{
    struct avro_writer_use use;
    if (in.len < PLAN_CONFLUENT_HEAD || in.data[0] != 0) {
        return mst_fail_at(err, MST_REJECTED, "avro", 0,
                           "there is no Confluent frame: a zero byte and the "
                           "number of a schema in four");
    }
    uint32_t id = (uint32_t)in.data[1] << 24 | (uint32_t)in.data[2] << 16
                  | (uint32_t)in.data[3] << 8 | (uint32_t)in.data[4];
    enum mst_status status = avro_writers_begin(plan->writers, id, &use, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_slice datum = mst_slice_of(in.data + PLAN_CONFLUENT_HEAD,
                                          in.len - PLAN_CONFLUENT_HEAD);
    status = plan_decode_datum(plan, use.decoder, step, datum, out, err);
    avro_writers_end(plan->writers, &use);
    return status;
}

enum mst_status
mst_avro_plan_decode(struct mst_avro_plan *plan,
                     const struct mst_avro_plan *written,
                     const struct mst_transcoder *step, struct mst_slice in,
                     struct mst_buf *out, struct mst_error *err)
{
    if (plan->writers != NULL) {
        return plan_decode_written(plan, step, in, out, err);
    }
    const struct mst_avro_plan *frame = written == NULL ? plan : written;
    size_t head = frame->head_len;
    if (in.len < head
        || (head > 0 && memcmp(in.data, frame->head, head) != 0)) {
        return plan_wrong_frame(frame, in, err);
    }
    struct mst_slice datum =
        head == 0 ? in : mst_slice_of(in.data + head, in.len - head);
    const struct plan_reader *reader = plan_reader(plan, written);
    return plan_decode_datum(plan, reader == NULL ? NULL : reader->decoder,
                             step, datum, out, err);
}

/* JSON in, with the types of the schema: by way of Avro. */
static enum mst_status
plan_typed(struct mst_avro_plan *plan,
           const struct mst_encoding_options *options, struct mst_slice in,
           struct mst_buf *middle, struct mst_buf *out, struct mst_error *err)
{
    enum mst_status status =
        mst_avro_from_json(plan->encoder, options, in, middle, err);
    return status == MST_OK ? mst_avro_to_bson(plan->decoder,
                                               mst_buf_slice(middle), out, err)
                            : status;
}

/* BSON in, to BSON or JSON. */
static enum mst_status
plan_project(struct mst_avro_plan *plan, enum mst_encoding to,
             const struct mst_encoding_options *options, struct mst_slice in,
             struct mst_buf *out, struct mst_error *err)
{
    if (to == MST_ENCODING_BSON) {
        return mst_avro_project(plan->encoder, plan->decoder, in, out, err);
    }
    struct mst_buf *bson = avro_scratch_take(&plan->scratch, INT32_MAX);
    if (bson == NULL) {
        return mst_fail_memory(err, "avro");
    }
    enum mst_status status =
        mst_avro_project(plan->encoder, plan->decoder, in, bson, err);
    if (status == MST_OK) {
        status =
            mst_bson_to_json(mst_buf_slice(bson), options->json_mode, out, err);
    }
    avro_scratch_give(&plan->scratch, bson);
    return status;
}

enum mst_status
mst_avro_plan_project(struct mst_avro_plan *plan,
                      const struct mst_transcoder *step, struct mst_slice in,
                      struct mst_buf *out, struct mst_error *err)
{
    const struct mst_encoding_options *options = &step->options;
    enum mst_encoding to = step->to;
    if (step->from == MST_ENCODING_BSON) {
        return plan_project(plan, to, options, in, out, err);
    }
    const struct mst_json_read_options read = {
        .no_extended = options->no_extended,
        .big_numbers = options->big_numbers};
    struct mst_buf *middle = avro_scratch_take(&plan->scratch, INT32_MAX);
    if (middle == NULL) {
        return mst_fail_memory(err, "avro");
    }
    enum mst_status status = MST_OK;
    if (to == MST_ENCODING_BSON) {
        status = plan_typed(plan, options, in, middle, out, err);
    } else {
        status = mst_json_to_bson(in, &read, middle, err);
        if (status == MST_OK) {
            status = plan_project(plan, to, options, mst_buf_slice(middle), out,
                                  err);
        }
    }
    avro_scratch_give(&plan->scratch, middle);
    return status;
}
