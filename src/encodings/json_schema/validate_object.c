/* SPDX-License-Identifier: MIT */
/* The members of a document. */
#include "encodings/json_schema/validate.h"

#include "encodings/bson_scan.h"

/* A document on its way through its members. */
struct object_walk {
    const struct js_node *node;
    const struct js_object *object;
    struct js_seen *seen;
    struct mst_bson_iter iter;
    size_t index; /* of the member */
    size_t next;  /* the property that is likely to come */
    uint64_t found;
    bool guessed; /* the member is that property */
};

/* The next member; false: there is none. Mostly it is the property that is
 * likely to come: then nobody has to look where its name ends. The document
 * is well formed. */
static bool
object_next(struct object_walk *walk)
{
    struct mst_bson_iter *iter = &walk->iter;
    const struct js_object *object = walk->object;
    size_t left = iter->end - iter->next;
    if (walk->next < object->properties_len && left > 1) {
        struct mst_slice name = object->properties[walk->next].name;
        const uint8_t *key = iter->data + iter->next + 1;
        const uint8_t *value = key + name.len + 1;
        size_t size = 0;
        if (name.len + 1 < left && memcmp(key, name.data, name.len + 1) == 0
            && mst_bson_value_size(key[-1], value, left - name.len - 2, &size)
                   == MST_BSON_FINE) {
            iter->type = key[-1];
            iter->key = mst_slice_of(key, name.len);
            iter->value = mst_slice_of(value, size);
            iter->offset = iter->next;
            iter->next += 2 + name.len + size;
            walk->guessed = true;
            return true;
        }
    }
    walk->guessed = false;
    return mst_bson_iter_next(iter) == MST_OK;
}

/* The property of that name; NULL: there is none. */
static const struct js_property *
object_find(struct object_walk *walk)
{
    const struct js_object *object = walk->object;
    struct mst_slice key = walk->iter.key;
    int64_t at = (int64_t)walk->next;
    if (!walk->guessed) {
        at = js_names_find(&object->names, key);
    }
    if (at == JS_NO_NAME) {
        return NULL;
    }
    walk->next = (size_t)at + 1;
    return &object->properties[at];
}

static bool
object_name(struct js_work *work, const struct object_walk *walk)
{
    const struct mst_bson_value name = {JS_KEY, walk->iter.key};
    return walk->object->property_names == NULL
           || js_validate(work, walk->object->property_names, &name, NULL);
}

/* One member; the frame is its. */
static bool
object_member(struct js_work *work, struct object_walk *walk)
{
    const struct js_object *object = walk->object;
    const struct mst_bson_value value = mst_bson_iter_value(&walk->iter);
    const struct js_property *property = object_find(walk);
    bool known = false;
    if (property != NULL) {
        walk->found |= property->required;
        known = property->node != NULL;
        if (known && !js_validate(work, property->node, &value, NULL)) {
            return false;
        }
    }
    for (size_t i = 0; i < object->patterns_len; i++) {
        const struct js_pattern_property *pattern = &object->patterns[i];
        if (!js_pattern_found(work, pattern->pattern, walk->iter.key)) {
            continue;
        }
        known = true;
        if (!js_validate(work, pattern->node, &value, NULL)) {
            return false;
        }
    }
    if (!known && object->additional != NULL) {
        known = true;
        if (!js_validate(work, object->additional, &value, NULL)) {
            return false;
        }
    }
    if (known && walk->seen != NULL) {
        js_seen_add(work, walk->seen, walk->index);
    }
    return object_name(work, walk);
}

static bool
object_missing(struct js_work *work, const struct js_node *node,
               const struct mst_bson_value *value, const char *keyword,
               struct mst_slice name)
{
    return js_refuse(work, node, value, keyword, "the field '%.*s' is missing",
                     (int)(name.len < 100 ? name.len : 100),
                     (const char *)name.data);
}

static bool
object_has(struct js_work *work, const struct mst_bson_value *value,
           struct mst_slice name)
{
    struct mst_bson_value found;
    return js_work_spend(work, 1 + value->raw.len / 64)
           && mst_bson_find_slice(value->raw, name, &found);
}

static bool
object_required(struct js_work *work, const struct object_walk *walk,
                const struct mst_bson_value *value)
{
    const struct js_object *object = walk->object;
    for (size_t i = 0;
         i < object->properties_len && walk->found != object->required; i++) {
        const struct js_property *property = &object->properties[i];
        if ((property->required & ~walk->found) != 0) {
            return object_missing(work, walk->node, value, "required",
                                  property->name);
        }
    }
    for (size_t i = 0; i < object->more_required_len; i++) {
        if (!object_has(work, value, object->more_required[i])) {
            return object_missing(work, walk->node, value, "required",
                                  object->more_required[i]);
        }
    }
    return true;
}

static bool
object_dependent(struct js_work *work, const struct object_walk *walk,
                 const struct mst_bson_value *value,
                 const struct js_dependent *dependent)
{
    if (!object_has(work, value, dependent->trigger)) {
        return true;
    }
    for (size_t i = 0; i < dependent->names_len; i++) {
        if (!object_has(work, value, dependent->names[i])) {
            return object_missing(work, walk->node, value, dependent->keyword,
                                  dependent->names[i]);
        }
    }
    return dependent->node == NULL
           || js_validate(work, dependent->node, value, walk->seen);
}

static bool
object_limits(struct js_work *work, const struct object_walk *walk,
              const struct mst_bson_value *value)
{
    const struct js_object *object = walk->object;
    if ((int64_t)walk->index < object->min) {
        return js_refuse(work, walk->node, value, "minProperties",
                         "it has %zu fields, fewer than %lld", walk->index,
                         (long long)object->min);
    }
    if (object->max != JS_NO_LIMIT && (int64_t)walk->index > object->max) {
        return js_refuse(work, walk->node, value, "maxProperties",
                         "it has %zu fields, more than %lld", walk->index,
                         (long long)object->max);
    }
    return true;
}

bool
js_validate_object(struct js_work *work, const struct js_node *node,
                   const struct mst_bson_value *value, struct js_seen *seen)
{
    struct object_walk walk = {
        .node = node, .object = node->object, .seen = seen};
    struct js_frame frame = {.up = work->frame};
    bool good = mst_bson_iter_init(&walk.iter, value->raw, NULL) == MST_OK;
    work->frame = &frame;
    while (good && object_next(&walk)) {
        frame.key = walk.iter.key;
        good = object_member(work, &walk);
        walk.index++;
    }
    work->frame = frame.up;
    good = good && object_required(work, &walk, value)
           && object_limits(work, &walk, value);
    for (size_t i = 0; i < node->object->dependents_len && good; i++) {
        good =
            object_dependent(work, &walk, value, &node->object->dependents[i]);
    }
    return good;
}
