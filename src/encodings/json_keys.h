/* SPDX-License-Identifier: MIT */
/* The names of the objects that are open, to find duplicates. Private. */
#ifndef MST_ENCODINGS_JSON_KEYS_H
#define MST_ENCODINGS_JSON_KEYS_H

#include "encodings/json_bson_impl.h"
#include "encodings/little_endian.h"

/* Takes note of any name; refuses one that the object has. where: its quote
 * in the input. */
MST_MUST_CHECK enum mst_status json_bson_add_key(struct json_bson *json,
                                                 const uint8_t *key, size_t len,
                                                 const uint8_t *where);
/* Checks the names of a wide object that ends here. */
MST_MUST_CHECK enum mst_status json_bson_check_wide(struct json_bson *json);

/* Eight bytes of a name that may be shorter; what follows it may be read. */
static inline uint64_t
json_key_word(const uint8_t *key, size_t len)
{
    uint64_t word = mst_le64(key);
    return len >= 8 ? word : word & (((uint64_t)1 << len * 8) - 1);
}

/* Different names may have the same print, equal ones always do. */
static inline uint32_t
json_key_print(const uint8_t *key, size_t len)
{
    uint64_t word = json_key_word(key, len);
    if (len > 8) {
        word ^= mst_le64(key + len - 8) * 0x9E3779B97F4A7C15ULL;
    }
    return (uint32_t)(((word + len) * 0xD6E8FEB86659FD93ULL) >> 32);
}

/* Takes note of a name (at key in the output, closed by NUL) of the innermost
 * object, if it can not be a duplicate and there is room. The print is asked
 * for because bytes just written are slow to read back. */
static inline bool
json_bson_note_key(struct json_bson *json, const uint8_t *key, uint32_t print)
{
    struct json_frame *frame = json->frame;
    uint64_t bit = (uint64_t)1 << (print >> 26);
    uint32_t n = json->n_keys;
    if (MST_UNLIKELY((frame->filter & bit) != 0
                     || n - frame->keys >= JSON_KEYS_NARROW
                     || n >= JSON_KEYS_MAX)) {
        return false;
    }
    frame->filter |= bit;
    json->prints[n] = print;
    json->places[n] = (uint32_t)(key - json_bson_base(json));
    json->n_keys = n + 1;
    return true;
}

#endif
