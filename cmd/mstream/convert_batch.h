/* SPDX-License-Identifier: MIT */
/* Batch frames that mstream convert writes. */
#ifndef MST_MSTREAM_CONVERT_BATCH_H
#define MST_MSTREAM_CONVERT_BATCH_H

#include "cli.h"
#include "encodings/batch_frame.h"

/* One run. A zeroed one writes no frames. */
struct convert_batch {
    const struct mst_cli_args *args;
    bool writes;
    bool open; /* a frame that waits in the output for more documents */
    uint32_t max;
    enum mst_encoding encoding;
    struct mst_batch_writer writer;
};

/* By the flags; writes: frames go out. False: said what is wrong. */
bool convert_batch_init(struct convert_batch *batch,
                        const struct mst_cli_args *args, bool writes);

/* Around each document: before it is appended to out, and after that. False:
 * said what is wrong. */
bool convert_batch_begin(struct convert_batch *batch, struct mst_buf *out);
void convert_batch_done(struct convert_batch *batch, bool added);

/* Closes the frame when it is full, or now. When it is not open afterwards,
 * out can be given away. */
void convert_batch_close(struct convert_batch *batch, bool now);

#endif
