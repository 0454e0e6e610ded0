/* SPDX-License-Identifier: MIT */
/*
 * How long a BSON value is: the one place that believes a length, and only
 * after it was checked. Private to this folder.
 */
#ifndef MST_ENCODINGS_BSON_SCAN_H
#define MST_ENCODINGS_BSON_SCAN_H

#include "encodings/bson_fault.h"
#include "encodings/bson_type.h"
#include "encodings/little_endian.h"

/* The slow half of mst_bson_value_size: regular expressions, code with
 * scope, DBPointers, and what is no type. */
enum mst_bson_fault mst_bson_rare_size(uint8_t type, const uint8_t *data,
                                       size_t len, size_t *ret_size);

/* i32 length, bytes, closing NUL that the length counts. */
static inline enum mst_bson_fault
mst_bson_string_size(const uint8_t *data, size_t len, size_t *ret_size)
{
    if (len < 5) {
        return MST_BSON_TRUNCATED;
    }
    size_t n = mst_le32(data);
    if (n == 0 || n > INT32_MAX) {
        return MST_BSON_BAD_LENGTH;
    }
    if (n > len - 4) {
        return MST_BSON_TRUNCATED;
    }
    if (data[4 + n - 1] != 0) {
        return MST_BSON_BAD_LENGTH;
    }
    *ret_size = 4 + n;
    return MST_BSON_FINE;
}

static inline enum mst_bson_fault
mst_bson_document_size(const uint8_t *data, size_t len, size_t *ret_size)
{
    if (len < MST_BSON_DOCUMENT_MIN) {
        return MST_BSON_TRUNCATED;
    }
    size_t n = mst_le32(data);
    if (n < MST_BSON_DOCUMENT_MIN || n > INT32_MAX) {
        return MST_BSON_BAD_LENGTH;
    }
    if (n > len) {
        return MST_BSON_TRUNCATED;
    }
    if (data[n - 1] != 0) {
        return MST_BSON_BAD_LENGTH;
    }
    *ret_size = n;
    return MST_BSON_FINE;
}

/* i32 length, subtype, bytes; subtype 2 has a second length inside. */
static inline enum mst_bson_fault
mst_bson_binary_size(const uint8_t *data, size_t len, size_t *ret_size)
{
    if (len < 5) {
        return MST_BSON_TRUNCATED;
    }
    size_t n = mst_le32(data);
    if (n > INT32_MAX) {
        return MST_BSON_BAD_LENGTH;
    }
    if (n > len - 5) {
        return MST_BSON_TRUNCATED;
    }
    if (data[4] == 2 && (n < 4 || mst_le32(data + 5) != n - 4)) {
        return MST_BSON_BAD_LENGTH;
    }
    *ret_size = 5 + n;
    return MST_BSON_FINE;
}

static inline enum mst_bson_fault
mst_bson_fixed_size(size_t size, size_t len, size_t *ret_size)
{
    if (size > len) {
        return MST_BSON_TRUNCATED;
    }
    *ret_size = size;
    return MST_BSON_FINE;
}

/* The size of the value of that type at data. Looks at its own lengths and
 * closing NULs, not at what is inside. */
static inline enum mst_bson_fault
mst_bson_value_size(uint8_t type, const uint8_t *data, size_t len,
                    size_t *ret_size)
{
    switch (type) {
    case MST_BSON_DOUBLE:
    case MST_BSON_DATE:
    case MST_BSON_TIMESTAMP:
    case MST_BSON_INT64:
        return mst_bson_fixed_size(8, len, ret_size);
    case MST_BSON_INT32:
        return mst_bson_fixed_size(4, len, ret_size);
    case MST_BSON_OBJECTID:
        return mst_bson_fixed_size(MST_BSON_OBJECTID_LEN, len, ret_size);
    case MST_BSON_DECIMAL128:
        return mst_bson_fixed_size(16, len, ret_size);
    case MST_BSON_UNDEFINED:
    case MST_BSON_NULL:
    case MST_BSON_MAXKEY:
    case MST_BSON_MINKEY:
        *ret_size = 0;
        return MST_BSON_FINE;
    case MST_BSON_BOOL:
        if (len > 0 && data[0] > 1) {
            return MST_BSON_BAD_BOOL;
        }
        return mst_bson_fixed_size(1, len, ret_size);
    case MST_BSON_STRING:
    case MST_BSON_CODE:
    case MST_BSON_SYMBOL:
        return mst_bson_string_size(data, len, ret_size);
    case MST_BSON_DOCUMENT:
    case MST_BSON_ARRAY:
        return mst_bson_document_size(data, len, ret_size);
    case MST_BSON_BINARY:
        return mst_bson_binary_size(data, len, ret_size);
    default:
        return mst_bson_rare_size(type, data, len, ret_size);
    }
}

#endif
