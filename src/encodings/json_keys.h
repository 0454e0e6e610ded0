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

/* For json_bson_note_key: the name has a bit in common with another, or there
 * are many. */
bool json_bson_note_similar(struct json_bson *json, struct json_frame *frame,
                            uint32_t n, uint32_t print);

/* The bits of the first n bytes of 16, in two words. */
extern const uint64_t json_key_masks[17][2];

/* Different names may have the same print, equal ones always do. 16 bytes may
 * be read at key, whatever its length. This one is for up to 16. */
static inline uint32_t
json_key_print_short(const uint8_t *key, size_t len)
{
    const uint64_t *masks = json_key_masks[len];
    uint64_t word = mst_le64(key) & masks[0];
    word ^= (mst_le64(key + 8) & masks[1]) * 0x9E3779B97F4A7C15ULL;
    return (uint32_t)((word * 0xD6E8FEB86659FD93ULL) >> 32);
}

static inline uint32_t
json_key_print(const uint8_t *key, size_t len)
{
    if (MST_LIKELY(len <= 16)) {
        return json_key_print_short(key, len);
    }
    uint32_t first = json_key_print_short(key, 16);
    return first ^ json_key_print_short(key + len - 16, 16) * 5U;
}

/* Takes note of an object's nth name, counted from json->prints,
 * if it can not be a duplicate and there is room. The print is asked for
 * because bytes just written are slow to read back. */
static inline bool
json_bson_note_key(struct json_bson *json, struct json_frame *frame, uint32_t n,
                   uint32_t print)
{
    uint64_t bit = (uint64_t)1 << (print >> 26);
    if (MST_UNLIKELY((frame->filter & bit) != 0 || n >= frame->keys_end)) {
        return json_bson_note_similar(json, frame, n, print);
    }
    frame->filter |= bit;
    json->prints[n] = print;
    return true;
}

#endif
