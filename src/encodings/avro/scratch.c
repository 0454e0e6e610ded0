/* SPDX-License-Identifier: MIT */
/* Each slot is taken and given by exchanging it. */
#include "encodings/avro/scratch.h"

#include <stdlib.h>

enum {
    /* What one event may leave behind in a buffer that is kept. */
    SCRATCH_KEEP = 16 * 1024 * 1024
};

struct mst_buf *
avro_scratch_take(struct avro_scratch *scratch, size_t max)
{
    struct mst_buf *buf = NULL;
    for (int i = 0; i < AVRO_SCRATCH_SLOTS && buf == NULL; i++) {
        buf = atomic_exchange(&scratch->slots[i], NULL);
    }
    if (buf == NULL) {
        buf = calloc(1, sizeof(*buf));
    }
    if (buf != NULL) {
        mst_buf_reset(buf);
        buf->max = max;
    }
    return buf;
}

static void
scratch_free(struct mst_buf *buf)
{
    if (buf != NULL) {
        mst_buf_clear(buf);
        free(buf);
    }
}

void
avro_scratch_give(struct avro_scratch *scratch, struct mst_buf *buf)
{
    if (buf != NULL && buf->cap > SCRATCH_KEEP) {
        mst_buf_clear(buf);
    }
    for (int i = 0; i < AVRO_SCRATCH_SLOTS && buf != NULL; i++) {
        struct mst_buf *none = NULL;
        if (atomic_compare_exchange_strong(&scratch->slots[i], &none, buf)) {
            return;
        }
    }
    scratch_free(buf);
}

void
avro_scratch_clear(struct avro_scratch *scratch)
{
    for (int i = 0; i < AVRO_SCRATCH_SLOTS; i++) {
        scratch_free(atomic_exchange(&scratch->slots[i], NULL));
    }
}
