/* SPDX-License-Identifier: MIT */
/* Putting definitions that are kept in the state among those of the file. */
#include "config/definition.h"

#include <jansson.h>
#include <stdio.h>

#include "config/loader.h"
#include "config/node.h"

/* JSON on its way into the tree. */
struct definition_tree {
    struct mst_arena *arena;
    const char *file;
    const char *wrong; /* why there is none */
};

void
mst_definition_place(enum mst_definition_kind kind, const char *name,
                     char out[MST_DEFINITION_PLACE_MAX])
{
    (void)snprintf(out, MST_DEFINITION_PLACE_MAX, "%s '%s'",
                   kind == MST_DEFINITION_JOB ? "job" : "service", name);
}

static struct mst_toml_node *definition_node(struct definition_tree *tree,
                                             const json_t *json, int depth);

static bool
definition_table(struct definition_tree *tree, const json_t *json, int depth,
                 struct mst_toml_node *node)
{
    const char *key = NULL;
    json_t *value = NULL;
    node->type = MST_TOML_TABLE;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        /* TOML has no null: it is as good as absent. */
        if (json_is_null(value)) {
            continue;
        }
        struct mst_toml_node *child = definition_node(tree, value, depth + 1);
        if (child == NULL
            || mst_node_put(tree->arena, node, key, child) != MST_OK) {
            return false;
        }
    }
    return true;
}

static bool
definition_array(struct definition_tree *tree, const json_t *json, int depth,
                 struct mst_toml_node *node)
{
    struct mst_toml_node **tail = &node->first;
    node->type = MST_TOML_ARRAY;
    for (size_t i = 0; i < json_array_size(json); i++) {
        struct mst_toml_node *child =
            definition_node(tree, json_array_get(json, i), depth + 1);
        if (child == NULL) {
            return false;
        }
        *tail = child;
        tail = &child->next;
        node->len++;
    }
    return true;
}

static bool
definition_text(struct definition_tree *tree, const json_t *json,
                struct mst_toml_node *node)
{
    struct mst_slice text = mst_slice_of(
        (const uint8_t *)json_string_value(json), json_string_length(json));
    node->type = MST_TOML_STRING;
    node->text = (const char *)mst_arena_copy(tree->arena, text).data;
    return node->text != NULL;
}

/* NULL: tree->wrong says why, or there is no memory. */
static struct mst_toml_node *
definition_node(struct definition_tree *tree, const json_t *json, int depth)
{
    struct mst_toml_node *node = mst_toml_alloc(tree->arena, sizeof(*node));
    bool made = false;
    if (node == NULL) {
        return NULL;
    }
    node->file = tree->file;
    node->key = "";
    if (depth > MST_TOML_MAX_NESTING) {
        tree->wrong = "it is nested too deep";
        return NULL;
    }
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        made = definition_table(tree, json, depth, node);
        break;
    case JSON_ARRAY:
        made = definition_array(tree, json, depth, node);
        break;
    case JSON_STRING:
        made = definition_text(tree, json, node);
        break;
    case JSON_INTEGER:
        node->type = MST_TOML_INTEGER;
        node->integer = json_integer_value(json);
        made = true;
        break;
    case JSON_REAL:
        node->type = MST_TOML_FLOAT;
        node->number = json_real_value(json);
        made = true;
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        node->type = MST_TOML_BOOLEAN;
        node->boolean = json_is_true(json);
        made = true;
        break;
    case JSON_NULL:
        tree->wrong = "there is a null in an array";
        break;
    }
    return made ? node : NULL;
}

/* The definition's table; NULL: a problem was added. */
static struct mst_toml_node *
definition_parse(struct mst_loader *loader, const struct mst_definition *from)
{
    char place_text[MST_DEFINITION_PLACE_MAX];
    struct mst_arena *arena = &loader->config->arena;
    mst_definition_place(from->kind, from->name, place_text);
    struct definition_tree tree = {
        .arena = arena,
        .file =
            (const char *)mst_arena_copy(arena, mst_slice_str(place_text)).data,
    };
    struct mst_place place = {.file = place_text};
    json_error_t where;
    json_t *json = json_loadb((const char *)from->text.data, from->text.len,
                              JSON_REJECT_DUPLICATES, &where);
    struct mst_toml_node *node = NULL;
    struct mst_toml_node *name = NULL;
    if (json != NULL && json_is_object(json) && tree.file != NULL) {
        node = definition_node(&tree, json, 0);
        name = mst_node_string(arena, tree.file, from->name);
    }
    if (node != NULL
        && (name == NULL
            || mst_node_put(arena, node, "name", name) != MST_OK)) {
        node = NULL;
    }
    if (node == NULL) {
        mst_loader_fail(loader, &place, NULL, "%s",
                        json == NULL || !json_is_object(json)
                            ? "this is no JSON object"
                        : tree.wrong != NULL ? tree.wrong
                                             : "out of memory");
    } else {
        node->revision = from->revision;
        node->restricted = !from->trusted;
    }
    json_decref(json);
    return node;
}

/* The array that definitions of this kind are in; NULL: what is there is no
 * array, which its reader says, or a problem was added. */
static struct mst_toml_node *
definition_list(struct mst_loader *loader, enum mst_definition_kind kind)
{
    struct mst_arena *arena = &loader->config->arena;
    struct mst_toml_node *root = loader->config->root;
    const char *key = kind == MST_DEFINITION_JOB ? "connectors" : "services";
    struct mst_toml_node *list = mst_node_get(root, key);
    if (list == NULL) {
        list = mst_node_table(arena, "state");
        if (list == NULL || mst_node_put(arena, root, key, list) != MST_OK) {
            mst_loader_fail_memory(loader, root, key);
            return NULL;
        }
        list->type = MST_TOML_ARRAY;
    }
    return list->type == MST_TOML_ARRAY ? list : NULL;
}

/* The entry of the file that has this name. */
static const struct mst_toml_node *
definition_taken(struct mst_loader *loader, const struct mst_toml_node *list,
                 const char *name)
{
    for (const struct mst_toml_node *at = list->first; at != NULL;
         at = at->next) {
        const struct mst_toml_node *written = mst_node_get(at, "name");
        if (at->revision == 0 && written != NULL
            && written->type == MST_TOML_STRING) {
            const char *text = mst_env_has_reference(written->text)
                                   ? mst_loader_peek(loader, at, "name")
                                   : written->text;
            if (text != NULL && strcmp(text, name) == 0) {
                return at;
            }
        }
    }
    return NULL;
}

static void
definition_set_aside(struct mst_loader *loader,
                     const struct mst_definition *from,
                     const struct mst_toml_node *taken)
{
    char text[MST_DEFINITION_PLACE_MAX];
    mst_definition_place(from->kind, from->name, text);
    struct mst_place place = {.file = text};
    mst_problems_add(loader->reader.problems, MST_PROBLEM_WARNING, &place,
                     "rename one of them",
                     "%s line %u has one of this name, which is used; the one "
                     "made over the API is set aside",
                     taken->file, taken->line);
}

void
mst_loader_merge(struct mst_loader *loader)
{
    struct mst_toml_node *last[2] = {NULL, NULL};
    if (loader->input->without_jobs) {
        struct mst_toml_node **at = &loader->config->root->first;
        while (*at != NULL && strcmp((*at)->key, "connectors") != 0) {
            at = &(*at)->next;
        }
        if (*at != NULL) {
            *at = (*at)->next;
            loader->config->root->len--;
        }
    }
    for (size_t i = 0; i < loader->input->definitions_len; i++) {
        const struct mst_definition *from = &loader->input->definitions[i];
        struct mst_toml_node *list = definition_list(loader, from->kind);
        const struct mst_toml_node *taken =
            list == NULL ? NULL : definition_taken(loader, list, from->name);
        if (taken != NULL) {
            definition_set_aside(loader, from, taken);
        }
        struct mst_toml_node *node = list == NULL || taken != NULL
                                         ? NULL
                                         : definition_parse(loader, from);
        if (node == NULL) {
            continue;
        }
        struct mst_toml_node **tail =
            last[from->kind] == NULL ? &list->first : &last[from->kind]->next;
        while (*tail != NULL) {
            tail = &(*tail)->next;
        }
        *tail = node;
        list->len++;
        last[from->kind] = node;
    }
}

void
mst_loader_entry(struct mst_loader *loader, const struct mst_toml_node *node,
                 const char *array, size_t i, char out[MST_PATH_MAX])
{
    bool own = node != NULL && node->revision != 0;
    loader->reader.env =
        own && node->restricted ? &loader->restricted : loader->env;
    if (own) {
        out[0] = '\0';
    } else {
        mst_path_index(out, array, i);
    }
}
