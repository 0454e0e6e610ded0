/* SPDX-License-Identifier: MIT */
/* The walk over one document, lookups and typed getters. */
#include "encodings/bson_reader.h"

#include <math.h>

#include "encodings/bson_scan.h"

const char *
mst_bson_fault_text(enum mst_bson_fault fault)
{
    switch (fault) {
    case MST_BSON_FINE:
        return "nothing is wrong";
    case MST_BSON_TRUNCATED:
        return "the value is longer than its document";
    case MST_BSON_BAD_LENGTH:
        return "the value's length is impossible or its closing NUL missing";
    case MST_BSON_BAD_BOOL:
        return "a boolean is neither 0 nor 1";
    case MST_BSON_UNKNOWN_TYPE:
        return "there is no such element type";
    case MST_BSON_BAD_UTF8:
        return "the text is not valid UTF-8";
    case MST_BSON_TOO_DEEP:
        return "more than 200 documents inside each other";
    case MST_BSON_BAD_KEY:
        return "the field name has no end or is not valid UTF-8";
    }
    return "unknown fault";
}

const char *
mst_bson_type_name(uint8_t type)
{
    static const char *const names[] = {
        "none",      "double",    "string",    "document",
        "array",     "binary",    "undefined", "ObjectId",
        "bool",      "date",      "null",      "regular expression",
        "DBPointer", "code",      "symbol",    "code with scope",
        "int32",     "timestamp", "int64",     "Decimal128",
    };
    if (type < MST_ARRAY_SIZE(names)) {
        return names[type];
    }
    if (type == MST_BSON_MINKEY) {
        return "MinKey";
    }
    return type == MST_BSON_MAXKEY ? "MaxKey" : "unknown";
}

/* Two texts, each closed by a NUL. */
static enum mst_bson_fault
bson_regex_size(const uint8_t *data, size_t len, size_t *ret_size)
{
    const uint8_t *first = len > 0 ? memchr(data, 0, len) : NULL;
    if (first == NULL) {
        return MST_BSON_TRUNCATED;
    }
    size_t used = (size_t)(first - data) + 1;
    const uint8_t *second =
        len > used ? memchr(first + 1, 0, len - used) : NULL;
    if (second == NULL) {
        return MST_BSON_TRUNCATED;
    }
    *ret_size = (size_t)(second - data) + 1;
    return MST_BSON_FINE;
}

/* i32 of the whole, string, document: they must fill it exactly. */
static enum mst_bson_fault
bson_scope_size(const uint8_t *data, size_t len, size_t *ret_size)
{
    size_t code = 0;
    size_t scope = 0;
    if (len < 4 + 5 + MST_BSON_DOCUMENT_MIN) {
        return MST_BSON_TRUNCATED;
    }
    size_t n = mst_le32(data);
    if (n < 4 + 5 + MST_BSON_DOCUMENT_MIN || n > INT32_MAX) {
        return MST_BSON_BAD_LENGTH;
    }
    if (n > len) {
        return MST_BSON_TRUNCATED;
    }
    enum mst_bson_fault fault = mst_bson_string_size(data + 4, n - 4, &code);
    if (fault == MST_BSON_FINE) {
        fault = mst_bson_document_size(data + 4 + code, n - 4 - code, &scope);
    }
    if (fault != MST_BSON_FINE || 4 + code + scope != n) {
        return MST_BSON_BAD_LENGTH;
    }
    *ret_size = n;
    return MST_BSON_FINE;
}

enum mst_bson_fault
mst_bson_rare_size(uint8_t type, const uint8_t *data, size_t len,
                   size_t *ret_size)
{
    if (type == MST_BSON_REGEX) {
        return bson_regex_size(data, len, ret_size);
    }
    if (type == MST_BSON_CODE_SCOPE) {
        return bson_scope_size(data, len, ret_size);
    }
    if (type != MST_BSON_DBPOINTER) {
        return MST_BSON_UNKNOWN_TYPE;
    }
    size_t name = 0;
    enum mst_bson_fault fault = mst_bson_string_size(data, len, &name);
    if (fault != MST_BSON_FINE) {
        return fault;
    }
    return mst_bson_fixed_size(name + MST_BSON_OBJECTID_LEN, len, ret_size);
}

enum mst_status
mst_bson_iter_init(struct mst_bson_iter *iter, struct mst_slice doc,
                   struct mst_error *err)
{
    *iter = (struct mst_bson_iter){.err = err};
    size_t size = 0;
    enum mst_bson_fault fault =
        mst_bson_document_size(doc.data, doc.len, &size);
    if (fault != MST_BSON_FINE) {
        return mst_fail_at(err, MST_REJECTED, "bson", 0,
                           "not a BSON document of %zu bytes: %s", doc.len,
                           mst_bson_fault_text(fault));
    }
    if (size != doc.len) {
        return mst_fail_at(err, MST_REJECTED, "bson", (int64_t)size,
                           "%zu bytes behind the end of the BSON document",
                           doc.len - size);
    }
    iter->data = doc.data;
    iter->end = doc.len - 1;
    iter->next = 4;
    return MST_OK;
}

/* Ends the walk: the next call rejects again. */
static enum mst_status
bson_iter_reject(struct mst_bson_iter *iter, size_t offset,
                 enum mst_bson_fault fault)
{
    iter->next = offset;
    iter->type = 0;
    return mst_fail_at(iter->err, MST_REJECTED, "bson", (int64_t)offset,
                       "malformed BSON at byte %zu (type 0x%02x): %s", offset,
                       iter->data[offset], mst_bson_fault_text(fault));
}

enum mst_status
mst_bson_iter_next(struct mst_bson_iter *iter)
{
    if (iter->next >= iter->end) {
        return MST_END;
    }
    size_t offset = iter->next;
    const uint8_t *key = iter->data + offset + 1;
    const uint8_t *end = iter->data + iter->end;
    const uint8_t *nul = memchr(key, 0, (size_t)(end - key));
    if (nul == NULL) {
        return bson_iter_reject(iter, offset, MST_BSON_BAD_KEY);
    }
    uint8_t type = iter->data[offset];
    size_t size = 0;
    enum mst_bson_fault fault =
        mst_bson_value_size(type, nul + 1, (size_t)(end - nul) - 1, &size);
    if (fault != MST_BSON_FINE) {
        return bson_iter_reject(iter, offset, fault);
    }
    iter->type = type;
    iter->key = mst_slice_of(key, (size_t)(nul - key));
    iter->value = mst_slice_of(nul + 1, size);
    iter->offset = offset;
    iter->next = (size_t)(nul + 1 - iter->data) + size;
    return MST_OK;
}

bool
mst_bson_find_slice(struct mst_slice doc, struct mst_slice name,
                    struct mst_bson_value *ret_value)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        if (mst_slice_equal(iter.key, name)) {
            *ret_value = mst_bson_iter_value(&iter);
            return true;
        }
    }
    return false;
}

bool
mst_bson_find(struct mst_slice doc, const char *name,
              struct mst_bson_value *ret_value)
{
    return mst_bson_find_slice(doc, mst_slice_str(name), ret_value);
}

bool
mst_bson_find_path(struct mst_slice doc, const char *path,
                   struct mst_bson_value *ret_value)
{
    struct mst_bson_value value = {MST_BSON_DOCUMENT, doc};
    if (mst_bson_find(doc, path, ret_value)) {
        return true;
    }
    for (const char *step = path; step != NULL;) {
        const char *dot = strchr(step, '.');
        size_t len = dot == NULL ? strlen(step) : (size_t)(dot - step);
        if (!mst_bson_get_document(&value, &doc)
            || !mst_bson_find_slice(doc, mst_slice_of(step, len), &value)) {
            return false;
        }
        step = dot == NULL ? NULL : dot + 1;
    }
    *ret_value = value;
    return true;
}

bool
mst_bson_get_int32(const struct mst_bson_value *value, int32_t *ret)
{
    if (value->type != MST_BSON_INT32 || value->raw.len != 4) {
        return false;
    }
    *ret = (int32_t)mst_le32(value->raw.data);
    return true;
}

/* Eight bytes of that type. */
static bool
bson_get_eight(const struct mst_bson_value *value, uint8_t type, uint64_t *ret)
{
    if (value->type != type || value->raw.len != 8) {
        return false;
    }
    *ret = mst_le64(value->raw.data);
    return true;
}

bool
mst_bson_get_int64(const struct mst_bson_value *value, int64_t *ret)
{
    uint64_t bits = 0;
    if (!bson_get_eight(value, MST_BSON_INT64, &bits)) {
        return false;
    }
    *ret = (int64_t)bits;
    return true;
}

bool
mst_bson_get_double(const struct mst_bson_value *value, double *ret)
{
    uint64_t bits = 0;
    if (!bson_get_eight(value, MST_BSON_DOUBLE, &bits)) {
        return false;
    }
    memcpy(ret, &bits, sizeof(*ret));
    return true;
}

bool
mst_bson_get_bool(const struct mst_bson_value *value, bool *ret)
{
    if (value->type != MST_BSON_BOOL || value->raw.len != 1) {
        return false;
    }
    *ret = value->raw.data[0] != 0;
    return true;
}

bool
mst_bson_get_string(const struct mst_bson_value *value, struct mst_slice *ret)
{
    if ((value->type != MST_BSON_STRING && value->type != MST_BSON_SYMBOL
         && value->type != MST_BSON_CODE)
        || value->raw.len < 5) {
        return false;
    }
    *ret = mst_slice_of(value->raw.data + 4, value->raw.len - 5);
    return true;
}

bool
mst_bson_get_document(const struct mst_bson_value *value, struct mst_slice *ret)
{
    if (value->type != MST_BSON_DOCUMENT && value->type != MST_BSON_ARRAY) {
        return false;
    }
    *ret = value->raw;
    return true;
}

bool
mst_bson_get_oid(const struct mst_bson_value *value, const uint8_t **ret)
{
    if (value->type != MST_BSON_OBJECTID
        || value->raw.len != MST_BSON_OBJECTID_LEN) {
        return false;
    }
    *ret = value->raw.data;
    return true;
}

bool
mst_bson_get_date(const struct mst_bson_value *value, int64_t *ret_ms)
{
    uint64_t bits = 0;
    if (!bson_get_eight(value, MST_BSON_DATE, &bits)) {
        return false;
    }
    *ret_ms = (int64_t)bits;
    return true;
}

bool
mst_bson_get_timestamp(const struct mst_bson_value *value,
                       uint32_t *ret_seconds, uint32_t *ret_increment)
{
    uint64_t bits = 0;
    if (!bson_get_eight(value, MST_BSON_TIMESTAMP, &bits)) {
        return false;
    }
    *ret_seconds = (uint32_t)(bits >> 32);
    *ret_increment = (uint32_t)bits;
    return true;
}

bool
mst_bson_get_binary(const struct mst_bson_value *value, uint8_t *ret_subtype,
                    struct mst_slice *ret)
{
    if (value->type != MST_BSON_BINARY || value->raw.len < 5) {
        return false;
    }
    size_t head = value->raw.data[4] == 2 ? 9 : 5;
    if (value->raw.len < head) {
        return false;
    }
    *ret_subtype = value->raw.data[4];
    *ret = mst_slice_of(value->raw.data + head, value->raw.len - head);
    return true;
}

bool
mst_bson_as_int64(const struct mst_bson_value *value, int64_t *ret)
{
    int32_t small = 0;
    double number = 0;
    if (mst_bson_get_int32(value, &small)) {
        *ret = small;
        return true;
    }
    if (mst_bson_get_int64(value, ret)) {
        return true;
    }
    /* Both bounds are exact as doubles; NaN fails the comparison. */
    if (!mst_bson_get_double(value, &number) || !(number >= -0x1p63)
        || !(number < 0x1p63) || trunc(number) != number) {
        return false;
    }
    *ret = (int64_t)number;
    return true;
}
