/* SPDX-License-Identifier: MIT */
/* See mongo_documents.h. */
#include "mongo_documents.h"

#include <stdio.h>
#include <string.h>

enum { DOCUMENT_BYTES = 1024 };

static void
document_id(uint32_t number, bson_oid_t *oid)
{
    memset(oid->bytes, 0x5A, sizeof(oid->bytes));
    for (int i = 0; i < 4; i++) {
        oid->bytes[11 - i] = (uint8_t)(number >> (8 * i));
    }
}

static void
document_nested(bson_t *doc)
{
    bson_t child;
    bson_t list;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "address", &child);
    BSON_APPEND_UTF8(&child, "street", "12 Long Street");
    BSON_APPEND_UTF8(&child, "city", "Springfield");
    BSON_APPEND_INT32(&child, "zip", 12345);
    bson_append_document_end(doc, &child);
    BSON_APPEND_ARRAY_BEGIN(doc, "tags", &list);
    BSON_APPEND_UTF8(&list, "0", "red");
    BSON_APPEND_UTF8(&list, "1", "green");
    BSON_APPEND_INT32(&list, "2", 3);
    bson_append_array_end(doc, &list);
}

bson_t *
mst_bench_document(uint32_t number, int32_t version)
{
    static const uint8_t bytes[32] = {1, 2, 3};
    char text[DOCUMENT_BYTES];
    bson_oid_t oid;
    bson_decimal128_t price;
    bson_t *doc = bson_new();
    document_id(number, &oid);
    (void)bson_decimal128_from_string("19.99", &price);
    BSON_APPEND_OID(doc, "_id", &oid);
    BSON_APPEND_INT32(doc, "version", version);
    BSON_APPEND_INT64(doc, "number", (int64_t)number);
    (void)snprintf(text, sizeof(text), "user%u@example.com", number);
    BSON_APPEND_UTF8(doc, "email", text);
    BSON_APPEND_UTF8(doc, "name", "Ada Lovelace");
    BSON_APPEND_BOOL(doc, "active", number % 2 == 0);
    BSON_APPEND_DOUBLE(doc, "score", number * 0.25);
    BSON_APPEND_DATE_TIME(doc, "created", INT64_C(1750000000000) + number);
    BSON_APPEND_DECIMAL128(doc, "price", &price);
    BSON_APPEND_NULL(doc, "nothing");
    BSON_APPEND_TIMESTAMP(doc, "stamp", 1750000000, 7);
    BSON_APPEND_BINARY(doc, "blob", BSON_SUBTYPE_BINARY, bytes, sizeof(bytes));
    BSON_APPEND_REGEX(doc, "pattern", "^a.*z$", "i");
    document_nested(doc);
    BSON_APPEND_INT32(doc, "count", (int32_t)(number % 1000));
    /* Fills up to the size: type, "filler", NUL, length, text, NUL. */
    size_t left = DOCUMENT_BYTES - doc->len - 13;
    memset(text, 'x', sizeof(text));
    bson_append_utf8(doc, "filler", 6, text, (int)left);
    return doc;
}

double
mst_bench_now(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
