/* SPDX-License-Identifier: MIT */
/*
 * JSON text (RFC 8259) to BSON in one pass. What has no exact BSON form is
 * refused with its byte offset and field, never changed: docs/encodings.md.
 */
#ifndef MST_ENCODINGS_JSON_BSON_H
#define MST_ENCODINGS_JSON_BSON_H

#include "base/buf.h"
#include "core/encoding.h"

/* A zeroed one is the default. */
struct mst_json_read_options {
    bool no_extended; /* {"$oid": ...} is an ordinary document */
    enum mst_big_numbers big_numbers;
    unsigned max_depth; /* at most MST_BSON_DEPTH_MAX; 0: that */
};

/*
 * Appends one BSON document. Integers become int32, else int64, else what
 * big_numbers says; numbers with a fraction or exponent become doubles;
 * Extended JSON v2 wrappers, relaxed or canonical, become their types.
 * MST_REJECTED: not one JSON object, a duplicate key, a wrapper with wrong
 * content, a number out of range, text that is not UTF-8, too deep, larger
 * than out's maximum (an end within 128 bytes of it may be refused). out's
 * length is as before then. Time and memory are linear in the input.
 * options may be NULL. Thread: any.
 */
MST_MUST_CHECK enum mst_status
mst_json_to_bson(struct mst_slice json,
                 const struct mst_json_read_options *options,
                 struct mst_buf *out, struct mst_error *err);

#endif
