/* SPDX-License-Identifier: MIT */
/* Finding, making and replacing nodes of a configuration tree. */
#include "config/node.h"

void *
mst_toml_alloc(struct mst_arena *arena, size_t size)
{
    return mst_arena_alloc_zeroed(arena, 1, size);
}

struct mst_toml_node *
mst_node_get(const struct mst_toml_node *node, const char *key)
{
    if (node == NULL || node->type != MST_TOML_TABLE) {
        return NULL;
    }
    for (struct mst_toml_node *at = node->first; at != NULL; at = at->next) {
        if (strcmp(at->key, key) == 0) {
            return at;
        }
    }
    return NULL;
}

const char *
mst_node_type_name(const struct mst_toml_node *node)
{
    switch (node->type) {
    case MST_TOML_TABLE:
        return "a table";
    case MST_TOML_ARRAY:
        return "an array";
    case MST_TOML_STRING:
        return "a string";
    case MST_TOML_INTEGER:
        return "an integer";
    case MST_TOML_FLOAT:
        return "a float";
    case MST_TOML_BOOLEAN:
        return "a boolean";
    case MST_TOML_DATETIME:
        return "a date";
    }
    return "something else";
}

static struct mst_toml_node *
node_new(struct mst_arena *arena, enum mst_toml_type type, const char *file)
{
    struct mst_toml_node *node = mst_toml_alloc(arena, sizeof(*node));
    if (node != NULL) {
        node->type = type;
        node->file = file;
        node->key = "";
    }
    return node;
}

struct mst_toml_node *
mst_node_string(struct mst_arena *arena, const char *file, const char *text)
{
    struct mst_slice copy = mst_arena_copy(arena, mst_slice_str(text));
    struct mst_toml_node *node = node_new(arena, MST_TOML_STRING, file);
    if (node == NULL || copy.data == NULL) {
        return NULL;
    }
    node->text = (const char *)copy.data;
    return node;
}

struct mst_toml_node *
mst_node_table(struct mst_arena *arena, const char *file)
{
    return node_new(arena, MST_TOML_TABLE, file);
}

enum mst_status
mst_node_put(struct mst_arena *arena, struct mst_toml_node *table,
             const char *key, struct mst_toml_node *value)
{
    struct mst_slice copy = mst_arena_copy(arena, mst_slice_str(key));
    if (copy.data == NULL) {
        return MST_FATAL;
    }
    struct mst_toml_node **at = &table->first;
    while (*at != NULL && strcmp((*at)->key, key) < 0) {
        at = &(*at)->next;
    }
    if (*at != NULL && strcmp((*at)->key, key) == 0) {
        value->next = (*at)->next;
    } else {
        value->next = *at;
        table->len++;
    }
    value->key = (const char *)copy.data;
    *at = value;
    return MST_OK;
}
