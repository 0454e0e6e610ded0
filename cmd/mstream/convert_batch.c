/* SPDX-License-Identifier: MIT */
/* One frame at a time, in the output. */
#include "convert_batch.h"

enum {
    BATCH_DEFAULT = 1000,
    BATCH_MAX = 1000000,
    /* A frame is complete with this many bytes, however few documents. */
    BATCH_BYTES = 64 * 1024 * 1024
};

bool
convert_batch_init(struct convert_batch *batch, const struct mst_cli_args *args,
                   bool writes)
{
    int64_t max = BATCH_DEFAULT;
    *batch = (struct convert_batch){.args = args, .writes = writes};
    if (!mst_cli_number(args, "batch", BATCH_DEFAULT, &max)) {
        return false;
    }
    if (mst_cli_value(args, "batch") != NULL && !writes) {
        mst_cli_fail(args, "add --to-framing batch",
                     "--batch is for batch frames, and none are written");
        return false;
    }
    if (max < 1 || max > BATCH_MAX) {
        mst_cli_fail(args, NULL, "--batch takes 1 to %d", BATCH_MAX);
        return false;
    }
    batch->max = (uint32_t)max;
    batch->encoding = mst_encoding_parse(mst_cli_value(args, "to"));
    return true;
}

bool
convert_batch_begin(struct convert_batch *batch, struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    if (batch->writes && !batch->open) {
        status = mst_batch_writer_begin(&batch->writer, out, batch->encoding);
        batch->open = status == MST_OK;
    }
    if (batch->writes && status == MST_OK) {
        status = mst_batch_writer_item(&batch->writer);
    }
    if (status != MST_OK) {
        mst_cli_fail(batch->args, "a smaller --batch needs less of it",
                     "there is no memory for the frame");
    }
    return status == MST_OK;
}

void
convert_batch_done(struct convert_batch *batch, bool added)
{
    struct mst_buf *out = batch->writer.out;
    if (!batch->writes) {
        return;
    }
    if (!added) {
        mst_batch_writer_leave(&batch->writer);
        return;
    }
    /* A line's end is no part of a JSON document in a frame. */
    if (batch->encoding == MST_ENCODING_JSON) {
        out->len--;
    }
    mst_batch_writer_keep(&batch->writer);
}

void
convert_batch_close(struct convert_batch *batch, bool now)
{
    struct mst_batch_writer *writer = &batch->writer;
    if (!batch->open
        || (!now && writer->count < batch->max
            && writer->out->len < BATCH_BYTES)) {
        return;
    }
    if (writer->count == 0) {
        writer->out->len = writer->start; /* no frame of nothing */
    } else {
        mst_batch_writer_end(writer);
    }
    batch->open = false;
}
