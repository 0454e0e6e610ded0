/* SPDX-License-Identifier: MIT */
/* CSV (RFC 4180) records to JSON objects. */
#ifndef MST_SOURCES_FILE_FILE_CSV_H
#define MST_SOURCES_FILE_FILE_CSV_H

#include "base/buf.h"

/* Length of the first record with its line break; 0 when its end is not
 * there. A break within quotes is part of the record. */
size_t mst_csv_record_len(const uint8_t *data, size_t len);

/* Appends the object that names of header and values of record make. Values
 * without a name come in an array "_extra"; names without a value are left
 * out. infer: numbers, true and false become what they are, an empty value
 * without quotes null. */
MST_MUST_CHECK enum mst_status mst_csv_to_json(struct mst_slice header,
                                               struct mst_slice record,
                                               char delimiter, bool infer,
                                               struct mst_buf *out);

#endif
