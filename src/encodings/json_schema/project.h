/* SPDX-License-Identifier: MIT */
/* Documents with the fields that a schema declares. Private. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_PROJECT_H
#define MST_ENCODINGS_JSON_SCHEMA_PROJECT_H

#include "base/buf.h"
#include "encodings/json_schema/validate.h"

struct js_project_options {
    bool reject_unknown; /* a field that is not declared */
};

/*
 * Appends the document, which fits the schema: of each object the properties
 * in the schema's order, then what its patterns take. An object whose schema
 * declares no properties keeps all. MST_REJECTED: the work has stopped or
 * refused a field, or it is larger than out may be (see err); MST_FATAL: no
 * memory.
 */
MST_MUST_CHECK enum mst_status
js_project(struct js_work *work, const struct js_project_options *options,
           const struct mst_bson_value *value, struct mst_buf *out,
           struct mst_error *err);

#endif
