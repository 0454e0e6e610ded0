/* SPDX-License-Identifier: MIT */
/*
 * Avro data, by plans that are compiled once per schema: they run without a
 * look-up by name in the common order of fields and without an allocation
 * but for the output's growth. docs/avro.md has the tables of types.
 */
#ifndef MST_ENCODINGS_AVRO_CODEC_H
#define MST_ENCODINGS_AVRO_CODEC_H

#include "base/buf.h"
#include "core/encoding.h"
#include "schema/avro_schema.h"

enum {
    /* What a datum without a container may have. */
    MST_AVRO_DATUM_MAX = 256 * 1024 * 1024
};

/* Times that are no whole number of milliseconds, which BSON has no date for. */
enum mst_avro_sub_millis {
    MST_AVRO_SUB_MILLIS_INT64 = 0, /* the number in its unit, as int64 */
    MST_AVRO_SUB_MILLIS_REJECT
};

/* A zeroed one is the default. */
struct mst_avro_options {
    bool reject_unknown; /* a field that the schema does not have */
    bool lossy_numbers;  /* rounding to float, double, decimal; a timestamp's
                          * increment is dropped */
    enum mst_avro_sub_millis sub_millis;
};

/* Shared by threads. They borrow their schemas. */
struct mst_avro_encoder;
struct mst_avro_decoder;

/* Ownership: the caller's. MST_FATAL: no memory. options may be NULL. */
MST_MUST_CHECK enum mst_status
mst_avro_encoder_create(const struct mst_avro_schema *schema,
                        const struct mst_avro_options *options,
                        struct mst_avro_encoder **ret_encoder,
                        struct mst_error *err);
/* NULL is allowed. */
void mst_avro_encoder_destroy(struct mst_avro_encoder *encoder);

/*
 * Appends one datum without framing. MST_REJECTED with the byte offset and
 * the field: malformed BSON, a value that its type can not hold exactly, an
 * absent field without a default. out's length is as before then.
 * The root of the schema is a record, a map, or a union with one.
 */
MST_MUST_CHECK enum mst_status
mst_avro_from_bson(const struct mst_avro_encoder *encoder,
                   struct mst_slice bson, struct mst_buf *out,
                   struct mst_error *err);
/* The same from JSON text; bytes may also be texts of ISO-8859-1. */
MST_MUST_CHECK enum mst_status
mst_avro_from_json(struct mst_avro_encoder *encoder,
                   const struct mst_encoding_options *options,
                   struct mst_slice json, struct mst_buf *out,
                   struct mst_error *err);

/* reader: what the data should look like; NULL: what the writer wrote.
 * MST_REJECTED: the reader's schema can not read the writer's, and where. */
MST_MUST_CHECK enum mst_status mst_avro_decoder_create(
    const struct mst_avro_schema *writer, const struct mst_avro_schema *reader,
    const struct mst_avro_options *options,
    struct mst_avro_decoder **ret_decoder, struct mst_error *err);
/* NULL is allowed. */
void mst_avro_decoder_destroy(struct mst_avro_decoder *decoder);

/* Appends one document. MST_REJECTED: the datum is malformed, has bytes
 * behind its end, or is no document. out's length is as before then. */
MST_MUST_CHECK enum mst_status
mst_avro_to_bson(const struct mst_avro_decoder *decoder, struct mst_slice datum,
                 struct mst_buf *out, struct mst_error *err);
/* Any datum, as JSON in the mode. */
MST_MUST_CHECK enum mst_status
mst_avro_to_json(struct mst_avro_decoder *decoder, struct mst_slice datum,
                 enum mst_json_mode mode, struct mst_buf *out,
                 struct mst_error *err);

/* Appends the fields of a document that the schema has, in its order, with
 * the types that they had; absent ones with their default. Refuses what
 * mst_avro_from_bson refuses. Both are of the same schema. */
MST_MUST_CHECK enum mst_status
mst_avro_project(struct mst_avro_encoder *encoder,
                 struct mst_avro_decoder *decoder, struct mst_slice bson,
                 struct mst_buf *out, struct mst_error *err);

/* Appends the datum as the reader's schema has it. */
MST_MUST_CHECK enum mst_status
mst_avro_resolve(const struct mst_avro_decoder *decoder, struct mst_slice datum,
                 struct mst_buf *out, struct mst_error *err);

/* Converts the first of the data that stand one behind the other, to BSON or
 * JSON, and moves *data behind it; the same on MST_REJECTED, where that is
 * possible, else *data is empty afterwards. */
MST_MUST_CHECK enum mst_status
mst_avro_next(struct mst_avro_decoder *decoder, struct mst_slice *data,
              enum mst_encoding to, enum mst_json_mode mode,
              struct mst_buf *out, struct mst_error *err);

/* Whether the first of the data is there as a whole. MST_AGAIN: it may go on
 * behind them. MST_REJECTED: it never ends, or not within
 * MST_AVRO_DATUM_MAX. */
MST_MUST_CHECK enum mst_status
mst_avro_measure(const struct mst_avro_decoder *decoder, struct mst_slice data);

#endif
