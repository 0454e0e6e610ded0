/* SPDX-License-Identifier: MIT */
/* Documents with their Avro schemas, numbered so that no two are the same. */
#include "codec_avro_shapes.h"

#include <stdio.h>

#include "encodings/bson_writer.h"

#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define TIME              "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"
#define RECORD(name, fields)                                                   \
    "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define ARRAY(items) "{\"type\":\"array\",\"items\":" items "}"

static uint64_t
shapes_mix(uint64_t n)
{
    n = (n + 1) * 0x9E3779B97F4A7C15ULL;
    return n ^ n >> 29;
}

/* Ten fields, 66 bytes of Avro. */
static void
shapes_flat(struct mst_bson_writer *w, uint64_t r)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "user%u@example.com",
                   (unsigned)(r % 100000));
    mst_bson_write_int64(w, "id", (int64_t)(r >> 20));
    mst_bson_write_text(w, "email", text);
    mst_bson_write_text(w, "name", "Some Customer");
    mst_bson_write_int32(w, "version", (int32_t)(r % 100));
    mst_bson_write_bool(w, "active", (r & 1) != 0);
    mst_bson_write_double(w, "amount", (double)(r % 1000000) / 100.0);
    mst_bson_write_date(w, "createdAt", 1763700000000 + (int64_t)(r % 1000000));
    mst_bson_write_int32(w, "status", (int32_t)(r % 7));
    mst_bson_write_text(w, "country", "DE");
    mst_bson_write_int64(w, "sequence", (int64_t)(r >> 40));
}

static void
shapes_nested(struct mst_bson_writer *w, uint64_t r)
{
    mst_bson_write_int64(w, "id", (int64_t)(r >> 20));
    for (unsigned i = 0; i < 4; i++) {
        char key[8];
        (void)snprintf(key, sizeof(key), "part%u", i);
        mst_bson_write_begin_document(w, key);
        mst_bson_write_int32(w, "id", (int32_t)(r % 1000 + i));
        mst_bson_write_begin_array(w, "list");
        for (unsigned j = 0; j < 5; j++) {
            char index[2] = {(char)('0' + j), '\0'};
            mst_bson_write_begin_document(w, index);
            mst_bson_write_int32(w, "x", (int32_t)(r % 100000 * j));
            mst_bson_write_double(w, "y", (double)j + 0.25);
            mst_bson_write_bool(w, "on", true);
            mst_bson_write_end(w);
        }
        mst_bson_write_end(w);
        mst_bson_write_text(w, "state", "done");
        mst_bson_write_end(w);
    }
}

/* Sixty fields, each third of them may be null. */
static void
shapes_wide(struct mst_bson_writer *w, uint64_t r)
{
    for (unsigned i = 0; i < CODEC_AVRO_WIDE; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "measurement_%02u", i);
        if (i % 3 == 0) {
            mst_bson_write_int32(w, key, (int32_t)(r >> (i % 40) & 0xFFFF));
        } else if (i % 3 == 1) {
            mst_bson_write_text(w, key, "a value of text");
        } else if ((r >> i % 64 & 1) != 0) {
            mst_bson_write_double(w, key, (double)(r % 1000) / 8.0);
        } else {
            mst_bson_write_null(w, key);
        }
    }
}

static void
shapes_text(struct mst_bson_writer *w, uint64_t r)
{
    static const char latin[] =
        "the quick brown fox jumps over the lazy dog and then it rests for a "
        "while in the shade of an old tree before it goes on to the river ";
    mst_bson_write_int64(w, "id", (int64_t)(r >> 20));
    mst_bson_write_text(w, "title", "A title of some length");
    mst_bson_write_text(w, "body", latin);
    mst_bson_write_text(w, "more", latin);
    mst_bson_write_text(w, "rest", latin);
    mst_bson_write_text(w, "wide",
                        "\xD1\x81\xD1\x8A\xD0\xB5\xD1\x88\xD1\x8C "
                        "\xD0\xB5\xD1\x89\xD1\x91 \xD1\x8D\xD1\x82\xD0\xB8");
}

static void
shapes_numbers(struct mst_bson_writer *w, uint64_t r)
{
    mst_bson_write_int64(w, "id", (int64_t)(r >> 20));
    mst_bson_write_begin_array(w, "longs");
    for (unsigned i = 0; i < 10; i++) {
        char index[2] = {(char)('0' + i), '\0'};
        mst_bson_write_int64(w, index, (int64_t)(shapes_mix(r + i) >> i * 6));
    }
    mst_bson_write_end(w);
    mst_bson_write_begin_array(w, "doubles");
    for (unsigned i = 0; i < 10; i++) {
        char index[2] = {(char)('0' + i), '\0'};
        mst_bson_write_double(w, index, (double)(r >> 11) * 0x1p-53 * i);
    }
    mst_bson_write_end(w);
    for (unsigned i = 0; i < 10; i++) {
        char key[8];
        (void)snprintf(key, sizeof(key), "n%u", i);
        mst_bson_write_int32(w, key, (int32_t)(r >> i * 3 & 0xFFFFFF));
    }
}

#define PART(name)                                                                \
    FIELD(                                                                        \
        name,                                                                     \
        RECORD(                                                                   \
            name "_r",                                                            \
            FIELD("id", "\"int\"") "," FIELD(                                     \
                "list",                                                           \
                ARRAY(RECORD(                                                     \
                    name "_i",                                                    \
                    FIELD("x", "\"int\"") "," FIELD("y", "\"double\"") "," FIELD( \
                        "on", "\"boolean\"")))) "," FIELD("state",                \
                                                          "\"string\"")))

const struct codec_avro_shape codec_avro_shapes[CODEC_AVRO_SHAPES] = {
    {"flat", "10 fields",
     RECORD("Flat",
            FIELD("id", "\"long\"") "," FIELD("email", "\"string\"") "," FIELD("name", "\"string\"") "," FIELD("version", "\"int\"") "," FIELD(
                "active",
                "\"boolean\"") "," FIELD("amount",
                                         "\"double\"") "," FIELD("createdAt",
                                                                 TIME) "," FIELD("status",
                                                                                 "\"int\"") "," FIELD("country",
                                                                                                      "\"string\"") "," FIELD("sequence",
                                                                                                                              "\"long\"")),
     shapes_flat},
    {"nested", "4 deep, short values",
     RECORD("Nested", FIELD("id", "\"long\"") "," PART("part0") "," PART(
                          "part1") "," PART("part2") "," PART("part3")),
     shapes_nested},
    {"wide", "60 fields, 20 of them nullable", NULL, shapes_wide},
    {"text", "long texts",
     RECORD(
         "Text",
         FIELD("id", "\"long\"") "," FIELD("title", "\"string\"") "," FIELD(
             "body",
             "\"string\"") "," FIELD("more",
                                     "\"string\"") "," FIELD("rest",
                                                             "\"string\"") "," FIELD("wide",
                                                                                     "\"string\"")),
     shapes_text},
    {"numbers", "31 numbers",
     RECORD(
         "Numbers",
         FIELD("id", "\"long\"") "," FIELD("longs", ARRAY("\"long\"")) "," FIELD("doubles", ARRAY("\"double\"")) "," FIELD("n0", "\"int\"") "," FIELD("n1", "\"int\"") "," FIELD(
             "n2",
             "\"int\"") "," FIELD("n3",
                                  "\"int\"") "," FIELD("n4",
                                                       "\"int\"") "," FIELD("n"
                                                                            "5",
                                                                            "\""
                                                                            "in"
                                                                            "t"
                                                                            "\"") "," FIELD("n6",
                                                                                            "\"int\"") "," FIELD("n7",
                                                                                                                 "\"int\"") "," FIELD("n8",
                                                                                                                                      "\"int\"") "," FIELD("n9",
                                                                                                                                                           "\"int\"")),
     shapes_numbers},
};

enum mst_status
codec_avro_document(const struct codec_avro_shape *shape, struct mst_buf *out,
                    uint32_t n)
{
    struct mst_bson_writer w;
    mst_bson_writer_init(&w, out);
    shape->write(&w, shapes_mix(n));
    return mst_bson_writer_finish(&w, NULL);
}

enum mst_status
codec_avro_schema(const struct codec_avro_shape *shape, struct mst_buf *out)
{
    if (shape->schema != NULL) {
        return mst_buf_append_str(out, shape->schema);
    }
    enum mst_status status = mst_buf_append_str(
        out, "{\"type\":\"record\",\"name\":\"Wide\",\"fields\":[");
    for (unsigned i = 0; i < CODEC_AVRO_WIDE && status == MST_OK; i++) {
        static const char *const types[] = {"\"int\"", "\"string\"",
                                            "[\"null\",\"double\"]"};
        status =
            mst_buf_printf(out, "%s{\"name\":\"measurement_%02u\",\"type\":%s}",
                           i == 0 ? "" : ",", i, types[i % 3]);
    }
    return status == MST_OK ? mst_buf_append_str(out, "]}") : status;
}
