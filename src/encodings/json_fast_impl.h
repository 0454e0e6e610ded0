/* SPDX-License-Identifier: MIT */
/* Shared by the files of the fast loop, which keeps both cursors in registers.
 * Private. */
#ifndef MST_ENCODINGS_JSON_FAST_IMPL_H
#define MST_ENCODINGS_JSON_FAST_IMPL_H

#include "encodings/json_bson_impl.h"

/* A struct fast stays in registers as long as no function takes its address:
 * so all that take one are inlined. */
#define FAST_INLINE __attribute__((always_inline)) static inline

/* What is copied from struct json_bson while elements are read. */
struct fast {
    const uint8_t *at;
    uint8_t *out;
    uint8_t *type;            /* of the element at hand: where its byte goes */
    const uint8_t *at_last;   /* that leaves enough to read ahead */
    const uint8_t *out_last;  /* that leaves JSON_BSON_ROOM */
    struct json_frame *frame; /* innermost open */
    uint8_t *base;
};

/* What was read. */
enum fast_done {
    FAST_NOTHING,
    FAST_VALUE,
    FAST_TEXT,  /* the beginning of a text; the cursors are behind it */
    FAST_OPENED /* an object or array */
};

#endif
