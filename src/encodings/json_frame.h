/* SPDX-License-Identifier: MIT */
/* An object or array of the JSON text that is open. Private. */
#ifndef MST_ENCODINGS_JSON_FRAME_H
#define MST_ENCODINGS_JSON_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* Up to so many names of one object are compared as they come; a wider
     * one is checked when it ends. */
    JSON_KEYS_NARROW = 32,
    /* Names of all open objects together. */
    JSON_KEYS_MAX = 512,
    /* No byte of the input: only the general code closes such a frame. */
    JSON_CLOSER_NONE = 0x100
};

/* Places are offsets from json->base. */
struct json_frame {
    size_t bson;       /* of its length */
    size_t element;    /* of the type byte of the element that it is */
    const uint8_t *at; /* behind its bracket, in the input */
    uint64_t filter;   /* a bit for the print of each of its names */
    uint32_t count;    /* elements begun */
    uint32_t keys;     /* the place of its first name in json->prints */
    uint32_t keys_end; /* names that go there go no further */
    uint16_t closer;   /* the bracket that json_bson_fast may close it with */
    bool is_array;
    bool is_wide;  /* its names are checked when it ends */
    bool is_scope; /* of {"$code", "$scope"}: more closes with it */
};

/* Offsets from json->base; parent may be NULL. */
static inline void
json_frame_init(struct json_frame *frame, const struct json_frame *parent,
                size_t bson, size_t element, const uint8_t *at, bool is_array)
{
    uint32_t keys = parent == NULL ? 0 : parent->keys;
    if (parent != NULL && !parent->is_array && !parent->is_wide) {
        keys += parent->count;
    }
    frame->bson = bson;
    frame->element = element;
    frame->at = at;
    frame->filter = 0;
    frame->count = 0;
    frame->keys = keys;
    frame->keys_end = keys < JSON_KEYS_MAX - JSON_KEYS_NARROW
                          ? keys + JSON_KEYS_NARROW
                          : JSON_KEYS_MAX;
    frame->closer = parent == NULL ? JSON_CLOSER_NONE : is_array ? ']' : '}';
    frame->is_array = is_array;
    frame->is_wide = false;
    frame->is_scope = false;
}

#endif
