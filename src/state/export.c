/* SPDX-License-Identifier: MIT */
/* Writing checkpoints as lines of JSON. */
#include "state/export.h"

#include <inttypes.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/utf8.h"

/* True when a JSON string gives the same bytes back. */
static bool
export_is_text(struct mst_slice bytes)
{
    return bytes.len == 0
           || (memchr(bytes.data, '\0', bytes.len) == NULL
               && mst_utf8_valid(bytes.data, bytes.len) == bytes.len);
}

static enum mst_status
export_text(struct mst_buf *out, const char *name, const char *text)
{
    enum mst_status status = mst_buf_printf(out, ",\"%s\":", name);
    if (status == MST_OK) {
        status = mst_buf_append_json(out, mst_slice_str(text));
    }
    return status;
}

/* Nothing for none. */
static enum mst_status
export_bytes(struct mst_buf *out, const char *name, struct mst_slice bytes)
{
    if (bytes.data == NULL) {
        return MST_OK;
    }
    if (export_is_text(bytes)) {
        enum mst_status status = mst_buf_printf(out, ",\"%s\":", name);
        return status == MST_OK ? mst_buf_append_json(out, bytes) : status;
    }
    enum mst_status status = mst_buf_printf(out, ",\"%s_base64\":\"", name);
    if (status == MST_OK) {
        status = mst_base64_encode(bytes, out);
    }
    return status == MST_OK ? mst_buf_append_char(out, '"') : status;
}

static enum mst_status
export_fields(const struct mst_checkpoint *checkpoint, struct mst_buf *out)
{
    char saved_at[MST_TIME_TEXT_MAX];
    mst_time_format(checkpoint->saved_ms, saved_at);
    /* JSON numbers of most programs end here. */
    uint64_t events =
        checkpoint->events > INT64_MAX ? INT64_MAX : checkpoint->events;
    enum mst_status status =
        mst_buf_append_str(out, "{\"mstream_checkpoint\":1");
    if (status == MST_OK) {
        status = export_text(out, "job", checkpoint->job);
    }
    if (status == MST_OK) {
        status = export_text(
            out, "identity",
            checkpoint->identity == NULL ? "" : checkpoint->identity);
    }
    if (status == MST_OK) {
        status = export_bytes(out, "position", checkpoint->position);
    }
    if (status == MST_OK) {
        status = export_bytes(out, "sink_mark", checkpoint->sink_mark);
    }
    if (status == MST_OK) {
        status = export_text(out, "saved_at", saved_at);
    }
    return status == MST_OK
               ? mst_buf_printf(out, ",\"events\":%" PRIu64 "}\n", events)
               : status;
}

enum mst_status
mst_checkpoint_export(const struct mst_checkpoint *checkpoint,
                      struct mst_buf *out, struct mst_error *err)
{
    size_t before = out->len;
    enum mst_status status = export_fields(checkpoint, out);
    if (status == MST_OK) {
        return MST_OK;
    }
    out->len = before;
    return mst_fail(err, status, "checkpoint", 0,
                    "the checkpoint of job '%s' does not fit into %zu bytes",
                    checkpoint->job, out->max);
}
