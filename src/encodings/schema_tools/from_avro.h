/* SPDX-License-Identifier: MIT */
/* Avro to JSON Schema (draft 2020-12). */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_FROM_AVRO_H
#define MST_ENCODINGS_SCHEMA_TOOLS_FROM_AVRO_H

#include "schema/avro_schema.h"

/*
 * Appends the JSON Schema, as text with lines. What JSON Schema has no words
 * for is kept in "x-avro", "x-avro-name" and "x-avro-default", from which
 * mst_json_schema_to_avro makes the same types again; aliases, documentation
 * and the defaults of enums are not kept. MST_REJECTED: larger than out may
 * be. Thread: any.
 */
MST_MUST_CHECK enum mst_status
mst_avro_to_json_schema(const struct mst_avro_schema *schema,
                        struct mst_buf *out, struct mst_error *err);

#endif
