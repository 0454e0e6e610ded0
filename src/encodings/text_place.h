/* SPDX-License-Identifier: MIT */
/* Where a byte stands in a text, as people count. */
#ifndef MST_ENCODINGS_TEXT_PLACE_H
#define MST_ENCODINGS_TEXT_PLACE_H

#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

/* Both from 1; the column is in bytes. */
struct mst_text_place {
    size_t line;
    size_t column;
};

struct mst_text_place mst_text_place_of(struct mst_slice text, size_t offset);

/* MST_REJECTED: "SUBJECT at line 2, column 5 (byte 11): WHAT". */
enum mst_status mst_text_place_fail(struct mst_error *err, const char *origin,
                                    const char *subject, struct mst_slice text,
                                    size_t offset, const char *what);

#endif
