/* SPDX-License-Identifier: MIT */
/* JSON Schemas of drafts 7 and 2020-12: docs/json-schema.md. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_SCHEMA_H
#define MST_ENCODINGS_JSON_SCHEMA_SCHEMA_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

enum { MST_JSON_SCHEMA_MAX = 4 * 1024 * 1024 /* bytes of one schema */ };

/* Compiled: immutable, shared by threads. */
struct mst_json_schema;

/* formats: `format` refuses values, it does not only describe them.
 * Ownership: the caller's. MST_REJECTED with line and column: the text is no
 * JSON Schema, of a draft that is not known, or refers to another document. */
MST_MUST_CHECK enum mst_status
mst_json_schema_parse(struct mst_slice text, bool formats,
                      struct mst_json_schema **ret_schema,
                      struct mst_error *err);
/* NULL is allowed. */
void mst_json_schema_destroy(struct mst_json_schema *schema);

#endif
