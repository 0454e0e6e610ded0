/* SPDX-License-Identifier: MIT */
/* Finding connectors by the name that users write. */
#include "core/registry.h"

const struct mst_source_type *
mst_registry_source(const struct mst_registry *registry, const char *name)
{
    for (size_t i = 0; registry->sources[i] != NULL; i++) {
        if (strcmp(registry->sources[i]->name, name) == 0) {
            return registry->sources[i];
        }
    }
    return NULL;
}

const struct mst_sink_type *
mst_registry_sink(const struct mst_registry *registry, const char *name)
{
    for (size_t i = 0; registry->sinks[i] != NULL; i++) {
        if (strcmp(registry->sinks[i]->name, name) == 0) {
            return registry->sinks[i];
        }
    }
    return NULL;
}

const struct mst_middleware_type *
mst_registry_middleware(const struct mst_registry *registry, const char *name)
{
    for (size_t i = 0; registry->middlewares[i] != NULL; i++) {
        if (strcmp(registry->middlewares[i]->name, name) == 0) {
            return registry->middlewares[i];
        }
    }
    return NULL;
}

const struct mst_schema_store_type *
mst_registry_schema_store(const struct mst_registry *registry, const char *name)
{
    const struct mst_schema_store_type *const *all = registry->schema_stores;
    for (size_t i = 0; all != NULL && all[i] != NULL; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            return all[i];
        }
    }
    return NULL;
}
