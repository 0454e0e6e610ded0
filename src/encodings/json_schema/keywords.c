/* SPDX-License-Identifier: MIT */
/* What each keyword of a schema becomes. */
#include "encodings/json_schema/compile.h"
#include "encodings/json_schema/format.h"

enum { IN_7 = 1U << JS_DRAFT_7, IN_2020 = 1U << JS_DRAFT_2020, IN_BOTH = 3 };

/* Where a single schema goes. */
enum keyword_slot {
    SLOT_ITEMS,
    SLOT_CONTAINS,
    SLOT_UNEVALUATED_ITEMS,
    SLOT_ADDITIONAL,
    SLOT_PROPERTY_NAMES,
    SLOT_UNEVALUATED_PROPERTIES,
    SLOT_NOT,
    SLOT_IF,
    SLOT_THEN,
    SLOT_ELSE
};

enum keyword_list { LIST_ALL, LIST_ANY, LIST_ONE, LIST_PREFIX };

enum keyword_limit {
    LIMIT_MIN_LENGTH,
    LIMIT_MAX_LENGTH,
    LIMIT_MIN_ITEMS,
    LIMIT_MAX_ITEMS,
    LIMIT_MIN_PROPERTIES,
    LIMIT_MAX_PROPERTIES,
    LIMIT_MIN_CONTAINS,
    LIMIT_MAX_CONTAINS
};

struct keyword {
    const char *name;
    unsigned drafts;
    enum mst_status (*compile)(struct js_compile *compile, struct js_node *node,
                               const struct keyword *keyword,
                               const struct avro_node *value);
    unsigned what; /* for compile */
};

static struct js_string *
keyword_string(struct js_compile *compile, struct js_node *node)
{
    if (node->string == NULL) {
        node->string = js_compile_alloc(compile, 1, sizeof(*node->string));
        if (node->string != NULL) {
            node->string->max = JS_NO_LIMIT;
        }
    }
    return node->string;
}

static uint8_t
keyword_type_bit(struct mst_slice name)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } types[] = {
        {"null", JS_NULL},       {"boolean", JS_BOOLEAN}, {"object", JS_OBJECT},
        {"array", JS_ARRAY},     {"number", JS_NUMBER},   {"string", JS_STRING},
        {"integer", JS_INTEGER},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(types); i++) {
        if (mst_slice_is(name, types[i].name)) {
            return types[i].bit;
        }
    }
    return 0;
}

static enum mst_status
keyword_type(struct js_compile *compile, struct js_node *node,
             const struct keyword *keyword, const struct avro_node *value)
{
    struct avro_members members;
    struct mst_slice name = MST_SLICE_NONE;
    (void)keyword;
    if (avro_node_string(value, &name)) {
        node->types = keyword_type_bit(name);
    } else if (value->value.type == MST_BSON_ARRAY) {
        avro_members_init(&members, value, compile->end);
        while (avro_members_next(&members)) {
            uint8_t bit = avro_node_string(&members.node, &name)
                              ? keyword_type_bit(name)
                              : 0;
            if (bit == 0) {
                return mst_text_fail(&compile->subject, members.node.text,
                                     "there is no such type");
            }
            node->types |= bit;
        }
    }
    return node->types != 0
               ? MST_OK
               : mst_text_fail(&compile->subject, value->text,
                               "a type is null, boolean, object, array, "
                               "number, string or integer, or an array of "
                               "these");
}

static enum mst_status
keyword_enum(struct js_compile *compile, struct js_node *node,
             const struct keyword *keyword, const struct avro_node *value)
{
    struct avro_members members;
    size_t n = 0;
    (void)keyword;
    if (value->value.type != MST_BSON_ARRAY) {
        return mst_text_fail(&compile->subject, value->text,
                             "an enum is an array");
    }
    avro_members_init(&members, value, compile->end);
    while (avro_members_next(&members)) {
        n++;
    }
    struct mst_bson_value *values =
        js_compile_alloc(compile, n, sizeof(*values));
    if (values == NULL) {
        return js_compile_memory(compile);
    }
    avro_members_init(&members, value, compile->end);
    for (size_t i = 0; i < n && avro_members_next(&members); i++) {
        values[i] = members.node.value;
    }
    node->enumeration = (struct js_values){values, n};
    node->has_enum = true;
    return MST_OK;
}

static enum mst_status
keyword_const(struct js_compile *compile, struct js_node *node,
              const struct keyword *keyword, const struct avro_node *value)
{
    (void)keyword;
    struct mst_bson_value *one = js_compile_alloc(compile, 1, sizeof(*one));
    if (one == NULL) {
        return js_compile_memory(compile);
    }
    *one = value->value;
    node->constant = one;
    return MST_OK;
}

static enum mst_status
keyword_bound(struct js_compile *compile, struct js_node *node,
              const struct keyword *keyword, const struct avro_node *value)
{
    static const struct js_number zero = {.kind = JS_INT};
    struct js_number number;
    int above = 0;
    if (node->range == NULL) {
        node->range = js_compile_alloc(compile, 1, sizeof(*node->range));
        if (node->range == NULL) {
            return js_compile_memory(compile);
        }
    }
    if (!js_number_of(&value->value, &number)) {
        return mst_text_fail(&compile->subject, value->text, "%s is a number",
                             keyword->name);
    }
    if (keyword->what == JS_MULTIPLE_OF
        && (!js_number_compare(&number, &zero, &above) || above <= 0)) {
        return mst_text_fail(&compile->subject, value->text,
                             "multipleOf is a number above 0");
    }
    node->range->bounds[keyword->what] = number;
    node->range->has[keyword->what] = true;
    return MST_OK;
}

/* Where a limit goes; NULL without memory. */
static int64_t *
keyword_limit_slot(struct js_compile *compile, struct js_node *node,
                   unsigned what)
{
    struct js_string *string = NULL;
    struct js_array *array = NULL;
    struct js_object *object = NULL;
    switch ((enum keyword_limit)what) {
    case LIMIT_MIN_LENGTH:
    case LIMIT_MAX_LENGTH:
        string = keyword_string(compile, node);
        return string == NULL             ? NULL
               : what == LIMIT_MIN_LENGTH ? &string->min
                                          : &string->max;
    case LIMIT_MIN_PROPERTIES:
    case LIMIT_MAX_PROPERTIES:
        object = js_compile_object(compile, node);
        return object == NULL                 ? NULL
               : what == LIMIT_MIN_PROPERTIES ? &object->min
                                              : &object->max;
    case LIMIT_MIN_ITEMS:
    case LIMIT_MAX_ITEMS:
        array = js_compile_array(compile, node);
        return array == NULL             ? NULL
               : what == LIMIT_MIN_ITEMS ? &array->min
                                         : &array->max;
    case LIMIT_MIN_CONTAINS:
    case LIMIT_MAX_CONTAINS:
        array = js_compile_array(compile, node);
        return array == NULL                ? NULL
               : what == LIMIT_MIN_CONTAINS ? &array->min_contains
                                            : &array->max_contains;
    }
    return NULL;
}

static enum mst_status
keyword_limit(struct js_compile *compile, struct js_node *node,
              const struct keyword *keyword, const struct avro_node *value)
{
    int64_t limit = 0;
    int64_t *slot = keyword_limit_slot(compile, node, keyword->what);
    if (slot == NULL) {
        return js_compile_memory(compile);
    }
    if (!mst_bson_as_int64(&value->value, &limit) || limit < 0) {
        return mst_text_fail(&compile->subject, value->text,
                             "%s is a whole number that is not negative",
                             keyword->name);
    }
    *slot = limit;
    return MST_OK;
}

static enum mst_status
keyword_pattern(struct js_compile *compile, struct js_node *node,
                const struct keyword *keyword, const struct avro_node *value)
{
    struct mst_slice text = MST_SLICE_NONE;
    (void)keyword;
    if (keyword_string(compile, node) == NULL) {
        return js_compile_memory(compile);
    }
    if (!avro_node_string(value, &text)) {
        return mst_text_fail(&compile->subject, value->text,
                             "a pattern is a string");
    }
    return js_compile_pattern(compile, value->text, text,
                              &node->string->pattern);
}

static enum mst_status
keyword_unique(struct js_compile *compile, struct js_node *node,
               const struct keyword *keyword, const struct avro_node *value)
{
    (void)keyword;
    struct js_array *array = js_compile_array(compile, node);
    if (array == NULL) {
        return js_compile_memory(compile);
    }
    return mst_bson_get_bool(&value->value, &array->unique)
               ? MST_OK
               : mst_text_fail(&compile->subject, value->text,
                               "uniqueItems is true or false");
}

static enum mst_status
keyword_format(struct js_compile *compile, struct js_node *node,
               const struct keyword *keyword, const struct avro_node *value)
{
    struct mst_slice name = MST_SLICE_NONE;
    (void)keyword;
    if (!avro_node_string(value, &name)) {
        return mst_text_fail(&compile->subject, value->text,
                             "a format is a string");
    }
    node->format = compile->schema->formats ? js_format_find(name) : NULL;
    return MST_OK;
}

/* Where a single schema goes; NULL without memory. */
static struct js_node **
keyword_slot(struct js_compile *compile, struct js_node *node, unsigned what)
{
    struct js_array *array = NULL;
    struct js_object *object = NULL;
    struct js_combine *combine = NULL;
    if (what <= SLOT_UNEVALUATED_ITEMS) {
        array = js_compile_array(compile, node);
        return array == NULL           ? NULL
               : what == SLOT_ITEMS    ? &array->items
               : what == SLOT_CONTAINS ? &array->contains
                                       : &array->unevaluated;
    }
    if (what <= SLOT_UNEVALUATED_PROPERTIES) {
        object = js_compile_object(compile, node);
        return object == NULL                ? NULL
               : what == SLOT_ADDITIONAL     ? &object->additional
               : what == SLOT_PROPERTY_NAMES ? &object->property_names
                                             : &object->unevaluated;
    }
    combine = js_compile_combine(compile, node);
    return combine == NULL     ? NULL
           : what == SLOT_NOT  ? &combine->not_node
           : what == SLOT_IF   ? &combine->if_node
           : what == SLOT_THEN ? &combine->then_node
                               : &combine->else_node;
}

static enum mst_status
keyword_schema(struct js_compile *compile, struct js_node *node,
               const struct keyword *keyword, const struct avro_node *value)
{
    struct js_node **slot = keyword_slot(compile, node, keyword->what);
    if (slot == NULL) {
        return js_compile_memory(compile);
    }
    return js_compile_below(
        compile, node, value,
        js_compile_token(compile, keyword->name, MST_SLICE_NONE), slot);
}

static enum mst_status
keyword_schemas(struct js_compile *compile, struct js_node *node,
                const struct keyword *keyword, const struct avro_node *value)
{
    struct avro_members members;
    size_t n = 0;
    if (value->value.type != MST_BSON_ARRAY) {
        return mst_text_fail(&compile->subject, value->text,
                             "%s is an array of schemas", keyword->name);
    }
    avro_members_init(&members, value, compile->end);
    while (avro_members_next(&members)) {
        n++;
    }
    struct js_nodes nodes = {
        .at = js_compile_alloc(compile, n, sizeof(*nodes.at))};
    struct js_combine *combine =
        keyword->what == LIST_PREFIX ? NULL : js_compile_combine(compile, node);
    struct js_array *array =
        keyword->what != LIST_PREFIX ? NULL : js_compile_array(compile, node);
    if (nodes.at == NULL || (combine == NULL && array == NULL)) {
        return js_compile_memory(compile);
    }
    avro_members_init(&members, value, compile->end);
    while (avro_members_next(&members)) {
        enum mst_status status = js_compile_below(
            compile, node, &members.node,
            js_compile_token(compile, keyword->name, members.iter.key),
            &nodes.at[nodes.len++]);
        if (status != MST_OK) {
            return status;
        }
    }
    struct js_nodes *slot = array != NULL               ? &array->prefix
                            : combine == NULL           ? NULL
                            : keyword->what == LIST_ALL ? &combine->all
                            : keyword->what == LIST_ANY ? &combine->any
                                                        : &combine->one;
    if (slot != NULL) {
        *slot = nodes;
    }
    return MST_OK;
}

/* Draft 7: one schema for all, or one for each. */
static enum mst_status
keyword_items(struct js_compile *compile, struct js_node *node,
              const struct keyword *keyword, const struct avro_node *value)
{
    struct keyword same = *keyword;
    bool list = value->value.type == MST_BSON_ARRAY;
    same.what = list ? (unsigned)LIST_PREFIX : (unsigned)SLOT_ITEMS;
    return list ? keyword_schemas(compile, node, &same, value)
                : keyword_schema(compile, node, &same, value);
}

static enum mst_status
keyword_definitions(struct js_compile *compile, struct js_node *node,
                    const struct keyword *keyword,
                    const struct avro_node *value)
{
    struct avro_members members;
    struct js_node *unused = NULL;
    if (value->value.type != MST_BSON_DOCUMENT) {
        return mst_text_fail(&compile->subject, value->text, "%s is an object",
                             keyword->name);
    }
    avro_members_init(&members, value, compile->end);
    while (avro_members_next(&members)) {
        enum mst_status status = js_compile_below(
            compile, node, &members.node,
            js_compile_token(compile, keyword->name, members.iter.key),
            &unused);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

static enum mst_status
keyword_patterns(struct js_compile *compile, struct js_node *node,
                 const struct keyword *keyword, const struct avro_node *value)
{
    (void)keyword;
    return js_compile_patterns(compile, node, value);
}

static enum mst_status
keyword_dependents(struct js_compile *compile, struct js_node *node,
                   const struct keyword *keyword, const struct avro_node *value)
{
    return js_compile_dependents(compile, node, keyword->name, value);
}

static enum mst_status
keyword_reference(struct js_compile *compile, struct js_node *node,
                  const struct keyword *keyword, const struct avro_node *value)
{
    return js_compile_refer(compile, node, value, keyword->what == 1);
}

static const struct keyword keywords[] = {
    {"$defs", IN_2020, keyword_definitions, 0},
    {"$dynamicRef", IN_2020, keyword_reference, 1},
    {"$ref", IN_BOTH, keyword_reference, 0},
    {"additionalProperties", IN_BOTH, keyword_schema, SLOT_ADDITIONAL},
    {"allOf", IN_BOTH, keyword_schemas, LIST_ALL},
    {"anyOf", IN_BOTH, keyword_schemas, LIST_ANY},
    {"const", IN_BOTH, keyword_const, 0},
    {"contains", IN_BOTH, keyword_schema, SLOT_CONTAINS},
    {"definitions", IN_BOTH, keyword_definitions, 0},
    {"dependencies", IN_BOTH, keyword_dependents, 0},
    {"dependentRequired", IN_2020, keyword_dependents, 0},
    {"dependentSchemas", IN_2020, keyword_dependents, 0},
    {"else", IN_BOTH, keyword_schema, SLOT_ELSE},
    {"enum", IN_BOTH, keyword_enum, 0},
    {"exclusiveMaximum", IN_BOTH, keyword_bound, JS_EXCLUSIVE_MAXIMUM},
    {"exclusiveMinimum", IN_BOTH, keyword_bound, JS_EXCLUSIVE_MINIMUM},
    {"format", IN_BOTH, keyword_format, 0},
    {"if", IN_BOTH, keyword_schema, SLOT_IF},
    {"items", IN_2020, keyword_schema, SLOT_ITEMS},
    {"items", IN_7, keyword_items, 0},
    {"maxContains", IN_2020, keyword_limit, LIMIT_MAX_CONTAINS},
    {"maxItems", IN_BOTH, keyword_limit, LIMIT_MAX_ITEMS},
    {"maxLength", IN_BOTH, keyword_limit, LIMIT_MAX_LENGTH},
    {"maxProperties", IN_BOTH, keyword_limit, LIMIT_MAX_PROPERTIES},
    {"maximum", IN_BOTH, keyword_bound, JS_MAXIMUM},
    {"minContains", IN_2020, keyword_limit, LIMIT_MIN_CONTAINS},
    {"minItems", IN_BOTH, keyword_limit, LIMIT_MIN_ITEMS},
    {"minLength", IN_BOTH, keyword_limit, LIMIT_MIN_LENGTH},
    {"minProperties", IN_BOTH, keyword_limit, LIMIT_MIN_PROPERTIES},
    {"minimum", IN_BOTH, keyword_bound, JS_MINIMUM},
    {"multipleOf", IN_BOTH, keyword_bound, JS_MULTIPLE_OF},
    {"not", IN_BOTH, keyword_schema, SLOT_NOT},
    {"oneOf", IN_BOTH, keyword_schemas, LIST_ONE},
    {"pattern", IN_BOTH, keyword_pattern, 0},
    {"patternProperties", IN_BOTH, keyword_patterns, 0},
    {"prefixItems", IN_2020, keyword_schemas, LIST_PREFIX},
    {"propertyNames", IN_BOTH, keyword_schema, SLOT_PROPERTY_NAMES},
    {"then", IN_BOTH, keyword_schema, SLOT_THEN},
    {"type", IN_BOTH, keyword_type, 0},
    {"unevaluatedItems", IN_2020, keyword_schema, SLOT_UNEVALUATED_ITEMS},
    {"unevaluatedProperties", IN_2020, keyword_schema,
     SLOT_UNEVALUATED_PROPERTIES},
    {"uniqueItems", IN_BOTH, keyword_unique, 0},
};

static const struct keyword *
keyword_find(struct mst_slice name, enum js_draft draft)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(keywords); i++) {
        if ((keywords[i].drafts & (1U << draft)) != 0
            && mst_slice_is(name, keywords[i].name)) {
            return &keywords[i];
        }
    }
    return NULL;
}

/* Draft 7: additionalItems is what items of an array lack. */
static enum mst_status
keyword_additional_items(struct js_compile *compile, struct js_node *node,
                         const struct avro_node *object)
{
    static const struct keyword rest = {"additionalItems", IN_7, keyword_schema,
                                        SLOT_ITEMS};
    struct avro_node items;
    struct avro_node value;
    if (!avro_node_find(object, compile->end, "additionalItems", &value)
        || !avro_node_find(object, compile->end, "items", &items)
        || items.value.type != MST_BSON_ARRAY) {
        return MST_OK;
    }
    return keyword_schema(compile, node, &rest, &value);
}

enum mst_status
js_compile_keywords(struct js_compile *compile, struct js_node *node,
                    const struct avro_node *object)
{
    struct avro_members members;
    struct avro_node found;
    enum js_draft draft = node->resource->draft;
    /* Draft 7: nothing beside a reference counts; what is defined there can
     * be referred to all the same. */
    bool alone = draft == JS_DRAFT_7
                 && avro_node_find(object, compile->end, "$ref", &found);
    avro_members_init(&members, object, compile->end);
    while (avro_members_next(&members)) {
        const struct keyword *keyword = keyword_find(members.iter.key, draft);
        if (keyword == NULL
            || (alone && keyword->compile != keyword_reference
                && keyword->compile != keyword_definitions)) {
            continue;
        }
        enum mst_status status =
            keyword->compile(compile, node, keyword, &members.node);
        if (status != MST_OK) {
            return status;
        }
    }
    if (alone) {
        return MST_OK;
    }
    enum mst_status status = js_compile_properties(compile, node, object);
    return status == MST_OK && draft == JS_DRAFT_7
               ? keyword_additional_items(compile, node, object)
               : status;
}
