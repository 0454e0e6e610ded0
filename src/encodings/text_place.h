/* SPDX-License-Identifier: MIT */
/* Where in a text something is wrong, as people count. */
#ifndef MST_ENCODINGS_TEXT_PLACE_H
#define MST_ENCODINGS_TEXT_PLACE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

/* A text that people are told the faults of; all is borrowed. */
struct mst_text_subject {
    struct mst_error *err;
    const char *origin;
    const char *name; /* "the Avro schema" */
    struct mst_slice text;
    bool no_byte; /* line and column are enough */
};

/* MST_REJECTED: "NAME at line 2, column 5 (byte 11): WHAT", of what stands at
 * where in JSON, or first after it. */
enum mst_status mst_text_fail(const struct mst_text_subject *subject,
                              const uint8_t *where, const char *fmt, ...)
    MST_PRINTF(3, 4);
/* The same of what why says by its offset. why: not the subject's. */
enum mst_status mst_text_fail_as(const struct mst_text_subject *subject,
                                 const struct mst_error *why);

#endif
