/* SPDX-License-Identifier: MIT */
/*
 * BSON to JSON text in the three modes: MongoDB Extended JSON v2 relaxed and
 * canonical, and plain (docs/encodings.md has the table). One pass, checks
 * the BSON on the way, keeps the order of fields.
 */
#ifndef MST_ENCODINGS_BSON_JSON_H
#define MST_ENCODINGS_BSON_JSON_H

#include "base/buf.h"
#include "core/encoding.h"
#include "encodings/bson_type.h"

/*
 * All append to out and leave its length as it was on failure. Nothing is
 * allocated but the buffer's growth; text that ends within 256 bytes of the
 * buffer's maximum may be refused. Thread: any.
 * MST_REJECTED with the byte offset and the field: malformed BSON, text that
 * is not UTF-8, a field name that readers take for a type wrapper ("$oid";
 * not in plain mode), deeper than 200, larger than out's maximum.
 */
MST_MUST_CHECK enum mst_status mst_bson_to_json(struct mst_slice bson,
                                                enum mst_json_mode mode,
                                                struct mst_buf *out,
                                                struct mst_error *err);

/* One value, as it would stand behind its field's name. */
MST_MUST_CHECK enum mst_status
mst_bson_value_to_json(const struct mst_bson_value *value,
                       enum mst_json_mode mode, struct mst_buf *out,
                       struct mst_error *err);

/* The text of an _id for keys: ObjectId as hex, a string as it is, a number
 * as its digits, anything else as canonical Extended JSON. */
MST_MUST_CHECK enum mst_status
mst_bson_value_to_text(const struct mst_bson_value *value, struct mst_buf *out,
                       struct mst_error *err);

#endif
