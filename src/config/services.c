/* SPDX-License-Identifier: MIT */
/* Reading `[[services]]`. */
#include <stdio.h>
#include <stdlib.h>

#include "config/loader.h"
#include "config/node.h"
#include "config/suggest.h"
#include "config/tables.h"

/* What the published mstream knows and this build may not have. */
static const char *const services_published[] = {"mongodb", "kafka", "pubsub",
                                                 "http", "udf"};

static void
service_find_types(const struct mst_registry *registry, const char *provider,
                   struct mst_config_service *service)
{
    service->source = mst_registry_source(registry, provider);
    service->sink = mst_registry_sink(registry, provider);
    if (registry->middlewares != NULL) {
        service->middleware = mst_registry_middleware(registry, provider);
    }
    service->schemas = mst_registry_schema_store(registry, provider);
    if (service->source != NULL) {
        service->table = &service->source->service_options;
    } else if (service->sink != NULL) {
        service->table = &service->sink->service_options;
    } else if (service->middleware != NULL) {
        service->table = &service->middleware->service_options;
    } else if (service->schemas != NULL) {
        service->table = &service->schemas->service_options;
    }
}

/* Appends a provider's name to a list, once. */
static void
service_list_name(char *list, size_t size, const char *name,
                  struct mst_suggest *suggest)
{
    char quoted[64];
    (void)snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    mst_suggest_offer(suggest, name);
    if (strstr(list, quoted) == NULL) {
        size_t used = strlen(list);
        (void)snprintf(list + used, size - used, "%s%s", used == 0 ? "" : ", ",
                       quoted);
    }
}

static void
service_fail_provider(struct mst_loader *loader,
                      const struct mst_toml_node *node, const char *path,
                      const char *provider)
{
    const struct mst_registry *registry = loader->registry;
    struct mst_suggest suggest = {.word = provider};
    char list[512] = "";
    char inner[MST_PATH_MAX];
    char hint[600];
    for (size_t i = 0; registry->sources[i] != NULL; i++) {
        service_list_name(list, sizeof(list), registry->sources[i]->name,
                          &suggest);
    }
    for (size_t i = 0; registry->sinks[i] != NULL; i++) {
        service_list_name(list, sizeof(list), registry->sinks[i]->name,
                          &suggest);
    }
    for (size_t i = 0;
         registry->middlewares != NULL && registry->middlewares[i] != NULL;
         i++) {
        service_list_name(list, sizeof(list), registry->middlewares[i]->name,
                          &suggest);
    }
    for (size_t i = 0;
         registry->schema_stores != NULL && registry->schema_stores[i] != NULL;
         i++) {
        service_list_name(list, sizeof(list), registry->schema_stores[i]->name,
                          &suggest);
    }
    mst_path_key(inner, path, "provider");
    struct mst_place place = mst_loader_place(node, "provider", inner);
    for (size_t i = 0; i < MST_ARRAY_SIZE(services_published); i++) {
        if (strcmp(services_published[i], provider) == 0) {
            (void)snprintf(hint, sizeof(hint), "it has %s", list);
            mst_loader_fail(loader, &place, hint,
                            "provider '%s' is not part of this build",
                            provider);
            return;
        }
    }
    if (suggest.best != NULL) {
        (void)snprintf(hint, sizeof(hint), "did you mean \"%s\"?",
                       suggest.best);
    } else {
        (void)snprintf(hint, sizeof(hint), "it is one of %s", list);
    }
    char written[MST_SECRET_SHOWN_MAX];
    mst_loader_written(node, "provider", written);
    mst_loader_fail(loader, &place, hint, "unknown provider '%s'", written);
}

static void
service_read(struct mst_loader *loader, const struct mst_toml_node *node,
             const char *path, struct mst_config_service *service)
{
    struct mst_service_keys keys;
    struct mst_options_target targets[2] = {{&mst_table_service, &keys}};
    struct mst_options_read what = {
        .node = node, .path = path, .targets = targets, .n = 1};
    service->node = node;
    const char *provider = mst_loader_peek(loader, node, "provider");
    if (provider != NULL) {
        service_find_types(loader->registry, provider, service);
    }
    if (service->table != NULL) {
        service->options = calloc(1, service->table->size + 1);
        if (service->options == NULL) {
            mst_loader_fail_memory(loader, node, path);
        }
    }
    if (service->options != NULL) {
        targets[what.n++] =
            (struct mst_options_target){service->table, service->options};
    } else {
        what.any_key = true;
    }
    if (provider != NULL && provider[0] != '\0' && service->table == NULL) {
        service_fail_provider(loader, node, path, provider);
    }
    service->broken =
        !mst_options_read(&loader->reader, &what) || service->options == NULL;
    if (!service->broken && !mst_config_hash(node, &service->hash)) {
        mst_loader_fail_memory(loader, node, path);
    }
    service->name = keys.name;
    service->provider = keys.provider;
}

static void
service_check_name(struct mst_loader *loader, const char *path,
                   const struct mst_config_service *service)
{
    if (service->name == NULL) {
        loader->unnamed_service = true;
        return;
    }
    const struct mst_config_service *first =
        mst_config_find_service(loader->config, service->name);
    if (first != NULL && first != service) {
        char inner[MST_PATH_MAX];
        char hint[64];
        mst_path_key(inner, path, "name");
        struct mst_place place = mst_loader_place(service->node, "name", inner);
        (void)snprintf(hint, sizeof(hint), "the first one is in line %u",
                       first->node->line);
        char written[MST_SECRET_SHOWN_MAX];
        mst_loader_written(service->node, "name", written);
        mst_loader_fail(loader, &place, hint,
                        "there are two services named '%s'", written);
    }
}

/* That the key is unknown is said already; its services are not unknown. */
static bool
services_misspelt(const struct mst_toml_node *root)
{
    struct mst_suggest suggest = {.word = "services"};
    for (const struct mst_toml_node *at = root->first; at != NULL;
         at = at->next) {
        mst_suggest_offer(&suggest, at->key);
    }
    return suggest.best != NULL;
}

/* For those of the array, and those that are not written: the state's own
 * schemas, and middlewares that need no service. */
static bool
services_make_room(struct mst_loader *loader, const struct mst_toml_node *node,
                   size_t len)
{
    struct mst_config *config = loader->config;
    const struct mst_middleware_type *const *all =
        loader->registry->middlewares;
    for (size_t i = 0; all != NULL && all[i] != NULL; i++) {
        len += all[i]->builtin ? 1 : 0;
    }
    config->services = calloc(len + 2, sizeof(*config->services));
    if (config->services == NULL) {
        mst_loader_fail_memory(loader, node, "services");
    }
    return config->services != NULL;
}

void
mst_loader_services(struct mst_loader *loader)
{
    struct mst_config *config = loader->config;
    const struct mst_toml_node *array = mst_node_get(config->root, "services");
    if (array == NULL) {
        loader->unnamed_service = services_misspelt(config->root);
        return;
    }
    if (!mst_loader_check_tables(loader, array, "services")) {
        loader->unnamed_service = true;
        return;
    }
    if (!services_make_room(loader, array, array->len)) {
        return;
    }
    for (const struct mst_toml_node *at = array->first; at != NULL;
         at = at->next) {
        char path[MST_PATH_MAX];
        mst_loader_entry(loader, at, "services", config->services_len, path);
        struct mst_config_service *service =
            &config->services[config->services_len++];
        service_read(loader, at, path, service);
        service_check_name(loader, path, service);
    }
}

static const struct mst_config_service *
services_nearest(const struct mst_config *config, const char *name)
{
    struct mst_suggest suggest = {.word = name};
    const struct mst_config_service *nearest = NULL;
    for (size_t i = 0;
         i < config->services_len && config->services[i].node != NULL; i++) {
        const char *before = suggest.best;
        mst_suggest_offer(&suggest, config->services[i].name);
        nearest = suggest.best == before ? nearest : &config->services[i];
    }
    return nearest;
}

/* A service that nobody wrote, behind all others; NULL without memory. */
static struct mst_config_service *
services_add(struct mst_loader *loader, const struct mst_toml_node *node,
             const char *name, const struct mst_option_table *table)
{
    struct mst_config *config = loader->config;
    if (config->services == NULL) {
        (void)services_make_room(loader, node, 0);
    }
    if (config->services == NULL) {
        return NULL;
    }
    struct mst_config_service *service =
        &config->services[config->services_len++];
    service->table = table;
    service->name = strdup(name);
    service->provider = strdup(name);
    service->options = calloc(1, table->size + 1);
    if (service->name == NULL || service->provider == NULL
        || service->options == NULL) {
        mst_loader_fail_memory(loader, node, "services");
        return NULL;
    }
    return service;
}

/* The state's own schemas. */
static bool
services_add_stored(struct mst_loader *loader, const struct mst_toml_node *node,
                    const struct mst_schema_store_type *type)
{
    struct mst_config_service *service =
        services_add(loader, node, type->name, &type->service_options);
    if (service != NULL) {
        service->schemas = type;
    }
    return service != NULL;
}

void
mst_loader_builtin(struct mst_loader *loader, const struct mst_toml_node *node,
                   const char *name)
{
    const struct mst_middleware_type *type =
        loader->registry->middlewares == NULL
            ? NULL
            : mst_registry_middleware(loader->registry, name);
    if (type == NULL || !type->builtin
        || mst_config_find_service(loader->config, name) != NULL) {
        return;
    }
    struct mst_config_service *service =
        services_add(loader, node, name, &type->service_options);
    if (service != NULL) {
        service->middleware = type;
    }
}

size_t
mst_loader_stored(struct mst_loader *loader, const struct mst_toml_node *node,
                  const char *path)
{
    struct mst_config *config = loader->config;
    const struct mst_schema_store_type *type =
        mst_registry_schema_store(loader->registry, "schema_store");
    for (size_t i = 0; i < config->services_len && type != NULL; i++) {
        if (config->services[i].schemas == type) {
            return i;
        }
    }
    if (type != NULL) {
        return services_add_stored(loader, node, type)
                   ? config->services_len - 1
                   : MST_CONFIG_NO_SERVICE;
    }
    char inner[MST_PATH_MAX];
    mst_path_key(inner, path, "service_name");
    struct mst_place place = mst_place_value(node, inner);
    mst_loader_fail(loader, &place, NULL, "'service_name' is missing");
    return MST_CONFIG_NO_SERVICE;
}

size_t
mst_loader_service(struct mst_loader *loader, const struct mst_toml_node *node,
                   const char *key, const char *path, const char *name)
{
    const struct mst_config_service *service =
        mst_config_find_service(loader->config, name);
    if (service != NULL) {
        return (size_t)(service - loader->config->services);
    }
    if (loader->unnamed_service) {
        return MST_CONFIG_NO_SERVICE;
    }
    char inner[MST_PATH_MAX];
    char hint[MST_SECRET_SHOWN_MAX + 64];
    char written[MST_SECRET_SHOWN_MAX];
    service = services_nearest(loader->config, name);
    if (service != NULL) {
        mst_loader_written(service->node, "name", written);
        (void)snprintf(hint, sizeof(hint), "did you mean \"%s\"?", written);
    } else {
        (void)snprintf(hint, sizeof(hint),
                       "add a [[services]] entry with this name");
    }
    mst_path_key(inner, path, key);
    struct mst_place place = mst_loader_place(node, key, inner);
    mst_loader_written(node, key, written);
    mst_loader_fail(loader, &place, hint, "unknown service '%s'", written);
    return MST_CONFIG_NO_SERVICE;
}
