/* SPDX-License-Identifier: MIT */
/* JSON Schema (draft 2020-12 or 7) to Avro. */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_TO_AVRO_H
#define MST_ENCODINGS_SCHEMA_TOOLS_TO_AVRO_H

#include <stdbool.h>

#include "base/buf.h"

/* A zeroed one is the default. */
struct mst_to_avro_options {
    const char *name;       /* of the outermost record; NULL: "Record" */
    const char *name_space; /* NULL: none */
    bool objectid_fixed;    /* fixed(12) and not string */
    bool lossy_timestamps;  /* drop the increments of BSON's timestamps */
    /* Of decimals that do not say them; 0: that is refused. */
    unsigned precision;
    unsigned scale;
};

/*
 * Appends the Avro schema, as text with lines. Whatever the JSON Schema allows
 * is a value of it, but for what docs/schema-tools.md names; limits of values
 * (minimum, pattern, ...) are dropped. MST_REJECTED with line and column: no
 * JSON Schema, or it says what Avro has no type for. Thread: any.
 */
MST_MUST_CHECK enum mst_status
mst_json_schema_to_avro(struct mst_slice json,
                        const struct mst_to_avro_options *options,
                        struct mst_buf *out, struct mst_error *err);

#endif
