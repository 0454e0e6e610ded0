/* SPDX-License-Identifier: MIT */
/* The rules of schema resolution (specification 1.11), one type at a time. */
#include "schema/avro_match.h"

bool
mst_avro_match_name(struct mst_slice writer, struct mst_slice reader,
                    const struct mst_slice *aliases, size_t aliases_len)
{
    if (mst_slice_equal(writer, reader)) {
        return true;
    }
    for (size_t i = 0; i < aliases_len; i++) {
        if (mst_slice_equal(writer, aliases[i])) {
            return true;
        }
    }
    return false;
}

/* Names without their namespaces, or an alias as it is written. */
static bool
match_named(const struct mst_avro_type *writer,
            const struct mst_avro_type *reader)
{
    return mst_slice_equal(mst_avro_short_name(writer->name),
                           mst_avro_short_name(reader->name))
           || mst_avro_match_name(writer->name, reader->name, reader->aliases,
                                  reader->aliases_len);
}

/* Two logical types that mean different values of the same data. */
static bool
match_logical(const struct mst_avro_type *writer,
              const struct mst_avro_type *reader)
{
    if (writer->logical == MST_AVRO_PLAIN
        || reader->logical == MST_AVRO_PLAIN) {
        return true;
    }
    return writer->logical == reader->logical
           && writer->precision == reader->precision
           && writer->scale == reader->scale;
}

static bool
match_promotion(enum mst_avro_kind from, enum mst_avro_kind to)
{
    static const uint32_t targets[MST_AVRO_KINDS] = {
        [MST_AVRO_INT] =
            1U << MST_AVRO_LONG | 1U << MST_AVRO_FLOAT | 1U << MST_AVRO_DOUBLE,
        [MST_AVRO_LONG] = 1U << MST_AVRO_FLOAT | 1U << MST_AVRO_DOUBLE,
        [MST_AVRO_FLOAT] = 1U << MST_AVRO_DOUBLE,
        [MST_AVRO_STRING] = 1U << MST_AVRO_BYTES,
        [MST_AVRO_BYTES] = 1U << MST_AVRO_STRING,
    };
    return (targets[from] >> to & 1) != 0;
}

enum mst_avro_match
mst_avro_match_types(const struct mst_avro_type *writer,
                     const struct mst_avro_type *reader)
{
    if (!match_logical(writer, reader)) {
        return MST_AVRO_MATCH_NONE;
    }
    if (writer->kind != reader->kind) {
        return match_promotion(writer->kind, reader->kind)
                   ? MST_AVRO_MATCH_PROMOTED
                   : MST_AVRO_MATCH_NONE;
    }
    if (writer->name.len > 0
        && (writer->size != reader->size || !match_named(writer, reader))) {
        return MST_AVRO_MATCH_NONE;
    }
    return MST_AVRO_MATCH_SAME;
}
