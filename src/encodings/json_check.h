/* SPDX-License-Identifier: MIT */
/* Looks at JSON text (RFC 8259) where it lies; builds nothing. */
#ifndef MST_ENCODINGS_JSON_CHECK_H
#define MST_ENCODINGS_JSON_CHECK_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

enum {
    /* Arrays and objects inside each other; what MST_BSON_DEPTH_MAX is. */
    MST_JSON_DEPTH_MAX = 200
};

/* One JSON value and white space, nothing else; texts are UTF-8 without
 * halves of surrogate pairs. MST_REJECTED with the byte offset otherwise.
 * Duplicate names are not looked for. Thread: any. */
MST_MUST_CHECK enum mst_status mst_json_check(struct mst_slice json,
                                              struct mst_error *err);

/* The raw text of one field: "a.b.0", through objects by name and arrays by
 * index; the first one where a name is repeated. False when there is none,
 * or when the text is malformed before it. */
bool mst_json_find_path(struct mst_slice json, const char *path,
                        struct mst_slice *ret_text);

/* Moves over white space. */
const uint8_t *mst_json_skip_space(const uint8_t *at, const uint8_t *end);
/* Moves over the value at at, white space in front of it too; NULL when it
 * is malformed or too deep. */
const uint8_t *mst_json_skip_value(const uint8_t *at, const uint8_t *end);

#endif
