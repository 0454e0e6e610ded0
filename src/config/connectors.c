/* SPDX-License-Identifier: MIT */
/* Reading `[[connectors]]`. */
#include <stdio.h>
#include <stdlib.h>

#include "config/loader.h"
#include "config/node.h"
#include "config/tables.h"

/* An array of steps. */
static void
connector_steps(struct mst_loader *loader, const struct mst_toml_node *array,
                const char *path, struct mst_config_connector *connector,
                enum mst_config_role role)
{
    if (!mst_loader_check_tables(loader, array, path)) {
        connector->broken = true;
        return;
    }
    struct mst_config_step *steps = calloc(array->len + 1, sizeof(*steps));
    if (steps == NULL) {
        mst_loader_fail_memory(loader, array, path);
        return;
    }
    size_t len = 0;
    for (const struct mst_toml_node *at = array->first; at != NULL;
         at = at->next) {
        char inner[MST_PATH_MAX];
        mst_path_index(inner, path, len);
        steps[len].role = role;
        mst_loader_step(loader, at, inner, connector->compat, &steps[len]);
        len++;
    }
    if (role == MST_ROLE_SINK) {
        connector->sinks = steps;
        connector->sinks_len = len;
    } else {
        connector->middlewares = steps;
        connector->middlewares_len = len;
    }
}

/* A version is a part of the name: "orders:3". */
static void
connector_version(struct mst_loader *loader, const struct mst_toml_node *node,
                  const char *path, int64_t version,
                  struct mst_config_schema *schema)
{
    char *resource = NULL;
    if (asprintf(&resource, "%s:%lld", schema->resource, (long long)version)
        < 0) {
        mst_loader_fail_memory(loader, node, path);
        return;
    }
    free(schema->resource);
    schema->resource = resource;
}

static void
connector_schema(struct mst_loader *loader, const struct mst_toml_node *node,
                 const char *path, struct mst_config_schema *schema)
{
    struct mst_schema_keys keys;
    struct mst_options_target target = {&mst_table_schema, &keys};
    struct mst_options_read what = {
        .node = node, .path = path, .targets = &target, .n = 1};
    schema->node = node;
    schema->service = MST_CONFIG_NO_SERVICE;
    if (mst_options_read(&loader->reader, &what)) {
        schema->service = keys.service_name == NULL
                              ? mst_loader_stored(loader, node, path)
                              : mst_loader_service(loader, node, "service_name",
                                                   path, keys.service_name);
    }
    schema->registry_id = (uint32_t)keys.registry_id;
    schema->kind = mst_node_get(node, "encoding") == NULL
                       ? MST_SCHEMA_KIND_NONE
                       : (enum mst_schema_kind)(keys.encoding + 1);
    mst_buf_init(&schema->text, MST_CONFIG_SCHEMA_MAX);
    schema->id = keys.id;
    schema->resource = keys.resource;
    if (keys.version > 0 && keys.resource != NULL) {
        connector_version(loader, node, path, keys.version, schema);
    }
    free(keys.service_name);
}

static void
connector_schemas(struct mst_loader *loader, const struct mst_toml_node *array,
                  const char *path, struct mst_config_connector *connector)
{
    if (!mst_loader_check_tables(loader, array, path)) {
        return;
    }
    connector->schemas = calloc(array->len + 1, sizeof(*connector->schemas));
    if (connector->schemas == NULL) {
        mst_loader_fail_memory(loader, array, path);
        return;
    }
    for (const struct mst_toml_node *at = array->first; at != NULL;
         at = at->next) {
        char inner[MST_PATH_MAX];
        mst_path_index(inner, path, connector->schemas_len);
        connector_schema(loader, at, inner,
                         &connector->schemas[connector->schemas_len++]);
    }
}

/* Dead letters stay in the state store, with limits, or go to a sink. */
static void
connector_dlq(struct mst_loader *loader, const struct mst_toml_node *node,
              const char *path, struct mst_config_connector *connector)
{
    struct mst_config_dlq limits;
    struct mst_options_target target = {&mst_table_dlq, &limits};
    struct mst_options_read what = {
        .node = node, .path = path, .targets = &target, .n = 1};
    bool sink = mst_node_get(node, "service_name") != NULL;
    if (sink) {
        what.node = NULL;
    }
    if (!mst_options_read(&loader->reader, &what)) {
        connector->broken = true;
    }
    connector->dlq = limits;
    if (sink) {
        connector->dlq.sink = calloc(1, sizeof(*connector->dlq.sink));
        if (connector->dlq.sink == NULL) {
            mst_loader_fail_memory(loader, node, path);
            return;
        }
        connector->dlq.sink->role = MST_ROLE_SINK;
        mst_loader_step(loader, node, path, connector->compat,
                        connector->dlq.sink);
    }
}

static void
connector_source(struct mst_loader *loader, const struct mst_toml_node *node,
                 const char *path, struct mst_config_connector *connector)
{
    connector->source.role = MST_ROLE_SOURCE;
    if (node->type == MST_TOML_ARRAY) {
        struct mst_place place = mst_place_value(node, path);
        mst_loader_fail(loader, &place,
                        "a connector has one source; make one for each",
                        "expected a table, got an array");
        connector->source.broken = true;
        return;
    }
    mst_loader_step(loader, node, path, connector->compat, &connector->source);
}

/* The members that are no plain options. */
static void
connector_members(struct mst_loader *loader, const struct mst_toml_node *node,
                  const char *path, struct mst_config_connector *connector)
{
    char inner[MST_PATH_MAX];
    const struct mst_toml_node *at = mst_node_get(node, "source");
    if (at != NULL) {
        mst_path_key(inner, path, "source");
        connector_source(loader, at, inner, connector);
    }
    at = mst_node_get(node, "middlewares");
    if (at != NULL) {
        mst_path_key(inner, path, "middlewares");
        connector_steps(loader, at, inner, connector, MST_ROLE_MIDDLEWARE);
    }
    at = mst_node_get(node, "schemas");
    if (at != NULL) {
        mst_path_key(inner, path, "schemas");
        connector_schemas(loader, at, inner, connector);
    }
    at = mst_node_get(node, "sinks");
    if (at != NULL) {
        mst_path_key(inner, path, "sinks");
        connector_steps(loader, at, inner, connector, MST_ROLE_SINK);
        if (at->type == MST_TOML_ARRAY && at->len == 0) {
            struct mst_place place = mst_place_value(at, inner);
            mst_loader_fail(loader, &place, NULL,
                            "a connector needs at least one sink");
        }
    }
    at = mst_node_get(node, "dlq");
    mst_path_key(inner, path, "dlq");
    connector_dlq(loader, at, inner, connector);
}

static void
connector_read(struct mst_loader *loader, const struct mst_toml_node *node,
               const char *path, struct mst_config_connector *connector)
{
    static const char *const also[] = {"middlewares", "schemas", "dlq", NULL};
    static const char *const steps[] = {"source", "sinks"};
    struct mst_options_target target = {&mst_table_connector, connector};
    struct mst_options_read what = {.node = node,
                                    .path = path,
                                    .targets = &target,
                                    .n = 1,
                                    .also = also,
                                    .required = steps,
                                    .required_len = MST_ARRAY_SIZE(steps)};
    connector->broken = !mst_options_read(&loader->reader, &what);
    connector->node = node;
    connector->batch.framed = mst_node_get(node, "batch") != NULL;
    connector->source.service = MST_CONFIG_NO_SERVICE;
    if (node->type == MST_TOML_TABLE) {
        connector_members(loader, node, path, connector);
        if (!mst_config_hash(node, &connector->hash)) {
            mst_loader_fail_memory(loader, node, path);
        }
    }
}

static void
connector_check_name(struct mst_loader *loader, const char *path,
                     const struct mst_config_connector *connector)
{
    if (connector->name == NULL) {
        return;
    }
    char inner[MST_PATH_MAX];
    mst_path_key(inner, path, "name");
    struct mst_place place = mst_loader_place(connector->node, "name", inner);
    const struct mst_config_connector *first =
        mst_config_find_connector(loader->config, connector->name);
    if (first != NULL && first != connector) {
        char hint[64];
        (void)snprintf(hint, sizeof(hint), "the first one is in line %u",
                       first->node->line);
        char written[MST_SECRET_SHOWN_MAX];
        mst_loader_written(connector->node, "name", written);
        mst_loader_fail(loader, &place, hint,
                        "there are two connectors named '%s'", written);
    }
    for (const char *at = connector->name; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            mst_loader_fail(loader, &place, NULL,
                            "a name has no control characters");
            break;
        }
    }
}

void
mst_loader_connectors(struct mst_loader *loader)
{
    struct mst_config *config = loader->config;
    const struct mst_toml_node *array =
        mst_node_get(config->root, "connectors");
    if (array == NULL
        || !mst_loader_check_tables(loader, array, "connectors")) {
        return;
    }
    config->connectors = calloc(array->len + 1, sizeof(*config->connectors));
    if (config->connectors == NULL) {
        mst_loader_fail_memory(loader, array, "connectors");
        return;
    }
    for (const struct mst_toml_node *at = array->first; at != NULL;
         at = at->next) {
        char path[MST_PATH_MAX];
        mst_loader_entry(loader, at, "connectors", config->connectors_len,
                         path);
        struct mst_config_connector *connector =
            &config->connectors[config->connectors_len++];
        connector_read(loader, at, path, connector);
        connector_check_name(loader, path, connector);
    }
}
