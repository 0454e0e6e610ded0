/* SPDX-License-Identifier: MIT */
/* Deliveries as the sinks themselves describe them, and their payloads. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "dry_run.h"
#include "encodings/bson_json.h"

enum { SHOW_MAX = 256 * 1024 * 1024 };

/* The payload as text: BSON as Extended JSON, what is no text as base64. */
static void
show_payload(const struct mst_delivery *delivery, struct mst_buf *out)
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

/* What the sink says about it, without a line break behind it; false: it
 * refuses it. */
static bool
show_ask(const struct mst_dry_sink *sink, const struct mst_delivery *delivery,
         bool json, struct mst_buf *out, struct mst_error *err)
{
    const struct mst_sink_type *type = sink->spec->type;
    if (delivery->outcome == MST_REJECTED) {
        if (delivery->error != NULL) {
            *err = *delivery->error;
        }
        return false;
    }
    if (type->preview == NULL) {
        return true;
    }
    enum mst_status status = type->preview(sink->ctx, delivery, json, out, err);
    while (out->len > 0 && out->data[out->len - 1] == '\n') {
        out->len--;
    }
    return status == MST_OK;
}

static void
show_json(struct mst_output *out, const struct mst_dry_sink *sink,
          const struct mst_delivery *delivery, const struct mst_buf *preview,
          const struct mst_error *err)
{
    const struct mst_event *event = delivery->event;
    struct mst_buf payload;
    mst_buf_init(&payload, SHOW_MAX);
    mst_output_open(out, NULL, '{');
    mst_output_number(out, "event", (int64_t)event->seq);
    mst_output_str(out, "op", mst_op_name(event->op));
    mst_output_str(out, "sink", sink->spec->name);
    if (err != NULL) {
        mst_output_str(out, "rejected", err->text);
    } else {
        if (preview->len > 0) {
            mst_output_json(out, "preview", mst_buf_slice(preview));
        }
        mst_output_str(out, "encoding", mst_encoding_name(delivery->encoding));
        if (delivery->payload.data != NULL) {
            show_payload(delivery, &payload);
            mst_output_slice(out, "payload", mst_buf_slice(&payload));
        } else {
            mst_output_str(out, "payload", NULL);
        }
    }
    mst_output_close(out, '}');
    mst_output_newline(out);
    mst_buf_clear(&payload);
}

/* Sinks that show the payload themselves do not need it a second time. */
static bool
show_has(const struct mst_buf *preview, const struct mst_buf *payload)
{
    return payload->len == 0
           || (preview->len > 0
               && memmem(preview->data, preview->len, payload->data,
                         payload->len)
                      != NULL);
}

static void
show_text(struct mst_output *out, const struct mst_dry_sink *sink,
          const struct mst_delivery *delivery, const struct mst_buf *preview,
          const struct mst_error *err)
{
    struct mst_buf payload;
    mst_output_text(out,
                    "%llu %s -> %s: ", (unsigned long long)delivery->event->seq,
                    mst_op_name(delivery->event->op), sink->spec->name);
    if (err != NULL) {
        mst_output_text(out, "REJECTED: %s\n", err->text);
        return;
    }
    mst_buf_init(&payload, SHOW_MAX);
    if (delivery->payload.data != NULL) {
        show_payload(delivery, &payload);
    }
    mst_output_shown(out, mst_buf_slice(preview));
    if (preview->len > 0) {
        mst_output_text(out, "\n");
    }
    if (!show_has(preview, &payload)) {
        mst_output_text(out, "%s", preview->len > 0 ? "    " : "");
        mst_output_shown(out, mst_buf_slice(&payload));
        mst_output_text(out, "\n");
    } else if (preview->len == 0) {
        mst_output_text(out, "(no payload)\n");
    }
    mst_buf_clear(&payload);
}

bool
mst_dry_show(struct mst_output *out, bool json, const struct mst_dry_sink *sink,
             const struct mst_delivery *delivery)
{
    struct mst_buf preview;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&preview, SHOW_MAX);
    bool good = show_ask(sink, delivery, json, &preview, &err);
    (json ? show_json : show_text)(out, sink, delivery, &preview,
                                   good ? NULL : &err);
    mst_buf_clear(&preview);
    return good;
}
