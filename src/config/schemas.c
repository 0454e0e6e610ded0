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

/* What stands for a schema that is not known yet: that there is one decides
 * what can be converted. It is Avro unless it is said to be other. */
static const char schemas_avro[] =
    "{\"type\":\"record\",\"name\":\"unknown\",\"fields\":[]}";
static const char schemas_json[] = "{\"type\":\"object\"}";

static struct mst_slice
schemas_stand_in(const struct mst_config_schema *schema)
{
    return schema != NULL && schema->kind == MST_SCHEMA_KIND_JSON
               ? mst_slice_str(schemas_json)
               : mst_slice_str(schemas_avro);
}

static void
schemas_take_use(const struct mst_schema_force *force,
                 struct mst_config_step *step)
{
    step->schema_use.framing = force->framing;
    if (force->schema != NULL) {
        step->schema_use.kind = force->schema->kind;
        step->schema_use.registry_id = force->schema->registry_id;
    }
}

static const struct mst_schema_store_type *
schemas_store(const struct mst_loader *loader,
              const struct mst_config_schema *schema)
{
    return schema == NULL || schema->service == MST_CONFIG_NO_SERVICE
               ? NULL
               : loader->config->services[schema->service].schemas;
}

/* Whether the resource of a remote schema can be one. */
static bool
schemas_check_ref(struct mst_loader *loader,
                  const struct mst_config_schema *schema, const char *path)
{
    struct mst_schema_ref ref;
    struct mst_error err;
    char inner[MST_PATH_MAX];
    mst_error_clear(&err);
    if (schema->resource == NULL
        || loader->config->services[schema->service].broken) {
        return false;
    }
    if (mst_schema_ref_parse(schema->resource, &ref, &err) == MST_OK) {
        return true;
    }
    struct mst_place place = schemas_place(schema, "resource", path, inner);
    mst_loader_fail(loader, &place, err.hint, "%s", err.text);
    return false;
}

/* A number is asked for by subject, which a template does not give. */
static bool
schemas_check_subject(struct mst_loader *loader,
                      const struct mst_schema_force *force,
                      const struct mst_config_step *step, const char *path)
{
    const struct mst_config_schema *schema = force->schema;
    bool numbered = schema == NULL || schema->registry_id != 0
                    || schema->service == step->registry;
    if (step->registry == MST_CONFIG_NO_SERVICE || step->subject != NULL
        || (numbered && !step->auto_register)
        || strchr(step->resource, '{') == NULL) {
        return true;
    }
    char inner[MST_PATH_MAX];
    mst_path_key(inner, path, "resource");
    struct mst_place place = mst_loader_place(step->node, "resource", inner);
    mst_loader_fail(
        loader, &place, "add 'subject'",
        "the subject of the schema does not follow from a template");
    return false;
}

/* The text to compile now; data == NULL: a problem was added. */
static struct mst_slice
schemas_text(struct mst_loader *loader, const struct mst_schema_force *force,
             struct mst_config_step *step, const char *path)
{
    struct mst_config_schema *schema = force->schema;
    const struct mst_schema_store_type *store = schemas_store(loader, schema);
    bool remote = store != NULL && store->load == NULL;
    step->schema = schema;
    step->late = step->late || remote || step->registry != MST_CONFIG_NO_SERVICE
                 || step->writers != MST_CONFIG_NO_SERVICE;
    if (remote ? !schemas_check_ref(loader, schema, path)
               : schema != NULL && !schemas_load(loader, schema, path)) {
        return MST_SLICE_NONE;
    }
    if (!schemas_check_subject(loader, force, step, path)) {
        return MST_SLICE_NONE;
    }
    return remote || schema == NULL ? schemas_stand_in(schema)
                                    : mst_buf_slice(&schema->text);
}

bool
mst_loader_schema(struct mst_loader *loader,
                  const struct mst_schema_force *force,
                  struct mst_config_step *step, const char *path)
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
    struct mst_slice text = schemas_text(loader, force, step, path);
    if (text.data == NULL) {
        return false;
    }
    schemas_take_use(force, step);
    enum mst_status status =
        loader->registry->schema_compile(text, &step->schema_use, &plan, &err);
    if (status != MST_OK && force->schema == NULL) {
        mst_loader_fail_memory(loader, step->node, path);
        return false;
    }
    if (status != MST_OK) {
        struct mst_place place =
            schemas_place(force->schema, "resource", path, inner);
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
