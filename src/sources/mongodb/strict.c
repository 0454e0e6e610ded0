/* SPDX-License-Identifier: MIT */
/* The types that differ from relaxed Extended JSON v2, and what holds them. */
#include "sources/mongodb/strict.h"

#include <inttypes.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"

static enum mst_status
strict_binary(const struct mst_bson_value *value, struct mst_buf *out)
{
    uint8_t subtype = 0;
    struct mst_slice bytes = MST_SLICE_NONE;
    if (!mst_bson_get_binary(value, &subtype, &bytes)) {
        return MST_REJECTED;
    }
    enum mst_status status = mst_buf_append_str(out, "{\"$binary\":\"");
    if (status == MST_OK) {
        status = mst_base64_encode(bytes, out);
    }
    return status == MST_OK
               ? mst_buf_printf(out, "\",\"$type\":\"%02x\"}", subtype)
               : status;
}

/* Two texts, each with a NUL behind it. */
static enum mst_status
strict_regex(const struct mst_bson_value *value, struct mst_buf *out)
{
    struct mst_slice raw = value->raw;
    const uint8_t *nul = memchr(raw.data, '\0', raw.len);
    if (nul == NULL || raw.data[raw.len - 1] != '\0'
        || mst_utf8_valid(raw.data, raw.len) != raw.len) {
        return MST_REJECTED;
    }
    size_t len = (size_t)(nul - raw.data);
    size_t options = raw.len - len - 1;
    enum mst_status status = mst_buf_append_str(out, "{\"$regex\":");
    if (status == MST_OK) {
        status = mst_buf_append_json(out, mst_slice_of(raw.data, len));
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(out, ",\"$options\":");
    }
    if (status == MST_OK) {
        status = mst_buf_append_json(
            out, mst_slice_of(nul + 1, options == 0 ? 0 : options - 1));
    }
    return status == MST_OK ? mst_buf_append_char(out, '}') : status;
}

static enum mst_status strict_document(struct mst_slice doc, bool is_array,
                                       unsigned depth, struct mst_buf *out);

static enum mst_status
strict_value(const struct mst_bson_value *value, unsigned depth,
             struct mst_buf *out)
{
    int64_t number = 0;
    struct mst_slice nested = MST_SLICE_NONE;
    switch (value->type) {
    case MST_BSON_DOCUMENT:
    case MST_BSON_ARRAY:
        return mst_bson_get_document(value, &nested) ? strict_document(
                   nested, value->type == MST_BSON_ARRAY, depth + 1, out)
                                                     : MST_REJECTED;
    case MST_BSON_BINARY:
        return strict_binary(value, out);
    case MST_BSON_REGEX:
        return strict_regex(value, out);
    case MST_BSON_INT64:
        return mst_bson_get_int64(value, &number) ? mst_buf_printf(
                   out, "{\"$numberLong\":\"%" PRId64 "\"}", number)
                                                  : MST_REJECTED;
    case MST_BSON_DATE:
        return mst_bson_get_date(value, &number)
                   ? mst_buf_printf(out, "{\"$date\":%" PRId64 "}", number)
                   : MST_REJECTED;
    default:
        return mst_bson_value_to_json(value, MST_JSON_RELAXED, out, NULL);
    }
}

/* A document that begins as a type wrapper does: the other writer knows which
 * ones readers would take for one. */
static enum mst_status
strict_check(struct mst_slice doc, size_t first, struct mst_buf *out)
{
    if (doc.len <= first || doc.data[first] != '$') {
        return MST_OK;
    }
    size_t len = out->len;
    enum mst_status status = mst_bson_to_json(doc, MST_JSON_RELAXED, out, NULL);
    out->len = len;
    return status;
}

static enum mst_status
strict_document(struct mst_slice doc, bool is_array, unsigned depth,
                struct mst_buf *out)
{
    enum { FIRST_NAME = 5 }; /* behind the length and a type */
    struct mst_bson_iter iter;
    if (depth > MST_BSON_DEPTH_MAX) {
        return MST_REJECTED;
    }
    enum mst_status status = mst_bson_iter_init(&iter, doc, NULL);
    if (status == MST_OK && !is_array) {
        status = strict_check(doc, FIRST_NAME, out);
    }
    const char *before = is_array ? "[" : "{";
    bool empty = true;
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        status = mst_buf_append_str(out, empty ? before : ",");
        empty = false;
        if (status == MST_OK && !is_array) {
            status = mst_utf8_valid(iter.key.data, iter.key.len) == iter.key.len
                         ? mst_buf_append_json(out, iter.key)
                         : MST_REJECTED;
            if (status == MST_OK) {
                status = mst_buf_append_char(out, ':');
            }
        }
        if (status == MST_OK) {
            struct mst_bson_value value = mst_bson_iter_value(&iter);
            status = strict_value(&value, depth, out);
        }
    }
    if (status != MST_END) {
        return status;
    }
    status = empty ? mst_buf_append_str(out, before) : MST_OK;
    return status == MST_OK ? mst_buf_append_str(out, is_array ? "]" : "}")
                            : status;
}

enum mst_status
mst_mongo_strict_write(struct mst_slice doc, struct mst_buf *out)
{
    return strict_document(doc, false, 1, out);
}
