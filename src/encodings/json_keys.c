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

const uint64_t json_key_masks[17][2] = {
    {0, 0},
    {0xFF, 0},
    {0xFFFF, 0},
    {0xFFFFFF, 0},
    {0xFFFFFFFF, 0},
    {0xFFFFFFFFFF, 0},
    {0xFFFFFFFFFFFF, 0},
    {0xFFFFFFFFFFFFFF, 0},
    {UINT64_MAX, 0},
    {UINT64_MAX, 0xFF},
    {UINT64_MAX, 0xFFFF},
    {UINT64_MAX, 0xFFFFFF},
    {UINT64_MAX, 0xFFFFFFFF},
    {UINT64_MAX, 0xFFFFFFFFFF},
    {UINT64_MAX, 0xFFFFFFFFFFFF},
    {UINT64_MAX, 0xFFFFFFFFFFFFFF},
    {UINT64_MAX, UINT64_MAX},
};

static enum mst_status
keys_fail(struct json_bson *json, const uint8_t *key, const uint8_t *where)
{
    return json_bson_fail(json, where, "the object has '%.100s' twice",
                          (const char *)key);
}

bool
json_bson_note_similar(struct json_bson *json, struct json_frame *frame,
                       uint32_t n, uint32_t print)
{
    if (frame->is_wide) {
        return true;
    }
    for (uint32_t i = frame->keys; i < n; i++) {
        if (json->prints[i] == print) {
            return false;
        }
    }
    if (n >= frame->keys_end) {
        return false;
    }
    frame->filter |= (uint64_t)1 << (print >> 26);
    json->prints[n] = print;
    return true;
}

/* The name in the output behind that of the innermost object at key; all that
 * is in between is complete. */
static const uint8_t *
keys_next(const struct json_bson *json, const uint8_t *key)
{
    size_t len = strlen((const char *)key);
    const uint8_t *value = key + len + 1;
    size_t size = 0;
    /* We wrote these values: they are well formed. */
    (void)mst_bson_value_size(key[-1], value, (size_t)(json->out - value),
                              &size);
    return value + size + 1;
}

/* The first name of the innermost object. */
static const uint8_t *
keys_first(const struct json_bson *json)
{
    return json_bson_base(json) + json->frame->bson + 4 + 1;
}

enum mst_status
json_bson_add_key(struct json_bson *json, const uint8_t *key, size_t len,
                  const uint8_t *where)
{
    struct json_frame *frame = json->frame;
    uint32_t n = frame->keys + frame->count - 1;
    uint32_t print = json_key_print(key, len);
    if (json_bson_note_key(json, frame, n, print)) {
        return MST_OK;
    }
    const uint8_t *other = keys_first(json);
    for (uint32_t i = frame->keys; i < n; i++) {
        if (json->prints[i] == print
            && strcmp((const char *)other, (const char *)key) == 0) {
            return keys_fail(json, key, where);
        }
        other = keys_next(json, other);
    }
    if (n >= frame->keys_end) {
        /* All its bits are set, so that json_bson_note_similar is asked. */
        frame->is_wide = true;
        frame->filter = UINT64_MAX;
        frame->closer = JSON_CLOSER_NONE;
        return MST_OK;
    }
    frame->filter |= (uint64_t)1 << (print >> 26);
    json->prints[n] = print;
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
    hash = keys_fold(hash ^ (mst_le64(key + at) & json_key_masks[len - at][0]),
                     secret->b);
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
    const uint8_t *end =
        json_bson_in_tail(json, at) ? json->end : json->text_end;
    for (uint32_t i = 0;; i++) {
        at = mst_json_skip_space(at, end);
        if (i == n) {
            return at;
        }
        /* Name, colon, value, comma: all of it has been read once. */
        at = mst_json_skip_value(at, end);
        at = at == NULL ? NULL : mst_json_skip_space(at, end);
        at = at == NULL ? NULL : mst_json_skip_value(at + 1, end);
        at = at == NULL ? NULL : mst_json_skip_space(at, end);
        if (at == NULL || at == end) {
            return json->frame->at;
        }
        at++;
    }
}

static enum mst_status
keys_check(struct json_bson *json, struct keys_table *table)
{
    const uint8_t *base = json_bson_base(json);
    const uint8_t *key = keys_first(json);
    for (uint32_t n = 0; key <= json->out; n++) {
        if (!keys_insert(table, base, key, strlen((const char *)key))) {
            return keys_fail(json, key, keys_place(json, n));
        }
        key = keys_next(json, key);
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
