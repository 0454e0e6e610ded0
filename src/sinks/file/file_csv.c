/* SPDX-License-Identifier: MIT */
/* Columns out of documents. */
#include "sinks/file/file_csv.h"

#include "encodings/json_check.h"

/* Appends one byte of a quoted field. */
static enum mst_status
csv_append_byte(struct mst_buf *out, uint8_t c)
{
    enum mst_status status = c == '"' ? mst_buf_append_char(out, '"') : MST_OK;
    return status == MST_OK ? mst_buf_append_char(out, (char)c) : status;
}

static enum mst_status
csv_append_utf8(struct mst_buf *out, uint32_t c)
{
    uint8_t bytes[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (len == 1) {
        return csv_append_byte(out, (uint8_t)c);
    }
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (uint8_t)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    bytes[0] = (uint8_t)((0xF00U >> len & 0xFFU) | c);
    return mst_buf_append(out, bytes, len);
}

/* Four hexadecimal digits; the text was checked. */
static uint32_t
csv_hex4(const uint8_t *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = at[i];
        uint32_t digit =
            c <= '9' ? c - (uint32_t)'0' : (c | 0x20U) - (uint32_t)'a' + 10;
        value = value << 4 | digit;
    }
    return value;
}

/* Appends what the escape at *at (a backslash) means, and moves behind it. */
static enum mst_status
csv_append_escape(struct mst_buf *out, const uint8_t **at)
{
    static const char names[] = "bfnrt";
    static const char values[] = "\b\f\n\r\t";
    uint8_t c = (*at)[1];
    *at += 2;
    if (c != 'u') {
        const char *name = strchr(names, c);
        return csv_append_byte(
            out, name == NULL ? c : (uint8_t)values[name - names]);
    }
    uint32_t code = csv_hex4(*at);
    *at += 4;
    if (code >= 0xD800 && code < 0xDC00) {
        code = 0x10000 + ((code - 0xD800) << 10) + (csv_hex4(*at + 2) - 0xDC00);
        *at += 6;
    }
    return csv_append_utf8(out, code);
}

/* True when the text of a JSON string needs no quotes and no decoding. */
static bool
csv_is_plain(struct mst_slice text)
{
    if (text.len == 0 || text.data[0] == ' '
        || text.data[text.len - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\\' || text.data[i] == ',') {
            return false;
        }
    }
    return true;
}

/* value: a JSON string with its quotes. */
static enum mst_status
csv_append_string(struct mst_buf *out, struct mst_slice value)
{
    struct mst_slice text = mst_slice_of(value.data + 1, value.len - 2);
    if (csv_is_plain(text)) {
        return mst_buf_append(out, text.data, text.len);
    }
    enum mst_status status = mst_buf_append_char(out, '"');
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.len;
    while (at < end && status == MST_OK) {
        status = *at == '\\' ? csv_append_escape(out, &at)
                             : csv_append_byte(out, *at++);
    }
    return status == MST_OK ? mst_buf_append_char(out, '"') : status;
}

/* An object or array, as JSON in quotes. */
static enum mst_status
csv_append_json(struct mst_buf *out, struct mst_slice value)
{
    enum mst_status status = mst_buf_append_char(out, '"');
    for (size_t i = 0; i < value.len && status == MST_OK; i++) {
        status = csv_append_byte(out, value.data[i]);
    }
    return status == MST_OK ? mst_buf_append_char(out, '"') : status;
}

static enum mst_status
csv_append_value(struct mst_buf *out, struct mst_slice value)
{
    switch (value.len > 0 ? value.data[0] : 'n') {
    case 'n': /* null */
        return MST_OK;
    case '"':
        return csv_append_string(out, value);
    case '{':
    case '[':
        return csv_append_json(out, value);
    default:
        return mst_buf_append(out, value.data, value.len);
    }
}

/* A text as a JSON string would not stand here: names come from the file of
 * settings. */
static enum mst_status
csv_append_name(struct mst_buf *out, const char *name)
{
    bool plain = name[0] != '\0' && strpbrk(name, "\",\r\n") == NULL;
    return plain ? mst_buf_append_str(out, name)
                 : csv_append_json(out, mst_slice_str(name));
}

enum mst_status
mst_file_csv_header(const struct mst_strings *columns, struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < columns->len && status == MST_OK; i++) {
        status = i > 0 ? mst_buf_append_char(out, ',') : MST_OK;
        if (status == MST_OK) {
            status = csv_append_name(out, columns->items[i]);
        }
    }
    return status == MST_OK ? mst_buf_append_char(out, '\n') : status;
}

enum mst_status
mst_file_csv_record(const struct mst_strings *columns, struct mst_slice json,
                    struct mst_buf *out, struct mst_error *err)
{
    enum mst_status status = mst_json_check(json, err);
    if (status != MST_OK) {
        return status;
    }
    const uint8_t *end = json.data + json.len;
    const uint8_t *start = mst_json_skip_space(json.data, end);
    if (start == end || *start != '{') {
        return mst_fail(err, MST_REJECTED, "file", 0,
                        "a CSV record is made of a JSON object, and this is "
                        "another value");
    }
    size_t before = out->len;
    for (size_t i = 0; i < columns->len && status == MST_OK; i++) {
        struct mst_slice value;
        status = i > 0 ? mst_buf_append_char(out, ',') : MST_OK;
        if (status == MST_OK
            && mst_json_find_path(json, columns->items[i], &value)) {
            status = csv_append_value(out, value);
        }
    }
    if (status == MST_OK && out->len == before) {
        status = mst_buf_append_str(out, "\"\""); /* no blank line: a record */
    }
    return status == MST_OK ? mst_buf_append_char(out, '\n') : status;
}
