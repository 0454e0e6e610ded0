/* SPDX-License-Identifier: MIT */
/* The BSON element types (bsonspec.org, version 1.1) and our limits. */
#ifndef MST_ENCODINGS_BSON_TYPE_H
#define MST_ENCODINGS_BSON_TYPE_H

#include <stdint.h>

#include "base/slice.h"

enum mst_bson_type {
    MST_BSON_DOUBLE = 0x01,
    MST_BSON_STRING = 0x02,
    MST_BSON_DOCUMENT = 0x03,
    MST_BSON_ARRAY = 0x04,
    MST_BSON_BINARY = 0x05,
    MST_BSON_UNDEFINED = 0x06,
    MST_BSON_OBJECTID = 0x07,
    MST_BSON_BOOL = 0x08,
    MST_BSON_DATE = 0x09,
    MST_BSON_NULL = 0x0A,
    MST_BSON_REGEX = 0x0B,
    MST_BSON_DBPOINTER = 0x0C,
    MST_BSON_CODE = 0x0D,
    MST_BSON_SYMBOL = 0x0E,
    MST_BSON_CODE_SCOPE = 0x0F,
    MST_BSON_INT32 = 0x10,
    MST_BSON_TIMESTAMP = 0x11,
    MST_BSON_INT64 = 0x12,
    MST_BSON_DECIMAL128 = 0x13,
    MST_BSON_MAXKEY = 0x7F,
    MST_BSON_MINKEY = 0xFF
};

enum {
    /* Documents and arrays inside each other, the outermost counted. */
    MST_BSON_DEPTH_MAX = 200,
    MST_BSON_OBJECTID_LEN = 12,
    /* The empty document: its length and the closing NUL. */
    MST_BSON_DOCUMENT_MIN = 5
};

/* One value as it stands in a document, without its key. Borrowed. */
struct mst_bson_value {
    uint8_t type; /* an enum mst_bson_type; 0 is "none" */
    struct mst_slice raw;
};

/* "int32", "document", ...; "unknown" for what is no type. Never NULL. */
const char *mst_bson_type_name(uint8_t type);

#endif
