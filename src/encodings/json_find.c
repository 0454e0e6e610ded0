/* SPDX-License-Identifier: MIT */
/* Finds one field in JSON text. */
#include "encodings/json_check.h"

/* The UTF-8 of one character of a valid text, moving over it. */
struct find_char {
    uint8_t bytes[4];
    size_t len;
};

/* Four hex digits of a text that was checked. */
static uint32_t
find_hex4(const uint8_t *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t c = at[i];
        value = value << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static void
find_encode(struct find_char *ret, uint32_t c)
{
    if (c < 0x80) {
        *ret = (struct find_char){{(uint8_t)c}, 1};
    } else if (c < 0x800) {
        *ret = (struct find_char){
            {(uint8_t)(0xC0 | c >> 6), (uint8_t)(0x80 | (c & 0x3F))}, 2};
    } else if (c < 0x10000) {
        *ret = (struct find_char){{(uint8_t)(0xE0 | c >> 12),
                                   (uint8_t)(0x80 | (c >> 6 & 0x3F)),
                                   (uint8_t)(0x80 | (c & 0x3F))},
                                  3};
    } else {
        *ret = (struct find_char){
            {(uint8_t)(0xF0 | c >> 18), (uint8_t)(0x80 | (c >> 12 & 0x3F)),
             (uint8_t)(0x80 | (c >> 6 & 0x3F)), (uint8_t)(0x80 | (c & 0x3F))},
            4};
    }
}

/* What stands behind a backslash, which at is behind; returns its end. */
static const uint8_t *
find_escape(const uint8_t *at, struct find_char *ret)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (*at != 'u') {
        const char *place = strchr(from, *at);
        find_encode(ret, (uint32_t)to[place == NULL ? 0 : place - from]);
        return at + 1;
    }
    uint32_t c = find_hex4(at + 1);
    at += 5;
    if (c >= 0xD800 && c <= 0xDBFF) {
        c = 0x10000 + ((c - 0xD800) << 10) + (find_hex4(at + 2) - 0xDC00);
        at += 6;
    }
    find_encode(ret, c);
    return at;
}

/* Whether the text between these quotes, escapes and all, is name. */
static bool
find_is(struct mst_slice text, struct mst_slice name)
{
    const uint8_t *end = text.data + text.len;
    size_t used = 0;
    for (const uint8_t *at = text.data; at < end;) {
        struct find_char c = {{*at}, 1};
        at = *at == '\\' ? find_escape(at + 1, &c) : at + 1;
        if (name.len - used < c.len
            || memcmp(name.data + used, c.bytes, c.len) != 0) {
            return false;
        }
        used += c.len;
    }
    return used == name.len;
}

/* The number that an array's step is; false when it is none. */
static bool
find_index(struct mst_slice step, size_t *ret)
{
    size_t value = 0;
    if (step.len == 0 || step.len > 9) {
        return false;
    }
    for (size_t i = 0; i < step.len; i++) {
        if (step.data[i] < '0' || step.data[i] > '9') {
            return false;
        }
        value = value * 10 + (size_t)(step.data[i] - '0');
    }
    *ret = value;
    return true;
}

/* Behind the bracket or comma at at: the member's value, and whether it is
 * the one. NULL when there is none or it is malformed. */
static const uint8_t *
find_member(const uint8_t *at, const uint8_t *end, struct mst_slice step,
            bool *ret_found)
{
    at = mst_json_skip_space(at, end);
    if (at == end || *at != '"') {
        return NULL;
    }
    const uint8_t *name = at + 1;
    at = mst_json_skip_value(at, end);
    if (at == NULL) {
        return NULL;
    }
    *ret_found = find_is(mst_slice_of(name, (size_t)(at - name) - 1), step);
    at = mst_json_skip_space(at, end);
    return at == end || *at != ':' ? NULL : mst_json_skip_space(at + 1, end);
}

/* The value under one step of what starts at at; NULL when there is none. */
static const uint8_t *
find_step(const uint8_t *at, const uint8_t *end, struct mst_slice step)
{
    size_t index = 0;
    at = mst_json_skip_space(at, end);
    if (at == end || (*at != '{' && *at != '[')) {
        return NULL;
    }
    bool is_array = *at == '[';
    if (is_array && !find_index(step, &index)) {
        return NULL;
    }
    for (size_t i = 0;; i++) {
        bool found = is_array && i == index;
        at = is_array ? mst_json_skip_space(at + 1, end)
                      : find_member(at + 1, end, step, &found);
        if (at == NULL || found) {
            return at;
        }
        at = mst_json_skip_value(at, end);
        at = at == NULL ? NULL : mst_json_skip_space(at, end);
        if (at == NULL || at == end || *at != ',') {
            return NULL;
        }
    }
}

/* The value at at, without white space. */
static bool
find_value(const uint8_t *at, const uint8_t *end, struct mst_slice *ret_text)
{
    const uint8_t *behind = mst_json_skip_value(at, end);
    if (behind == NULL) {
        return false;
    }
    *ret_text = mst_slice_of(at, (size_t)(behind - at));
    return true;
}

bool
mst_json_find_path(struct mst_slice json, const char *path,
                   struct mst_slice *ret_text)
{
    json = json.len == 0 ? MST_SLICE_LIT("") : json;
    const uint8_t *end = json.data + json.len;
    /* A name may hold dots itself. */
    const uint8_t *at = find_step(json.data, end, mst_slice_str(path));
    if (at != NULL && find_value(at, end, ret_text)) {
        return true;
    }
    at = json.data;
    for (const char *step = path; step != NULL && at != NULL;) {
        const char *dot = strchr(step, '.');
        size_t len = dot == NULL ? strlen(step) : (size_t)(dot - step);
        at = find_step(at, end, mst_slice_of(step, len));
        step = dot == NULL ? NULL : dot + 1;
    }
    return at != NULL && find_value(at, end, ret_text);
}
