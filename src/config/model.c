/* SPDX-License-Identifier: MIT */
/* Looking things up in a configuration, and its end. */
#include <stdlib.h>

#include "config/loader.h"
#include "config/tables.h"

void
mst_config_step_clear(struct mst_config_step *step)
{
    if (step->options != NULL) {
        mst_options_clear(step->table, step->options);
    }
    free(step->options);
    free(step->resource);
    free(step->schema_id);
    free(step->subject);
    *step = (struct mst_config_step){.service = MST_CONFIG_NO_SERVICE,
                                     .registry = MST_CONFIG_NO_SERVICE,
                                     .writers = MST_CONFIG_NO_SERVICE};
}

static void
steps_clear(struct mst_config_step *steps, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        mst_config_step_clear(&steps[i]);
    }
    free(steps);
}

void
mst_config_connector_clear(struct mst_config_connector *connector)
{
    for (size_t i = 0; i < connector->schemas_len; i++) {
        free(connector->schemas[i].id);
        free(connector->schemas[i].resource);
        mst_buf_clear(&connector->schemas[i].text);
    }
    free(connector->schemas);
    mst_config_step_clear(&connector->source);
    steps_clear(connector->middlewares, connector->middlewares_len);
    steps_clear(connector->sinks, connector->sinks_len);
    steps_clear(connector->dlq.sink, connector->dlq.sink == NULL ? 0 : 1);
    mst_options_clear(&mst_table_connector, connector);
}

void
mst_config_destroy(struct mst_config *config)
{
    if (config == NULL) {
        return;
    }
    for (size_t i = 0; i < config->connectors_len; i++) {
        mst_config_connector_clear(&config->connectors[i]);
    }
    free(config->connectors);
    for (size_t i = 0; i < config->services_len; i++) {
        struct mst_config_service *service = &config->services[i];
        if (service->options != NULL) {
            mst_options_clear(service->table, service->options);
        }
        free(service->options);
        free(service->name);
        free(service->provider);
    }
    free(config->services);
    for (size_t i = 0; i < config->plans_len; i++) {
        config->plans_destroy(config->plans[i]);
    }
    free(config->plans);
    mst_options_clear(&mst_table_root, config);
    mst_arena_clear(&config->arena);
    free(config);
}

const struct mst_config_service *
mst_config_find_service(const struct mst_config *config, const char *name)
{
    for (size_t i = 0; i < config->services_len; i++) {
        const struct mst_config_service *service = &config->services[i];
        if (service->name != NULL && strcmp(service->name, name) == 0) {
            return service;
        }
    }
    return NULL;
}

const struct mst_config_connector *
mst_config_find_connector(const struct mst_config *config, const char *name)
{
    for (size_t i = 0; i < config->connectors_len; i++) {
        const struct mst_config_connector *connector = &config->connectors[i];
        if (connector->name != NULL && strcmp(connector->name, name) == 0) {
            return connector;
        }
    }
    return NULL;
}

static bool
step_uses(const struct mst_config_step *step, size_t service)
{
    return step->service == service || step->registry == service
           || step->writers == service;
}

bool
mst_config_connector_uses(const struct mst_config_connector *connector,
                          size_t service)
{
    const struct mst_config_step *dlq = connector->dlq.sink;
    bool found = step_uses(&connector->source, service)
                 || (dlq != NULL && step_uses(dlq, service));
    for (size_t i = 0; i < connector->middlewares_len && !found; i++) {
        found = step_uses(&connector->middlewares[i], service);
    }
    for (size_t i = 0; i < connector->sinks_len && !found; i++) {
        found = step_uses(&connector->sinks[i], service);
    }
    for (size_t i = 0; i < connector->schemas_len && !found; i++) {
        found = connector->schemas[i].service == service;
    }
    return found;
}
