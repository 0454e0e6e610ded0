/* SPDX-License-Identifier: MIT */
/* JSON documents to CSV records (RFC 4180, lines end with LF). */
#ifndef MST_SINKS_FILE_FILE_CSV_H
#define MST_SINKS_FILE_FILE_CSV_H

#include "base/buf.h"
#include "core/option.h"

/* Appends the line of names. */
MST_MUST_CHECK enum mst_status
mst_file_csv_header(const struct mst_strings *columns, struct mst_buf *out);

/* Appends the record of one JSON object: null and what is missing are empty,
 * an empty text is "", objects and arrays are their JSON. MST_REJECTED: not
 * a JSON object. */
MST_MUST_CHECK enum mst_status
mst_file_csv_record(const struct mst_strings *columns, struct mst_slice json,
                    struct mst_buf *out, struct mst_error *err);

#endif
