/* SPDX-License-Identifier: MIT */
/* Reads the JSON of an Avro schema (specification 1.11). */
#ifndef MST_ENCODINGS_AVRO_PARSE_H
#define MST_ENCODINGS_AVRO_PARSE_H

#include "schema/avro_schema.h"

enum {
    /* A schema's text; those in the wild have some kilobytes. */
    MST_AVRO_SCHEMA_MAX = 4 * 1024 * 1024
};

/*
 * Ownership: *ret_schema is the caller's, freed with mst_avro_schema_destroy.
 * MST_REJECTED with the byte, the line and the column: not JSON, not a schema,
 * a name that is none, is unknown or given twice, a union that repeats a type
 * or holds a union, a default that is no value of its type (for a union: of
 * its first branch), a record that can never end, more than 200 levels.
 * Unknown attributes are ignored, logical types that do not fit too.
 */
MST_MUST_CHECK enum mst_status
mst_avro_schema_parse(struct mst_slice json,
                      struct mst_avro_schema **ret_schema,
                      struct mst_error *err);

#endif
