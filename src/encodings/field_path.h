/* SPDX-License-Identifier: MIT */
/* The name of a field inside of a document, for messages: "a.b.0.c". */
#ifndef MST_ENCODINGS_FIELD_PATH_H
#define MST_ENCODINGS_FIELD_PATH_H

#include "base/slice.h"

enum { MST_FIELD_PATH_MAX = 256 };

/* Value type; a zeroed one is the document itself. text is always closed,
 * and cut where it would get too long. */
struct mst_field_path {
    size_t len;
    char text[MST_FIELD_PATH_MAX];
};

/* Adds a step; bytes that a terminal should not get become '?'. */
void mst_field_path_add(struct mst_field_path *path, struct mst_slice key);
void mst_field_path_add_index(struct mst_field_path *path, uint64_t index);

/* "field 'a.b'", or "the document" when the path is empty. */
const char *mst_field_path_name(const struct mst_field_path *path,
                                char out[MST_FIELD_PATH_MAX + 16]);

#endif
