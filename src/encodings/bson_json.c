/* SPDX-License-Identifier: MIT */
/* BSON as JSON: any value in any mode, and what is said when it is refused. */
#include "encodings/bson_json.h"

#include "encodings/bson_json_impl.h"
#include "encodings/bson_reader.h"
#include "encodings/decimal128.h"
#include "encodings/digits.h"
#include "encodings/double_text.h"
#include "encodings/field_path.h"
#include "encodings/wrapper.h"

static void
bson_json_init(struct bson_json *json, struct mst_slice input,
               enum mst_json_mode mode, struct mst_buf *buf)
{
    mst_json_out_init(&json->out, buf);
    json->at = input.data;
    json->end = input.data;
    json->key = NULL;
    json->is_array = false;
    json->first = true;
    json->mode = mode;
    json->depth = 0;
    json->start = input.data;
    /* NULL has no successor, not even itself. */
    json->readable_end = input.len == 0 ? input.data : input.data + input.len;
    json->refused = NULL;
}

enum mst_bson_fault
bson_json_no_room(struct bson_json *json)
{
    json->refused = "the JSON text is larger than it may be";
    return MST_BSON_BAD_LENGTH;
}

enum mst_bson_fault
bson_json_text(struct bson_json *json, const uint8_t *data, size_t len)
{
    enum mst_json_put put = mst_json_put_text(
        &json->out, data, len, (size_t)(json->readable_end - data));
    if (MST_UNLIKELY(put != MST_JSON_PUT_OK)) {
        return put == MST_JSON_PUT_BAD_UTF8 ? MST_BSON_BAD_UTF8
                                            : bson_json_no_room(json);
    }
    return MST_LIKELY(mst_json_out_reserve(&json->out, BSON_JSON_ROOM))
               ? MST_BSON_FINE
               : bson_json_no_room(json);
}

enum mst_bson_fault
bson_json_open(struct bson_json *json, const uint8_t *doc, size_t size,
               bool is_array)
{
    if (json->depth == MST_BSON_DEPTH_MAX) {
        return MST_BSON_TOO_DEEP;
    }
    struct bson_json_frame *frame = &json->frames[json->depth++];
    frame->end = doc + size - 1;
    frame->key = json->key;
    frame->is_array = is_array;
    frame->is_scope = false;
    *json->out.at++ = is_array ? '[' : '{';
    json->at = doc + 4;
    json->end = frame->end;
    json->is_array = is_array;
    json->first = true;
    return MST_BSON_FINE;
}

/* Types of fixed size that most documents hold. */
static inline void
bson_json_common(struct bson_json *json, uint8_t type, const uint8_t *data)
{
    struct mst_json_out *out = &json->out;
    if (type == MST_BSON_DATE) {
        bson_json_date(json, (int64_t)mst_le64(data));
    } else if (type == MST_BSON_NULL) {
        MST_JSON_PUT(out, "null");
    } else if (type == MST_BSON_BOOL && data[0] != 0) {
        MST_JSON_PUT(out, "true");
    } else if (type == MST_BSON_BOOL) {
        MST_JSON_PUT(out, "false");
    } else if (json->mode == MST_JSON_PLAIN) {
        *out->at++ = '"';
        out->at = mst_print_hex(out->at, data, MST_BSON_OBJECTID_LEN);
        *out->at++ = '"';
    } else {
        MST_JSON_PUT(out, "{\"$oid\":\"");
        out->at = mst_print_hex(out->at, data, MST_BSON_OBJECTID_LEN);
        MST_JSON_PUT(out, "\"}");
    }
}

static inline void
bson_json_integer(struct bson_json *json, bool is_long, int64_t value)
{
    struct mst_json_out *out = &json->out;
    if (MST_LIKELY(json->mode != MST_JSON_CANONICAL)) {
        out->at = mst_print_i64(out->at, value);
        return;
    }
    if (is_long) {
        MST_JSON_PUT(out, "{\"$numberLong\":\"");
    } else {
        MST_JSON_PUT(out, "{\"$numberInt\":\"");
    }
    out->at = mst_print_i64(out->at, value);
    MST_JSON_PUT(out, "\"}");
}

enum mst_bson_fault
bson_json_value(struct bson_json *json, uint8_t type)
{
    const uint8_t *data = json->at;
    struct mst_json_out *out = &json->out;
    size_t size = 0;
    enum mst_bson_fault fault =
        mst_bson_value_size(type, data, (size_t)(json->end - data), &size);
    if (MST_UNLIKELY(fault != MST_BSON_FINE)) {
        return fault;
    }
    json->at = data + size;
    switch (type) {
    case MST_BSON_STRING:
        *out->at++ = '"';
        fault = bson_json_text(json, data + 4, size - 5);
        if (MST_LIKELY(fault == MST_BSON_FINE)) {
            *out->at++ = '"';
        }
        return fault;
    case MST_BSON_INT32:
        bson_json_integer(json, false, (int32_t)mst_le32(data));
        return MST_BSON_FINE;
    case MST_BSON_INT64:
        bson_json_integer(json, true, (int64_t)mst_le64(data));
        return MST_BSON_FINE;
    case MST_BSON_DOUBLE:
        bson_json_double(json, mst_le_double(data));
        return MST_BSON_FINE;
    case MST_BSON_DOCUMENT:
    case MST_BSON_ARRAY:
        return bson_json_open(json, data, size, type == MST_BSON_ARRAY);
    case MST_BSON_OBJECTID:
    case MST_BSON_BOOL:
    case MST_BSON_DATE:
    case MST_BSON_NULL:
        bson_json_common(json, type, data);
        return MST_BSON_FINE;
    default:
        return bson_json_rare(json, type, data, size);
    }
}

enum mst_bson_fault
bson_json_long_key(struct bson_json *json)
{
    const uint8_t *key = json->at;
    const uint8_t *nul = memchr(key, 0, (size_t)(json->end - key));
    if (nul == NULL) {
        return MST_BSON_BAD_KEY;
    }
    size_t len = (size_t)(nul - key);
    enum mst_bson_fault fault = bson_json_text(json, key, len);
    if (fault != MST_BSON_FINE) {
        return fault == MST_BSON_BAD_UTF8 ? MST_BSON_BAD_KEY : fault;
    }
    if (key[0] == '$' && json->mode != MST_JSON_PLAIN
        && mst_wrapper_find(mst_slice_of(key, len)) != MST_WRAPPER_NONE) {
        json->refused = "its name is one of Extended JSON's type wrappers, so "
                        "the text would read back as something else";
        return MST_BSON_BAD_KEY;
    }
    json->at = nul + 1;
    MST_JSON_PUT(&json->out, "\":");
    return MST_BSON_FINE;
}

/* The name from the outermost document down to the element at hand. */
static void
bson_json_path(const struct bson_json *json, struct mst_field_path *path)
{
    for (unsigned i = 0; i <= json->depth; i++) {
        const uint8_t *key = i == json->depth ? json->key : json->frames[i].key;
        if (key != NULL) {
            size_t room = (size_t)(json->readable_end - key);
            mst_field_path_add(
                path, mst_slice_of(key, strnlen((const char *)key, room)));
        }
    }
}

static enum mst_status
bson_json_fail(struct bson_json *json, enum mst_bson_fault fault,
               struct mst_error *err)
{
    struct mst_field_path path = {.len = 0};
    char name[MST_FIELD_PATH_MAX + 16];
    if (json->out.status == MST_FATAL) {
        return mst_fail_memory(err, "bson");
    }
    bson_json_path(json, &path);
    /* The type byte in front of the name; the value itself has none. */
    const uint8_t *at = json->key == NULL ? json->start : json->key - 1;
    return mst_fail_at(
        err, MST_REJECTED, "bson", at - json->start, "%s at byte %td: %s",
        mst_field_path_name(&path, name), at - json->start,
        json->refused != NULL ? json->refused : mst_bson_fault_text(fault));
}

enum mst_status
mst_bson_value_to_json(const struct mst_bson_value *value,
                       enum mst_json_mode mode, struct mst_buf *out,
                       struct mst_error *err)
{
    struct bson_json json;
    size_t before = out->len;
    size_t size = 0;
    bson_json_init(&json, value->raw, mode, out);
    json.end = json.readable_end;
    /* Room at once for what the text is likely to need. */
    bool room =
        mst_json_out_reserve(&json.out, BSON_JSON_ROOM + value->raw.len / 2 * 3)
        || mst_json_out_reserve(&json.out, BSON_JSON_ROOM);
    enum mst_bson_fault fault =
        room && json.out.at != NULL ? mst_bson_value_size(
            value->type, value->raw.data, value->raw.len, &size)
                                    : bson_json_no_room(&json);
    if (fault == MST_BSON_FINE) {
        fault = size == value->raw.len ? bson_json_value(&json, value->type)
                                       : MST_BSON_BAD_LENGTH;
    }
    if (fault == MST_BSON_FINE) {
        fault = bson_json_run(&json);
    }
    mst_json_out_end(&json.out);
    if (MST_LIKELY(fault == MST_BSON_FINE)) {
        return MST_OK;
    }
    out->len = before;
    return bson_json_fail(&json, fault, err);
}

enum mst_status
mst_bson_to_json(struct mst_slice bson, enum mst_json_mode mode,
                 struct mst_buf *out, struct mst_error *err)
{
    struct mst_bson_value value = {MST_BSON_DOCUMENT, bson};
    struct mst_bson_iter outer;
    enum mst_status status = mst_bson_iter_init(&outer, bson, err);
    return status == MST_OK ? mst_bson_value_to_json(&value, mode, out, err)
                            : status;
}

/* A text as it is. */
static enum mst_status
bson_json_append(struct mst_buf *out, struct mst_slice text,
                 struct mst_error *err)
{
    enum mst_status status = mst_buf_append(out, text.data, text.len);
    if (status == MST_FATAL) {
        return mst_fail_memory(err, "bson");
    }
    return status == MST_OK
               ? status
               : mst_fail(err, status, "bson", 0,
                          "the text of %zu bytes is larger than it may be",
                          text.len);
}

enum mst_status
mst_bson_value_to_text(const struct mst_bson_value *value, struct mst_buf *out,
                       struct mst_error *err)
{
    uint8_t text[MST_DECIMAL128_TEXT_MAX + MST_DOUBLE_TEXT_MAX];
    uint8_t *end = NULL;
    struct mst_slice string = MST_SLICE_NONE;
    const uint8_t *oid = NULL;
    int64_t whole = 0;
    if (value->type == MST_BSON_STRING && mst_bson_get_string(value, &string)) {
        return bson_json_append(out, string, err);
    }
    if (mst_bson_get_oid(value, &oid)) {
        end = mst_print_hex(text, oid, MST_BSON_OBJECTID_LEN);
    } else if (value->type != MST_BSON_DOUBLE
               && mst_bson_as_int64(value, &whole)) {
        end = mst_print_i64(text, whole);
    } else if (value->type == MST_BSON_DOUBLE && value->raw.len == 8) {
        end = bson_json_double_text(text, mst_le_double(value->raw.data));
    } else if (value->type == MST_BSON_DECIMAL128
               && value->raw.len == MST_DECIMAL128_LEN) {
        end = mst_decimal128_print(text, value->raw.data);
    } else {
        return mst_bson_value_to_json(value, MST_JSON_CANONICAL, out, err);
    }
    return bson_json_append(out, mst_slice_of(text, (size_t)(end - text)), err);
}
