/* SPDX-License-Identifier: MIT */
/* `format`, where it is asserted. Private. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_FORMAT_H
#define MST_ENCODINGS_JSON_SCHEMA_FORMAT_H

#include <stdbool.h>

#include "encodings/bson_type.h"

struct js_format;

/* NULL: it is not known, and describes only. */
const struct js_format *js_format_find(struct mst_slice name);
const char *js_format_name(const struct js_format *format);
/* Of a string; and of a value whose type alone says that it is one. */
bool js_format_takes(const struct js_format *format, struct mst_slice text);
bool js_format_is_type(const struct js_format *format,
                       const struct mst_bson_value *value);

#endif
