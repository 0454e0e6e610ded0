/* SPDX-License-Identifier: MIT */
/* Keywords of JSON Schema by type: bounds, texts, arrays, objects. */
#include "schema/compatibility_json.h"

static const struct {
    const char *name;
    unsigned types;
} types_names[] = {
    {"null", MST_JSON_NULL},
    {"boolean", MST_JSON_BOOLEAN},
    {"object", MST_JSON_OBJECT},
    {"array", MST_JSON_ARRAY},
    {"string", MST_JSON_STRING},
    {"integer", MST_JSON_INTEGER},
    {"number", MST_JSON_INTEGER | MST_JSON_FRACTION},
};

/* Keywords that bound a size: the reader's may not be the stricter one. */
static const struct {
    const char *keyword;
    unsigned types;
    bool is_least;
} types_bounds[] = {
    {"minLength", MST_JSON_STRING, true},
    {"maxLength", MST_JSON_STRING, false},
    {"minItems", MST_JSON_ARRAY, true},
    {"maxItems", MST_JSON_ARRAY, false},
    {"minProperties", MST_JSON_OBJECT, true},
    {"maxProperties", MST_JSON_OBJECT, false},
};

/* Keywords that have to be the same, where the reader has them. */
static const struct {
    const char *keyword;
    unsigned types;
} types_same[] = {
    {"pattern", MST_JSON_STRING},
    {"format", MST_JSON_STRING},
    {"uniqueItems", MST_JSON_ARRAY},
    {"patternProperties", MST_JSON_OBJECT},
};

static unsigned
types_of_word(const char *word)
{
    for (size_t i = 0; word != NULL && i < MST_ARRAY_SIZE(types_names); i++) {
        if (strcmp(types_names[i].name, word) == 0) {
            return types_names[i].types;
        }
    }
    return MST_JSON_ALL_TYPES;
}

static unsigned
types_of_value(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return MST_JSON_OBJECT;
    case JSON_ARRAY:
        return MST_JSON_ARRAY;
    case JSON_STRING:
        return MST_JSON_STRING;
    case JSON_INTEGER:
        return MST_JSON_INTEGER;
    case JSON_REAL:
        /* 1.0 is whole. */
        return MST_JSON_INTEGER | MST_JSON_FRACTION;
    case JSON_TRUE:
    case JSON_FALSE:
        return MST_JSON_BOOLEAN;
    case JSON_NULL:
        break;
    }
    return MST_JSON_NULL;
}

unsigned
mst_json_compare_types(const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type");
    const json_t *fixed = json_object_get(schema, "const");
    const json_t *list = json_object_get(schema, "enum");
    unsigned types = 0;
    unsigned values = 0;
    size_t i;
    const json_t *one;
    if (json_is_false(schema)) {
        return 0;
    }
    types = json_is_string(type) ? types_of_word(json_string_value(type))
            : type == NULL       ? MST_JSON_ALL_TYPES
                                 : 0;
    json_array_foreach((json_t *)(uintptr_t)type, i, one)
    {
        types |= types_of_word(json_string_value(one));
    }
    json_array_foreach((json_t *)(uintptr_t)list, i, one)
    {
        values |= types_of_value(one);
    }
    if (list != NULL) {
        types &= values;
    }
    return fixed == NULL ? types : types & types_of_value(fixed);
}

static bool
types_has_value(const json_t *reader, const json_t *value)
{
    const json_t *fixed = json_object_get(reader, "const");
    const json_t *list = json_object_get(reader, "enum");
    bool fine = list == NULL;
    size_t i;
    const json_t *one;
    json_array_foreach((json_t *)(uintptr_t)list, i, one)
    {
        fine = fine || json_equal(one, value) == 1;
    }
    return fine && (fixed == NULL || json_equal(fixed, value) == 1);
}

/* Values that are listed: the reader must list each of the writer's. */
static bool
types_values(struct mst_json_compare *compare, const json_t *writer,
             const json_t *reader)
{
    const json_t *fixed = json_object_get(writer, "const");
    const json_t *list = json_object_get(writer, "enum");
    bool fine = list != NULL || fixed != NULL;
    size_t i;
    const json_t *one;
    if (json_object_get(reader, "enum") == NULL
        && json_object_get(reader, "const") == NULL) {
        return true;
    }
    if (fixed != NULL) {
        fine = types_has_value(reader, fixed);
    } else {
        json_array_foreach((json_t *)(uintptr_t)list, i, one)
        {
            fine = fine && types_has_value(reader, one);
        }
    }
    return fine
           || mst_compat_walk_fail(&compare->walk, "ENUM_NARROWED",
                                   "the reader's list of values lacks some "
                                   "that the writer permits");
}

/* -1, 0, 1; exact for whole numbers. */
static int
types_order(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a);
        json_int_t y = json_integer_value(b);
        return (x > y) - (x < y);
    }
    double x = json_number_value(a);
    double y = json_number_value(b);
    return (x > y) - (x < y);
}

/* The stricter of "minimum" and "exclusiveMinimum", or of the maxima. */
static const json_t *
types_limit(const json_t *schema, const char *plain, const char *strict,
            int sign, bool *ret_strict)
{
    const json_t *a = json_object_get(schema, plain);
    const json_t *b = json_object_get(schema, strict);
    a = json_is_number(a) ? a : NULL;
    b = json_is_number(b) ? b : NULL;
    *ret_strict = b != NULL && (a == NULL || types_order(b, a) * sign >= 0);
    return *ret_strict ? b : a;
}

/* sign 1: the lower limit. */
static bool
types_limits(struct mst_json_compare *compare, const json_t *writer,
             const json_t *reader, int sign)
{
    const char *plain = sign > 0 ? "minimum" : "maximum";
    const char *strict = sign > 0 ? "exclusiveMinimum" : "exclusiveMaximum";
    bool to_strict = false;
    bool from_strict = false;
    const json_t *to = types_limit(reader, plain, strict, sign, &to_strict);
    const json_t *from = types_limit(writer, plain, strict, sign, &from_strict);
    /* Of draft 4, where it is true or false. */
    bool old = json_is_boolean(json_object_get(reader, strict));
    int order = to == NULL || from == NULL ? 0 : types_order(from, to) * sign;
    bool fine =
        to == NULL
        || (from != NULL
            && (order > 0 || (order == 0 && (from_strict || !to_strict))));
    return (fine && !old)
           || mst_compat_walk_fail(&compare->walk, "BOUND_NARROWED",
                                   "the reader's %s is stricter than the "
                                   "writer's",
                                   to_strict || old ? strict : plain);
}

static bool
types_multiple(struct mst_json_compare *compare, const json_t *writer,
               const json_t *reader)
{
    const json_t *to = json_object_get(reader, "multipleOf");
    const json_t *from = json_object_get(writer, "multipleOf");
    bool whole = (mst_json_compare_types(writer) & MST_JSON_FRACTION) == 0;
    json_int_t step = json_is_integer(to) ? json_integer_value(to) : 0;
    bool fine = to == NULL || (from != NULL && json_equal(from, to) == 1)
                || (whole && step == 1)
                || (step > 0 && json_is_integer(from)
                    && json_integer_value(from) % step == 0);
    return fine
           || mst_compat_walk_fail(&compare->walk, "BOUND_NARROWED",
                                   "the reader's multipleOf is not surely "
                                   "kept by the writer");
}

static bool
types_sizes(struct mst_json_compare *compare, const json_t *writer,
            const json_t *reader, unsigned types)
{
    bool fine = true;
    for (size_t i = 0; i < MST_ARRAY_SIZE(types_bounds); i++) {
        const json_t *to = json_object_get(reader, types_bounds[i].keyword);
        const json_t *from = json_object_get(writer, types_bounds[i].keyword);
        int sign = types_bounds[i].is_least ? 1 : -1;
        bool none = types_bounds[i].is_least && json_is_number(to)
                    && json_number_value(to) <= 0;
        if ((types & types_bounds[i].types) == 0 || to == NULL || none
            || (json_is_number(from) && types_order(from, to) * sign >= 0)) {
            continue;
        }
        fine = mst_compat_walk_fail(&compare->walk, "BOUND_NARROWED",
                                    "the reader's %s is stricter than the "
                                    "writer's",
                                    types_bounds[i].keyword);
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(types_same); i++) {
        const json_t *to = json_object_get(reader, types_same[i].keyword);
        const json_t *from = json_object_get(writer, types_same[i].keyword);
        if ((types & types_same[i].types) == 0 || to == NULL
            || json_is_false(to)
            || (from != NULL && mst_json_compare_equal(from, to))) {
            continue;
        }
        fine = mst_compat_walk_fail(&compare->walk, "NOT_DECIDED",
                                    "the reader's '%s' is another one or new",
                                    types_same[i].keyword);
    }
    return fine;
}

/* The schema of the item at that place; true where nothing is said. */
static const json_t *
types_item(const json_t *schema, size_t at, json_t *anything)
{
    const json_t *items = json_object_get(schema, "items");
    const json_t *first = json_object_get(schema, "prefixItems");
    if (first == NULL && json_is_array(items)) {
        first = items;
        items = json_object_get(schema, "additionalItems");
    }
    const json_t *found =
        at < json_array_size(first) ? json_array_get(first, at) : items;
    return found == NULL ? anything : found;
}

static size_t
types_items_len(const json_t *schema)
{
    const json_t *first = json_object_get(schema, "prefixItems");
    return json_array_size(first != NULL ? first
                                         : json_object_get(schema, "items"));
}

static bool
types_items(struct mst_json_compare *compare, const json_t *writer,
            const json_t *reader)
{
    size_t from = types_items_len(writer);
    size_t to = types_items_len(reader);
    bool fine = true;
    json_t *anything = json_true();
    size_t before =
        mst_compat_walk_enter(&compare->walk, "[]", MST_SLICE_LIT(""));
    /* One behind the last stands for all that follow. */
    for (size_t i = 0; i <= (from > to ? from : to); i++) {
        fine = mst_json_compare(compare, types_item(writer, i, anything),
                                types_item(reader, i, anything))
               && fine;
    }
    compare->walk.path.len = before;
    return fine;
}

static bool
types_required(struct mst_json_compare *compare, const json_t *writer,
               const json_t *reader)
{
    const json_t *own = json_object_get(writer, "required");
    bool fine = true;
    size_t i;
    size_t j;
    const json_t *name;
    const json_t *other;
    json_array_foreach(json_object_get(reader, "required"), i, name)
    {
        bool found = false;
        json_array_foreach((json_t *)(uintptr_t)own, j, other)
        {
            found = found || json_equal(name, other) == 1;
        }
        if (!found && json_is_string(name)) {
            fine = mst_compat_walk_fail(
                &compare->walk, "REQUIRED_PROPERTY_ADDED",
                "the reader requires '%.200s', which the writer may leave out",
                json_string_value(name));
        }
    }
    return fine;
}

/* What an object may have beside its properties. */
static const json_t *
types_rest(const json_t *schema)
{
    const json_t *rest = json_object_get(schema, "additionalProperties");
    return rest == NULL ? json_true() : rest;
}

/* One property that either of them names. */
static bool
types_property(struct mst_json_compare *compare, const json_t *writer,
               const json_t *reader, const char *name)
{
    const json_t *from =
        json_object_get(json_object_get(writer, "properties"), name);
    const json_t *to =
        json_object_get(json_object_get(reader, "properties"), name);
    const json_t *rest = types_rest(writer);
    bool fine = true;
    size_t before =
        mst_compat_walk_enter(&compare->walk, ".", mst_slice_str(name));
    if (from == NULL && json_is_true(rest)) {
        compare->walk.quiet++;
        fine = mst_json_compare(compare, rest, to);
        compare->walk.quiet--;
        fine = fine
               || mst_compat_walk_fail(
                   &compare->walk, "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
                   "the writer permits any value under this name, the reader "
                   "does not");
    } else if (to == NULL && json_is_false(types_rest(reader))
               && !json_is_false(from)) {
        fine = mst_compat_walk_fail(
            &compare->walk, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
            "the reader permits no such property");
    } else {
        fine = mst_json_compare(compare, from == NULL ? rest : from,
                                to == NULL ? types_rest(reader) : to);
    }
    compare->walk.path.len = before;
    return fine;
}

/* What matches a pattern of the writer may have any name. */
static bool
types_patterns(struct mst_json_compare *compare, const json_t *writer,
               const json_t *reader)
{
    const char *key;
    json_t *from;
    bool fine = true;
    json_t *patterns = json_object_get(writer, "patternProperties");
    if (json_object_get(reader, "patternProperties") != NULL) {
        return true; /* the same ones, or refused already */
    }
    json_object_foreach(patterns, key, from)
    {
        const char *name;
        json_t *to;
        fine = mst_json_compare(compare, from, types_rest(reader)) && fine;
        json_object_foreach(json_object_get(reader, "properties"), name, to)
        {
            if (json_object_get(json_object_get(writer, "properties"), name)
                == NULL) {
                fine = mst_json_compare(compare, from, to) && fine;
            }
        }
    }
    return fine;
}

static bool
types_properties(struct mst_json_compare *compare, const json_t *writer,
                 const json_t *reader)
{
    const char *name;
    json_t *unused;
    json_t *own = json_object_get(writer, "properties");
    bool fine = types_required(compare, writer, reader);
    json_object_foreach(own, name, unused)
    {
        fine = types_property(compare, writer, reader, name) && fine;
    }
    json_object_foreach(json_object_get(reader, "properties"), name, unused)
    {
        if (json_object_get(own, name) == NULL) {
            fine = types_property(compare, writer, reader, name) && fine;
        }
    }
    fine = types_patterns(compare, writer, reader) && fine;
    size_t before =
        mst_compat_walk_enter(&compare->walk, "{}", MST_SLICE_LIT(""));
    fine = mst_json_compare(compare, types_rest(writer), types_rest(reader))
           && fine;
    compare->walk.path.len = before;
    return fine;
}

bool
mst_json_compare_keywords(struct mst_json_compare *compare,
                          const json_t *writer, const json_t *reader)
{
    unsigned types = mst_json_compare_types(writer);
    unsigned number = MST_JSON_INTEGER | MST_JSON_FRACTION;
    bool fine = true;
    if ((types & ~mst_json_compare_types(reader)) != 0) {
        fine = types_values(compare, writer, reader)
               && mst_compat_walk_fail(&compare->walk, "TYPE_NARROWED",
                                       "the writer permits types that the "
                                       "reader does not");
        return fine;
    }
    fine = types_values(compare, writer, reader);
    if ((types & number) != 0) {
        fine = types_limits(compare, writer, reader, 1) && fine;
        fine = types_limits(compare, writer, reader, -1) && fine;
        fine = types_multiple(compare, writer, reader) && fine;
    }
    fine = types_sizes(compare, writer, reader, types) && fine;
    if ((types & MST_JSON_ARRAY) != 0) {
        fine = types_items(compare, writer, reader) && fine;
    }
    if ((types & MST_JSON_OBJECT) != 0) {
        fine = types_properties(compare, writer, reader) && fine;
    }
    return fine;
}
