/* SPDX-License-Identifier: MIT */
/* From a TOML file to a configuration, or to all that is wrong with it. */
#include "config/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/loader.h"
#include "config/node.h"
#include "config/tables.h"

void
mst_loader_fail(struct mst_loader *loader, const struct mst_place *place,
                const char *hint, const char *fmt, ...)
{
    char text[MST_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    mst_problems_add(loader->reader.problems, MST_PROBLEM_ERROR, place, hint,
                     "%s", text);
}

void
mst_loader_fail_memory(struct mst_loader *loader,
                       const struct mst_toml_node *node, const char *path)
{
    struct mst_place place = mst_place_value(node, path);
    mst_loader_fail(loader, &place, NULL, "out of memory");
}

struct mst_place
mst_loader_place(const struct mst_toml_node *table, const char *key,
                 const char *path)
{
    const struct mst_toml_node *node = mst_node_get(table, key);
    return mst_place_value(node == NULL ? table : node, path);
}

const char *
mst_loader_peek(struct mst_loader *loader, const struct mst_toml_node *table,
                const char *key)
{
    const struct mst_toml_node *node = mst_node_get(table, key);
    if (node == NULL || node->type != MST_TOML_STRING) {
        return NULL;
    }
    struct mst_buf buf;
    const char *text = NULL;
    mst_buf_init(&buf, MST_ENV_MAX_VALUE);
    enum mst_status status =
        mst_env_expand(loader->reader.env, node->text, &buf, NULL);
    if (status == MST_OK) {
        text = (const char *)mst_arena_copy(&loader->config->arena,
                                            mst_buf_slice(&buf))
                   .data;
        status = text == NULL ? MST_FATAL : MST_OK;
    }
    /* A reference that is wrong is said by who reads the value for good. */
    if (status == MST_FATAL) {
        mst_loader_fail_memory(loader, node, key);
    }
    mst_buf_clear(&buf);
    return text;
}

void
mst_loader_written(const struct mst_toml_node *table, const char *key,
                   char out[MST_SECRET_SHOWN_MAX])
{
    const struct mst_toml_node *node = mst_node_get(table, key);
    out[0] = '\0';
    if (node != NULL && node->type == MST_TOML_STRING) {
        mst_secret_shown(node->text, out);
    }
}

bool
mst_loader_check_tables(struct mst_loader *loader,
                        const struct mst_toml_node *node, const char *path)
{
    struct mst_place place = mst_place_value(node, path);
    if (node->type != MST_TOML_ARRAY) {
        mst_loader_fail(loader, &place, NULL,
                        "expected an array of tables, got %s",
                        mst_node_type_name(node));
        return false;
    }
    if (node->len > MST_CONFIG_MAX_ENTRIES) {
        mst_loader_fail(loader, &place, NULL, "more than %d entries",
                        (int)MST_CONFIG_MAX_ENTRIES);
        return false;
    }
    return true;
}

static bool
load_parse(struct mst_loader *loader, const char *file, const char *text,
           size_t len)
{
    struct mst_toml_error error = {0};
    enum mst_status status = mst_toml_parse(&loader->config->arena, file, text,
                                            len, &loader->config->root, &error);
    struct mst_place place = {file, error.line, error.column, NULL};
    if (status == MST_REJECTED) {
        bool inside = strstr(error.text, "inline table") != NULL
                      && strstr(error.text, "saw '\\n'") != NULL;
        mst_loader_fail(loader, &place,
                        inside ? "an inline table stands on one line; for "
                                 "more lines use a [table] or [[table]]"
                               : NULL,
                        "%s", error.text);
    } else if (status != MST_OK) {
        mst_loader_fail(loader, &place, NULL, "out of memory");
    }
    return status == MST_OK;
}

/* The tree; false: there is none, with a problem. */
static bool
load_tree(struct mst_loader *loader)
{
    const struct mst_config_input *input = loader->input;
    const char *path = input->path == NULL ? "configuration" : input->path;
    /* Nodes keep the name longer than the caller does. */
    const char *file = (const char *)mst_arena_copy(&loader->config->arena,
                                                    mst_slice_str(path))
                           .data;
    if (file == NULL) {
        struct mst_place place = {.file = path};
        mst_loader_fail(loader, &place, NULL, "out of memory");
        return false;
    }
    if (input->text != NULL || input->path == NULL) {
        return load_parse(loader, file, input->text == NULL ? "" : input->text,
                          input->text == NULL ? 0 : input->text_len);
    }
    size_t len = 0;
    char *text = mst_loader_file(loader, path, &len);
    bool good = text != NULL && load_parse(loader, file, text, len);
    free(text);
    return good;
}

static const char *
loader_env_get(void *arg, const char *name)
{
    const struct mst_loader *loader = arg;
    return loader->env->get(loader->env->arg, name);
}

static bool
loader_env_may(void *arg, const char *name)
{
    const struct mst_loader *loader = arg;
    const struct mst_strings *allowed = &loader->config->api.env_allow;
    bool found = false;
    for (size_t i = 0; i < allowed->len && !found; i++) {
        found = strcmp(allowed->items[i], name) == 0;
    }
    return found;
}

static void
load_sections(struct mst_loader *loader)
{
    static const char *const also[] = {"services", "connectors", NULL};
    struct mst_options_target target = {&mst_table_root, loader->config};
    struct mst_options_read what = {.node = loader->config->root,
                                    .path = "",
                                    .targets = &target,
                                    .n = 1,
                                    .also = also};
    /* What is wrong is among the problems; the rest is read all the same. */
    bool good = mst_options_read(&loader->reader, &what);
    (void)good;
    mst_loader_merge(loader);
    mst_loader_services(loader);
    mst_loader_connectors(loader);
    mst_loader_crosscheck(loader);
}

enum mst_status
mst_config_load(const struct mst_config_input *input,
                struct mst_problems *problems, struct mst_config **ret_config)
{
    struct mst_loader loader = {
        .input = input,
        .registry = input->registry,
        .env = input->env == NULL ? &mst_env_process : input->env,
        .reader = {.problems = problems},
        .config = calloc(1, sizeof(struct mst_config)),
    };
    size_t before = problems->errors;
    loader.reader.env = loader.env;
    loader.restricted = (struct mst_env){
        .get = loader_env_get, .may = loader_env_may, .arg = &loader};
    if (loader.config == NULL) {
        struct mst_place place = {.file = input->path};
        mst_loader_fail(&loader, &place, NULL, "out of memory");
        return MST_FATAL;
    }
    if (load_tree(&loader)) {
        mst_loader_override(&loader);
        load_sections(&loader);
    }
    mst_problems_sort(problems);
    if (problems->errors > before) {
        mst_config_destroy(loader.config);
        return MST_FATAL;
    }
    *ret_config = loader.config;
    return MST_OK;
}
