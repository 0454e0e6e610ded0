/* SPDX-License-Identifier: MIT */
/* Schemas that a registry gave, for as long as they are good. */
#ifndef MST_CLIENTS_REGISTRY_CACHE_H
#define MST_CLIENTS_REGISTRY_CACHE_H

#include "core/schema_store.h"

enum {
    REGISTRY_CACHE_ENTRIES = 4000,
    REGISTRY_CACHE_BYTES = 64 * 1024 * 1024,
    REGISTRY_CACHE_KEY_MAX = 512 /* longer ones are not kept */
};

/* The time of what is good for ever. */
#define REGISTRY_CACHE_FOR_EVER INT64_MAX

struct registry_cache_entry;

/* A zeroed one is empty. Thread: one at a time. */
struct registry_cache {
    struct registry_cache_entry **entries; /* what was used last comes first */
    size_t len;
    size_t bytes;
};

void registry_cache_clear(struct registry_cache *cache);

/* What is kept under the key at that time (monotonic, ms). MST_OK: *ret,
 * which is initialised, has a copy. MST_REJECTED: that there is none was
 * kept, with its reason in err. MST_AGAIN: nothing is known. */
MST_MUST_CHECK enum mst_status registry_cache_get(struct registry_cache *cache,
                                                  const char *key,
                                                  int64_t now_ms,
                                                  struct mst_schema_text *ret,
                                                  struct mst_error *err);

/* Keeps a copy; one that was used long ago makes room. Without memory nothing
 * is kept. schema NULL: that there is none, and why. */
void registry_cache_put(struct registry_cache *cache, const char *key,
                        int64_t until_ms, const struct mst_schema_text *schema,
                        const struct mst_error *why);

#endif
