/* SPDX-License-Identifier: MIT */
/* Shared by the files that compile schemas. Private. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_COMPILE_H
#define MST_ENCODINGS_JSON_SCHEMA_COMPILE_H

#include "encodings/avro/names.h"
#include "encodings/avro/node.h"
#include "encodings/json_schema/model.h"
#include "encodings/text_place.h"

/* A reference that is followed when all addresses are known. */
struct js_reference {
    struct js_node *node;
    struct avro_node place; /* its text */
    bool dynamic;
};

struct js_compile {
    struct mst_json_schema *schema;
    struct mst_text_subject subject;
    const uint8_t *end;
    struct js_node **nodes;      /* by where their text begins */
    struct avro_names resources; /* by address */
    struct js_reference *references;
    size_t references_len;
    size_t references_cap;
};

/* Where a schema stands among the others. */
struct js_where {
    const struct js_node *up; /* NULL: the token is from the root */
    struct js_resource *resource;
    struct mst_slice token;
};

enum mst_status js_compile_memory(const struct js_compile *compile);

/* Zeroed memory of the schema; NULL without memory. */
MST_MUST_CHECK void *js_compile_alloc(struct js_compile *compile, size_t n,
                                      size_t size);
/* "/properties/a~1b"; data == NULL without memory. */
MST_MUST_CHECK struct mst_slice js_compile_token(struct js_compile *compile,
                                                 const char *keyword,
                                                 struct mst_slice name);

/* The parts of a node, made when they are first needed; NULL without memory. */
MST_MUST_CHECK struct js_object *js_compile_object(struct js_compile *compile,
                                                   struct js_node *node);
MST_MUST_CHECK struct js_array *js_compile_array(struct js_compile *compile,
                                                 struct js_node *node);
MST_MUST_CHECK struct js_combine *js_compile_combine(struct js_compile *compile,
                                                     struct js_node *node);

/* Any schema; the same node for the same text. */
MST_MUST_CHECK enum mst_status js_compile_schema(struct js_compile *compile,
                                                 const struct avro_node *node,
                                                 const struct js_where *where,
                                                 struct js_node **ret_node);
/* The schema that is a keyword's value, or a member or element of it. */
MST_MUST_CHECK enum mst_status js_compile_below(struct js_compile *compile,
                                                const struct js_node *up,
                                                const struct avro_node *node,
                                                struct mst_slice token,
                                                struct js_node **ret_node);

/* All keywords of an object. */
MST_MUST_CHECK enum mst_status
js_compile_keywords(struct js_compile *compile, struct js_node *node,
                    const struct avro_node *object);

/* properties and required, which share a table. */
MST_MUST_CHECK enum mst_status
js_compile_properties(struct js_compile *compile, struct js_node *node,
                      const struct avro_node *object);
MST_MUST_CHECK enum mst_status
js_compile_patterns(struct js_compile *compile, struct js_node *node,
                    const struct avro_node *value);
/* dependentSchemas, dependentRequired, dependencies. */
MST_MUST_CHECK enum mst_status
js_compile_dependents(struct js_compile *compile, struct js_node *node,
                      const char *keyword, const struct avro_node *value);
MST_MUST_CHECK enum mst_status js_compile_pattern(struct js_compile *compile,
                                                  const uint8_t *where,
                                                  struct mst_slice text,
                                                  struct js_pattern **ret);

/* $id, $anchor, $dynamicAnchor and $schema: before all others. */
MST_MUST_CHECK enum mst_status
js_compile_identity(struct js_compile *compile, struct js_node *node,
                    const struct avro_node *object);
/* Takes note of $ref or $dynamicRef. */
MST_MUST_CHECK enum mst_status js_compile_refer(struct js_compile *compile,
                                                struct js_node *node,
                                                const struct avro_node *value,
                                                bool dynamic);
/* Follows all that were noted. */
MST_MUST_CHECK enum mst_status js_compile_follow(struct js_compile *compile);
/* Refuses schemas that lead back to themselves for the same value. */
MST_MUST_CHECK enum mst_status js_compile_loops(struct js_compile *compile);

#endif
