/* SPDX-License-Identifier: MIT */
/*
 * Documents as JSON in the older, "strict" form of Extended JSON, which
 * Debezium writes: {"$numberLong": "5"}, {"$date": 99123}, {"$binary": "...",
 * "$type": "00"}; 32 bit integers and doubles are plain numbers.
 */
#ifndef MST_SOURCES_MONGODB_STRICT_H
#define MST_SOURCES_MONGODB_STRICT_H

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

/* Appends. MST_REJECTED: malformed, or nothing that JSON can hold (text that
 * is not UTF-8, a name that readers take for a type wrapper, too large); what
 * was appended until then stays. */
MST_MUST_CHECK enum mst_status mst_mongo_strict_write(struct mst_slice doc,
                                                      struct mst_buf *out);

#endif
