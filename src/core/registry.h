/* SPDX-License-Identifier: MIT */
/*
 * The connectors that a program was built with: filled in by builtins.c,
 * the only file that names concrete ones, and handed to whom needs it.
 */
#ifndef MST_CORE_REGISTRY_H
#define MST_CORE_REGISTRY_H

#include "core/contrast.h"
#include "core/middleware.h"
#include "core/schema_store.h"
#include "core/script_store.h"
#include "core/sink.h"
#include "core/source.h"

struct mst_registry {
    const struct mst_source_type *const *sources;         /* NULL-terminated */
    const struct mst_sink_type *const *sinks;             /* likewise */
    const struct mst_middleware_type *const *middlewares; /* likewise */
    mst_transcoder_find transcoder;
    const struct mst_schema_store_type *const *schema_stores; /* or NULL */
    mst_schema_compile schema_compile;                        /* or NULL */
    mst_schema_destroy schema_destroy;                        /* or NULL */
    mst_contrast_find contrast;                               /* or NULL */
    mst_contrast_describe describe;                           /* or NULL */
    struct mst_script_store *scripts; /* NULL: none are kept */
};

/* By the provider's name; NULL when there is none. */
const struct mst_source_type *
mst_registry_source(const struct mst_registry *registry, const char *name);
const struct mst_sink_type *
mst_registry_sink(const struct mst_registry *registry, const char *name);
const struct mst_middleware_type *
mst_registry_middleware(const struct mst_registry *registry, const char *name);
const struct mst_schema_store_type *
mst_registry_schema_store(const struct mst_registry *registry,
                          const char *name);

#endif
