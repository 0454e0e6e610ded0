/* SPDX-License-Identifier: MIT */
/* Whether the text of a schema is Avro's or a JSON Schema. */
#ifndef MST_ENCODINGS_SCHEMA_KIND_H
#define MST_ENCODINGS_SCHEMA_KIND_H

#include "base/error.h"
#include "base/slice.h"
#include "core/encoding.h"

/*
 * Which of both the text is: docs/encodings.md has the rule. said: by whoever
 * knows it, and then it is that. MST_REJECTED: it is no JSON, or may be both.
 */
MST_MUST_CHECK enum mst_status mst_schema_kind_of(struct mst_slice text,
                                                  enum mst_schema_kind said,
                                                  enum mst_schema_kind *ret,
                                                  struct mst_error *err);

#endif
