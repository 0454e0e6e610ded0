/* SPDX-License-Identifier: MIT */
/* BSON values as JSON Schema sees them: docs/json-schema.md. Private. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_VALUE_H
#define MST_ENCODINGS_JSON_SCHEMA_VALUE_H

#include "encodings/bson_reader.h"
#include "encodings/json_schema/work.h"

enum {
    /* The name of a field, taken for a value: raw is its text alone. */
    JS_KEY = 0xFE
};

/* Bits of enum js_type; doubles and decimals without JS_INTEGER, even where
 * they are whole. 0: JSON has nothing like it. */
unsigned js_value_types(const struct mst_bson_value *value);

/* What the value is as text, for those with JS_STRING but decimals. It may be
 * on the stack of the work: valid until the next push, and to be popped. */
MST_MUST_CHECK bool js_value_text(struct js_work *work,
                                  const struct mst_bson_value *value,
                                  struct mst_slice *ret);

/* As JSON has it: 1 is 1.0, the order of members does not count. */
bool js_value_equal(struct js_work *work, const struct mst_bson_value *a,
                    const struct mst_bson_value *b);
/* The same for equal values. */
uint64_t js_value_hash(struct js_work *work,
                       const struct mst_bson_value *value);

/* How many members or items. */
size_t js_value_count(const struct mst_bson_value *value);

#endif
