/* SPDX-License-Identifier: MIT */
/* Counts lines. */
#include "encodings/text_place.h"

#include <stdarg.h>
#include <stdio.h>

#include "encodings/json_check.h"

/* Both from 1; the column is in bytes. */
struct text_place {
    size_t line;
    size_t column;
};

static struct text_place
place_of(struct mst_slice text, size_t offset)
{
    struct text_place place = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        bool newline = text.data[i] == '\n';
        place.line += newline ? 1 : 0;
        place.column = newline ? 1 : place.column + 1;
    }
    return place;
}

static enum mst_status
place_fail(const struct mst_text_subject *subject, size_t offset,
           const char *what)
{
    char byte[40] = "";
    struct text_place place = place_of(subject->text, offset);
    if (!subject->no_byte) {
        (void)snprintf(byte, sizeof(byte), " (byte %zu)", offset);
    }
    return mst_fail_at(subject->err, MST_REJECTED, subject->origin,
                       (int64_t)offset, "%s at line %zu, column %zu%s: %s",
                       subject->name, place.line, place.column, byte, what);
}

enum mst_status
mst_text_fail(const struct mst_text_subject *subject, const uint8_t *where,
              const char *fmt, ...)
{
    char what[512];
    const uint8_t *text = subject->text.data;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    where = mst_json_skip_space(where, text + subject->text.len);
    return place_fail(subject, (size_t)(where - text), what);
}

enum mst_status
mst_text_fail_as(const struct mst_text_subject *subject,
                 const struct mst_error *why)
{
    return place_fail(subject, why->offset < 0 ? 0 : (size_t)why->offset,
                      why->text);
}
