/* SPDX-License-Identifier: MIT */
/* Entries in the order of use: they are looked through for a new number, never
 * for an event. */
#include "clients/registry_cache.h"

#include <stdlib.h>
#include <string.h>

struct registry_cache_entry {
    int64_t until_ms;
    struct mst_schema_text schema;
    struct mst_error *why; /* there is none; NULL: there is */
    char key[];
};

static void
cache_drop(struct registry_cache *cache, size_t i)
{
    struct registry_cache_entry *entry = cache->entries[i];
    cache->len--;
    memmove(&cache->entries[i], &cache->entries[i + 1],
            (cache->len - i) * sizeof(entry));
    cache->bytes -= entry->schema.text.len;
    mst_schema_text_clear(&entry->schema);
    free(entry->why);
    free(entry);
}

void
registry_cache_clear(struct registry_cache *cache)
{
    while (cache->len > 0) {
        cache_drop(cache, cache->len - 1);
    }
    free(cache->entries);
    cache->entries = NULL;
}

/* len: it is not there. */
static size_t
cache_find(const struct registry_cache *cache, const char *key)
{
    size_t i = 0;
    while (i < cache->len && strcmp(cache->entries[i]->key, key) != 0) {
        i++;
    }
    return i;
}

/* The i-th becomes the first. */
static void
cache_touch(struct registry_cache *cache, size_t i)
{
    struct registry_cache_entry *entry = cache->entries[i];
    memmove(&cache->entries[1], &cache->entries[0], i * sizeof(entry));
    cache->entries[0] = entry;
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
    size_t i = cache_find(cache, key);
    if (i == cache->len) {
        return MST_AGAIN;
    }
    struct registry_cache_entry *entry = cache->entries[i];
    if (now_ms >= entry->until_ms) {
        cache_drop(cache, i);
        return MST_AGAIN;
    }
    cache_touch(cache, i);
    if (entry->why != NULL) {
        *err = *entry->why;
        return MST_REJECTED;
    }
    return cache_copy(&entry->schema, ret) == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "registry");
}

/* NULL: no memory. */
static struct registry_cache_entry *
cache_make(const char *key, const struct mst_schema_text *schema,
           const struct mst_error *why)
{
    size_t len = strlen(key);
    struct registry_cache_entry *entry = calloc(1, sizeof(*entry) + len + 1);
    if (entry == NULL) {
        return NULL;
    }
    memcpy(entry->key, key, len);
    mst_schema_text_init(&entry->schema);
    if (schema != NULL) {
        if (cache_copy(schema, &entry->schema) == MST_OK) {
            return entry;
        }
    } else {
        entry->why = malloc(sizeof(*entry->why));
        if (entry->why != NULL) {
            *entry->why = *why;
            return entry;
        }
    }
    mst_schema_text_clear(&entry->schema);
    free(entry);
    return NULL;
}

void
registry_cache_put(struct registry_cache *cache, const char *key,
                   int64_t until_ms, const struct mst_schema_text *schema,
                   const struct mst_error *why)
{
    size_t at = cache_find(cache, key);
    if (at < cache->len) {
        cache_drop(cache, at);
    }
    if (cache->entries == NULL) {
        /* One more than is kept, for the moment before room is made. */
        cache->entries = calloc(REGISTRY_CACHE_ENTRIES + 1,
                                sizeof(struct registry_cache_entry *));
    }
    if (cache->entries == NULL || strlen(key) >= REGISTRY_CACHE_KEY_MAX) {
        return;
    }
    struct registry_cache_entry *entry = cache_make(key, schema, why);
    if (entry == NULL) {
        return;
    }
    entry->until_ms = until_ms;
    cache->entries[cache->len] = entry;
    cache->bytes += entry->schema.text.len;
    cache_touch(cache, cache->len++);
    while (cache->len > REGISTRY_CACHE_ENTRIES
           || (cache->bytes > REGISTRY_CACHE_BYTES && cache->len > 1)) {
        cache_drop(cache, cache->len - 1);
    }
}
