/* SPDX-License-Identifier: MIT */
/*
 * The instance of a file source, and how it reads. One file after the other
 * is read in large pieces; events point into them. What a person changes in
 * the directory meanwhile is the matter of file_scan.c.
 */
#ifndef MST_SOURCES_FILE_FILE_READ_H
#define MST_SOURCES_FILE_FILE_READ_H

#include "sources/file/file_emit.h"
#include "sources/file/file_scan.h"

struct mst_file_reader {
    const struct mst_source_args *args;
    const struct mst_file_source_options *options;
    struct mst_file_tracks tracks;
    bool tracks_ready;
    struct mst_file_scan scan;
    struct mst_file_emit emit;
    struct mst_file_track *current; /* the file at hand */
    struct mst_file_chunk *chunk;   /* of it */
    struct mst_file_chunk *held;    /* by the batch at hand */
    uint64_t last_mark;             /* offset of the newest event's mark */
    bool bounded;
    bool look; /* the directory may have changed */
    int64_t looked_ms;
    int notify_fd;
    int wake_fd;
};

/* The type's read. */
enum mst_status mst_file_read(void *arg, struct mst_batch *batch,
                              int timeout_ms, struct mst_error *err);
/* Looks at the directory. */
MST_MUST_CHECK enum mst_status mst_file_read_look(struct mst_file_reader *ctx,
                                                  struct mst_error *err);
/* Gives up the piece at hand; batches keep theirs. */
void mst_file_read_drop(struct mst_file_reader *ctx);

#endif
