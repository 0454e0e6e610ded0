/* SPDX-License-Identifier: MIT */
/* The single pass over JSON text that writes BSON. */
#include "encodings/json_bson.h"

#include <stdarg.h>
#include <stdio.h>

#include "encodings/digits.h"
#include "encodings/field_path.h"
#include "encodings/json_bson_impl.h"
#include "encodings/json_keys.h"
#include "encodings/little_endian.h"

enum mst_status
json_bson_grow(struct json_bson *json, size_t n)
{
    struct mst_buf *buf = json->buf;
    size_t type = json->type == NULL ? 0 : (size_t)(json->type - buf->data);
    if (buf->data != NULL) {
        buf->len = (size_t)(json->out - buf->data);
    }
    enum mst_status status = mst_buf_reserve(buf, n);
    if (status == MST_FATAL) {
        return mst_fail_memory(json->err, "json");
    }
    if (status != MST_OK) {
        return json_bson_fail(json, json->at,
                              "the document is larger than %zu bytes, which "
                              "is all it may have",
                              buf->max - json->base);
    }
    json->out = buf->data + buf->len;
    json->limit = buf->data + buf->cap;
    json->type = json->type == NULL ? NULL : buf->data + type;
    return MST_OK;
}

/* The name from the outermost document down to the element at hand. */
static void
json_bson_path(const struct json_bson *json, struct mst_field_path *path)
{
    size_t depth =
        json->frame == NULL ? 0 : (size_t)(json->frame - json->frames);
    for (size_t i = 1; i <= depth; i++) {
        const uint8_t *key = json_bson_base(json) + json->frames[i].element + 1;
        mst_field_path_add(path, mst_slice_str((const char *)key));
    }
    if (json->type != NULL) {
        mst_field_path_add(path, mst_slice_str((const char *)json->type + 1));
    }
}

enum mst_status
json_bson_fail(struct json_bson *json, const uint8_t *where, const char *fmt,
               ...)
{
    struct mst_field_path path = {.len = 0};
    char name[MST_FIELD_PATH_MAX + 16];
    char what[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    if (json->buf->data != NULL) {
        json_bson_path(json, &path);
    }
    size_t offset = json_bson_in_tail(json, where)
                        ? json->tail_at + (size_t)(where - json->tail)
                        : (size_t)(where - json->start);
    return mst_fail_at(json->err, MST_REJECTED, "json", (int64_t)offset,
                       "%s at byte %zu: %s", mst_field_path_name(&path, name),
                       offset, what);
}

enum mst_status
json_bson_unexpected(struct json_bson *json, const char *expected)
{
    if (json->at >= json->end) {
        return json_bson_fail(json, json->end, "expected %s but the text ends",
                              expected);
    }
    uint8_t c = *json->at;
    if (c < 0x20 || c >= 0x7F) {
        return json_bson_fail(json, json->at,
                              "expected %s but there is byte 0x%02x", expected,
                              c);
    }
    return json_bson_fail(json, json->at, "expected %s but there is '%c'",
                          expected, c);
}

enum mst_status
json_bson_expect(struct json_bson *json, char c, const char *expected)
{
    json_bson_space(json);
    if (MST_LIKELY(json->at < json->end && *json->at == (uint8_t)c)) {
        json->at++;
        return MST_OK;
    }
    return json_bson_unexpected(json, expected);
}

static enum mst_status
json_bson_too_deep(struct json_bson *json)
{
    return json_bson_fail(json, json->at,
                          "more than %u objects and arrays inside each other",
                          json->options.max_depth);
}

enum mst_status
json_bson_open(struct json_bson *json, bool is_array)
{
    unsigned depth =
        json->frame == NULL ? 0 : (unsigned)(json->frame - json->frames) + 1;
    /* An object gets one level more until it turns out to be no wrapper. */
    if (depth >= json->options.max_depth + (is_array ? 0U : 1U)) {
        return json_bson_too_deep(json);
    }
    struct json_frame *frame = &json->frames[depth];
    uint8_t *base = json_bson_base(json);
    json_frame_init(frame, json->frame, (size_t)(json->out - base),
                    json->type == NULL ? 0 : (size_t)(json->type - base),
                    json->at, is_array);
    json->frame = frame;
    json->out += 4;
    if (json->type != NULL) {
        *json->type = is_array ? MST_BSON_ARRAY : MST_BSON_DOCUMENT;
    }
    json->type = NULL;
    return MST_OK;
}

/* Length and NUL of what started at frame->bson. */
static enum mst_status
json_bson_seal(struct json_bson *json, size_t start)
{
    uint8_t *base = json_bson_base(json);
    size_t len = (size_t)(json->out - base) - start;
    if (len > INT32_MAX) {
        return json_bson_fail(json, json->at, "larger than BSON's 2 GiB");
    }
    mst_put_le32(base + start, (uint32_t)len);
    return MST_OK;
}

/* The innermost object or array ends; its bracket is behind us. */
static enum mst_status
json_bson_close(struct json_bson *json)
{
    struct json_frame *frame = json->frame;
    if (MST_UNLIKELY(json_bson_is_too_deep(json))) {
        return json_bson_too_deep(json);
    }
    enum mst_status status =
        json_bson_reserve(json, frame->is_wide ? JSON_BSON_ROOM : 1);
    if (MST_UNLIKELY(frame->is_wide && status == MST_OK)) {
        status = json_bson_check_wide(json);
    }
    if (MST_UNLIKELY(status != MST_OK)) {
        return status;
    }
    *json->out++ = 0;
    status = json_bson_seal(json, frame->bson);
    if (MST_UNLIKELY(frame->is_scope && status == MST_OK)) {
        /* The length of the whole stands behind the type and the name. */
        const char *name = (const char *)json_bson_base(json) + frame->element;
        status = json_bson_seal(json, frame->element + strlen(name + 1) + 2);
        if (status == MST_OK) {
            status = json_bson_expect(json, '}', "'}' after \"$scope\"");
        }
    }
    json->frame = frame == json->frames ? NULL : frame - 1;
    return status;
}

static inline enum mst_status
json_bson_literal(struct json_bson *json, const char *word, size_t len,
                  uint8_t type)
{
    if (MST_UNLIKELY((size_t)(json->end - json->at) < len
                     || memcmp(json->at, word, len) != 0)) {
        return json_bson_unexpected(json, "a JSON value");
    }
    json->at += len;
    *json->type = type;
    if (type == MST_BSON_BOOL) {
        *json->out++ = len == 4 ? 1 : 0;
    }
    return MST_OK;
}

enum mst_status
json_bson_string_rest(struct json_bson *json, size_t start)
{
    enum mst_status status = json_bson_text(json);
    if (MST_UNLIKELY(status != MST_OK)) {
        return status;
    }
    *json->out++ = 0;
    uint8_t *length = json->buf->data + start;
    size_t len = (size_t)(json->out - length) - 4;
    if (MST_UNLIKELY(len > INT32_MAX)) {
        return json_bson_fail(json, json->at, "larger than BSON's 2 GiB");
    }
    mst_put_le32(length, (uint32_t)len);
    return MST_OK;
}

/* A text whose opening quote is behind us. */
static enum mst_status
json_bson_string(struct json_bson *json)
{
    size_t start = (size_t)(json->out - json->buf->data);
    *json->type = MST_BSON_STRING;
    json->out += 4;
    return json_bson_string_rest(json, start);
}

static inline enum mst_status
json_bson_value(struct json_bson *json)
{
    json_bson_space(json);
    if (MST_UNLIKELY(json->at == json->end)) {
        return json_bson_unexpected(json, "a JSON value");
    }
    switch (*json->at) {
    case '"':
        json->at++;
        return json_bson_string(json);
    case '{':
        json->at++;
        return json_bson_open(json, false);
    case '[':
        json->at++;
        return json_bson_open(json, true);
    case 't':
        return json_bson_literal(json, "true", 4, MST_BSON_BOOL);
    case 'f':
        return json_bson_literal(json, "false", 5, MST_BSON_BOOL);
    case 'n':
        return json_bson_literal(json, "null", 4, MST_BSON_NULL);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return json_bson_number(json);
    default:
        return json_bson_unexpected(json, "a JSON value");
    }
}

/* A name that is, or might be, a wrapper's. *ret_done: it was one, and its
 * value is written. */
static enum mst_status
json_bson_dollar(struct json_bson *json, struct mst_slice key,
                 const uint8_t *where, bool *ret_done)
{
    enum mst_wrapper wrapper = mst_wrapper_find(key);
    *ret_done = wrapper != MST_WRAPPER_NONE;
    if (wrapper == MST_WRAPPER_NONE) {
        return MST_OK;
    }
    if (json->frame->count > 1) {
        return json_bson_fail(json, where,
                              "'%s' must be the first name of its object",
                              mst_wrapper_name(wrapper));
    }
    if (json->frame == json->frames) {
        return json_bson_fail(json, where,
                              "the document itself is wrapped in '%s'; BSON "
                              "needs an object with fields",
                              mst_wrapper_name(wrapper));
    }
    return json_bson_wrapper(json, wrapper);
}

/* The name of a member, to the output, with the type's byte in front, and
 * its colon. */
static enum mst_status
json_bson_key(struct json_bson *json, bool *ret_done)
{
    const uint8_t *where = json->at;
    if (MST_UNLIKELY(json->at == json->end || *json->at != '"')) {
        return json_bson_unexpected(json, "a name in quotes");
    }
    json->at++;
    size_t start = (size_t)(json->out - json->buf->data);
    json->out++;
    enum mst_status status = json_bson_text(json);
    if (MST_UNLIKELY(status != MST_OK)) {
        return status;
    }
    *json->out = 0;
    uint8_t *key = json->buf->data + start + 1;
    size_t len = (size_t)(json->out - key);
    json->out++;
    json->type = key - 1;
    if (MST_UNLIKELY(json->has_nul)) {
        return json_bson_fail(json, where,
                              "a name with a NUL in it can not be in BSON");
    }
    if (MST_UNLIKELY(*key == '$' && !json->options.no_extended)) {
        status =
            json_bson_dollar(json, mst_slice_of(key, len), where, ret_done);
        if (status != MST_OK || *ret_done) {
            return status;
        }
    }
    if (MST_UNLIKELY(json_bson_is_too_deep(json))) {
        return json_bson_too_deep(json);
    }
    status = json_bson_add_key(json, key, len, where);
    return MST_LIKELY(status == MST_OK)
               ? json_bson_expect(json, ':', "':' after the name")
               : status;
}

static inline void
json_bson_index(struct json_bson *json)
{
    json->type = json->out;
    json->out = mst_print_u32(json->out + 1, json->frame->count - 1);
    *json->out++ = 0;
}

/* One element of the innermost object or array; json->at is at it. */
static inline enum mst_status
json_bson_element(struct json_bson *json)
{
    bool done = false;
    json->type = NULL;
    enum mst_status status = json_bson_fast(json, &done);
    if (MST_LIKELY(done || status != MST_OK)) {
        return status;
    }
    json->type = NULL;
    status = json_bson_reserve(json, JSON_BSON_ROOM);
    if (MST_UNLIKELY(status != MST_OK)) {
        return status;
    }
    json->frame->count++;
    if (json->frame->is_array) {
        json_bson_index(json);
        return json_bson_value(json);
    }
    status = json_bson_key(json, &done);
    return MST_LIKELY(status == MST_OK && !done) ? json_bson_value(json)
                                                 : status;
}

/* From the outermost bracket to what closes it. */
static enum mst_status
json_bson_run(struct json_bson *json)
{
    enum mst_status status = MST_OK;
    while (status == MST_OK && json->frame != NULL) {
        struct json_frame *frame = json->frame;
        json_bson_space(json);
        uint8_t c = json->at < json->end ? *json->at : 0;
        if (c == (frame->is_array ? ']' : '}')) {
            json->at++;
            json->type = NULL;
            status = json_bson_close(json);
        } else if (frame->count == 0) {
            status = json_bson_element(json);
        } else if (c == ',') {
            json->at++;
            json_bson_space(json);
            status = json_bson_element(json);
        } else {
            status = json_bson_unexpected(json, frame->is_array ? "',' or ']'"
                                                                : "',' or '}'");
        }
    }
    return status;
}

/* The bracket that opens the document, or why there is none. */
static enum mst_status
json_bson_begin(struct json_bson *json)
{
    json_bson_space(json);
    if (json->at < json->end && *json->at == '{') {
        json->at++;
        return json_bson_open(json, false);
    }
    if (json->at < json->end && *json->at == '[') {
        return json_bson_fail(json, json->at,
                              "a JSON array is not a document: BSON needs an "
                              "object");
    }
    if (json->at < json->end && strchr("\"-0123456789tfn", *json->at) != NULL) {
        return json_bson_fail(json, json->at,
                              "a single JSON value is not a document: BSON "
                              "needs an object");
    }
    return json_bson_unexpected(json, "'{'");
}

enum mst_status
mst_json_to_bson(struct mst_slice json_text,
                 const struct mst_json_read_options *options,
                 struct mst_buf *out, struct mst_error *err)
{
    struct json_bson json;
    size_t before = out->len;
    json_text = json_text.len == 0 ? MST_SLICE_LIT("") : json_text;
    json.at = json_text.data;
    json.end = json_text.data + json_text.len;
    json.readable = json.end;
    json.start = json_text.data;
    json.text_end = json.end;
    json.type = NULL;
    json.frame = NULL;
    json.buf = out;
    json.base = before;
    json.err = err;
    json.options =
        options == NULL ? (struct mst_json_read_options){0} : *options;
    if (json.options.max_depth == 0
        || json.options.max_depth > MST_BSON_DEPTH_MAX) {
        json.options.max_depth = MST_BSON_DEPTH_MAX;
    }
    json.frames_end = &json.frames[json.options.max_depth];
    json.has_nul = false;
    json.out = out->data == NULL ? NULL : out->data + out->len;
    json.limit = out->data == NULL ? NULL : out->data + out->cap;
    /* BSON is rarely longer than its JSON; more comes as it is needed. */
    size_t room = JSON_BSON_ROOM;
    if (out->max - before > room && json_text.len < out->max - before - room) {
        room += json_text.len;
    }
    enum mst_status status = json_bson_reserve(&json, room);
    if (status == MST_OK) {
        status = json_bson_begin(&json);
    }
    if (status == MST_OK) {
        status = json_bson_run(&json);
    }
    if (status == MST_OK) {
        json_bson_space(&json);
        if (json.at != json.end) {
            status = json_bson_unexpected(&json, "the end of the text");
        }
    }
    out->len = status == MST_OK ? (size_t)(json.out - out->data) : before;
    return status;
}
