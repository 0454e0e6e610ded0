/* SPDX-License-Identifier: MIT */
/* The schemas that steps refer to: found, loaded and compiled. */
#include <stdio.h>
#include <stdlib.h>

#include "config/loader.h"
#include "config/node.h"

struct mst_config_schema *
mst_loader_find_schema(struct mst_loader *loader,
                       struct mst_config_connector *connector,
                       const struct mst_config_step *step, const char *path)
{
    for (size_t i = 0; i < connector->schemas_len; i++) {
        if (connector->schemas[i].id != NULL
            && strcmp(connector->schemas[i].id, step->schema_id) == 0) {
            return &connector->schemas[i];
        }
    }
    char inner[MST_PATH_MAX];
    char written[MST_SECRET_SHOWN_MAX];
    mst_path_key(inner, path, "schema_id");
    struct mst_place place = mst_loader_place(step->node, "schema_id", inner);
    mst_loader_written(step->node, "schema_id", written);
    mst_loader_fail(loader, &place, "add it to schemas of this connector",
                    "unknown schema '%s'", written);
    return NULL;
}

/* Where the key of the entry stands; path: of a step of its connector. */
static struct mst_place
schemas_place(const struct mst_config_schema *schema, const char *key,
              const char *path, char inner[MST_PATH_MAX])
{
    const char *dot = strchr(path, '.');
    int len = dot == NULL ? (int)strlen(path) : (int)(dot - path);
    (void)snprintf(inner, MST_PATH_MAX, "%.*s.schemas.%s", len, path, key);
    return mst_loader_place(schema->node, key, inner);
}

/* The text, once. False: a problem was added, unless the entry is broken
 * anyhow. */
static bool
schemas_load(struct mst_loader *loader, struct mst_config_schema *schema,
             const char *path)
{
    char inner[MST_PATH_MAX];
    struct mst_error err;
    if (schema->text.len > 0) {
        return true;
    }
    if (schema->service == MST_CONFIG_NO_SERVICE || schema->resource == NULL) {
        return false;
    }
    const struct mst_config_service *service =
        &loader->config->services[schema->service];
    if (service->broken) {
        return false;
    }
    if (service->schemas == NULL) {
        struct mst_place place =
            schemas_place(schema, "service_name", path, inner);
        mst_loader_fail(loader, &place, NULL, "provider '%s' keeps no schemas",
                        service->provider);
        return false;
    }
    mst_error_clear(&err);
    if (service->schemas->load(service->options, schema->resource,
                               &schema->text, &err)
        == MST_OK) {
        return true;
    }
    struct mst_place place = schemas_place(schema, "resource", path, inner);
    mst_loader_fail(loader, &place, err.hint[0] == '\0' ? NULL : err.hint, "%s",
                    err.text);
    return false;
}

/* Gives the plan to the configuration. False: no memory. */
static bool
schemas_keep(struct mst_loader *loader, struct mst_schema_plan *plan)
{
    struct mst_config *config = loader->config;
    struct mst_schema_plan **plans =
        realloc(config->plans, (config->plans_len + 1) * sizeof(*plans));
    if (plans == NULL) {
        return false;
    }
    config->plans = plans;
    config->plans[config->plans_len++] = plan;
    config->plans_destroy = loader->registry->schema_destroy;
    return true;
}

bool
mst_loader_schema(struct mst_loader *loader, struct mst_config_schema *schema,
                  enum mst_framing framing, struct mst_config_step *step,
                  const char *path)
{
    struct mst_error err;
    struct mst_schema_plan *plan = NULL;
    mst_error_clear(&err);
    char inner[MST_PATH_MAX];
    if (loader->registry->schema_compile == NULL) {
        mst_path_key(inner, path, "schema_id");
        struct mst_place place =
            mst_loader_place(step->node, "schema_id", inner);
        mst_loader_fail(loader, &place, "remove 'schema_id'",
                        "this build can not apply schemas");
        return false;
    }
    if (!schemas_load(loader, schema, path)) {
        return false;
    }
    step->schema_use.kind = schema->kind;
    step->schema_use.framing = framing;
    step->schema_use.registry_id = schema->registry_id;
    enum mst_status status = loader->registry->schema_compile(
        mst_buf_slice(&schema->text), &step->schema_use, &plan, &err);
    if (status != MST_OK) {
        struct mst_place place = schemas_place(schema, "resource", path, inner);
        mst_loader_fail(loader, &place, err.hint[0] == '\0' ? NULL : err.hint,
                        "%s", err.text);
        return false;
    }
    if (!schemas_keep(loader, plan)) {
        loader->registry->schema_destroy(plan);
        mst_loader_fail_memory(loader, step->node, path);
        return false;
    }
    step->conversion.schema = plan;
    return true;
}
