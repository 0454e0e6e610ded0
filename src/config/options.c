/* SPDX-License-Identifier: MIT */
/* From a table of a configuration to an options struct, by option table. */
#include "config/options.h"

#include <stdio.h>
#include <string.h>

#include "config/node.h"
#include "config/suggest.h"
#include "config/value.h"

/* In larger tables nobody looks for what was meant: time is bounded. */
enum { OPTIONS_SUGGEST_MAX = 1000 };

static void *
option_slot(const struct mst_option *option, void *dest)
{
    return (char *)dest + option->offset;
}

void
mst_path_key(char out[MST_PATH_MAX], const char *path, const char *key)
{
    const char *quote = strpbrk(key, ". \"") != NULL ? "\"" : "";
    (void)snprintf(out, MST_PATH_MAX, "%s%s%s%s%s", path,
                   path[0] == '\0' ? "" : ".", quote, key, quote);
}

void
mst_path_index(char out[MST_PATH_MAX], const char *path, size_t i)
{
    (void)snprintf(out, MST_PATH_MAX, "%s[%zu]", path, i);
}

struct mst_place
mst_place_value(const struct mst_toml_node *node, const char *path)
{
    return (struct mst_place){node->file, node->line, node->column, path};
}

struct mst_place
mst_place_key(const struct mst_toml_node *node, const char *path)
{
    if (node->key_line == 0) {
        return mst_place_value(node, path);
    }
    return (struct mst_place){node->file, node->key_line, node->key_column,
                              path};
}

const struct mst_option *
mst_options_find(const struct mst_option_table *table, const char *name)
{
    for (size_t i = 0; i < table->len; i++) {
        const struct mst_option *option = &table->options[i];
        if ((option->flags & MST_OPTION_CATCH_ALL) == 0
            && strcmp(option->name, name) == 0) {
            return option;
        }
    }
    return NULL;
}

void
mst_options_clear(const struct mst_option_table *table, void *dest)
{
    for (size_t i = 0; i < table->len; i++) {
        const struct mst_option *option = &table->options[i];
        if (option->type == MST_OPTION_TABLE) {
            mst_options_clear(option->table, option_slot(option, dest));
        } else {
            mst_value_clear(option, option_slot(option, dest));
        }
    }
    memset(dest, 0, table->size);
}

static bool
options_set_defaults(const struct mst_option_table *table, void *dest)
{
    bool good = true;
    for (size_t i = 0; i < table->len; i++) {
        const struct mst_option *option = &table->options[i];
        void *slot = option_slot(option, dest);
        if (option->type == MST_OPTION_TABLE) {
            good = options_set_defaults(option->table, slot) && good;
        } else if (option->type != MST_OPTION_STRING_MAP) {
            good = mst_value_default(option, slot) && good;
        }
    }
    return good;
}

bool
mst_options_defaults(const struct mst_option_table *table, void *dest)
{
    memset(dest, 0, table->size);
    return options_set_defaults(table, dest);
}

/* The map that takes a key which no option is named after; NULL: none.
 * A table is taken as the dotted keys that it stands for. */
static struct mst_string_map *
options_catch_all(const struct mst_options_read *what,
                  const struct mst_toml_node *node)
{
    for (size_t t = 0; t < what->n; t++) {
        const struct mst_options_target *target = &what->targets[t];
        for (size_t i = 0; i < target->table->len; i++) {
            const struct mst_option *option = &target->table->options[i];
            if ((option->flags & MST_OPTION_CATCH_ALL) == 0) {
                continue;
            }
            if (node->type == MST_TOML_TABLE || strchr(node->key, '.') != NULL
                || (option->accepts != NULL && option->accepts(node->key))) {
                return option_slot(option, target->dest);
            }
        }
    }
    return NULL;
}

static bool
options_read_map(struct mst_reader *reader, struct mst_string_map *map,
                 const char *name, const struct mst_toml_node *node,
                 const char *path)
{
    if (node->type != MST_TOML_TABLE) {
        return mst_value_map_add(reader, map, name, node, path);
    }
    bool good = true;
    for (const struct mst_toml_node *at = node->first; at != NULL;
         at = at->next) {
        char inner[MST_PATH_MAX];
        char inner_name[MST_PATH_MAX];
        mst_path_key(inner, path, at->key);
        (void)snprintf(inner_name, sizeof(inner_name), "%s%s%s", name,
                       name[0] == '\0' ? "" : ".", at->key);
        good = options_read_map(reader, map, inner_name, at, inner) && good;
    }
    return good;
}

/* [{ filename = "a", content = "b" }, ...] */
static bool
options_read_pairs(struct mst_reader *reader, const struct mst_option *option,
                   struct mst_string_map *map, const struct mst_toml_node *node,
                   const char *path)
{
    bool good = true;
    for (const struct mst_toml_node *at = node->first; at != NULL;
         at = at->next) {
        const struct mst_toml_node *name =
            at->type == MST_TOML_TABLE ? mst_node_get(at, option->choices[0])
                                       : NULL;
        const struct mst_toml_node *value =
            name != NULL ? mst_node_get(at, option->choices[1]) : NULL;
        if (value == NULL || at->len != 2 || name->type != MST_TOML_STRING
            || value->type != MST_TOML_STRING) {
            struct mst_place place = mst_place_value(at, path);
            mst_problems_add(reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                             "expected a table with the strings '%s' and '%s'",
                             option->choices[0], option->choices[1]);
            good = false;
            continue;
        }
        good = mst_value_map_add(reader, map, name->text, value, path) && good;
    }
    return good;
}

static bool
options_fail_table(struct mst_reader *reader, const struct mst_toml_node *node,
                   const char *path)
{
    struct mst_place place = mst_place_value(node, path);
    mst_problems_add(reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                     "expected a table, got %s", mst_node_type_name(node));
    return false;
}

static bool
options_read_one(struct mst_reader *reader, const struct mst_option *option,
                 void *dest, const struct mst_toml_node *node, const char *path)
{
    void *slot = option_slot(option, dest);
    if (option->type != MST_OPTION_TABLE
        && option->type != MST_OPTION_STRING_MAP) {
        return mst_value_read(reader, option, node, path, slot);
    }
    if ((option->flags & MST_OPTION_PAIRS) != 0
        && node->type == MST_TOML_ARRAY) {
        return options_read_pairs(reader, option, slot, node, path);
    }
    if (node->type != MST_TOML_TABLE
        || (option->flags & MST_OPTION_PAIRS) != 0) {
        return options_fail_table(reader, node, path);
    }
    if (option->type == MST_OPTION_STRING_MAP) {
        return options_read_map(reader, slot, "", node, path);
    }
    mst_options_clear(option->table, slot);
    struct mst_options_target target = {option->table, slot};
    struct mst_options_read inner = {
        .node = node, .path = path, .targets = &target, .n = 1};
    return mst_options_read(reader, &inner);
}

static bool
options_listed(const struct mst_options_read *what, const char *key)
{
    for (size_t i = 0; i < what->required_len; i++) {
        if (strcmp(what->required[i], key) == 0) {
            return true;
        }
    }
    for (const char *const *at = what->also; at != NULL && *at != NULL; at++) {
        if (strcmp(*at, key) == 0) {
            return true;
        }
    }
    return false;
}

/* The known key that is nearest to an unknown one. */
static const char *
options_nearest(const struct mst_options_read *what, const char *key)
{
    struct mst_suggest suggest = {.word = key};
    for (size_t t = 0; t < what->n; t++) {
        const struct mst_option_table *table = what->targets[t].table;
        for (size_t i = 0; i < table->len; i++) {
            const struct mst_option *option = &table->options[i];
            /* A key that is there already is not what was meant. */
            if ((option->flags & (MST_OPTION_CATCH_ALL | MST_OPTION_HIDDEN))
                    == 0
                && mst_node_get(what->node, option->name) == NULL) {
                mst_suggest_offer(&suggest, option->name);
            }
        }
    }
    for (const char *const *at = what->also; at != NULL && *at != NULL; at++) {
        if (mst_node_get(what->node, *at) == NULL) {
            mst_suggest_offer(&suggest, *at);
        }
    }
    for (size_t i = 0; i < what->required_len; i++) {
        if (mst_node_get(what->node, what->required[i]) == NULL) {
            mst_suggest_offer(&suggest, what->required[i]);
        }
    }
    return suggest.best;
}

static void
options_fail_unknown(struct mst_reader *reader,
                     const struct mst_options_read *what,
                     const struct mst_toml_node *node, const char *path)
{
    const char *nearest = what->node->len > OPTIONS_SUGGEST_MAX
                              ? NULL
                              : options_nearest(what, node->key);
    char hint[128];
    if (nearest != NULL) {
        (void)snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest);
    }
    struct mst_place place = mst_place_key(node, path);
    mst_problems_add(reader->problems, MST_PROBLEM_ERROR, &place,
                     nearest == NULL ? NULL : hint, "unknown key '%s'",
                     node->key);
}

static bool
options_read_member(struct mst_reader *reader,
                    const struct mst_options_read *what,
                    const struct mst_toml_node *node)
{
    char path[MST_PATH_MAX];
    mst_path_key(path, what->path, node->key);
    bool known = false;
    for (size_t t = 0; t < what->n; t++) {
        const struct mst_option *option =
            mst_options_find(what->targets[t].table, node->key);
        if (option == NULL) {
            continue;
        }
        known = true;
        if (!options_read_one(reader, option, what->targets[t].dest, node,
                              path)) {
            return false;
        }
    }
    if (known || options_listed(what, node->key)) {
        return true;
    }
    struct mst_string_map *map = options_catch_all(what, node);
    if (map != NULL) {
        return options_read_map(reader, map, node->key, node, path);
    }
    if (what->any_key) {
        return true;
    }
    options_fail_unknown(reader, what, node, path);
    return false;
}

/* The unknown key of the table that is this one, misspelt. */
static const struct mst_toml_node *
options_misspelt(const struct mst_options_read *what, const char *name)
{
    if (what->node->len > OPTIONS_SUGGEST_MAX) {
        return NULL;
    }
    for (const struct mst_toml_node *at = what->node->first; at != NULL;
         at = at->next) {
        bool known = options_listed(what, at->key)
                     || options_catch_all(what, at) != NULL;
        for (size_t t = 0; !known && t < what->n; t++) {
            known = mst_options_find(what->targets[t].table, at->key) != NULL;
        }
        if (!known) {
            const char *nearest = options_nearest(what, at->key);
            if (nearest != NULL && strcmp(nearest, name) == 0) {
                return at;
            }
        }
    }
    return NULL;
}

/* A required key that is missing because it is misspelt is one problem. */
static void
options_fail_missing(struct mst_reader *reader,
                     const struct mst_options_read *what, const char *name)
{
    const struct mst_toml_node *misspelt = options_misspelt(what, name);
    if (misspelt == NULL) {
        struct mst_place place = mst_place_value(what->node, what->path);
        mst_problems_add(reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                         "'%s' is missing", name);
    } else if (what->any_key) {
        char path[MST_PATH_MAX];
        mst_path_key(path, what->path, misspelt->key);
        options_fail_unknown(reader, what, misspelt, path);
    }
}

static bool
options_check_required(struct mst_reader *reader,
                       const struct mst_options_read *what,
                       const struct mst_option_table *table)
{
    bool good = true;
    for (size_t i = 0; i < table->len; i++) {
        const struct mst_option *option = &table->options[i];
        if ((option->flags & MST_OPTION_REQUIRED) == 0
            || mst_node_get(what->node, option->name) != NULL) {
            continue;
        }
        good = false;
        options_fail_missing(reader, what, option->name);
    }
    return good;
}

bool
mst_options_read(struct mst_reader *reader, const struct mst_options_read *what)
{
    bool good = true;
    for (size_t t = 0; t < what->n; t++) {
        const struct mst_options_target *target = &what->targets[t];
        if (!mst_options_defaults(target->table, target->dest)) {
            struct mst_place place = {.path = what->path};
            mst_problems_add(reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                             "no memory for defaults, or a wrong one");
            good = false;
        }
    }
    if (what->node == NULL) {
        return good;
    }
    if (what->node->type != MST_TOML_TABLE) {
        return options_fail_table(reader, what->node, what->path);
    }
    for (const struct mst_toml_node *at = what->node->first; at != NULL;
         at = at->next) {
        if (reader->problems->failed) {
            return false;
        }
        good = options_read_member(reader, what, at) && good;
    }
    for (size_t t = 0; t < what->n; t++) {
        good = options_check_required(reader, what, what->targets[t].table)
               && good;
    }
    for (size_t i = 0; i < what->required_len; i++) {
        if (mst_node_get(what->node, what->required[i]) == NULL) {
            good = false;
            options_fail_missing(reader, what, what->required[i]);
        }
    }
    return good;
}
