/* SPDX-License-Identifier: MIT */
/* Documents made up by a JSON Schema: the same ones for the same seed. */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_FILL_H
#define MST_ENCODINGS_SCHEMA_TOOLS_FILL_H

#include <stdbool.h>

#include "base/buf.h"

struct mst_fill_options {
    uint64_t seed;
    /* ObjectIds, dates, decimals and binaries as the texts that plain JSON
     * has for them. */
    bool texts;
};

struct mst_fill;

/* Ownership: the caller's; schema is borrowed and outlives it. MST_REJECTED:
 * it is no JSON Schema of an object. Thread: one at a time. */
MST_MUST_CHECK enum mst_status
mst_fill_create(struct mst_slice schema, const struct mst_fill_options *options,
                struct mst_fill **ret_fill, struct mst_error *err);
/* NULL is allowed. */
void mst_fill_destroy(struct mst_fill *fill);

/* Appends the next document, which is valid. MST_REJECTED with the reason:
 * none was found (a minimum above the maximum, a pattern, ...). */
MST_MUST_CHECK enum mst_status mst_fill_next(struct mst_fill *fill,
                                             struct mst_buf *out,
                                             struct mst_error *err);

#endif
