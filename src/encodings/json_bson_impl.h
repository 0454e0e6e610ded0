/* SPDX-License-Identifier: MIT */
/* Shared by the files that turn JSON into BSON. Private. */
#ifndef MST_ENCODINGS_JSON_BSON_IMPL_H
#define MST_ENCODINGS_JSON_BSON_IMPL_H

#include <stdbool.h>
#include <string.h>

#include "encodings/bson_type.h"
#include "encodings/json_bson.h"
#include "encodings/json_frame.h"
#include "encodings/wrapper.h"

enum {
    /* Room behind json->out at the start of each element and after each
     * text: for a block of text and any value of fixed size. */
    JSON_BSON_ROOM = 96,
    /* Input ahead of an element that json_bson_fast reads: its name, and the
     * longest value but text. */
    JSON_FAST_AHEAD = 128
};

struct json_bson {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *readable; /* end, or more when in the tail */
    uint8_t *out;
    uint8_t *limit;
    uint8_t *type; /* byte of the element at hand; NULL between elements */
    struct json_frame *frame;            /* innermost open */
    const struct json_frame *frames_end; /* json_bson_fast opens none there */
    struct mst_buf *buf;
    size_t base; /* buf's length before */
    const uint8_t *start;
    const uint8_t *text_end;
    struct mst_error *err;
    struct mst_json_read_options options;
    bool has_nul;                   /* the last text decoded had a NUL in it */
    uint32_t prints[JSON_KEYS_MAX]; /* of the names of open objects */
    /* One more than documents may be deep: a wrapper is an object that turns
     * out to be a value. */
    struct json_frame frames[MST_BSON_DEPTH_MAX + 1];
    /* A copy of the end of the text, with NULs behind it. */
    size_t tail_at; /* of its first byte in the text */
    uint8_t tail[2 * JSON_FAST_AHEAD];
};

/* What may follow a backslash, but u, and what it stands for; 0 for none. */
extern const uint8_t json_bson_escapes[256];

/* The slow half of json_bson_reserve. */
MST_MUST_CHECK enum mst_status json_bson_grow(struct json_bson *json, size_t n);

/* Room for n bytes at json->out. */
MST_MUST_CHECK static inline enum mst_status
json_bson_reserve(struct json_bson *json, size_t n)
{
    if (MST_LIKELY((size_t)(json->limit - json->out) >= n)) {
        return MST_OK;
    }
    return json_bson_grow(json, n);
}

/* Whether a place in the input is in the copy of its end. */
static inline bool
json_bson_in_tail(const struct json_bson *json, const uint8_t *where)
{
    return (uintptr_t)where - (uintptr_t)json->tail <= sizeof(json->tail);
}

static inline uint8_t *
json_bson_base(const struct json_bson *json)
{
    return json->buf->data + json->base;
}

/* The innermost object is one level too deep, unless it is a wrapper. */
static inline bool
json_bson_is_too_deep(const struct json_bson *json)
{
    return json->frame == &json->frames[json->options.max_depth];
}

static inline void
json_bson_space(struct json_bson *json)
{
    while (json->at < json->end && *json->at <= ' '
           && (*json->at == ' ' || *json->at == '\n' || *json->at == '\r'
               || *json->at == '\t')) {
        json->at++;
    }
}

/* MST_REJECTED with the field at hand and the place in the input. */
enum mst_status json_bson_fail(struct json_bson *json, const uint8_t *where,
                               const char *fmt, ...) MST_PRINTF(3, 4);
/* The same for what stands at json->at instead of what was expected. */
enum mst_status json_bson_unexpected(struct json_bson *json,
                                     const char *expected);

/* Skips white space, then takes the character. */
MST_MUST_CHECK enum mst_status json_bson_expect(struct json_bson *json, char c,
                                                const char *expected);

/* Decodes the text whose opening quote is behind us to json->out, and moves
 * behind its closing quote. JSON_BSON_ROOM is there afterwards. */
MST_MUST_CHECK enum mst_status json_bson_text(struct json_bson *json);

/* Decodes the rest of a text, and closes the BSON string that starts with its
 * length at offset start of the buffer. */
MST_MUST_CHECK enum mst_status json_bson_string_rest(struct json_bson *json,
                                                     size_t start);

/* Writes a number with its type. */
MST_MUST_CHECK enum mst_status json_bson_number(struct json_bson *json);

/* Moves over a JSON number; false when there is none. *ret_whole: it has
 * neither fraction nor exponent. */
bool json_bson_scan_number(const uint8_t **at, const uint8_t *end,
                           bool *ret_whole);

/* The value whose wrapper's name was just read, colon not yet. Takes the
 * wrapper's frame away and writes the value in its place. */
MST_MUST_CHECK enum mst_status json_bson_wrapper(struct json_bson *json,
                                                 enum mst_wrapper wrapper);

/* Opens an object or array; its bracket is behind us. */
MST_MUST_CHECK enum mst_status json_bson_open(struct json_bson *json,
                                              bool is_array);

/* Elements of the innermost object or array, from the start of one on, as
 * long as they are of the common kind. *ret_done: json->at is behind a value
 * or an opening bracket; else it is at the start of an element of which
 * nothing is done. */
MST_MUST_CHECK enum mst_status json_bson_fast(struct json_bson *json,
                                              bool *ret_done);

#endif
