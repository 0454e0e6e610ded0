/* SPDX-License-Identifier: MIT */
/* Lines for people, and lines for programs that read them. */
#include "sinks/terminal/terminal_line.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "encodings/bson_reader.h"

enum { LINE_ATTRIBUTES = 4, LINE_VALUE_MAX = 32, LINE_KEY_MAX = 40 };

static const char line_dim[] = "\033[2m";
static const char line_reset[] = "\033[0m";

static const char *const line_op_colors[] = {
    [MST_OP_NONE] = "\033[35m",   [MST_OP_CREATE] = "\033[32m",
    [MST_OP_UPDATE] = "\033[33m", [MST_OP_REPLACE] = "\033[34m",
    [MST_OP_DELETE] = "\033[31m", [MST_OP_READ] = "\033[36m",
};

/* Attributes that the line shows elsewhere, or that are of no interest. */
static const char *const line_hidden[] = {"op",       "operation_type", "key",
                                          "position", "source_ts_ms",   "job",
                                          "origin",   "full_document"};

/* Length of the character at text that is not to be written as it is: a
 * control character of ASCII or of Unicode's C1 block; 0: fine. */
static size_t
line_control(const uint8_t *text, size_t len)
{
    if (text[0] < 0x20 || text[0] == 0x7F) {
        return 1;
    }
    if (text[0] == 0xC2 && len > 1 && text[1] >= 0x80 && text[1] < 0xA0) {
        return 2;
    }
    return 0;
}

static enum mst_status
line_append_safe(struct mst_buf *out, struct mst_slice text)
{
    size_t from = 0;
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < text.len && status == MST_OK;) {
        size_t n = line_control(text.data + i, text.len - i);
        if (n == 0) {
            i++;
            continue;
        }
        status = mst_buf_append(out, text.data + from, i - from);
        if (status == MST_OK) {
            uint8_t c = text.data[i + n - 1];
            status = c == '\n' || c == '\r' || c == '\t'
                         ? mst_buf_append_char(out, ' ')
                         : mst_buf_printf(out, "\\u%04x", (unsigned)c);
        }
        i += n;
        from = i;
    }
    if (status == MST_OK && from < text.len) {
        status = mst_buf_append(out, text.data + from, text.len - from);
    }
    return status;
}

/* At most max bytes of text, with "..." where it was cut. */
static enum mst_status
line_append_short(struct mst_buf *out, struct mst_slice text, size_t max)
{
    bool cut = text.len > max;
    if (cut) {
        text.len = mst_utf8_valid(text.data, max);
    }
    enum mst_status status = line_append_safe(out, text);
    return status == MST_OK && cut ? mst_buf_append_str(out, "...") : status;
}

static enum mst_status
line_append_oid(struct mst_buf *out, const uint8_t *oid)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < MST_BSON_OBJECTID_LEN && status == MST_OK; i++) {
        status = mst_buf_printf(out, "%02x", oid[i]);
    }
    return status;
}

/* The _id of a key document when it is of a common type, else its type. */
static enum mst_status
line_append_bson_key(struct mst_buf *out, struct mst_slice key)
{
    struct mst_bson_value value;
    int64_t number = 0;
    const uint8_t *oid = NULL;
    struct mst_slice text;
    if (!mst_bson_find(key, "_id", &value)) {
        return mst_buf_append_str(out, "?");
    }
    if (mst_bson_as_int64(&value, &number)) {
        return mst_buf_printf(out, "%lld", (long long)number);
    }
    if (mst_bson_get_oid(&value, &oid)) {
        return line_append_oid(out, oid);
    }
    if (mst_bson_get_string(&value, &text)) {
        return line_append_short(out, text, LINE_KEY_MAX);
    }
    return mst_buf_printf(out, "<%s>", mst_bson_type_name(value.type));
}

static enum mst_status
line_append_key(struct mst_buf *out, const struct mst_event *event)
{
    if (event->key.data == NULL) {
        return mst_buf_append_char(out, '-');
    }
    if (event->key_kind == MST_KEY_BSON) {
        return line_append_bson_key(out, event->key);
    }
    return line_append_short(out, event->key, LINE_KEY_MAX);
}

static bool
line_is_hidden(const struct mst_attribute *attribute)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(line_hidden); i++) {
        if (mst_slice_is(attribute->name, line_hidden[i])) {
            return true;
        }
    }
    return false;
}

static enum mst_status
line_append_attributes(struct mst_buf *out, const struct mst_event *event)
{
    enum mst_status status = MST_OK;
    unsigned shown = 0;
    for (uint32_t i = 0; i < event->attributes_len && status == MST_OK; i++) {
        const struct mst_attribute *attribute = &event->attributes[i];
        if (line_is_hidden(attribute) || shown == LINE_ATTRIBUTES) {
            continue;
        }
        shown++;
        status = line_append_short(out, attribute->name, LINE_VALUE_MAX);
        if (status == MST_OK) {
            status = mst_buf_append_char(out, '=');
        }
        if (status == MST_OK) {
            status = line_append_short(out, attribute->value, LINE_VALUE_MAX);
        }
        if (status == MST_OK) {
            status = mst_buf_append_char(out, ' ');
        }
    }
    return status;
}

enum mst_status
mst_terminal_payload_line(const struct mst_delivery *delivery,
                          struct mst_buf *out)
{
    enum mst_status status = delivery->payload.data == NULL
                                 ? mst_buf_append_str(out, "null")
                                 : line_append_safe(out, delivery->payload);
    return status == MST_OK ? mst_buf_append_char(out, '\n') : status;
}

/* "10:40:05.123": the hours to milliseconds of the RFC 3339 text. */
static enum mst_status
line_append_time(struct mst_buf *out, const struct mst_event *event)
{
    char text[MST_TIME_TEXT_MAX];
    int64_t ms = event->source_ts_ms;
    if (ms == MST_TIME_UNKNOWN) {
        return mst_buf_append_str(out, "--:--:--.---");
    }
    int64_t in_day = ((ms % 86400000) + 86400000) % 86400000;
    mst_time_format(in_day - in_day % 1000, text);
    return mst_buf_printf(out, "%.8s.%03d", text + sizeof("1970-01-01T") - 1,
                          (int)(in_day % 1000));
}

enum mst_status
mst_terminal_pretty_line(const struct mst_delivery *delivery, bool color,
                         struct mst_buf *out)
{
    const struct mst_event *event = delivery->event;
    const char *reset = color ? line_reset : "";
    const char *dim = color ? line_dim : "";
    enum mst_status status = mst_buf_append_str(out, dim);
    if (status == MST_OK) {
        status = line_append_time(out, event);
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, "%s %s%-7s%s ", reset,
                                color ? line_op_colors[event->op] : "",
                                mst_op_name(event->op), reset);
    }
    if (status == MST_OK) {
        status = line_append_key(out, event);
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, " %s", dim);
    }
    if (status == MST_OK) {
        status = line_append_attributes(out, event);
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(out, reset);
    }
    return status == MST_OK ? mst_terminal_payload_line(delivery, out) : status;
}
