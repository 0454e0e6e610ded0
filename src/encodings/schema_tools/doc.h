/* SPDX-License-Identifier: MIT */
/*
 * A JSON Schema as the schema tools read it: its text with places, references
 * followed, and what allOf, anyOf and type lists add up to. Private.
 */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_DOC_H
#define MST_ENCODINGS_SCHEMA_TOOLS_DOC_H

#include "base/arena.h"
#include "base/buf.h"
#include "encodings/avro/node.h"
#include "encodings/text_place.h"

enum {
    SCHEMA_DOC_MAX = 4 * 1024 * 1024,
    /* Schemas that hold for one place at once. */
    SCHEMA_FACETS_MAX = 32,
    SCHEMA_BRANCH_DEPTH_MAX = 32,
    SCHEMA_ALTERNATIVES_MAX = 100000,
    /* What references and branches multiply to. */
    SCHEMA_STEPS_MAX = 10 * 1000 * 1000,
    /* Fields of one record. */
    SCHEMA_NAMES_MAX = 10000
};

/* Types of values, as bits. */
enum schema_type {
    SCHEMA_NULL = 1U << 0,
    SCHEMA_BOOLEAN = 1U << 1,
    SCHEMA_INTEGER = 1U << 2,
    SCHEMA_NUMBER = 1U << 3,
    SCHEMA_STRING = 1U << 4,
    SCHEMA_ARRAY = 1U << 5,
    SCHEMA_OBJECT = 1U << 6,
    SCHEMA_ANY = 127U
};

/* Ownership: the caller's, cleared with schema_doc_clear. */
struct schema_doc {
    struct mst_text_subject subject; /* the text is borrowed */
    const uint8_t *end;
    struct mst_buf bson;
    struct avro_node root;
    struct mst_arena arena;
    size_t steps; /* schemas that were looked at */
};

/* Schemas that all hold for a value. Behind a pointer to const there are
 * only as many nodes as len says. */
struct schema_facets {
    size_t len;
    bool never;           /* one of them is false */
    uint64_t taken;       /* of anyOf and oneOf: two bits each */
    struct mst_slice ref; /* the last name of the last reference */
    struct avro_node nodes[SCHEMA_FACETS_MAX];
};

/* One type that a value may have, and what holds for it then. */
struct schema_alternative {
    enum schema_type type;
    bool said; /* the schema says something of the type, and not any */
    const struct schema_facets *facets;
};

/* Ownership: the arena of the doc. A zeroed one is empty. */
struct schema_alternatives {
    struct schema_alternative *list;
    size_t len;
    size_t cap;
};

/* MST_REJECTED: it is no JSON, or no object. text: must outlive doc. */
MST_MUST_CHECK enum mst_status schema_doc_open(struct schema_doc *doc,
                                               struct mst_slice text,
                                               struct mst_error *err);
void schema_doc_clear(struct schema_doc *doc);

enum mst_status schema_doc_memory(const struct schema_doc *doc);
/* Zeroed; NULL without memory. */
MST_MUST_CHECK void *schema_doc_alloc(struct schema_doc *doc, size_t size);

bool schema_doc_find(const struct schema_doc *doc, const struct avro_node *node,
                     const char *name, struct avro_node *ret_node);
/* As above, of any of the facets. */
bool schema_facets_find(const struct schema_doc *doc,
                        const struct schema_facets *facets, const char *name,
                        struct avro_node *ret_node);
/* A string of any of the facets; none: no data. */
struct mst_slice schema_facets_text(const struct schema_doc *doc,
                                    const struct schema_facets *facets,
                                    const char *name);
/* Whether "required" of any of them has the name. */
bool schema_facets_require(const struct schema_doc *doc,
                           const struct schema_facets *facets,
                           struct mst_slice name);

/* One step more; MST_REJECTED: there were too many. */
MST_MUST_CHECK enum mst_status schema_doc_step(struct schema_doc *doc,
                                               const uint8_t *where);

/* Adds a schema with all that it refers to. */
MST_MUST_CHECK enum mst_status schema_facets_add(struct schema_doc *doc,
                                                 struct schema_facets *facets,
                                                 const struct avro_node *node);

/* Adds what a value may be where all of the facets hold. */
MST_MUST_CHECK enum mst_status
schema_alternatives_add(struct schema_doc *doc,
                        const struct schema_facets *facets, unsigned depth,
                        struct schema_alternatives *alternatives);
/* The same of one schema. */
MST_MUST_CHECK enum mst_status
schema_alternatives_of(struct schema_doc *doc, const struct avro_node *node,
                       struct schema_alternatives *alternatives);

MST_MUST_CHECK enum mst_status
schema_alternatives_push(struct schema_doc *doc,
                         struct schema_alternatives *alternatives,
                         const struct schema_alternative *one);

/* The types that a value in an enum or const has. */
enum schema_type schema_type_of(const struct mst_bson_value *value);

#endif
