/* SPDX-License-Identifier: MIT */
/* Shared by the files that turn Avro into JSON Schema. Private. */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_FROM_AVRO_IMPL_H
#define MST_ENCODINGS_SCHEMA_TOOLS_FROM_AVRO_IMPL_H

#include "encodings/schema_tools/text.h"
#include "schema/avro_schema.h"

/* Whether a default of the type reads the same in JSON Schema. */
bool from_default_is_json(const struct mst_avro_type *type);
/* The default of a field, as Avro writes it in JSON. */
void from_default(struct schema_text *text, const struct mst_avro_field *field);

#endif
