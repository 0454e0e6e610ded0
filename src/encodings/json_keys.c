/* SPDX-License-Identifier: MIT */
/*
 * Finds duplicate names. Each object has a filter of 64 bits; a name whose
 * bit is set is compared with the others. A wide object goes through a hash
 * table, with a secret that makes collisions nobody's choice, when it ends.
 */
#include "encodings/json_keys.h"

#include <stdlib.h>

#include "base/hash.h"
#include "encodings/bson_scan.h"
#include "encodings/json_check.h"

#ifdef __SSE2__
#    include <emmintrin.h>
#endif

enum {
    /* Slots of the table on the stack; twice as many as names. */
    KEYS_SLOTS = 1024
};

__extension__ typedef unsigned __int128 keys_wide;

/* A secret hash: made for one object and forgotten. */
struct keys_secret {
    uint64_t a;
    uint64_t b;
};

/* Names of one object by hash: offset from base + 1, 0 is free. */
struct keys_table {
    uint32_t *slots;
    size_t mask;
    struct keys_secret secret;
};

static enum mst_status
keys_fail(struct json_bson *json, const uint8_t *key, const uint8_t *where)
{
    return json_bson_fail(json, where, "the object has '%.100s' twice",
                          (const char *)key);
}

enum mst_status
json_bson_add_key(struct json_bson *json, const uint8_t *key, size_t len,
                  const uint8_t *where)
{
    struct json_frame *frame = json->frame;
    const uint8_t *base = json_bson_base(json);
    uint32_t print = json_key_print(key, len);
    if (json_bson_note_key(json, key, print) || frame->is_wide) {
        return MST_OK;
    }
    for (uint32_t i = frame->keys; i < json->n_keys; i++) {
        if (json->prints[i] == print
            && strcmp((const char *)base + json->places[i], (const char *)key)
                   == 0) {
            return keys_fail(json, key, where);
        }
    }
    if (json->n_keys - frame->keys >= JSON_KEYS_NARROW
        || json->n_keys >= JSON_KEYS_MAX) {
        /* All its bits are set, so that each further name comes here. */
        frame->is_wide = true;
        frame->filter = UINT64_MAX;
        json->n_keys = frame->keys;
        return MST_OK;
    }
    frame->filter |= (uint64_t)1 << (print >> 26);
    json->prints[json->n_keys] = print;
    json->places[json->n_keys] = (uint32_t)(key - base);
    json->n_keys++;
    return MST_OK;
}

static inline uint64_t
keys_fold(uint64_t a, uint64_t b)
{
    keys_wide product = (keys_wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
keys_hash(const struct keys_secret *secret, const uint8_t *key, size_t len)
{
    uint64_t hash = secret->a ^ len;
    size_t at = 0;
    for (; len - at > 8; at += 8) {
        hash = keys_fold(hash ^ mst_le64(key + at), secret->b);
    }
    hash = keys_fold(hash ^ json_key_word(key + at, len - at), secret->b);
    return keys_fold(hash ^ secret->b, secret->a);
}

/* False: a name that is equal is there. */
static bool
keys_insert(struct keys_table *table, const uint8_t *base, const uint8_t *key,
            size_t len)
{
    size_t at = (size_t)keys_hash(&table->secret, key, len) & table->mask;
    while (table->slots[at] != 0) {
        const char *other = (const char *)base + table->slots[at] - 1;
        if (strcmp(other, (const char *)key) == 0) {
            return false;
        }
        at = (at + 1) & table->mask;
    }
    table->slots[at] = (uint32_t)(key - base) + 1;
    return true;
}

/* The place in the input of the nth name of the innermost object. */
static const uint8_t *
keys_place(const struct json_bson *json, uint32_t n)
{
    const uint8_t *at = json->frame->at;
    for (uint32_t i = 0;; i++) {
        at = mst_json_skip_space(at, json->end);
        if (i == n) {
            return at;
        }
        /* Name, colon, value, comma: all of it has been read once. */
        at = mst_json_skip_value(at, json->end);
        at = at == NULL ? NULL : mst_json_skip_space(at, json->end);
        at = at == NULL ? NULL : mst_json_skip_value(at + 1, json->end);
        at = at == NULL ? NULL : mst_json_skip_space(at, json->end);
        if (at == NULL || at == json->end) {
            return json->frame->at;
        }
        at++;
    }
}

static enum mst_status
keys_check(struct json_bson *json, struct keys_table *table)
{
    const uint8_t *base = json_bson_base(json);
    const uint8_t *at = base + json->frame->bson + 4;
    for (uint32_t n = 0; at < json->out; n++) {
        const uint8_t *key = at + 1;
        size_t len = strlen((const char *)key);
        size_t size = 0;
        if (!keys_insert(table, base, key, len)) {
            return keys_fail(json, key, keys_place(json, n));
        }
        /* We wrote these values: they are well formed. */
        (void)mst_bson_value_size(*at, key + len + 1,
                                  (size_t)(json->out - key) - len - 1, &size);
        at = key + len + 1 + size;
    }
    return MST_OK;
}

enum mst_status
json_bson_check_wide(struct json_bson *json)
{
    uint32_t stack[KEYS_SLOTS];
    struct keys_table table = {.slots = stack, .mask = KEYS_SLOTS - 1};
    size_t slots = KEYS_SLOTS;
    while (slots / 2 < json->frame->count) {
        slots *= 2;
    }
    if (slots == KEYS_SLOTS) {
        memset(stack, 0, sizeof(stack));
    } else {
        table.slots = calloc(slots, sizeof(*table.slots));
        table.mask = slots - 1;
    }
    if (table.slots == NULL) {
        return mst_fail_memory(json->err, "json");
    }
    table.secret.a = mst_random_below(UINT64_MAX);
    table.secret.b = mst_random_below(UINT64_MAX) | 1;
    enum mst_status status = keys_check(json, &table);
    if (table.slots != stack) {
        free(table.slots);
    }
    return status;
}
