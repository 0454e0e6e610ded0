/* SPDX-License-Identifier: MIT */
/* Documents as they come through change streams, numbered so that no two
 * are the same. */
#include "codec_documents.h"

#include <stdio.h>

#include "encodings/bson_writer.h"

static const char latin[] =
    "the quick brown fox jumps over the lazy dog and then it rests for a "
    "while in the shade of an old tree before it goes on to the river ";
static const char cyrillic[] =
    "\xD1\x81\xD1\x8A\xD0\xB5\xD1\x88\xD1\x8C \xD0\xB5\xD1\x89\xD1\x91 "
    "\xD1\x8D\xD1\x82\xD0\xB8\xD1\x85 \xD0\xBC\xD1\x8F\xD0\xB3\xD0\xBA\xD0\xB8"
    "\xD1\x85 \xE2\x82\xAC 5 \xF0\x9F\x98\x80 ";

static uint64_t
documents_mix(uint64_t n)
{
    n = (n + 1) * 0x9E3779B97F4A7C15ULL;
    return n ^ n >> 29;
}

static void
documents_oid(struct mst_bson_writer *w, const char *key, uint32_t n)
{
    uint8_t oid[12] = {0x67, 0x3f, 0x1a, 0x2b};
    uint64_t mixed = documents_mix(n);
    memcpy(oid + 4, &mixed, 8);
    mst_bson_write_oid(w, key, oid);
}

/* 17 fields of mixed types, 1 KiB: an order, say. */
static enum mst_status
documents_change(struct mst_buf *out, uint32_t n)
{
    struct mst_bson_writer w;
    uint64_t r = documents_mix(n);
    char text[512];
    uint8_t decimal[16] = {0};
    uint32_t cents = (uint32_t)r % 1000000;
    memcpy(decimal, &cents, sizeof(cents));
    decimal[14] = 0x3C;
    decimal[15] = 0x30;
    struct mst_bson_value price = {MST_BSON_DECIMAL128,
                                   {decimal, sizeof(decimal)}};
    mst_bson_writer_init(&w, out);
    documents_oid(&w, "_id", n);
    mst_bson_write_int64(&w, "sequence", (int64_t)(r >> 20));
    mst_bson_write_int32(&w, "version", (int32_t)(r % 100));
    mst_bson_write_date(&w, "createdAt",
                        1763700000000 + (int64_t)(r % 1000000));
    mst_bson_write_date(&w, "updatedAt", 1795257605123 + (int64_t)(r % 997));
    (void)snprintf(text, sizeof(text), "user%u@example.com", n);
    mst_bson_write_text(&w, "email", text);
    (void)snprintf(text, sizeof(text), "Customer Number %u", n);
    mst_bson_write_text(&w, "name", text);
    mst_bson_write_bool(&w, "active", (r & 1) != 0);
    mst_bson_write_double(&w, "amount", (double)(r % 1000000) / 100.0);
    mst_bson_write_double(&w, "ratio", (double)(r >> 11) * 0x1p-53);
    mst_bson_write_value(&w, MST_SLICE_LIT("price"), &price);
    mst_bson_write_null(&w, "deletedAt");
    mst_bson_write_begin_document(&w, "address");
    mst_bson_write_text(&w, "street", "1234 Long Winding Road");
    mst_bson_write_text(&w, "city", "Springfield");
    mst_bson_write_text(&w, "zip", "12345");
    mst_bson_write_double(&w, "lat", 52.520008 + (double)(r % 1000) / 1e4);
    mst_bson_write_double(&w, "lon", 13.404954);
    mst_bson_write_end(&w);
    mst_bson_write_begin_array(&w, "tags");
    mst_bson_write_text(&w, "0", "new");
    mst_bson_write_text(&w, "1", "important");
    mst_bson_write_text(&w, "2", "fragile");
    mst_bson_write_end(&w);
    mst_bson_write_begin_array(&w, "items");
    for (uint32_t i = 0; i < 3; i++) {
        char key[2] = {(char)('0' + i), '\0'};
        mst_bson_write_begin_document(&w, key);
        mst_bson_write_text(&w, "sku", "ABC-12345-XYZ");
        mst_bson_write_int32(&w, "quantity", (int32_t)i + 1);
        mst_bson_write_double(&w, "price", 19.99 + i);
        mst_bson_write_end(&w);
    }
    mst_bson_write_end(&w);
    mst_bson_write_binary(&w, "session", 4, MST_SLICE_LIT("0123456789abcdef"));
    (void)snprintf(text, sizeof(text), "%s%s%s", latin, latin, latin);
    mst_bson_write_text(&w, "notes", text);
    return mst_bson_writer_finish(&w, NULL);
}

/* Objects and arrays 4 deep with short values. */
static enum mst_status
documents_nested(struct mst_buf *out, uint32_t n)
{
    struct mst_bson_writer w;
    mst_bson_writer_init(&w, out);
    documents_oid(&w, "_id", n);
    for (uint32_t i = 0; i < 4; i++) {
        char key[8];
        (void)snprintf(key, sizeof(key), "part%u", i);
        mst_bson_write_begin_document(&w, key);
        mst_bson_write_int32(&w, "id", (int32_t)(n + i));
        mst_bson_write_begin_array(&w, "list");
        for (uint32_t j = 0; j < 5; j++) {
            char index[2] = {(char)('0' + j), '\0'};
            mst_bson_write_begin_document(&w, index);
            mst_bson_write_int32(&w, "x", (int32_t)(n * j));
            mst_bson_write_double(&w, "y", (double)j + 0.25);
            mst_bson_write_bool(&w, "on", true);
            mst_bson_write_end(&w);
        }
        mst_bson_write_end(&w);
        mst_bson_write_text(&w, "state", "done");
        mst_bson_write_end(&w);
    }
    return mst_bson_writer_finish(&w, NULL);
}

/* Long texts, a few characters of them escaped. */
static enum mst_status
documents_text(struct mst_buf *out, uint32_t n)
{
    struct mst_bson_writer w;
    mst_bson_writer_init(&w, out);
    documents_oid(&w, "_id", n);
    mst_bson_write_string(&w, "title", mst_slice_of(latin, 60));
    for (uint32_t i = 0; i < 8; i++) {
        char key[8];
        char text[256];
        (void)snprintf(key, sizeof(key), "body%u", i);
        (void)snprintf(text, sizeof(text), "%s\"quoted\"\n%s", latin, key);
        mst_bson_write_text(&w, key, text);
    }
    return mst_bson_writer_finish(&w, NULL);
}

/* The same in a script that is not ASCII. */
static enum mst_status
documents_wide(struct mst_buf *out, uint32_t n)
{
    struct mst_bson_writer w;
    mst_bson_writer_init(&w, out);
    documents_oid(&w, "_id", n);
    for (uint32_t i = 0; i < 12; i++) {
        char key[8];
        (void)snprintf(key, sizeof(key), "body%u", i);
        mst_bson_write_text(&w, key, cyrillic);
    }
    return mst_bson_writer_finish(&w, NULL);
}

/* Few short fields: a row of a table, say. */
static enum mst_status
documents_flat(struct mst_buf *out, uint32_t n)
{
    struct mst_bson_writer w;
    uint64_t r = documents_mix(n);
    char text[32];
    mst_bson_writer_init(&w, out);
    documents_oid(&w, "_id", n);
    (void)snprintf(text, sizeof(text), "item-%u", (uint32_t)(r % 100000));
    mst_bson_write_text(&w, "sku", text);
    mst_bson_write_int32(&w, "quantity", (int32_t)(r >> 40) % 1000);
    mst_bson_write_double(&w, "price", (double)(r >> 20 & 0xFFFF) / 100.0);
    mst_bson_write_bool(&w, "active", (r & 1) != 0);
    mst_bson_write_null(&w, "comment");
    mst_bson_write_date(&w, "at", 1763700000000 + (int64_t)(r % 1000000));
    mst_bson_write_text(&w, "state", (r & 2) != 0 ? "shipped" : "new");
    return mst_bson_writer_finish(&w, NULL);
}

/* Measurements: arrays and fields of numbers of any length and sign. */
static enum mst_status
documents_numbers(struct mst_buf *out, uint32_t n)
{
    struct mst_bson_writer w;
    char key[16];
    mst_bson_writer_init(&w, out);
    documents_oid(&w, "_id", n);
    mst_bson_write_begin_array(&w, "samples");
    for (uint32_t i = 0; i < 24; i++) {
        uint64_t r = documents_mix(n * 64 + i);
        (void)snprintf(key, sizeof(key), "%u", i);
        mst_bson_write_int32(&w, key, (int32_t)(r >> 32) >> (r % 24));
    }
    mst_bson_write_end(&w);
    for (uint32_t i = 0; i < 8; i++) {
        uint64_t r = documents_mix(n * 64 + 32 + i);
        (void)snprintf(key, sizeof(key), "sensor%u", i);
        mst_bson_write_double(&w, key,
                              (double)(int32_t)(r >> 32 & 0xFFFFF) / 1000.0);
        (void)snprintf(key, sizeof(key), "total%u", i);
        mst_bson_write_int64(&w, key, (int64_t)(r >> (r % 32)));
    }
    return mst_bson_writer_finish(&w, NULL);
}

const struct codec_shape codec_shapes[CODEC_SHAPES] = {
    {"change", "17 mixed fields, 1 KiB", documents_change},
    {"nested", "4 deep, short values", documents_nested},
    {"text", "long ASCII texts", documents_text},
    {"wide", "texts that are not ASCII", documents_wide},
    {"flat", "8 short fields", documents_flat},
    {"numbers", "integers and decimals of any length", documents_numbers},
};
