/* SPDX-License-Identifier: MIT */
/* Keywords of objects: tables of names. */
#include "encodings/json_schema/compile.h"

/* Both may be absent; of the same object. */
struct object_names {
    struct avro_node properties;
    struct avro_node required;
    bool has_properties;
    bool has_required;
};

static size_t
object_count(const struct js_compile *compile, const struct avro_node *node)
{
    struct avro_members members;
    size_t n = 0;
    avro_members_init(&members, node, compile->end);
    while (avro_members_next(&members)) {
        n++;
    }
    return n;
}

static enum mst_status
object_properties(struct js_compile *compile, struct js_node *node,
                  const struct avro_node *properties)
{
    struct js_object *object = node->object;
    struct avro_members members;
    avro_members_init(&members, properties, compile->end);
    while (avro_members_next(&members)) {
        struct mst_slice name = members.iter.key;
        struct js_property *property =
            &object->properties[object->properties_len++];
        property->name = name;
        js_names_add(&object->names, name);
        enum mst_status status = js_compile_below(
            compile, node, &members.node,
            js_compile_token(compile, "properties", name), &property->node);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

/* There is room for the names in all tables. */
static enum mst_status
object_required(struct js_compile *compile, struct js_object *object,
                const struct avro_node *required)
{
    struct avro_members members;
    unsigned bits = 0;
    avro_members_init(&members, required, compile->end);
    while (avro_members_next(&members)) {
        struct mst_slice name = MST_SLICE_NONE;
        if (!avro_node_string(&members.node, &name)) {
            return mst_text_fail(&compile->subject, members.node.text,
                                 "required is an array of names");
        }
        if (name.len > 0 && memchr(name.data, 0, name.len) != NULL) {
            /* No document has such a field; properties need none of it. */
            object->more_required[object->more_required_len++] = name;
            continue;
        }
        int64_t at = js_names_find(&object->names, name);
        if (at == JS_NO_NAME) {
            at = (int64_t)object->properties_len++;
            object->properties[at].name = name;
            js_names_add(&object->names, name);
        }
        struct js_property *property = &object->properties[at];
        if (property->required != 0) {
            continue;
        }
        if (bits < JS_REQUIRED_MAX) {
            property->required = (uint64_t)1 << bits++;
            object->required |= property->required;
        } else {
            object->more_required[object->more_required_len++] = name;
        }
    }
    return MST_OK;
}

enum mst_status
js_compile_properties(struct js_compile *compile, struct js_node *node,
                      const struct avro_node *value)
{
    struct object_names names;
    names.has_properties =
        avro_node_find(value, compile->end, "properties", &names.properties);
    names.has_required =
        avro_node_find(value, compile->end, "required", &names.required);
    if (!names.has_properties && !names.has_required) {
        return MST_OK;
    }
    if (names.has_properties
        && names.properties.value.type != MST_BSON_DOCUMENT) {
        return mst_text_fail(&compile->subject, names.properties.text,
                             "properties is an object of schemas");
    }
    if (names.has_required && names.required.value.type != MST_BSON_ARRAY) {
        return mst_text_fail(&compile->subject, names.required.text,
                             "required is an array of names");
    }
    size_t required =
        names.has_required ? object_count(compile, &names.required) : 0;
    size_t n =
        required
        + (names.has_properties ? object_count(compile, &names.properties) : 0);
    struct js_object *object = js_compile_object(compile, node);
    if (object == NULL) {
        return js_compile_memory(compile);
    }
    object->properties =
        js_compile_alloc(compile, n, sizeof(*object->properties));
    object->more_required =
        js_compile_alloc(compile, required, sizeof(*object->more_required));
    if (object->properties == NULL || object->more_required == NULL
        || js_names_init(&object->names, n, &compile->schema->arena)
               != MST_OK) {
        return js_compile_memory(compile);
    }
    enum mst_status status = MST_OK;
    if (names.has_properties) {
        status = object_properties(compile, node, &names.properties);
    }
    return status == MST_OK && names.has_required
               ? object_required(compile, object, &names.required)
               : status;
}

enum mst_status
js_compile_pattern(struct js_compile *compile, const uint8_t *where,
                   struct mst_slice text, struct js_pattern **ret)
{
    char why[MST_ERROR_HINT_MAX] = "";
    enum mst_status status =
        js_pattern_create(text, compile->schema->patterns, ret, why);
    if (status == MST_FATAL) {
        return js_compile_memory(compile);
    }
    if (status != MST_OK) {
        return mst_text_fail(&compile->subject, where,
                             "the regular expression is not valid: %s", why);
    }
    compile->schema->patterns = *ret;
    return MST_OK;
}

enum mst_status
js_compile_patterns(struct js_compile *compile, struct js_node *node,
                    const struct avro_node *value)
{
    struct avro_members members;
    struct js_object *object = js_compile_object(compile, node);
    if (value->value.type != MST_BSON_DOCUMENT) {
        return mst_text_fail(&compile->subject, value->text,
                             "patternProperties is an object of schemas");
    }
    struct js_pattern_property *patterns = js_compile_alloc(
        compile, object_count(compile, value), sizeof(*patterns));
    if (object == NULL || patterns == NULL) {
        return js_compile_memory(compile);
    }
    object->patterns = patterns;
    avro_members_init(&members, value, compile->end);
    while (avro_members_next(&members)) {
        struct mst_slice name = members.iter.key;
        struct js_pattern_property *pattern = &patterns[object->patterns_len++];
        enum mst_status status = js_compile_pattern(compile, members.node.text,
                                                    name, &pattern->pattern);
        if (status == MST_OK) {
            status = js_compile_below(
                compile, node, &members.node,
                js_compile_token(compile, "patternProperties", name),
                &pattern->node);
        }
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

static enum mst_status
object_dependent_names(struct js_compile *compile,
                       struct js_dependent *dependent,
                       const struct avro_node *value)
{
    struct avro_members members;
    dependent->names = js_compile_alloc(compile, object_count(compile, value),
                                        sizeof(*dependent->names));
    if (dependent->names == NULL) {
        return js_compile_memory(compile);
    }
    avro_members_init(&members, value, compile->end);
    while (avro_members_next(&members)) {
        if (!avro_node_string(&members.node,
                              &dependent->names[dependent->names_len++])) {
            return mst_text_fail(&compile->subject, members.node.text,
                                 "a name is a string");
        }
    }
    return MST_OK;
}

enum mst_status
js_compile_dependents(struct js_compile *compile, struct js_node *node,
                      const char *keyword, const struct avro_node *value)
{
    struct avro_members members;
    struct js_object *object = js_compile_object(compile, node);
    if (value->value.type != MST_BSON_DOCUMENT) {
        return mst_text_fail(&compile->subject, value->text, "%s is an object",
                             keyword);
    }
    size_t n = object_count(compile, value);
    size_t had = object == NULL ? 0 : object->dependents_len;
    struct js_dependent *all = js_compile_alloc(compile, had + n, sizeof(*all));
    if (object == NULL || all == NULL) {
        return js_compile_memory(compile);
    }
    if (had > 0) {
        memcpy(all, object->dependents, had * sizeof(*all));
    }
    object->dependents = all;
    avro_members_init(&members, value, compile->end);
    while (avro_members_next(&members)) {
        struct js_dependent *dependent =
            &object->dependents[object->dependents_len++];
        bool list = members.node.value.type == MST_BSON_ARRAY
                    && strcmp(keyword, "dependentSchemas") != 0;
        dependent->trigger = members.iter.key;
        enum mst_status status =
            list ? object_dependent_names(compile, dependent, &members.node)
                 : js_compile_below(
                     compile, node, &members.node,
                     js_compile_token(compile, keyword, dependent->trigger),
                     &dependent->node);
        if (status != MST_OK) {
            return status;
        }
        dependent->keyword = keyword;
    }
    return MST_OK;
}
