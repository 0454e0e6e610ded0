/* SPDX-License-Identifier: MIT */
/* What sinks would get, as JSON. */
#include "base/base64.h"
#include "base/utf8.h"
#include "dry_run.h"
#include "encodings/bson_json.h"

enum { DRY_PAYLOAD_MAX = 256 * 1024 * 1024 };

void
mst_dry_payload(const struct mst_delivery *delivery, struct mst_buf *out)
{
    struct mst_slice bytes = delivery->payload;
    struct mst_error ignored;
    bool text = mst_utf8_valid(bytes.data, bytes.len) == bytes.len;
    enum mst_status status = MST_REJECTED;
    if (delivery->encoding == MST_ENCODING_BSON) {
        status = mst_bson_to_json(bytes, MST_JSON_RELAXED, out, &ignored);
    } else if (text) {
        status = mst_buf_append(out, bytes.data, bytes.len);
    }
    if (status == MST_REJECTED) {
        status = mst_base64_encode(bytes, out);
    }
    if (status != MST_OK) {
        mst_buf_reset(out);
    }
}

static void
dry_json_payload(struct mst_json *out, const struct mst_delivery *delivery)
{
    struct mst_buf payload;
    mst_json_str(out, "encoding", mst_encoding_name(delivery->encoding));
    if (delivery->payload.data == NULL) {
        mst_json_str(out, "payload", NULL);
        return;
    }
    mst_buf_init(&payload, DRY_PAYLOAD_MAX);
    mst_dry_payload(delivery, &payload);
    mst_json_slice(out, "payload", mst_buf_slice(&payload));
    mst_buf_clear(&payload);
}

void
mst_dry_json(struct mst_json *out, const struct mst_dry_sink *sink,
             const struct mst_delivery *delivery, bool good,
             struct mst_slice preview, const struct mst_error *err)
{
    const struct mst_event *event = delivery->event;
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "event", (int64_t)event->seq);
    mst_json_str(out, "op", mst_op_name(event->op));
    mst_json_str(out, "sink", sink->spec->name);
    if (!good) {
        mst_json_str(out, "rejected", err->text);
    } else {
        if (preview.len > 0) {
            mst_json_raw(out, "preview", preview);
        }
        dry_json_payload(out, delivery);
    }
    mst_json_close(out, '}');
}

void
mst_dry_json_dropped(struct mst_json *out, const struct mst_event *event)
{
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "event", (int64_t)event->seq);
    mst_json_str(out, "op", mst_op_name(event->op));
    mst_json_bool(out, "dropped", true);
    mst_json_close(out, '}');
}
