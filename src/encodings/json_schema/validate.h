/* SPDX-License-Identifier: MIT */
/* The walk over schema and value. Private. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_VALIDATE_H
#define MST_ENCODINGS_JSON_SCHEMA_VALIDATE_H

#include "encodings/json_schema/value.h"

/* Whether the value fits; false also when the work has stopped. seen: takes
 * note of the members or items that a schema has looked at; may be NULL.
 * The BSON is well formed. */
bool js_validate(struct js_work *work, const struct js_node *node,
                 const struct mst_bson_value *value, struct js_seen *seen);
/* The same without a reason, for schemas that may fail. */
bool js_validate_silent(struct js_work *work, const struct js_node *node,
                        const struct mst_bson_value *value,
                        struct js_seen *seen);

/* Parts of it. */
bool js_validate_scalar(struct js_work *work, const struct js_node *node,
                        const struct mst_bson_value *value);
bool js_validate_object(struct js_work *work, const struct js_node *node,
                        const struct mst_bson_value *value,
                        struct js_seen *seen);
bool js_validate_array(struct js_work *work, const struct js_node *node,
                       const struct mst_bson_value *value,
                       struct js_seen *seen);
bool js_validate_combine(struct js_work *work, const struct js_node *node,
                         const struct mst_bson_value *value,
                         struct js_seen *seen);

/* Where a reference leads to, from the schemas that it is reached by. */
const struct js_node *js_dynamic_target(const struct js_work *work,
                                        const struct js_combine *combine);

/* Whether the regular expression is found in the text; the work stops where
 * that takes too much. */
bool js_pattern_found(struct js_work *work, const struct js_pattern *pattern,
                      struct mst_slice text);

/* Nothing seen, of n members or items. False: the work has stopped. */
MST_MUST_CHECK bool js_seen_begin(struct js_work *work, size_t n,
                                  struct js_seen *ret);

static inline void
js_seen_add(struct js_work *work, const struct js_seen *seen, size_t i)
{
    if (i < seen->len) {
        work->words[seen->at + i / 64] |= (uint64_t)1 << i % 64;
    }
}

static inline bool
js_seen_has(const struct js_work *work, const struct js_seen *seen, size_t i)
{
    return i < seen->len && (work->words[seen->at + i / 64] >> i % 64 & 1) != 0;
}

/* What more has seen. */
void js_seen_join(struct js_work *work, const struct js_seen *seen,
                  const struct js_seen *more);

#endif
