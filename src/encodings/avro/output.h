/* SPDX-License-Identifier: MIT */
/* The end of a buffer, held apart from it while values are written. */
#ifndef MST_ENCODINGS_AVRO_OUTPUT_H
#define MST_ENCODINGS_AVRO_OUTPUT_H

#include "base/buf.h"
#include "encodings/avro/fault.h"

/* Makes room for n bytes more. *at: where they go; *limit: where the room
 * ends; both NULL before the first growth of an empty buffer. */
MST_MUST_CHECK enum avro_fault
avro_output_grow(struct mst_buf *buf, uint8_t **at, uint8_t **limit, size_t n);

#endif
