/* SPDX-License-Identifier: MIT */
/*
 * Buffers that are kept between events, for conversions in two steps: as
 * many as threads have needed at once. Private.
 */
#ifndef MST_ENCODINGS_AVRO_SCRATCH_H
#define MST_ENCODINGS_AVRO_SCRATCH_H

#include <stdatomic.h>

#include "base/buf.h"

enum { AVRO_SCRATCH_SLOTS = 8 };

/* Thread: any. A zeroed one is empty. */
struct avro_scratch {
    _Atomic(struct mst_buf *) slots[AVRO_SCRATCH_SLOTS];
};

/* An empty buffer of that maximum; NULL without memory. */
struct mst_buf *avro_scratch_take(struct avro_scratch *scratch, size_t max);
/* NULL is allowed. */
void avro_scratch_give(struct avro_scratch *scratch, struct mst_buf *buf);
void avro_scratch_clear(struct avro_scratch *scratch);

#endif
