/* SPDX-License-Identifier: MIT */
/* Members are found by their brackets and quotes; what is inside of those that
 * nobody asks for is not looked at. */
#include "clients/registry_json.h"

#include "base/hex.h"

enum { JSON_DEPTH_MAX = 1000 };

static void
json_skip_space(struct registry_json *json)
{
    while (json->at < json->end
           && (*json->at == ' ' || *json->at == '\t' || *json->at == '\n'
               || *json->at == '\r')) {
        json->at++;
    }
}

/* Behind the closing quote; NULL: there is none. at: behind the opening one. */
static const char *
json_string_end(const char *at, const char *end)
{
    while (at < end && *at != '"') {
        at += *at == '\\' ? 2 : 1;
    }
    return at < end ? at + 1 : NULL;
}

static const char *
json_nested_end(const char *at, const char *end)
{
    int depth = 0;
    while (at != NULL && at < end) {
        char c = *at++;
        if (c == '"') {
            at = json_string_end(at, end);
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX) {
                return NULL;
            }
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* Behind the value that begins there; NULL: it is none. */
static const char *
json_value_end(const char *at, const char *end)
{
    if (at >= end) {
        return NULL;
    }
    if (*at == '"') {
        return json_string_end(at + 1, end);
    }
    if (*at == '{' || *at == '[') {
        return json_nested_end(at, end);
    }
    const char *begin = at;
    while (at < end
           && ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z')
               || *at == '-' || *at == '+' || *at == '.' || *at == 'E')) {
        at++;
    }
    return at > begin ? at : NULL;
}

bool
registry_json_begin(struct registry_json *json, struct mst_slice text,
                    char begin)
{
    const char *data = (const char *)text.data;
    *json = (struct registry_json){data, data, true};
    if (data == NULL) {
        return false;
    }
    json->end = data + text.len;
    json_skip_space(json);
    if (json->at < json->end && *json->at == begin) {
        json->at++;
        return true;
    }
    return false;
}

/* Takes the character; false: it is another one. */
static bool
json_take(struct registry_json *json, char c)
{
    json_skip_space(json);
    if (json->at < json->end && *json->at == c) {
        json->at++;
        return true;
    }
    return false;
}

static bool
json_take_value(struct registry_json *json, struct mst_slice *ret_value)
{
    json_skip_space(json);
    const char *end = json_value_end(json->at, json->end);
    if (end == NULL) {
        return false;
    }
    *ret_value = mst_slice_of(json->at, (size_t)(end - json->at));
    json->at = end;
    return true;
}

bool
registry_json_next(struct registry_json *json, struct mst_slice *ret_name,
                   struct mst_slice *ret_value)
{
    struct mst_slice name = MST_SLICE_NONE;
    struct mst_slice value;
    struct registry_json was = *json;
    bool good = json->first || json_take(json, ',');
    if (good && ret_name != NULL) {
        good = json_take_value(json, &name) && name.data[0] == '"'
               && json_take(json, ':');
    }
    good = good && json_take_value(json, &value);
    if (!good) {
        *json = was;
        return false;
    }
    json->first = false;
    if (ret_name != NULL) {
        *ret_name = mst_slice_of(name.data + 1, name.len - 2);
    }
    *ret_value = value;
    return true;
}

bool
registry_json_is_whole(const struct registry_json *json)
{
    struct registry_json rest = *json;
    if (!json_take(&rest, '}') && !json_take(&rest, ']')) {
        return false;
    }
    json_skip_space(&rest);
    return rest.at == rest.end;
}

/* Four hexadecimal digits; false: they are none. */
static bool
json_hex(const char *at, const char *end, uint32_t *ret)
{
    uint32_t number = 0;
    if (end - at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        int digit = mst_hex_digit((uint8_t)at[i]);
        if (digit < 0) {
            return false;
        }
        number = number << 4 | (uint32_t)digit;
    }
    *ret = number;
    return true;
}

static enum mst_status
json_append_utf8(struct mst_buf *out, uint32_t code)
{
    uint8_t bytes[4];
    size_t len = 0;
    if (code < 0x80) {
        bytes[len++] = (uint8_t)code;
    } else if (code < 0x800) {
        bytes[len++] = (uint8_t)(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[len++] = (uint8_t)(0xE0 | code >> 12);
        bytes[len++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    } else {
        bytes[len++] = (uint8_t)(0xF0 | code >> 18);
        bytes[len++] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
        bytes[len++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    }
    if (code >= 0x80) {
        bytes[len++] = (uint8_t)(0x80 | (code & 0x3F));
    }
    return mst_buf_append(out, bytes, len);
}

/* What \u stands for, with its second half; *at is behind it then. False: no
 * character. */
static bool
json_unicode(const char **at, const char *end, uint32_t *ret)
{
    uint32_t code = 0;
    uint32_t low = 0;
    if (!json_hex(*at, end, &code)) {
        return false;
    }
    *at += 4;
    if (code >= 0xD800 && code < 0xDC00) {
        if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u'
            || !json_hex(*at + 2, end, &low) || low < 0xDC00 || low > 0xDFFF) {
            return false;
        }
        *at += 6;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
        return false;
    }
    *ret = code;
    return true;
}

/* *at stands behind the backslash, and behind the escape afterwards. */
static enum mst_status
json_escape(const char **at, const char *end, struct mst_buf *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    uint32_t code = 0;
    if (*at < end && **at == 'u') {
        (*at)++;
        return json_unicode(at, end, &code) ? json_append_utf8(out, code)
                                            : MST_REJECTED;
    }
    const char *name = *at < end && **at != '\0' ? strchr(names, **at) : NULL;
    if (name == NULL) {
        return MST_REJECTED;
    }
    (*at)++;
    return mst_buf_append_char(out, values[name - names]);
}

enum mst_status
registry_json_string(struct mst_slice value, struct mst_buf *out)
{
    size_t before = out->len;
    enum mst_status status = MST_OK;
    if (value.len < 2 || value.data[0] != '"') {
        return MST_REJECTED;
    }
    const char *at = (const char *)value.data + 1;
    const char *end = at + value.len - 2;
    while (at < end && status == MST_OK) {
        const char *stop = memchr(at, '\\', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        status = mst_buf_append(out, at, (size_t)(stop - at));
        at = stop;
        if (status == MST_OK && at < end) {
            at++;
            status = json_escape(&at, end, out);
        }
    }
    out->len = status == MST_OK ? out->len : before;
    return status;
}

bool
registry_json_number(struct mst_slice value, uint32_t *ret_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(value.data[i] - '0');
        if (number > UINT32_MAX) {
            return false;
        }
    }
    if (value.len == 0) {
        return false;
    }
    *ret_number = (uint32_t)number;
    return true;
}
