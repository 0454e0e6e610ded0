/* SPDX-License-Identifier: MIT */
/* A piece of a file in memory, shared by the reader and the batches whose
 * events point into it. */
#ifndef MST_SOURCES_FILE_FILE_CHUNK_H
#define MST_SOURCES_FILE_FILE_CHUNK_H

#include <stdatomic.h>

#include "core/batch.h"

struct mst_file_chunk {
    atomic_uint refs;
    uint64_t start; /* offset in the file */
    size_t len;
    bool at_end; /* the file had no more when it was read */
    uint8_t data[];
};

/* Reads up to cap bytes from offset on. MST_RETRY: the disk; MST_FATAL: no
 * memory; both without err. */
MST_MUST_CHECK enum mst_status mst_file_chunk_read(int fd, uint64_t offset,
                                                   size_t cap,
                                                   struct mst_file_chunk **ret);
void mst_file_chunk_unref(struct mst_file_chunk *chunk);
/* Keeps it for the batch; bytes is what counts against the budget. */
MST_MUST_CHECK enum mst_status mst_file_chunk_hold(struct mst_file_chunk *chunk,
                                                   struct mst_batch *batch,
                                                   size_t bytes);

#endif
