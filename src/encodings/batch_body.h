/* SPDX-License-Identifier: MIT */
/* Payloads in one body: the batch frame, a JSON array, or a line each. */
#ifndef MST_ENCODINGS_BATCH_BODY_H
#define MST_ENCODINGS_BATCH_BODY_H

#include "base/buf.h"
#include "core/encoding.h"

enum mst_batch_format {
    MST_BATCH_FRAMED = 0,
    MST_BATCH_JSON_ARRAY,
    MST_BATCH_NDJSON
};

/* The words of an option; NULL-terminated, by enum mst_batch_format. */
extern const char *const mst_batch_formats[];

/* "application/x-mstream-framed" and the like. */
const char *mst_batch_content_type(enum mst_batch_format format);

/* Where the payloads are. data == NULL: none, null in JSON. */
struct mst_batch_payloads {
    struct mst_slice (*get)(const void *arg, size_t i);
    const void *arg;
    size_t len;
};

/* Appends them. Other formats than the frame are of JSON. MST_REJECTED: more
 * than out takes. */
MST_MUST_CHECK enum mst_status
mst_batch_body(enum mst_batch_format format, enum mst_encoding encoding,
               const struct mst_batch_payloads *payloads, struct mst_buf *out);

#endif
