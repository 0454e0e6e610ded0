/* SPDX-License-Identifier: MIT */
/* Counts lines. */
#include "encodings/text_place.h"

struct mst_text_place
mst_text_place_of(struct mst_slice text, size_t offset)
{
    struct mst_text_place place = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        bool newline = text.data[i] == '\n';
        place.line += newline ? 1 : 0;
        place.column = newline ? 1 : place.column + 1;
    }
    return place;
}

enum mst_status
mst_text_place_fail(struct mst_error *err, const char *origin,
                    const char *subject, struct mst_slice text, size_t offset,
                    const char *what)
{
    struct mst_text_place place = mst_text_place_of(text, offset);
    return mst_fail_at(err, MST_REJECTED, origin, (int64_t)offset,
                       "%s at line %zu, column %zu (byte %zu): %s", subject,
                       place.line, place.column, offset, what);
}
