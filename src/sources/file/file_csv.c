/* SPDX-License-Identifier: MIT */
/* Reading CSV where it lies. */
#include "sources/file/file_csv.h"

#include "encodings/json_check.h"

size_t
mst_csv_record_len(const uint8_t *data, size_t len)
{
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '"') {
            quoted = !quoted; /* a doubled quote does so twice */
        } else if (data[i] == '\n' && !quoted) {
            return i + 1;
        }
    }
    return 0;
}

/* A field as it stands, and whether it stood in quotes (then without them,
 * with quotes inside still doubled). */
struct csv_field {
    struct mst_slice text;
    bool quoted;
};

/* Takes the next field off record; false when there is none. *more starts as
 * true and says whether a delimiter promises another field. */
static bool
csv_next(struct mst_slice *record, char delimiter, bool *more,
         struct csv_field *ret)
{
    if (!*more) {
        return false;
    }
    const uint8_t *start = record->data;
    const uint8_t *end = start + record->len;
    const uint8_t *at = start;
    ret->quoted = at < end && *at == '"';
    if (ret->quoted) {
        const uint8_t *inside = ++at;
        while (at < end && (*at != '"' || (at + 1 < end && at[1] == '"'))) {
            at += *at == '"' ? 2 : 1;
        }
        ret->text = mst_slice_of(inside, (size_t)(at - inside));
        at += at < end;
    }
    const uint8_t *rest = at;
    while (at < end && *at != (uint8_t)delimiter) {
        at++;
    }
    if (!ret->quoted) {
        ret->text = mst_slice_of(rest, (size_t)(at - rest));
    }
    *more = at < end;
    at += at < end;
    *record = mst_slice_of(at, (size_t)(end - at));
    return true;
}

/* Appends a JSON string. Bytes that are not UTF-8 go through as they are: the
 * conversion behind refuses them with their place. */
static enum mst_status
csv_append_string(const struct csv_field *field, struct mst_buf *out)
{
    enum mst_status status = mst_buf_append_char(out, '"');
    for (size_t i = 0; i < field->text.len && status == MST_OK; i++) {
        uint8_t c = field->text.data[i];
        if (c == '"' || c == '\\') {
            i += field->quoted && c == '"';
            status = mst_buf_printf(out, "\\%c", c);
        } else if (c < 0x20) {
            status = mst_buf_printf(out, "\\u%04x", c);
        } else {
            status = mst_buf_append_char(out, (char)c);
        }
    }
    return status == MST_OK ? mst_buf_append_char(out, '"') : status;
}

/* True when the text is a JSON number, true or false by itself. */
static bool
csv_is_scalar(struct mst_slice text)
{
    return text.len > 0 && strchr("-0123456789tf", text.data[0]) != NULL
           && text.data[text.len - 1] > ' '
           && mst_json_check(text, NULL) == MST_OK;
}

static enum mst_status
csv_append_value(const struct csv_field *field, bool infer, struct mst_buf *out)
{
    if (infer && !field->quoted) {
        if (field->text.len == 0) {
            return mst_buf_append_str(out, "null");
        }
        if (csv_is_scalar(field->text)) {
            return mst_buf_append(out, field->text.data, field->text.len);
        }
    }
    return csv_append_string(field, out);
}

static struct mst_slice
csv_trim(struct mst_slice record)
{
    if (record.len > 0 && record.data[record.len - 1] == '\n') {
        record.len--;
    }
    if (record.len > 0 && record.data[record.len - 1] == '\r') {
        record.len--;
    }
    return record;
}

enum mst_status
mst_csv_to_json(struct mst_slice header, struct mst_slice record,
                char delimiter, bool infer, struct mst_buf *out)
{
    struct csv_field name;
    struct csv_field value;
    bool more_names = true;
    bool more_values = true;
    bool extra = false;
    header = csv_trim(header);
    record = csv_trim(record);
    enum mst_status status = mst_buf_append_char(out, '{');
    const char *comma = "";
    while (status == MST_OK
           && csv_next(&record, delimiter, &more_values, &value)) {
        status = mst_buf_append_str(out, comma);
        comma = ",";
        if (status == MST_OK
            && csv_next(&header, delimiter, &more_names, &name)) {
            status = csv_append_string(&name, out);
            if (status == MST_OK) {
                status = mst_buf_append_char(out, ':');
            }
        } else if (status == MST_OK && !extra) {
            extra = true;
            status = mst_buf_append_str(out, "\"_extra\":[");
        }
        if (status == MST_OK) {
            status = csv_append_value(&value, infer, out);
        }
    }
    return status == MST_OK ? mst_buf_append_str(out, extra ? "]}" : "}")
                            : status;
}
