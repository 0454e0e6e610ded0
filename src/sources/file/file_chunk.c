/* SPDX-License-Identifier: MIT */
/* Counted pieces of files. */
#include "sources/file/file_chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum mst_status
mst_file_chunk_read(int fd, uint64_t offset, size_t cap,
                    struct mst_file_chunk **ret)
{
    struct mst_file_chunk *chunk = malloc(sizeof(*chunk) + cap);
    if (chunk == NULL) {
        return MST_FATAL;
    }
    atomic_init(&chunk->refs, 1);
    chunk->start = offset;
    chunk->len = 0;
    chunk->at_end = false;
    while (chunk->len < cap && !chunk->at_end) {
        ssize_t n = pread(fd, chunk->data + chunk->len, cap - chunk->len,
                          (off_t)(offset + chunk->len));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            free(chunk);
            return MST_RETRY;
        }
        chunk->at_end = n == 0;
        chunk->len += (size_t)n;
    }
    *ret = chunk;
    return MST_OK;
}

void
mst_file_chunk_unref(struct mst_file_chunk *chunk)
{
    if (chunk != NULL && atomic_fetch_sub(&chunk->refs, 1) == 1) {
        free(chunk);
    }
}

static void
chunk_release(void *memory)
{
    mst_file_chunk_unref(memory);
}

enum mst_status
mst_file_chunk_hold(struct mst_file_chunk *chunk, struct mst_batch *batch,
                    size_t bytes)
{
    atomic_fetch_add(&chunk->refs, 1);
    enum mst_status status = mst_batch_hold(batch, chunk_release, chunk, bytes);
    if (status != MST_OK) {
        mst_file_chunk_unref(chunk);
    }
    return status;
}
