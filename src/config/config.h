/* SPDX-License-Identifier: MIT */
/*
 * A configuration, checked and typed: what jobs, stores and the API are made
 * from. Texts have their references (${NAME}) resolved here; the tree behind
 * `node` keeps them as written, and only that is ever shown or stored.
 *
 * Ownership: everything belongs to the configuration. Thread: any, it never
 * changes after loading.
 */
#ifndef MST_CONFIG_CONFIG_H
#define MST_CONFIG_CONFIG_H

#include "base/arena.h"
#include "config/connector.h"
#include "config/sections.h"
#include "core/registry.h"

#define MST_CONFIG_DEFAULT_FILE "mstream-config.toml"

struct mst_config_state {
    char *path;       /* ":memory:" keeps nothing */
    int64_t lease_ms; /* how long a job is held without being renewed */
};

struct mst_config_service {
    char *name;
    char *provider;
    /* At least one is set. */
    const struct mst_source_type *source;
    const struct mst_sink_type *sink;
    const struct mst_middleware_type *middleware;
    const struct mst_schema_store_type *schemas;
    const struct mst_option_table *table;
    void *options; /* as table says */
    uint64_t hash; /* of the definition as written, see connector.hash */
    const struct mst_toml_node *node;
    bool broken; /* while loading only: problems were found in it */
};

struct mst_config {
    struct mst_config_api api;
    struct mst_config_state state;
    uint64_t memory;
    int64_t shutdown_timeout_ms;
    int64_t stuck_after_ms;
    struct mst_config_log log;
    struct mst_config_system system;
    struct mst_config_service *services;
    size_t services_len;
    struct mst_config_connector *connectors;
    size_t connectors_len;
    /* Schemas that steps refer to, compiled. */
    struct mst_schema_plan **plans;
    size_t plans_len;
    mst_schema_destroy plans_destroy;
    /* The loader's own. */
    struct mst_arena arena;
    struct mst_toml_node *root;
};

void mst_config_destroy(struct mst_config *config);

/* NULL: none of that name. */
const struct mst_config_service *
mst_config_find_service(const struct mst_config *config, const char *name);
const struct mst_config_connector *
mst_config_find_connector(const struct mst_config *config, const char *name);

/* Whether any of its steps or schemas needs the service of this index. */
bool mst_config_connector_uses(const struct mst_config_connector *connector,
                               size_t service);

/* The definition as JSON, keys sorted, references kept, secrets as "****":
 * what may be shown. */
MST_MUST_CHECK enum mst_status
mst_config_service_json(const struct mst_config_service *service,
                        struct mst_buf *out);
MST_MUST_CHECK enum mst_status
mst_config_connector_json(const struct mst_config_connector *connector,
                          struct mst_buf *out);
/* What a job goes by: {"connector":…, "source":{"service":…, "options":…},
 * "sinks":[…], "dlq":…}, each key as {"value", "origin"}, where origin is
 * "file:line", "default", or the variable or --set that it comes from. */
MST_MUST_CHECK enum mst_status
mst_config_effective_json(const struct mst_config *config,
                          const struct mst_config_connector *connector,
                          struct mst_buf *out);
/* Likewise the whole file. */
MST_MUST_CHECK enum mst_status mst_config_json(const struct mst_config *config,
                                               struct mst_buf *out);

#endif
