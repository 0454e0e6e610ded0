/* SPDX-License-Identifier: MIT */
/* Objects: records with their fields, and maps. */
#include "encodings/schema_tools/to_avro_impl.h"

/* One field of a record, whatever schemas speak of it. */
struct record_field {
    struct mst_slice label; /* what documents call it */
    const uint8_t *home;    /* the schema that it was found in */
    struct avro_node node;  /* and what that says of it */
    struct schema_alternatives may_be;
    bool required;
    bool told; /* value is its default, which may be null */
    struct avro_node value;
};

static bool
record_is_schema(const struct avro_node *node)
{
    return node->value.type == MST_BSON_DOCUMENT;
}

bool
to_is_map(const struct to_avro *to, const struct schema_facets *facets)
{
    struct avro_node node;
    bool closed = false;
    bool named = false;
    for (size_t i = 0; i < facets->len; i++) {
        const struct avro_node *facet = &facets->nodes[i];
        if (schema_doc_find(&to->doc, facet, "patternProperties", &node)) {
            return true;
        }
        if (schema_doc_find(&to->doc, facet, "additionalProperties", &node)) {
            if (record_is_schema(&node)) {
                return true;
            }
            bool open = false;
            closed = closed || (mst_bson_get_bool(&node.value, &open) && !open);
        }
        named = named || schema_doc_find(&to->doc, facet, "properties", &node);
    }
    return !named && !closed;
}

/* What one of the schemas says of the field; false: nothing. */
static enum mst_status
record_find(struct to_avro *to, const struct avro_node *facet,
            const struct record_field *field, struct avro_node *ret_node,
            bool *ret_found)
{
    struct avro_node properties;
    struct avro_members members;
    enum mst_status status = MST_OK;
    *ret_found = facet->text == field->home;
    *ret_node = field->node;
    if (*ret_found
        || !schema_doc_find(&to->doc, facet, "properties", &properties)
        || !record_is_schema(&properties)) {
        return MST_OK;
    }
    avro_members_init(&members, &properties, to->doc.end);
    while (status == MST_OK && !*ret_found && avro_members_next(&members)) {
        *ret_node = members.node;
        *ret_found = mst_slice_equal(members.iter.key, field->label);
        status = schema_doc_step(&to->doc, facet->text);
    }
    return status;
}

/* Adds what is said of the field in an object. */
static enum mst_status
record_gather(struct to_avro *to, const struct schema_facets *object,
              struct record_field *field)
{
    struct schema_doc *doc = &to->doc;
    struct schema_facets facets = {.len = 0};
    enum mst_status status = MST_OK;
    bool any = false;
    for (size_t i = 0; i < object->len && status == MST_OK; i++) {
        struct avro_node node;
        bool found = false;
        status = record_find(to, &object->nodes[i], field, &node, &found);
        any = any || found;
        if (status == MST_OK && found) {
            status = schema_facets_add(doc, &facets, &node);
        }
    }
    field->required =
        field->required && schema_facets_require(doc, object, field->label);
    if (status != MST_OK || !any) {
        return status;
    }
    if (!field->told) {
        field->told =
            schema_facets_find(doc, &facets, "x-avro-default", &field->value)
            || schema_facets_find(doc, &facets, "default", &field->value);
    }
    return schema_alternatives_add(doc, &facets, 0, &field->may_be);
}

static const struct to_branch *
record_default_branch(const struct to_union *types,
                      const struct avro_node *value)
{
    for (size_t i = 0; i < types->len; i++) {
        if (to_default_fits(&types->branches[i], value)) {
            return &types->branches[i];
        }
    }
    return NULL;
}

static void
record_first(struct to_union *types, size_t n)
{
    struct to_branch branch = types->branches[n];
    memmove(types->branches + 1, types->branches,
            n * sizeof(types->branches[0]));
    types->branches[0] = branch;
}

/* null comes first, and a default's type before it. *ret_default: whether
 * there is a default that is not null. */
static enum mst_status
record_order(struct to_avro *to, const struct record_field *field,
             struct to_union *types, bool *ret_default)
{
    static const struct to_scalar null = {.kind = MST_AVRO_NULL};
    enum mst_status status = MST_OK;
    *ret_default = field->told && field->value.value.type != MST_BSON_NULL;
    bool wants_null = !*ret_default && (!field->required || field->told);
    if (wants_null || types->len == 0) {
        status = to_union_add(to, types, &null, field->node.text);
    }
    for (size_t i = 1; i < types->len && wants_null; i++) {
        if (types->branches[i].scalar.kind == MST_AVRO_NULL) {
            record_first(types, i);
        }
    }
    if (status != MST_OK || !*ret_default) {
        return status;
    }
    const struct to_branch *branch =
        record_default_branch(types, &field->value);
    if (branch == NULL) {
        size_t len = field->label.len < 200 ? field->label.len : 200;
        return mst_text_fail(&to->doc.subject, field->value.text,
                             "the default of field '%.*s' is no value of "
                             "its type",
                             (int)len, (const char *)field->label.data);
    }
    record_first(types, (size_t)(branch - types->branches));
    return MST_OK;
}

static enum mst_status
record_field_write(struct to_avro *to,
                   const struct schema_alternatives *objects,
                   struct record_field *field, struct avro_names *names)
{
    struct to_union types;
    struct mst_slice name = MST_SLICE_NONE;
    bool has_default = false;
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < objects->len && status == MST_OK; i++) {
        status = record_gather(to, objects->list[i].facets, field);
    }
    if (status == MST_OK && field->may_be.len == 0) {
        return MST_OK; /* a field that may not be there is none */
    }
    if (status == MST_OK) {
        status = to_union_of(to, &field->may_be, objects->len > 1, &types);
    }
    if (status == MST_OK) {
        status = record_order(to, field, &types, &has_default);
    }
    if (status == MST_OK) {
        status = to_field_name(to, names, field->label, &name);
    }
    if (status != MST_OK) {
        return status;
    }
    schema_text_open(&to->text, NULL, '{');
    schema_text_slice(&to->text, "name", name);
    if (!mst_slice_equal(name, field->label)) {
        schema_text_slice(&to->text, "x-name", field->label);
    }
    schema_text_key(&to->text, MST_SLICE_LIT("type"));
    status = to_write_union(to, &types, field->label);
    if (has_default) {
        to_default_write(to, &types.branches[0], &field->value);
    } else if (!field->required || field->told) {
        schema_text_raw(&to->text, "default", MST_SLICE_LIT("null"));
    }
    schema_text_close(&to->text, '}');
    return status;
}

/* The fields that one schema names, but for those seen before. */
static enum mst_status
record_facet(struct to_avro *to, const struct schema_alternatives *objects,
             const struct avro_node *facet, struct avro_names *seen,
             struct avro_names *names)
{
    struct avro_node properties;
    struct avro_members members;
    enum mst_status status = MST_OK;
    if (!schema_doc_find(&to->doc, facet, "properties", &properties)
        || !record_is_schema(&properties)) {
        return MST_OK;
    }
    avro_members_init(&members, &properties, to->doc.end);
    while (status == MST_OK && avro_members_next(&members)) {
        struct record_field field = {.label = members.iter.key,
                                     .home = facet->text,
                                     .node = members.node,
                                     .required = true};
        if (seen->count == SCHEMA_NAMES_MAX) {
            return mst_text_fail(&to->doc.subject, members.node.text,
                                 "an object with more than %d properties",
                                 SCHEMA_NAMES_MAX);
        }
        status = avro_names_add(seen, field.label, to);
        if (status == MST_OK) {
            status = record_field_write(to, objects, &field, names);
        } else if (status == MST_AGAIN) {
            status = MST_OK;
        } else {
            status = schema_doc_memory(&to->doc);
        }
    }
    return status;
}

static enum mst_status
record_fields(struct to_avro *to, const struct schema_alternatives *objects)
{
    struct avro_names seen = {.slots = NULL};
    struct avro_names names = {.slots = NULL};
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < objects->len; i++) {
        const struct schema_facets *facets = objects->list[i].facets;
        for (size_t j = 0; j < facets->len && status == MST_OK; j++) {
            status =
                record_facet(to, objects, &facets->nodes[j], &seen, &names);
        }
    }
    avro_names_clear(&seen);
    avro_names_clear(&names);
    return status;
}

enum mst_status
to_record_key(struct to_avro *to, const struct schema_alternatives *objects,
              struct mst_slice *ret_key)
{
    size_t all = 0;
    size_t n = 0;
    for (size_t i = 0; i < objects->len; i++) {
        all += objects->list[i].facets->len;
    }
    const uint8_t **key = schema_doc_alloc(&to->doc, (all + 1) * sizeof(*key));
    if (key == NULL) {
        return schema_doc_memory(&to->doc);
    }
    for (size_t i = 0; i < objects->len; i++) {
        const struct schema_facets *facets = objects->list[i].facets;
        for (size_t j = 0; j < facets->len; j++) {
            const struct avro_node *facet = &facets->nodes[j];
            struct avro_node node;
            if (schema_doc_find(&to->doc, facet, "properties", &node)
                || schema_doc_find(&to->doc, facet, "required", &node)
                || schema_doc_find(&to->doc, facet, "additionalProperties",
                                   &node)) {
                key[n++] = facet->text;
            }
        }
    }
    *ret_key = mst_slice_of((const void *)key, n * sizeof(*key));
    return MST_OK;
}

/* Writes the record by that name, which is the namespace of those in it. */
static enum mst_status
record_write(struct to_avro *to, const struct schema_alternatives *objects,
             struct mst_slice name)
{
    struct mst_slice space = to->space;
    size_t len = mst_avro_short_name(name).len;
    to->space = len == name.len ? MST_SLICE_NONE
                                : mst_slice_of(name.data, name.len - len - 1);
    schema_text_open(&to->text, NULL, '{');
    schema_text_str(&to->text, "type", "record");
    schema_text_slice(&to->text, "name", name);
    schema_text_open(&to->text, "fields", '[');
    enum mst_status status = record_fields(to, objects);
    schema_text_close(&to->text, ']');
    schema_text_close(&to->text, '}');
    to->space = space;
    return status;
}

enum mst_status
to_write_record(struct to_avro *to, const struct to_branch *branch,
                struct mst_slice hint)
{
    const struct schema_facets *facets = branch->of.list[0].facets;
    struct mst_slice key = MST_SLICE_NONE;
    struct mst_slice wanted =
        schema_facets_text(&to->doc, facets, "x-avro-name");
    bool told = wanted.data != NULL;
    if (told && !to_is_full_name(wanted)) {
        return mst_text_fail(&to->doc.subject, facets->nodes[0].text,
                             "\"x-avro-name\" is no name of Avro");
    }
    enum mst_status status = to_record_key(to, &branch->of, &key);
    if (status != MST_OK) {
        return status;
    }
    struct mst_slice *known = avro_names_find(&to->records, key);
    if (known != NULL) {
        schema_text_slice(&to->text, NULL, *known);
        return MST_OK;
    }
    known = schema_doc_alloc(&to->doc, sizeof(*known));
    if (known == NULL) {
        return schema_doc_memory(&to->doc);
    }
    if (!told) {
        wanted = facets->ref.data != NULL ? facets->ref : hint;
    }
    status = to_full_name(to, wanted, !told, known);
    if (status == MST_OK
        && avro_names_add(&to->records, key, known) != MST_OK) {
        status = schema_doc_memory(&to->doc);
    }
    return status == MST_OK ? record_write(to, &branch->of, *known) : status;
}

/* The schemas of all members, or the one of them. */
static enum mst_status
map_members(struct to_avro *to, const struct avro_node *facet, const char *word,
            struct schema_alternatives *values)
{
    struct avro_node node;
    struct avro_members members;
    enum mst_status status = MST_OK;
    if (!schema_doc_find(&to->doc, facet, word, &node)
        || !record_is_schema(&node)) {
        return MST_OK;
    }
    avro_members_init(&members, &node, to->doc.end);
    while (status == MST_OK && avro_members_next(&members)) {
        status = schema_alternatives_of(&to->doc, &members.node, values);
    }
    return status;
}

enum mst_status
to_map_values(struct to_avro *to, const struct schema_alternatives *objects,
              struct schema_alternatives *values)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < objects->len; i++) {
        const struct schema_facets *facets = objects->list[i].facets;
        for (size_t j = 0; j < facets->len && status == MST_OK; j++) {
            const struct avro_node *facet = &facets->nodes[j];
            struct avro_node node;
            status = map_members(to, facet, "properties", values);
            if (status == MST_OK) {
                status = map_members(to, facet, "patternProperties", values);
            }
            if (status == MST_OK
                && schema_doc_find(&to->doc, facet, "additionalProperties",
                                   &node)
                && record_is_schema(&node)) {
                status = schema_alternatives_of(&to->doc, &node, values);
            }
        }
    }
    return status;
}
