/* SPDX-License-Identifier: MIT */
/* Documents into the tree of what was seen, and trees into one. */
#include "encodings/schema_tools/infer_tree.h"

#include "encodings/bson_reader.h"

struct infer_node *
infer_node_create(struct infer_tree *tree)
{
    struct infer_node *node = mst_arena_alloc(tree->arena, sizeof(*node));
    if (node != NULL) {
        *node = (struct infer_node){
            .formats = tree->options->text_formats ? INFER_FORMATS : 0};
        tree->left -= tree->left > 0 ? 1 : 0;
    }
    return node;
}

static bool
node_add_object(struct infer_tree *tree, struct infer_node *node,
                struct mst_slice doc, unsigned depth)
{
    struct mst_bson_iter iter;
    if (node->object == NULL) {
        node->object = mst_arena_alloc(tree->arena, sizeof(*node->object));
        if (node->object == NULL) {
            return false;
        }
        *node->object = (struct infer_object){.seen = 0};
    }
    node->object->seen++;
    if (mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        return true; /* it was checked */
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        struct infer_node *child = NULL;
        if (!infer_object_child(tree, node->object, iter.key, &child)
            || (child != NULL
                && !infer_node_add(tree, child, &value, depth + 1))) {
            return false;
        }
    }
    return true;
}

static bool
node_add_array(struct infer_tree *tree, struct infer_node *node,
               struct mst_slice doc, unsigned depth)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        return true;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        if (node->items == NULL) {
            if (tree->left == 0) {
                return true;
            }
            node->items = infer_node_create(tree);
        }
        if (node->items == NULL
            || !infer_node_add(tree, node->items, &value, depth + 1)) {
            return false;
        }
    }
    return true;
}

bool
infer_node_add(struct infer_tree *tree, struct infer_node *node,
               const struct mst_bson_value *value, unsigned depth)
{
    enum infer_kind kind = infer_kind_of(value);
    bool nested = kind == INFER_OBJECT || kind == INFER_ARRAY;
    node->kinds |= (uint32_t)kind;
    if (!nested) {
        return infer_scalar_add(tree, node, value, kind);
    }
    if (depth == MST_INFER_DEPTH_MAX) {
        node->deep = true;
        return true;
    }
    return kind == INFER_OBJECT ? node_add_object(tree, node, value->raw, depth)
                                : node_add_array(tree, node, value->raw, depth);
}

bool
infer_node_merge(struct infer_tree *tree, struct infer_node *node,
                 struct infer_node *from)
{
    node->kinds |= from->kinds;
    node->deep = node->deep || from->deep;
    infer_scalar_merge(node, from);
    if (node->items == NULL) {
        node->items = from->items;
    } else if (from->items != NULL
               && !infer_node_merge(tree, node->items, from->items)) {
        return false;
    }
    if (node->object == NULL) {
        node->object = from->object;
        return true;
    }
    return from->object == NULL
           || infer_object_merge(tree, node->object, from->object);
}
