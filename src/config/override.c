/* SPDX-License-Identifier: MIT */
/*
 * Settings that win over the file: MSTREAM_<SECTION>_<KEY> from the
 * environment, and --set section.key=value, which wins over both.
 */
#include <stdio.h>
#include <stdlib.h>

#include "config/loader.h"
#include "config/node.h"
#include "config/tables.h"

static void
override_fail_memory(struct mst_loader *loader, const char *file)
{
    struct mst_place place = {.file = file};
    mst_loader_fail(loader, &place, NULL, "out of memory");
}

/* MSTREAM_API_PORT; the text lives as long as the configuration. */
static const char *
override_name(struct mst_loader *loader, const char *section, const char *key)
{
    char name[128];
    (void)snprintf(name, sizeof(name), "MSTREAM_%s%s%s", section,
                   section[0] == '\0' ? "" : "_", key);
    for (char *at = name; *at != '\0'; at++) {
        if (*at >= 'a' && *at <= 'z') {
            *at = (char)(*at - 'a' + 'A');
        }
    }
    return (const char *)mst_arena_copy(&loader->config->arena,
                                        mst_slice_str(name))
        .data;
}

/* The member table `key`, made when there is none; NULL: it is no table (the
 * reader says so later), or no memory. */
static struct mst_toml_node *
override_table(struct mst_loader *loader, struct mst_toml_node *node,
               const char *key, const char *file)
{
    struct mst_toml_node *table = mst_node_get(node, key);
    if (table == NULL) {
        table = mst_node_table(&loader->config->arena, file);
        if (table == NULL
            || mst_node_put(&loader->config->arena, node, key, table)
                   != MST_OK) {
            override_fail_memory(loader, file);
            return NULL;
        }
    }
    return table->type == MST_TOML_TABLE ? table : NULL;
}

/* The value goes in as a reference, so that it is converted by the option's
 * type and never shown. */
static void
override_variable(struct mst_loader *loader, const char *section,
                  const char *key)
{
    const char *name = override_name(loader, section, key);
    if (name == NULL) {
        override_fail_memory(loader, "environment");
        return;
    }
    const struct mst_env *env = loader->reader.env;
    const char *value = env->get(env->arg, name);
    if (value == NULL || value[0] == '\0') {
        return;
    }
    char text[160];
    struct mst_toml_node *table = loader->config->root;
    (void)snprintf(text, sizeof(text), "${%s}", name);
    if (section[0] != '\0') {
        table = override_table(loader, table, section, name);
    }
    struct mst_toml_node *node =
        mst_node_string(&loader->config->arena, name, text);
    if (table == NULL) {
        return;
    }
    if (node == NULL
        || mst_node_put(&loader->config->arena, table, key, node) != MST_OK) {
        override_fail_memory(loader, name);
    }
}

static void
override_environment(struct mst_loader *loader)
{
    static const struct {
        const char *section;
        const struct mst_option_table *table;
    } sections[] = {
        {"", &mst_table_root},       {"api", &mst_table_api},
        {"state", &mst_table_state}, {"limits", &mst_table_limits},
        {"log", &mst_table_log},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(sections); i++) {
        for (size_t j = 0; j < sections[i].table->len; j++) {
            const struct mst_option *option = &sections[i].table->options[j];
            if (option->type != MST_OPTION_TABLE
                && option->type != MST_OPTION_STRING_LIST) {
                override_variable(loader, sections[i].section, option->name);
            }
        }
    }
}

/* Behind the dot at `at`, where something must follow; at itself at the end
 * of the path. */
static char *
override_rest(char *at)
{
    if (*at == '\0') {
        return at;
    }
    return at[1] == '\0' ? NULL : at + 1;
}

/* Part of a path up to the next dot; quotes keep dots in. Returns what is
 * behind it, NULL when the path is malformed. */
static char *
override_part(char *at, char **ret_part)
{
    if (*at == '"') {
        char *end = strchr(at + 1, '"');
        if (end == NULL || (end[1] != '.' && end[1] != '\0')) {
            return NULL;
        }
        *end = '\0';
        *ret_part = at + 1;
        return override_rest(end + 1);
    }
    char *dot = strchr(at, '.');
    *ret_part = at;
    if (dot == NULL) {
        return *at == '\0' ? NULL : at + strlen(at);
    }
    char *rest = override_rest(dot);
    *dot = '\0';
    return dot == at ? NULL : rest;
}

/* An element of an array: by the `name` that it has, or by its number. */
static struct mst_toml_node *
override_element(const struct mst_toml_node *array, const char *part)
{
    size_t i = 0;
    for (struct mst_toml_node *at = array->first; at != NULL; at = at->next) {
        const struct mst_toml_node *name = mst_node_get(at, "name");
        char number[24];
        (void)snprintf(number, sizeof(number), "%zu", i++);
        if (strcmp(number, part) == 0
            || (name != NULL && name->type == MST_TOML_STRING
                && strcmp(name->text, part) == 0)) {
            return at;
        }
    }
    return NULL;
}

static void
override_forget_places(struct mst_toml_node *node, const char *file, int depth)
{
    node->file = file;
    node->line = node->column = node->key_line = node->key_column = 0;
    for (struct mst_toml_node *at = node->first; at != NULL && depth > 0;
         at = at->next) {
        override_forget_places(at, file, depth - 1);
    }
}

/* A TOML value, or, where it is none, the text itself. */
static struct mst_toml_node *
override_value(struct mst_loader *loader, const char *value, const char *file)
{
    struct mst_arena *arena = &loader->config->arena;
    struct mst_toml_node *root = NULL;
    struct mst_toml_error error;
    struct mst_buf line;
    mst_buf_init(&line, MST_ENV_MAX_VALUE);
    enum mst_status status = mst_buf_printf(&line, "v = %s\n", value);
    if (status == MST_OK) {
        status = mst_toml_parse(arena, file, (const char *)line.data, line.len,
                                &root, &error);
    }
    mst_buf_clear(&line);
    if (status != MST_OK || root->len != 1) {
        return mst_node_string(arena, file, value);
    }
    override_forget_places(root->first, file, 64);
    return root->first;
}

static void
override_put(struct mst_loader *loader, char *path, const char *value,
             const char *file)
{
    struct mst_place place = {.file = file};
    struct mst_toml_node *node = loader->config->root;
    char *part = NULL;
    char *rest = override_part(path, &part);
    while (rest != NULL && *rest != '\0') {
        struct mst_toml_node *next = node->type == MST_TOML_ARRAY
                                         ? override_element(node, part)
                                         : mst_node_get(node, part);
        if (next == NULL && node->type == MST_TOML_TABLE) {
            next = override_table(loader, node, part, file);
        }
        if (next == NULL
            || (next->type != MST_TOML_TABLE && next->type != MST_TOML_ARRAY)) {
            mst_loader_fail(loader, &place, NULL, "there is no '%s' to set",
                            part);
            return;
        }
        node = next;
        rest = override_part(rest, &part);
    }
    if (rest == NULL || node->type != MST_TOML_TABLE) {
        mst_loader_fail(loader, &place, "write it as --set section.key=value",
                        "this is not the path of a key");
        return;
    }
    struct mst_toml_node *made = override_value(loader, value, file);
    if (made == NULL
        || mst_node_put(&loader->config->arena, node, part, made) != MST_OK) {
        override_fail_memory(loader, file);
    }
}

/* The value may be a secret: only the path is kept for messages. */
static void
override_set(struct mst_loader *loader, const char *set)
{
    struct mst_arena *arena = &loader->config->arena;
    struct mst_place place = {.file = "--set"};
    const char *equals = strchr(set, '=');
    if (equals == NULL || equals == set) {
        mst_loader_fail(loader, &place, "write it as --set section.key=value",
                        "there is no '=' behind a key");
        return;
    }
    size_t len = (size_t)(equals - set);
    char *path = mst_arena_alloc(arena, len + 1);
    char *file = mst_arena_alloc(arena, len + sizeof("--set "));
    if (path == NULL || file == NULL) {
        override_fail_memory(loader, "--set");
        return;
    }
    memcpy(path, set, len);
    path[len] = '\0';
    (void)snprintf(file, len + sizeof("--set "), "--set %s", path);
    override_put(loader, path, equals + 1, file);
}

void
mst_loader_override(struct mst_loader *loader)
{
    override_environment(loader);
    for (size_t i = 0; i < loader->input->sets_len; i++) {
        override_set(loader, loader->input->sets[i]);
    }
}
