/* SPDX-License-Identifier: MIT */
/* Where a byte stands in a text, as people count. */
#ifndef MST_ENCODINGS_TEXT_PLACE_H
#define MST_ENCODINGS_TEXT_PLACE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

/* Both from 1; the column is in bytes. */
struct mst_text_place {
    size_t line;
    size_t column;
};

struct mst_text_place mst_text_place_of(struct mst_slice text, size_t offset);

/* A text that people are told the faults of; all is borrowed. */
struct mst_text_subject {
    struct mst_error *err;
    const char *origin;
    const char *name; /* "the Avro schema" */
    struct mst_slice text;
    bool no_byte; /* line and column are enough */
};

/* MST_REJECTED: "NAME at line 2, column 5 (byte 11): WHAT", of what why says
 * by offset. why: not the error of the subject. */
enum mst_status mst_text_place_fail(const struct mst_text_subject *subject,
                                    const struct mst_error *why);
/* The same of what stands at where in JSON, or first after it. */
enum mst_status mst_text_place_vfail(const struct mst_text_subject *subject,
                                     const uint8_t *where, const char *fmt,
                                     va_list args) MST_PRINTF(3, 0);

#endif
