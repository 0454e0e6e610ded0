/* SPDX-License-Identifier: MIT */
/* Which types of a reader take what a writer wrote. */
#ifndef MST_SCHEMA_AVRO_MATCH_H
#define MST_SCHEMA_AVRO_MATCH_H

#include "schema/avro_schema.h"

enum mst_avro_match {
    MST_AVRO_MATCH_NONE,
    MST_AVRO_MATCH_PROMOTED, /* int to long, string to bytes, ... */
    MST_AVRO_MATCH_SAME
};

/* By kind, name, size and logical type; what is inside is not looked at.
 * Neither is a union. */
enum mst_avro_match mst_avro_match_types(const struct mst_avro_type *writer,
                                         const struct mst_avro_type *reader);

/* Whether the writer's name is the reader's or one of its aliases. */
bool mst_avro_match_name(struct mst_slice writer, struct mst_slice reader,
                         const struct mst_slice *aliases, size_t aliases_len);

#endif
