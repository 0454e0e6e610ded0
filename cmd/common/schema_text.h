/* SPDX-License-Identifier: MIT */
/* Schemas as text, of one kind from the other, for both programs. */
#ifndef MST_CMD_SCHEMA_TEXT_H
#define MST_CMD_SCHEMA_TEXT_H

#include "base/buf.h"

/* Appends the JSON Schema of an Avro schema. MST_REJECTED: it is none. */
MST_MUST_CHECK enum mst_status mst_cmd_schema_from_avro(struct mst_slice text,
                                                        struct mst_buf *out,
                                                        struct mst_error *err);

#endif
