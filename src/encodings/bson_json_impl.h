/* SPDX-License-Identifier: MIT */
/* Shared by the files that turn BSON into JSON. Private. */
#ifndef MST_ENCODINGS_BSON_JSON_IMPL_H
#define MST_ENCODINGS_BSON_JSON_IMPL_H

#include "core/encoding.h"
#include "encodings/bson_scan.h"
#include "encodings/json_out.h"

enum {
    /* Room for any value of fixed size in any mode, with the punctuation and
     * the first block of the key in front of it. */
    BSON_JSON_ROOM = 192
};

/* A document or array that is open. */
struct bson_json_frame {
    const uint8_t *end; /* its closing NUL */
    const uint8_t *key; /* its name in the document around it, or NULL */
    bool is_array;
    bool is_scope; /* of code: the wrapper around it closes with it */
};

struct bson_json {
    struct mst_json_out out;
    const uint8_t *at;
    const uint8_t *end; /* of the innermost open document */
    const uint8_t *key; /* of the element at hand */
    bool is_array;      /* the innermost open document is one */
    bool first;         /* it has no element yet */
    enum mst_json_mode mode;
    unsigned depth;
    const uint8_t *start;        /* of the input, for offsets */
    const uint8_t *readable_end; /* of the input */
    const char *refused;         /* a reason that is not a fault of the BSON */
    struct bson_json_frame frames[MST_BSON_DEPTH_MAX];
};

/* There was no room; out.status says why. Returns a fault to hand on. */
enum mst_bson_fault bson_json_no_room(struct bson_json *json);

/* Escapes text at data; there is room for BSON_JSON_ROOM afterwards. */
enum mst_bson_fault bson_json_text(struct bson_json *json, const uint8_t *data,
                                   size_t len);

/* Opens a document whose outer size is right, and writes what opens it. */
enum mst_bson_fault bson_json_open(struct bson_json *json, const uint8_t *doc,
                                   size_t size, bool is_array);

/* The value at json->at, of any type and in any mode; moves behind it, or into
 * it. */
enum mst_bson_fault bson_json_value(struct bson_json *json, uint8_t type);

/* Any name at json->at, with the colon behind it; the quote in front of it is
 * written. */
enum mst_bson_fault bson_json_long_key(struct bson_json *json);

/* Until all that is open is closed. */
enum mst_bson_fault bson_json_run(struct bson_json *json);

/* The types that are not in bson_json.c's fast switch: code, symbol, regular
 * expression, DBPointer, Decimal128, timestamp, keys, undefined, binary. */
enum mst_bson_fault bson_json_rare(struct bson_json *json, uint8_t type,
                                   const uint8_t *data, size_t size);

/* "NaN", "-Infinity" or the shortest digits; returns where it ends. */
uint8_t *bson_json_double_text(uint8_t *out, double value);

/* A date or double in the form of the mode; there is room. */
void bson_json_date(struct bson_json *json, int64_t ms);
void bson_json_double(struct bson_json *json, double value);

#endif
