/* SPDX-License-Identifier: MIT */
/* The names of objects: which there are, and which of them are data. */
#include "base/hash.h"
#include "encodings/schema_tools/infer_tree.h"

enum {
    NAMES_FIRST = 8,
    /* Digits that a name of a field does not have. */
    NAME_DIGITS = 6,
    /* Names and objects from which on a map can be told from a record. */
    MAP_NAMES_MIN = 20
};

bool
infer_name_is_data(struct mst_slice name)
{
    size_t digits = 0;
    size_t letters = 0;
    size_t hex = 0;
    bool address = false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        uint8_t lower = c | 0x20;
        bool digit = c >= '0' && c <= '9';
        digits += digit ? 1 : 0;
        letters += (lower >= 'a' && lower <= 'z') || c >= 0x80 ? 1 : 0;
        hex += digit || (lower >= 'a' && lower <= 'f') ? 1 : 0;
        address = address || c == '@';
    }
    return name.len > MST_INFER_NAME_LEN_MAX || address || digits >= NAME_DIGITS
           || (digits > 0 && letters == 0)
           || (hex == name.len && hex >= 12 && digits > 0);
}

/* The slot of the name, or the free one where it belongs. */
static uint32_t *
object_slot(const struct infer_object *object, struct mst_slice name)
{
    size_t at = (size_t)mst_hash64(name.data, name.len) & object->mask;
    while (
        object->slots[at] != 0
        && !mst_slice_equal(object->fields[object->slots[at] - 1].name, name)) {
        at = (at + 1) & object->mask;
    }
    return &object->slots[at];
}

/* Twice the room, and at least NAMES_FIRST. */
static bool
object_grow(struct infer_tree *tree, struct infer_object *object)
{
    size_t cap = object->cap == 0 ? NAMES_FIRST : object->cap * 2;
    struct infer_field *fields =
        mst_arena_alloc(tree->arena, cap * sizeof(*fields));
    uint32_t *slots =
        mst_arena_alloc_zeroed(tree->arena, cap * 2, sizeof(*slots));
    if (fields == NULL || slots == NULL) {
        return false;
    }
    if (object->len > 0) {
        memcpy(fields, object->fields, object->len * sizeof(*fields));
    }
    object->fields = fields;
    object->slots = slots;
    object->cap = cap;
    object->mask = cap * 2 - 1;
    for (size_t i = 0; i < object->len; i++) {
        *object_slot(object, fields[i].name) = (uint32_t)i + 1;
    }
    return true;
}

static bool
object_append(struct infer_tree *tree, struct infer_object *object,
              const struct infer_field *field)
{
    if ((object->slots == NULL || object->len == object->cap)
        && !object_grow(tree, object)) {
        return false;
    }
    object->fields[object->len] = *field;
    *object_slot(object, field->name) = (uint32_t)++object->len;
    return true;
}

static bool
object_rest(struct infer_tree *tree, struct infer_object *object,
            struct infer_node **ret_node)
{
    if (object->rest == NULL && tree->left > 0) {
        object->rest = infer_node_create(tree);
        if (object->rest == NULL) {
            return false;
        }
    }
    *ret_node = object->rest;
    return true;
}

bool
infer_object_child(struct infer_tree *tree, struct infer_object *object,
                   struct mst_slice name, struct infer_node **ret_node)
{
    uint32_t at = object->slots == NULL ? 0 : *object_slot(object, name);
    *ret_node = NULL;
    if (at != 0) {
        struct infer_field *field = &object->fields[at - 1];
        field->in += field->last == object->seen ? 0 : 1;
        field->last = object->seen;
        *ret_node = field->node;
        return true;
    }
    if (object->len == MST_INFER_NAMES_MAX
        && !infer_object_collapse(tree, object)) {
        return false;
    }
    if (object->is_map || infer_name_is_data(name)) {
        return object_rest(tree, object, ret_node);
    }
    if (tree->left == 0) {
        return true;
    }
    struct infer_field field = {.name = mst_arena_copy(tree->arena, name),
                                .node = infer_node_create(tree),
                                .in = 1,
                                .last = object->seen};
    *ret_node = field.node;
    return field.name.data != NULL && field.node != NULL
           && object_append(tree, object, &field);
}

bool
infer_object_collapse(struct infer_tree *tree, struct infer_object *object)
{
    size_t i = 0;
    object->is_map = true;
    if (object->rest == NULL && object->len > 0) {
        object->rest = object->fields[i++].node;
    }
    for (; i < object->len; i++) {
        if (!infer_node_merge(tree, object->rest, object->fields[i].node)) {
            return false;
        }
    }
    object->len = 0;
    object->slots = NULL;
    object->cap = 0;
    return true;
}

bool
infer_object_merge(struct infer_tree *tree, struct infer_object *object,
                   struct infer_object *from)
{
    object->seen += from->seen;
    if ((object->is_map || from->is_map)
        && (!infer_object_collapse(tree, object)
            || !infer_object_collapse(tree, from))) {
        return false;
    }
    for (size_t i = 0; i < from->len; i++) {
        struct infer_field *field = &from->fields[i];
        uint32_t at =
            object->slots == NULL ? 0 : *object_slot(object, field->name);
        if (at == 0 && !object_append(tree, object, field)) {
            return false;
        }
        if (at == 0) {
            continue;
        }
        object->fields[at - 1].in += field->in;
        if (!infer_node_merge(tree, object->fields[at - 1].node, field->node)) {
            return false;
        }
    }
    if (object->rest == NULL) {
        object->rest = from->rest;
        return true;
    }
    return from->rest == NULL
           || infer_node_merge(tree, object->rest, from->rest);
}

/* What is alike in values of a map: numbers are. */
static uint32_t
object_alike(const struct infer_node *node)
{
    uint32_t kinds = node->kinds & ~(uint32_t)INFER_NULL;
    return (kinds & INFER_NUMBERS) != 0 ? kinds | INFER_NUMBERS : kinds;
}

/* Many names, none of them in most objects, with values of one type. */
static bool
object_is_like_map(const struct infer_object *object)
{
    uint32_t alike = 0;
    if (object->len < MAP_NAMES_MIN) {
        return false;
    }
    for (size_t i = 0; i < object->len; i++) {
        const struct infer_field *field = &object->fields[i];
        uint32_t kinds = object_alike(field->node);
        if (field->in > object->seen / 2
            || (alike != 0 && kinds != 0 && kinds != alike)) {
            return false;
        }
        alike = kinds == 0 ? alike : kinds;
    }
    return true;
}

bool
infer_node_settle(struct infer_tree *tree, struct infer_node *node,
                  bool is_root)
{
    struct infer_object *object = node->object;
    if (node->items != NULL && !infer_node_settle(tree, node->items, false)) {
        return false;
    }
    if (object == NULL) {
        return true;
    }
    if (!is_root && object_is_like_map(object)
        && !infer_object_collapse(tree, object)) {
        return false;
    }
    for (size_t i = 0; i < object->len; i++) {
        if (!infer_node_settle(tree, object->fields[i].node, false)) {
            return false;
        }
    }
    return object->rest == NULL || infer_node_settle(tree, object->rest, false);
}
