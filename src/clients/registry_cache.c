/* SPDX-License-Identifier: MIT */
/* A list in the order of use: it is looked through for a new number, never for
 * an event. */
#include "clients/registry_cache.h"

#include <stdlib.h>
#include <string.h>

struct registry_cache_entry {
    struct registry_cache_entry *newer;
    struct registry_cache_entry *older;
    int64_t until_ms;
    struct mst_schema_text schema;
    struct mst_error *why; /* there is none; NULL: there is */
    char key[];
};

static void
cache_unlink(struct registry_cache *cache, struct registry_cache_entry *entry)
{
    struct registry_cache_entry **newer =
        entry->newer != NULL ? &entry->newer->older : &cache->newest;
    struct registry_cache_entry **older =
        entry->older != NULL ? &entry->older->newer : &cache->oldest;
    *newer = entry->older;
    *older = entry->newer;
    cache->len--;
    cache->bytes -= entry->schema.text.len;
}

static void
cache_link(struct registry_cache *cache, struct registry_cache_entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    if (cache->newest != NULL) {
        cache->newest->newer = entry;
    } else {
        cache->oldest = entry;
    }
    cache->newest = entry;
    cache->len++;
    cache->bytes += entry->schema.text.len;
}

static void
cache_drop(struct registry_cache *cache, struct registry_cache_entry *entry)
{
    cache_unlink(cache, entry);
    mst_schema_text_clear(&entry->schema);
    free(entry->why);
    free(entry);
}

void
registry_cache_clear(struct registry_cache *cache)
{
    while (cache->newest != NULL) {
        cache_drop(cache, cache->newest);
    }
}

static struct registry_cache_entry *
cache_find(const struct registry_cache *cache, const char *key)
{
    struct registry_cache_entry *entry = cache->newest;
    while (entry != NULL && strcmp(entry->key, key) != 0) {
        entry = entry->older;
    }
    return entry;
}

static enum mst_status
cache_copy(const struct mst_schema_text *from, struct mst_schema_text *to)
{
    if (mst_buf_append(&to->text, from->text.data, from->text.len) != MST_OK) {
        return MST_FATAL;
    }
    to->kind = from->kind;
    to->id = from->id;
    to->version = from->version;
    return MST_OK;
}

enum mst_status
registry_cache_get(struct registry_cache *cache, const char *key,
                   int64_t now_ms, struct mst_schema_text *ret,
                   struct mst_error *err)
{
    struct registry_cache_entry *entry = cache_find(cache, key);
    if (entry == NULL) {
        return MST_AGAIN;
    }
    if (now_ms >= entry->until_ms) {
        cache_drop(cache, entry);
        return MST_AGAIN;
    }
    cache_unlink(cache, entry);
    cache_link(cache, entry);
    if (entry->why != NULL) {
        *err = *entry->why;
        return MST_REJECTED;
    }
    return cache_copy(&entry->schema, ret) == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "registry");
}

void
registry_cache_put(struct registry_cache *cache, const char *key,
                   int64_t until_ms, const struct mst_schema_text *schema,
                   const struct mst_error *why)
{
    size_t len = strlen(key);
    struct registry_cache_entry *entry = cache_find(cache, key);
    if (entry != NULL) {
        cache_drop(cache, entry);
    }
    if (len >= REGISTRY_CACHE_KEY_MAX) {
        return;
    }
    entry = calloc(1, sizeof(*entry) + len + 1);
    if (entry == NULL) {
        return;
    }
    memcpy(entry->key, key, len);
    entry->until_ms = until_ms;
    mst_schema_text_init(&entry->schema);
    entry->why = schema == NULL ? malloc(sizeof(*entry->why)) : NULL;
    if (entry->why != NULL) {
        *entry->why = *why;
    }
    bool kept = schema == NULL ? entry->why != NULL
                               : cache_copy(schema, &entry->schema) == MST_OK;
    cache_link(cache, entry);
    if (!kept) {
        cache_drop(cache, entry);
    }
    while (cache->len > REGISTRY_CACHE_ENTRIES
           || (cache->bytes > REGISTRY_CACHE_BYTES && cache->len > 1)) {
        cache_drop(cache, cache->oldest);
    }
}
