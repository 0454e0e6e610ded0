/* SPDX-License-Identifier: MIT */
/* What a value may be: types, anyOf and oneOf multiplied out. */
#include <stddef.h>

#include "encodings/schema_tools/doc.h"

static const struct {
    const char *name;
    enum schema_type type;
} alternative_types[] = {
    {"null", SCHEMA_NULL},       {"boolean", SCHEMA_BOOLEAN},
    {"integer", SCHEMA_INTEGER}, {"number", SCHEMA_NUMBER},
    {"string", SCHEMA_STRING},   {"array", SCHEMA_ARRAY},
    {"object", SCHEMA_OBJECT},
};

/* Keywords that tell what a value is, and not only how large. */
static const char *const alternative_words[] = {
    "type",
    "$ref",
    "enum",
    "const",
    "properties",
    "additionalProperties",
    "items",
    "prefixItems",
    "patternProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "format",
    "x-avro",
    "x-bson-type",
    "contentEncoding",
};

/* What can not be kept: a value may have more fields than are told. */
static const char *const alternative_refused[] = {
    "if", "then", "else", "dependentSchemas", "$dynamicRef", "$recursiveRef",
};

enum schema_type
schema_type_of(const struct mst_bson_value *value)
{
    switch (value->type) {
    case MST_BSON_NULL:
        return SCHEMA_NULL;
    case MST_BSON_BOOL:
        return SCHEMA_BOOLEAN;
    case MST_BSON_INT32:
    case MST_BSON_INT64:
        return SCHEMA_INTEGER;
    case MST_BSON_DOUBLE:
        return SCHEMA_NUMBER;
    case MST_BSON_ARRAY:
        return SCHEMA_ARRAY;
    case MST_BSON_DOCUMENT:
        return SCHEMA_OBJECT;
    default:
        return SCHEMA_STRING;
    }
}

static enum mst_status
types_named(const struct schema_doc *doc, const struct avro_node *node,
            unsigned *types)
{
    struct mst_slice name = MST_SLICE_NONE;
    for (size_t i = 0; i < MST_ARRAY_SIZE(alternative_types); i++) {
        if (avro_node_string(node, &name)
            && mst_slice_is(name, alternative_types[i].name)) {
            *types |= alternative_types[i].type;
            return MST_OK;
        }
    }
    return mst_text_fail(&doc->subject, node->text,
                         "\"type\" is null, boolean, integer, number, "
                         "string, array, object, or a list of them");
}

/* "type" of one schema. */
static enum mst_status
types_of(const struct schema_doc *doc, const struct avro_node *node,
         unsigned *ret_types)
{
    struct avro_members members;
    unsigned types = 0;
    enum mst_status status = MST_OK;
    if (node->value.type != MST_BSON_ARRAY) {
        status = types_named(doc, node, &types);
    } else {
        avro_members_init(&members, node, doc->end);
        while (status == MST_OK && avro_members_next(&members)) {
            status = types_named(doc, &members.node, &types);
        }
    }
    *ret_types = types;
    return status;
}

/* What both allow: every integer is a number. */
static unsigned
types_both(unsigned a, unsigned b)
{
    unsigned both = a & b;
    if (((a | b) & SCHEMA_INTEGER) != 0 && ((a & b) & SCHEMA_INTEGER) == 0
        && (((a & SCHEMA_INTEGER) != 0 && (b & SCHEMA_NUMBER) != 0)
            || ((b & SCHEMA_INTEGER) != 0 && (a & SCHEMA_NUMBER) != 0))) {
        both |= SCHEMA_INTEGER;
    }
    return both;
}

/* The types of the values in "enum" or "const"; 0: there is none. */
static unsigned
types_of_values(const struct schema_doc *doc, const struct avro_node *node)
{
    struct avro_node values;
    struct avro_members members;
    unsigned types = 0;
    if (schema_doc_find(doc, node, "const", &values)) {
        return schema_type_of(&values.value);
    }
    if (!schema_doc_find(doc, node, "enum", &values)
        || values.value.type != MST_BSON_ARRAY) {
        return 0;
    }
    avro_members_init(&members, &values, doc->end);
    while (avro_members_next(&members)) {
        types |= schema_type_of(&members.node.value);
    }
    return types;
}

/* Of the types those that this one of the facets allows. */
static enum mst_status
types_limit(const struct schema_doc *doc, const struct avro_node *facet,
            unsigned *types, bool *said)
{
    struct avro_node node;
    unsigned some = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(alternative_refused); i++) {
        if (schema_doc_find(doc, facet, alternative_refused[i], &node)) {
            return mst_text_fail(&doc->subject, node.text,
                                 "what \"%s\" says can not be kept",
                                 alternative_refused[i]);
        }
    }
    if (schema_doc_find(doc, facet, "type", &node)) {
        enum mst_status status = types_of(doc, &node, &some);
        if (status != MST_OK) {
            return status;
        }
        *types = *said ? types_both(*types, some) : some;
        *said = true;
    }
    some = types_of_values(doc, facet);
    if (some != 0) {
        *types = *said ? types_both(*types, some) : some;
        *said = true;
    }
    return MST_OK;
}

/* What the keywords without a type are about; 0: nothing. */
static unsigned
types_hinted(const struct schema_doc *doc, const struct schema_facets *facets)
{
    static const struct {
        const char *word;
        enum schema_type type;
    } hints[] = {
        {"properties", SCHEMA_OBJECT},
        {"additionalProperties", SCHEMA_OBJECT},
        {"patternProperties", SCHEMA_OBJECT},
        {"required", SCHEMA_OBJECT},
        {"items", SCHEMA_ARRAY},
        {"prefixItems", SCHEMA_ARRAY},
        {"format", SCHEMA_STRING},
        {"contentEncoding", SCHEMA_STRING},
        {"pattern", SCHEMA_STRING},
        {"x-avro", SCHEMA_STRING},
        {"x-bson-type", SCHEMA_STRING},
    };
    struct avro_node node;
    for (size_t i = 0; i < MST_ARRAY_SIZE(hints); i++) {
        if (schema_facets_find(doc, facets, hints[i].word, &node)) {
            return hints[i].type;
        }
    }
    return 0;
}

enum mst_status
schema_alternatives_push(struct schema_doc *doc,
                         struct schema_alternatives *alternatives,
                         const struct schema_alternative *one)
{
    if (alternatives->len == alternatives->cap) {
        size_t cap = alternatives->cap == 0 ? 4 : alternatives->cap * 2;
        struct schema_alternative *list =
            schema_doc_alloc(doc, cap * sizeof(*list));
        if (list == NULL) {
            return schema_doc_memory(doc);
        }
        if (alternatives->len > 0) {
            memcpy(list, alternatives->list, alternatives->len * sizeof(*list));
        }
        alternatives->list = list;
        alternatives->cap = cap;
    }
    if (alternatives->len == SCHEMA_ALTERNATIVES_MAX) {
        return mst_text_fail(&doc->subject, one->facets->nodes[0].text,
                             "a value may be more than %d things",
                             SCHEMA_ALTERNATIVES_MAX);
    }
    alternatives->list[alternatives->len++] = *one;
    return MST_OK;
}

/* No anyOf is left: the types. */
static enum mst_status
alternatives_leaf(struct schema_doc *doc, const struct schema_facets *facets,
                  struct schema_alternatives *alternatives)
{
    unsigned types = SCHEMA_ANY;
    bool said = false;
    enum mst_status status = MST_OK;
    size_t size = offsetof(struct schema_facets, nodes)
                  + facets->len * sizeof(facets->nodes[0]);
    struct schema_facets *kept = schema_doc_alloc(doc, size);
    if (kept == NULL) {
        return schema_doc_memory(doc);
    }
    memcpy(kept, facets, size);
    for (size_t i = 0; i < facets->len && status == MST_OK; i++) {
        status = types_limit(doc, &facets->nodes[i], &types, &said);
    }
    if (!said) {
        unsigned hinted = types_hinted(doc, facets);
        types = hinted == 0 ? types : hinted;
        said = hinted != 0;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(alternative_types); i++) {
        const struct schema_alternative one = {alternative_types[i].type, said,
                                               kept};
        if (status == MST_OK && (types & alternative_types[i].type) != 0) {
            status = schema_alternatives_push(doc, alternatives, &one);
        }
    }
    return status;
}

/* Whether some branch of an anyOf says what a value is; where none does, the
 * branches only limit it. */
static bool
alternatives_tell(const struct schema_doc *doc, const struct avro_node *list)
{
    struct avro_members members;
    struct avro_node node;
    if (list->value.type != MST_BSON_ARRAY) {
        return false;
    }
    avro_members_init(&members, list, doc->end);
    while (avro_members_next(&members)) {
        for (size_t i = 0; i < MST_ARRAY_SIZE(alternative_words); i++) {
            if (schema_doc_find(doc, &members.node, alternative_words[i],
                                &node)) {
                return true;
            }
        }
    }
    return false;
}

static enum mst_status
alternatives_branches(struct schema_doc *doc,
                      const struct schema_facets *facets,
                      const struct avro_node *list, unsigned depth,
                      struct schema_alternatives *alternatives)
{
    struct avro_members members;
    enum mst_status status = MST_OK;
    struct schema_facets branch;
    if (depth == SCHEMA_BRANCH_DEPTH_MAX) {
        return mst_text_fail(&doc->subject, list->text,
                             "more than %d anyOf inside of each other, or a "
                             "schema that is its own branch",
                             SCHEMA_BRANCH_DEPTH_MAX);
    }
    avro_members_init(&members, list, doc->end);
    while (status == MST_OK && avro_members_next(&members)) {
        branch = *facets;
        status = schema_facets_add(doc, &branch, &members.node);
        if (status == MST_OK) {
            status =
                schema_alternatives_add(doc, &branch, depth + 1, alternatives);
        }
    }
    return status;
}

enum mst_status
schema_alternatives_add(struct schema_doc *doc,
                        const struct schema_facets *facets, unsigned depth,
                        struct schema_alternatives *alternatives)
{
    static const char *const words[] = {"anyOf", "oneOf"};
    if (facets->never) {
        return MST_OK;
    }
    for (size_t i = 0; i < facets->len * 2; i++) {
        struct avro_node list;
        uint64_t bit = (uint64_t)1 << i;
        if ((facets->taken & bit) != 0
            || !schema_doc_find(doc, &facets->nodes[i / 2], words[i % 2], &list)
            || !alternatives_tell(doc, &list)) {
            continue;
        }
        struct schema_facets rest = *facets;
        rest.taken |= bit;
        return alternatives_branches(doc, &rest, &list, depth, alternatives);
    }
    return alternatives_leaf(doc, facets, alternatives);
}

enum mst_status
schema_alternatives_of(struct schema_doc *doc, const struct avro_node *node,
                       struct schema_alternatives *alternatives)
{
    struct schema_facets facets = {.len = 0};
    enum mst_status status = schema_facets_add(doc, &facets, node);
    return status == MST_OK
               ? schema_alternatives_add(doc, &facets, 0, alternatives)
               : status;
}
