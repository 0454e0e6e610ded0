/* SPDX-License-Identifier: MIT */
/* Shared by the files that parse schemas. Private. */
#ifndef MST_ENCODINGS_AVRO_PARSE_IMPL_H
#define MST_ENCODINGS_AVRO_PARSE_IMPL_H

#include "encodings/avro/names.h"
#include "encodings/avro/node.h"
#include "encodings/avro/parse.h"
#include "encodings/text_place.h"

enum {
    /* Types inside each other; what payloads may have. */
    AVRO_DEPTH_MAX = MST_BSON_DEPTH_MAX
};

/* A type as it is found. */
struct avro_found {
    struct mst_avro_type *type;
    uint32_t in_union; /* the last union that it was seen in, from 1 */
};

/* A default that is read when all types are known. */
struct avro_default {
    struct mst_avro_field *field;
    struct avro_node node;
};

struct avro_parse {
    struct mst_avro_schema *schema;
    struct mst_text_subject subject;
    const uint8_t *end;
    struct avro_names names; /* full name to type */
    struct mst_avro_type *primitives[MST_AVRO_PRIMITIVES];
    struct avro_found *found;
    size_t found_len;
    size_t found_cap;
    struct avro_default *defaults;
    size_t defaults_len;
    size_t defaults_cap;
    uint32_t unions;
};

enum mst_status avro_parse_memory(const struct avro_parse *parse);

/* Zeroed memory of the schema; NULL without memory. */
MST_MUST_CHECK void *avro_parse_alloc(struct avro_parse *parse, size_t n,
                                      size_t size);
MST_MUST_CHECK struct mst_avro_type *
avro_parse_new_type(struct avro_parse *parse, enum mst_avro_kind kind);

/* Any schema: name, object or array. space: the namespace around it. */
MST_MUST_CHECK enum mst_status avro_parse_type(struct avro_parse *parse,
                                               const struct avro_node *node,
                                               struct mst_slice space,
                                               struct mst_avro_type **ret_type);

/* A record, enum or fixed. */
MST_MUST_CHECK enum mst_status
avro_parse_named(struct avro_parse *parse, const struct avro_node *node,
                 enum mst_avro_kind kind, struct mst_slice space,
                 struct mst_avro_type **ret_type);

/* The full name of name where space is the namespace around it. */
MST_MUST_CHECK enum mst_status avro_parse_full_name(struct avro_parse *parse,
                                                    struct mst_slice name,
                                                    struct mst_slice space,
                                                    struct mst_slice *ret_name);

/* Encodes all defaults. */
MST_MUST_CHECK enum mst_status avro_parse_defaults(struct avro_parse *parse);

#endif
