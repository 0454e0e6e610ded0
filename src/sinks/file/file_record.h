/* SPDX-License-Identifier: MIT */
/* One event as it stands in a file. */
#ifndef MST_SINKS_FILE_FILE_RECORD_H
#define MST_SINKS_FILE_FILE_RECORD_H

#include "base/buf.h"
#include "core/event.h"
#include "core/option.h"
#include "sinks/file/file_sink.h"

/* What is written at the start of each file; appends nothing for formats
 * without a header. */
MST_MUST_CHECK enum mst_status
mst_file_record_header(enum mst_file_sink_format format,
                       const struct mst_strings *columns, struct mst_buf *out);

/* Appends the record. MST_REJECTED: this payload can not stand in such a
 * file; out is as it was then. */
MST_MUST_CHECK enum mst_status
mst_file_record_append(enum mst_file_sink_format format,
                       const struct mst_strings *columns,
                       const struct mst_delivery *delivery, struct mst_buf *out,
                       struct mst_error *err);

#endif
