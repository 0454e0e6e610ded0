/* SPDX-License-Identifier: MIT */
/* What would be written, and with which producer: for people. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "encodings/bson_json.h"
#include "sinks/kafka/kafka_sink_impl.h"

struct preview {
    struct mst_buf *out;
    bool for_machines;
    bool first;
};

static enum mst_status
preview_text(struct mst_buf *out, struct mst_slice text)
{
    return text.data == NULL ? mst_buf_append_str(out, "null")
                             : mst_buf_append_json(out, text);
}

static enum mst_status
preview_header(void *arg, struct mst_slice name, struct mst_slice value)
{
    struct preview *preview = arg;
    struct mst_buf *out = preview->out;
    enum mst_status status = MST_OK;
    if (!preview->for_machines) {
        return mst_buf_printf(out, " %.*s=%.*s", (int)name.len,
                              (const char *)name.data, (int)value.len,
                              (const char *)value.data);
    }
    if (!preview->first) {
        status = mst_buf_append_char(out, ',');
    }
    preview->first = false;
    if (status == MST_OK) {
        status = mst_buf_append_json(out, name);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(out, ':');
    }
    return status == MST_OK ? mst_buf_append_json(out, value) : status;
}

static enum mst_status
preview_value(struct preview *preview, const struct mst_delivery *delivery,
              struct mst_slice value)
{
    struct mst_buf *out = preview->out;
    if (value.data == NULL) {
        return mst_buf_append_str(out, "null");
    }
    if (delivery->encoding == MST_ENCODING_BSON) {
        struct mst_error err;
        enum mst_status status =
            mst_bson_to_json(value, MST_JSON_RELAXED, out, &err);
        if (status != MST_REJECTED) {
            return status;
        }
    }
    bool is_text = mst_utf8_valid(value.data, value.len) == value.len;
    if (delivery->encoding == MST_ENCODING_JSON && is_text) {
        return mst_buf_append(out, value.data, value.len);
    }
    if (is_text) {
        return mst_buf_append_json(out, value);
    }
    return mst_buf_printf(out, "\"<%zu bytes>\"", value.len);
}

static enum mst_status
preview_machine(struct kafka_sink *sink, const struct mst_delivery *delivery,
                const char *topic, struct mst_slice key, struct mst_buf *out)
{
    struct preview preview = {.out = out, .for_machines = true, .first = true};
    enum mst_status status =
        mst_buf_printf(out, "{\"topic\":\"%s\",\"key\":", topic);
    if (status == MST_OK) {
        status = preview_text(out, key);
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(out, ",\"headers\":{");
    }
    if (status == MST_OK) {
        status = kafka_headers_each(&sink->headers, delivery->event, key,
                                    preview_header, &preview);
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(out, "},\"value\":");
    }
    if (status == MST_OK) {
        status = preview_value(&preview, delivery, delivery->payload);
    }
    return status == MST_OK ? mst_buf_append_str(out, "}") : status;
}

static enum mst_status
preview_human(struct kafka_sink *sink, const struct mst_delivery *delivery,
              const char *topic, struct mst_slice key, struct mst_buf *out)
{
    struct preview preview = {.out = out, .first = true};
    enum mst_status status = mst_buf_printf(out, "%s key=", topic);
    if (status == MST_OK) {
        status = preview_text(out, key);
    }
    if (status == MST_OK) {
        status = kafka_headers_each(&sink->headers, delivery->event, key,
                                    preview_header, &preview);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(out, ' ');
    }
    return status == MST_OK
               ? preview_value(&preview, delivery, delivery->payload)
               : status;
}

enum mst_status
kafka_sink_preview(void *ctx, const struct mst_delivery *delivery,
                   bool for_machines, struct mst_buf *out,
                   struct mst_error *err)
{
    struct kafka_sink *sink = ctx;
    char topic[KAFKA_TOPIC_NAME_MAX + 1];
    struct mst_slice key;
    enum mst_status status =
        kafka_template_make(&sink->topic_template, delivery->event, topic, err);
    if (status == MST_OK) {
        status = kafka_key_make(&sink->key, delivery, &key, err);
    }
    if (status != MST_OK) {
        return status;
    }
    struct mst_delivery shown = *delivery;
    if (delivery->event->op == MST_OP_DELETE
        && sink->options->tombstones == KAFKA_TOMBSTONES_INSTEAD) {
        shown.payload = MST_SLICE_NONE;
    }
    status = for_machines ? preview_machine(sink, &shown, topic, key, out)
                          : preview_human(sink, &shown, topic, key, out);
    if (status != MST_OK) {
        return mst_fail(err, status, "kafka", 0, "cannot show the message");
    }
    return MST_OK;
}
