/* SPDX-License-Identifier: MIT */
/* Schemas that have no name, and what holds all of them. */
#include "encodings/avro/parse.h"

#include <stdlib.h>

#include "encodings/avro/parse_impl.h"

enum mst_status
avro_parse_memory(const struct avro_parse *parse)
{
    return mst_fail_memory(parse->subject.err, "avro");
}

void *
avro_parse_alloc(struct avro_parse *parse, size_t n, size_t size)
{
    return mst_arena_alloc_zeroed(&parse->schema->arena, n, size);
}

struct mst_avro_type *
avro_parse_new_type(struct avro_parse *parse, enum mst_avro_kind kind)
{
    if (parse->found_len == parse->found_cap) {
        size_t cap = parse->found_cap == 0 ? 32 : parse->found_cap * 2;
        struct avro_found *found = realloc(parse->found, cap * sizeof(*found));
        if (found == NULL) {
            return NULL;
        }
        parse->found = found;
        parse->found_cap = cap;
    }
    struct mst_avro_type *type = avro_parse_alloc(parse, 1, sizeof(*type));
    if (type != NULL) {
        type->kind = kind;
        type->fallback = MST_AVRO_NO_SYMBOL;
        type->index = (uint32_t)parse->found_len;
        parse->found[parse->found_len++] = (struct avro_found){.type = type};
    }
    return type;
}

/* A primitive without a logical type: one for all. */
static enum mst_status
parse_primitive(struct avro_parse *parse, enum mst_avro_kind kind,
                struct mst_avro_type **ret_type)
{
    if (parse->primitives[kind] == NULL) {
        parse->primitives[kind] = avro_parse_new_type(parse, kind);
    }
    *ret_type = parse->primitives[kind];
    return *ret_type == NULL ? avro_parse_memory(parse) : MST_OK;
}

/* A type by its name. */
static enum mst_status
parse_reference(struct avro_parse *parse, const struct avro_node *node,
                struct mst_slice space, struct mst_avro_type **ret_type)
{
    struct mst_slice name = MST_SLICE_NONE;
    struct mst_slice full = MST_SLICE_NONE;
    enum mst_avro_kind kind = MST_AVRO_NULL;
    (void)avro_node_string(node, &name);
    if (mst_avro_kind_find(name, &kind) && kind <= MST_AVRO_STRING) {
        return parse_primitive(parse, kind, ret_type);
    }
    enum mst_status status = avro_parse_full_name(parse, name, space, &full);
    if (status != MST_OK) {
        return status;
    }
    struct mst_avro_type *type = avro_names_find(&parse->names, full);
    if (type == NULL && space.len > 0
        && memchr(name.data, '.', name.len) == NULL) {
        /* Older writers name types of no namespace inside of one. */
        type = avro_names_find(&parse->names, name);
    }
    if (type == NULL) {
        return mst_text_fail(&parse->subject, node->text,
                             "there is no type '%.*s' before it is used",
                             (int)(full.len < 200 ? full.len : 200),
                             (const char *)full.data);
    }
    *ret_type = type;
    return MST_OK;
}

static enum mst_status
parse_branch(struct avro_parse *parse, const struct avro_node *node,
             struct mst_slice space, uint32_t number,
             struct mst_avro_type **ret_type)
{
    enum mst_status status = avro_parse_type(parse, node, space, ret_type);
    if (status != MST_OK) {
        return status;
    }
    const struct mst_avro_type *type = *ret_type;
    if (type->kind == MST_AVRO_UNION) {
        return mst_text_fail(&parse->subject, node->text,
                             "a union may not hold another union itself");
    }
    /* Types without a name are told apart by their kind alone: the first
     * type of the kind stands for all of them. */
    size_t mark = type->index;
    if (type->name.len == 0) {
        struct mst_avro_type *plain = NULL;
        enum mst_avro_kind kind =
            type->kind <= MST_AVRO_STRING ? type->kind : MST_AVRO_NULL;
        if (type->kind <= MST_AVRO_STRING) {
            status = parse_primitive(parse, kind, &plain);
        }
        mark = plain == NULL ? SIZE_MAX : plain->index;
    }
    if (status == MST_OK && mark != SIZE_MAX) {
        if (parse->found[mark].in_union == number) {
            return mst_text_fail(&parse->subject, node->text,
                                 "the union has '%s' twice",
                                 mst_avro_kind_name(type->kind));
        }
        parse->found[mark].in_union = number;
    }
    return status;
}

static enum mst_status
parse_union(struct avro_parse *parse, const struct avro_node *node,
            struct mst_slice space, struct mst_avro_type **ret_type)
{
    struct avro_members members;
    size_t n = 0;
    uint32_t number = ++parse->unions;
    bool array = false;
    bool map = false;
    avro_members_init(&members, node, parse->end);
    while (avro_members_next(&members)) {
        n++;
    }
    struct mst_avro_type *type = avro_parse_new_type(parse, MST_AVRO_UNION);
    if (type != NULL) {
        type->branches =
            avro_parse_alloc(parse, n == 0 ? 1 : n, sizeof(*type->branches));
    }
    if (type == NULL || type->branches == NULL) {
        return avro_parse_memory(parse);
    }
    if (n == 0) {
        return mst_text_fail(&parse->subject, node->text,
                             "a union needs a branch");
    }
    avro_members_init(&members, node, parse->end);
    while (avro_members_next(&members)) {
        struct mst_avro_type **branch = &type->branches[type->branches_len++];
        enum mst_status status =
            parse_branch(parse, &members.node, space, number, branch);
        if (status != MST_OK) {
            return status;
        }
        bool *seen = (*branch)->kind == MST_AVRO_MAP ? &map : &array;
        if ((*branch)->items != NULL && *seen) {
            return mst_text_fail(&parse->subject, members.node.text,
                                 "the union has '%s' twice",
                                 mst_avro_kind_name((*branch)->kind));
        }
        *seen = *seen || (*branch)->items != NULL;
    }
    *ret_type = type;
    return MST_OK;
}

/* "logicalType" and what belongs to it, where all of it fits. */
static void
parse_logical(struct avro_parse *parse, const struct avro_node *node,
              struct mst_avro_type *type)
{
    struct avro_node member;
    struct mst_slice name = MST_SLICE_NONE;
    int64_t number = 0;
    if (!avro_node_find(node, parse->end, "logicalType", &member)
        || !avro_node_string(&member, &name)) {
        return;
    }
    enum mst_avro_logical logical = mst_avro_logical_find(name);
    if (avro_node_find(node, parse->end, "precision", &member)
        && avro_node_integer(&member, 1, INT32_MAX, &number)) {
        type->precision = (uint32_t)number;
    }
    if (avro_node_find(node, parse->end, "scale", &member)) {
        if (!avro_node_integer(&member, 0, INT32_MAX, &number)) {
            type->precision = 0;
        }
        type->scale = (uint32_t)number;
    }
    if (logical != MST_AVRO_DECIMAL) {
        type->precision = 0;
        type->scale = 0;
    }
    if (mst_avro_logical_fits(type, logical)) {
        type->logical = logical;
    }
}

/* {"type": "array", "items": ...} and the same of maps. */
static enum mst_status
parse_container(struct avro_parse *parse, const struct avro_node *node,
                enum mst_avro_kind kind, struct mst_slice space,
                struct mst_avro_type **ret_type)
{
    const char *what = kind == MST_AVRO_ARRAY ? "items" : "values";
    struct avro_node items;
    struct mst_avro_type *type = avro_parse_new_type(parse, kind);
    if (type == NULL) {
        return avro_parse_memory(parse);
    }
    if (!avro_node_find(node, parse->end, what, &items)) {
        return mst_text_fail(&parse->subject, node->text, "%s without \"%s\"",
                             kind == MST_AVRO_ARRAY ? "an array" : "a map",
                             what);
    }
    *ret_type = type;
    return avro_parse_type(parse, &items, space, &type->items);
}

static enum mst_status
parse_object(struct avro_parse *parse, const struct avro_node *node,
             struct mst_slice space, struct mst_avro_type **ret_type)
{
    struct avro_node member;
    struct mst_slice name = MST_SLICE_NONE;
    enum mst_avro_kind kind = MST_AVRO_NULL;
    if (!avro_node_find(node, parse->end, "type", &member)) {
        return mst_text_fail(&parse->subject, node->text,
                             "an object here is a type and needs \"type\"");
    }
    if (!avro_node_string(&member, &name)) {
        return avro_parse_type(parse, &member, space, ret_type);
    }
    if (mst_slice_is(name, "error")) {
        name = MST_SLICE_LIT("record"); /* of protocols; the same data */
    }
    if (!mst_avro_kind_find(name, &kind)) {
        return parse_reference(parse, &member, space, ret_type);
    }
    enum mst_status status = MST_OK;
    struct mst_avro_type *type = NULL;
    if (kind == MST_AVRO_ARRAY || kind == MST_AVRO_MAP) {
        status = parse_container(parse, node, kind, space, &type);
    } else if (kind > MST_AVRO_STRING) {
        status = avro_parse_named(parse, node, kind, space, &type);
    } else if (!avro_node_find(node, parse->end, "logicalType", &member)) {
        return parse_primitive(parse, kind, ret_type);
    } else {
        type = avro_parse_new_type(parse, kind);
        status = type == NULL ? avro_parse_memory(parse) : MST_OK;
    }
    if (status != MST_OK || type == NULL) {
        return status;
    }
    parse_logical(parse, node, type);
    *ret_type = type;
    return MST_OK;
}

enum mst_status
avro_parse_type(struct avro_parse *parse, const struct avro_node *node,
                struct mst_slice space, struct mst_avro_type **ret_type)
{
    switch (node->value.type) {
    case MST_BSON_STRING:
        return parse_reference(parse, node, space, ret_type);
    case MST_BSON_ARRAY:
        return parse_union(parse, node, space, ret_type);
    case MST_BSON_DOCUMENT:
        return parse_object(parse, node, space, ret_type);
    default:
        return mst_text_fail(&parse->subject, node->text,
                             "a schema is a name in quotes, an object or an "
                             "array");
    }
}

/* The record cannot be finite when it holds itself without a union, array or
 * map between. depth: of records so far. */
static enum mst_status
parse_check_ends(const struct avro_parse *parse,
                 const struct mst_avro_type *type, uint8_t *state,
                 unsigned depth)
{
    while (type->kind == MST_AVRO_UNION && type->branches_len == 1) {
        type = type->branches[0];
    }
    if (type->kind != MST_AVRO_RECORD || state[type->index] == 2) {
        return MST_OK;
    }
    if (state[type->index] == 1 || depth >= AVRO_DEPTH_MAX) {
        return mst_text_fail(&parse->subject, parse->subject.text.data,
                             "a value of record '%.*s' %s",
                             (int)(type->name.len < 200 ? type->name.len : 200),
                             (const char *)type->name.data,
                             state[type->index] == 1
                                 ? "can never end: it always holds another one"
                                 : "would be more than 200 records deep");
    }
    state[type->index] = 1;
    for (size_t i = 0; i < type->fields_len; i++) {
        enum mst_status status =
            parse_check_ends(parse, type->fields[i].type, state, depth + 1);
        if (status != MST_OK) {
            return status;
        }
    }
    state[type->index] = 2;
    return MST_OK;
}

static enum mst_status
parse_finish(struct avro_parse *parse)
{
    struct mst_avro_schema *schema = parse->schema;
    uint8_t *state = calloc(parse->found_len + 1, 1);
    enum mst_status status = MST_OK;
    schema->types =
        avro_parse_alloc(parse, parse->found_len, sizeof(*schema->types));
    if (state == NULL || schema->types == NULL) {
        free(state);
        return avro_parse_memory(parse);
    }
    for (size_t i = 0; i < parse->found_len; i++) {
        schema->types[i] = parse->found[i].type;
    }
    schema->types_len = parse->found_len;
    for (size_t i = 0; i < schema->types_len && status == MST_OK; i++) {
        status = parse_check_ends(parse, schema->types[i], state, 0);
    }
    free(state);
    return status == MST_OK ? avro_parse_defaults(parse) : status;
}

static enum mst_status
parse_schema(struct avro_parse *parse)
{
    struct avro_node root;
    struct mst_buf bson;
    struct mst_error why;
    mst_buf_init(&bson, (size_t)MST_AVRO_SCHEMA_MAX * 4);
    enum mst_status status = avro_node_read(
        parse->subject.text, MST_BIG_NUMBERS_DOUBLE, &bson, &root, &why);
    if (status == MST_FATAL) {
        status = avro_parse_memory(parse);
    } else if (status != MST_OK) {
        status = mst_text_fail_as(&parse->subject, &why);
    }
    if (status == MST_OK) {
        status =
            avro_parse_type(parse, &root, MST_SLICE_NONE, &parse->schema->root);
    }
    if (status == MST_OK) {
        status = parse_finish(parse);
    }
    mst_buf_clear(&bson);
    return status;
}

enum mst_status
mst_avro_schema_parse(struct mst_slice json,
                      struct mst_avro_schema **ret_schema,
                      struct mst_error *err)
{
    struct avro_parse parse = {
        .subject = {err, "avro", "the Avro schema", json, false}};
    if (json.len == 0 || json.len > MST_AVRO_SCHEMA_MAX) {
        return mst_fail_at(err, MST_REJECTED, "avro", 0,
                           "an Avro schema of %zu bytes: it may have 1 to %d",
                           json.len, MST_AVRO_SCHEMA_MAX);
    }
    parse.schema = calloc(1, sizeof(*parse.schema));
    if (parse.schema == NULL) {
        return mst_fail_memory(err, "avro");
    }
    parse.subject.text = mst_arena_copy(&parse.schema->arena, json);
    parse.schema->text = parse.subject.text;
    parse.end = parse.subject.text.data == NULL
                    ? NULL
                    : parse.subject.text.data + json.len;
    enum mst_status status = parse.subject.text.data == NULL
                                 ? mst_fail_memory(err, "avro")
                                 : parse_schema(&parse);
    free(parse.found);
    free(parse.defaults);
    avro_names_clear(&parse.names);
    if (status != MST_OK) {
        mst_avro_schema_destroy(parse.schema);
        return status;
    }
    *ret_schema = parse.schema;
    return MST_OK;
}
