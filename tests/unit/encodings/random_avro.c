/* SPDX-License-Identifier: MIT */
/* A schema as text first; values by walking what was parsed of it. */
#include "random_avro.h"

#include <stdio.h>
#include <stdlib.h>

#include "encodings/little_endian.h"

enum { RANDOM_DEPTH = 5, RANDOM_FIELDS = 8 };

struct schema_text {
    struct random_bson *random;
    struct mst_buf *out;
    unsigned names;
    unsigned depth;
};

static const char *const plain[] = {
    "\"null\"",
    "\"boolean\"",
    "\"int\"",
    "\"long\"",
    "\"float\"",
    "\"double\"",
    "\"bytes\"",
    "\"string\"",
    "{\"type\":\"int\",\"logicalType\":\"date\"}",
    "{\"type\":\"int\",\"logicalType\":\"time-millis\"}",
    "{\"type\":\"long\",\"logicalType\":\"time-micros\"}",
    "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}",
    "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
    "{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}",
    "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}",
    "{\"type\":\"string\",\"logicalType\":\"uuid\"}",
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,"
    "\"scale\":3}",
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":34,"
    "\"scale\":20}",
};

/* What may be together in a union: each kind once, one decimal. */
static const char *const branches[] = {
    "\"null\"",
    "\"boolean\"",
    "\"int\"",
    "\"long\"",
    "\"float\"",
    "\"double\"",
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,"
    "\"scale\":3}",
    "\"string\"",
};

static void
put(struct schema_text *text, const char *words)
{
    if (mst_buf_append_str(text->out, words) != MST_OK) {
        abort();
    }
}

static void
put_number(struct schema_text *text, const char *head, unsigned number,
           const char *tail)
{
    if (mst_buf_printf(text->out, "%s%u%s", head, number, tail) != MST_OK) {
        abort();
    }
}

static unsigned
pick(struct schema_text *text, unsigned n)
{
    return (unsigned)random_bson_below(text->random, n);
}

static void schema_type(struct schema_text *text);

static void
schema_record(struct schema_text *text)
{
    unsigned name = text->names++;
    unsigned n = pick(text, RANDOM_FIELDS);
    put_number(text, "{\"type\":\"record\",\"name\":\"R", name,
               "\",\"fields\":[");
    for (unsigned i = 0; i < n; i++) {
        static const char *const heads[] = {"f", "seven7", "eight88_",
                                            "a_name_of_more_than_sixteen"};
        put(text, i == 0 ? "{\"name\":\"" : ",{\"name\":\"");
        put_number(text, heads[pick(text, 4)], i, "");
        put_number(text, "_", name, "\",\"type\":");
        if (pick(text, 8) == 0) {
            put_number(text, "[\"null\",\"R", name, "\"]");
        } else {
            schema_type(text);
        }
        put(text, "}");
    }
    put(text, "]}");
}

static void
schema_union(struct schema_text *text)
{
    unsigned taken = 0;
    unsigned n = 1 + pick(text, 5);
    put(text, "[");
    for (unsigned i = 0; i < n;) {
        unsigned which = pick(text, MST_ARRAY_SIZE(branches) + 1);
        if ((taken >> which & 1) != 0) {
            continue;
        }
        taken |= 1U << which;
        put(text, i++ == 0 ? "" : ",");
        if (which < MST_ARRAY_SIZE(branches)) {
            put(text, branches[which]);
        } else {
            schema_record(text);
        }
    }
    put(text, "]");
}

static void
schema_deep(struct schema_text *text)
{
    switch (pick(text, 5)) {
    case 0:
        put(text, "{\"type\":\"array\",\"items\":");
        schema_type(text);
        put(text, "}");
        break;
    case 1:
        put(text, "{\"type\":\"map\",\"values\":");
        schema_type(text);
        put(text, "}");
        break;
    case 2:
        schema_union(text);
        break;
    default:
        schema_record(text);
    }
}

static void
schema_type(struct schema_text *text)
{
    unsigned which = pick(text, 10);
    text->depth++;
    if (which < 3 && text->depth < RANDOM_DEPTH) {
        schema_deep(text);
    } else if (which == 3) {
        put_number(text, "{\"type\":\"enum\",\"name\":\"E", text->names++,
                   "\",\"symbols\":[\"A\",\"B\",\"C\"]}");
    } else if (which == 4) {
        put_number(text, "{\"type\":\"fixed\",\"name\":\"F", text->names++, "");
        put_number(text, "\",\"size\":", pick(text, 40), "}");
    } else if (which == 5) {
        put_number(text, "{\"type\":\"fixed\",\"name\":\"D", text->names++,
                   "\",\"size\":8,\"logicalType\":\"decimal\",\"precision\":18,"
                   "\"scale\":6}");
    } else {
        put(text, plain[pick(text, MST_ARRAY_SIZE(plain))]);
    }
    text->depth--;
}

void
random_avro_schema(struct random_bson *random, struct mst_buf *out)
{
    struct schema_text text = {.random = random, .out = out};
    schema_record(&text);
}

/* --- values ---------------------------------------------------------------*/

struct value_text {
    struct random_bson *random;
    struct mst_bson_writer writer;
    unsigned depth;
};

static void value_any(struct value_text *text, const char *key,
                      const struct mst_avro_type *type);

/* Small numbers, large ones and the limits. */
static int64_t
value_number(struct value_text *text, int64_t min, int64_t max)
{
    uint64_t range = (uint64_t)max - (uint64_t)min;
    switch (random_bson_below(text->random, 4)) {
    case 0:
        return min;
    case 1:
        return max;
    case 2:
        return min <= 0 && max > 1000
                   ? (int64_t)random_bson_below(text->random, 1000)
                   : min;
    default:
        return (int64_t)((uint64_t)min
                         + (range == UINT64_MAX
                                ? random_bson_next(text->random)
                                : random_bson_below(text->random, range + 1)));
    }
}

static void
value_decimal(struct value_text *text, const char *key,
              const struct mst_avro_type *type)
{
    /* Nine digits with the type's exponent. */
    uint8_t data[16] = {0};
    mst_put_le64(data, random_bson_below(text->random, 1000000000));
    mst_put_le64(data + 8, random_bson_below(text->random, 2) << 63
                               | (uint64_t)(6176 - type->scale) << 49);
    if (mst_le64(data) == 0) {
        data[15] &= 0x7F; /* there is no negative zero */
    }
    const struct mst_bson_value value = {MST_BSON_DECIMAL128,
                                         {data, sizeof(data)}};
    mst_bson_write_value(&text->writer, mst_slice_str(key), &value);
}

static void
value_bytes(struct value_text *text, const char *key,
            const struct mst_avro_type *type)
{
    uint8_t data[64];
    size_t len = type->kind == MST_AVRO_FIXED
                     ? type->size
                     : (size_t)random_bson_below(text->random, sizeof(data));
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)random_bson_next(text->random);
    }
    mst_bson_write_binary(&text->writer, key, 0, mst_slice_of(data, len));
}

static void
value_string(struct value_text *text, const char *key)
{
    static const char *const pieces[] = {"a",
                                         "the quick brown fox",
                                         "\xC3\xA4",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x98\x80",
                                         "0123456789abcdef",
                                         ""};
    char out[256] = "";
    size_t len = 0;
    for (uint64_t n = random_bson_below(text->random, 9); n > 0; n--) {
        const char *piece =
            pieces[random_bson_below(text->random, MST_ARRAY_SIZE(pieces))];
        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    mst_bson_write_string(&text->writer, key, mst_slice_of(out, len));
}

static void
value_logical(struct value_text *text, const char *key,
              const struct mst_avro_type *type)
{
    struct mst_bson_writer *writer = &text->writer;
    uint8_t uuid[16];
    switch (type->logical) {
    case MST_AVRO_DECIMAL:
        value_decimal(text, key, type);
        return;
    case MST_AVRO_UUID:
        for (size_t i = 0; i < sizeof(uuid); i++) {
            uuid[i] = (uint8_t)random_bson_next(text->random);
        }
        mst_bson_write_binary(writer, key, 4, mst_slice_of(uuid, sizeof(uuid)));
        return;
    case MST_AVRO_DATE:
        mst_bson_write_date(
            writer, key, value_number(text, INT32_MIN, INT32_MAX) * 86400000);
        return;
    case MST_AVRO_TIME_MILLIS:
    case MST_AVRO_TIME_MICROS:
        mst_bson_write_date(writer, key, value_number(text, 0, 86399999));
        return;
    case MST_AVRO_TIMESTAMP_MICROS:
    case MST_AVRO_LOCAL_TIMESTAMP_MICROS:
        mst_bson_write_date(
            writer, key,
            value_number(text, INT64_MIN / 1000, INT64_MAX / 1000));
        return;
    case MST_AVRO_TIMESTAMP_NANOS:
    case MST_AVRO_LOCAL_TIMESTAMP_NANOS:
        mst_bson_write_date(
            writer, key,
            value_number(text, INT64_MIN / 1000000, INT64_MAX / 1000000));
        return;
    case MST_AVRO_TIMESTAMP_MILLIS:
    case MST_AVRO_LOCAL_TIMESTAMP_MILLIS:
    case MST_AVRO_DURATION:
    case MST_AVRO_PLAIN:
        mst_bson_write_date(writer, key,
                            value_number(text, INT64_MIN, INT64_MAX));
    }
}

static void
value_double(struct value_text *text, const char *key, bool narrow)
{
    uint64_t bits = random_bson_next(text->random);
    double value = 0;
    if (narrow) {
        float number = 0;
        uint32_t half = (uint32_t)bits & 0xFF7FFFFF; /* no NaN */
        memcpy(&number, &half, sizeof(number));
        value = (double)number;
    } else {
        bits &= 0xFFEFFFFFFFFFFFFFULL;
        memcpy(&value, &bits, sizeof(value));
    }
    mst_bson_write_double(&text->writer, key, value);
}

static void
value_items(struct value_text *text, const char *key,
            const struct mst_avro_type *type)
{
    bool array = type->kind == MST_AVRO_ARRAY;
    uint64_t n = random_bson_below(text->random, 10) == 0
                     ? 70
                     : random_bson_below(text->random, 4);
    n = text->depth > RANDOM_DEPTH ? 0 : n;
    if (array) {
        mst_bson_write_begin_array(&text->writer, key);
    } else {
        mst_bson_write_begin_document(&text->writer, key);
    }
    for (uint64_t i = 0; i < n; i++) {
        char name[100];
        (void)snprintf(name, sizeof(name), array ? "%u" : "key %u",
                       (unsigned)i);
        if (!array && i % 3 == 2) {
            memset(name, 'k', sizeof(name) - 1);
            name[sizeof(name) - 1] = '\0';
            name[0] = (char)('0' + i);
        }
        value_any(text, name, type->items);
    }
    mst_bson_write_end(&text->writer);
}

static void
value_fields(struct value_text *text, const struct mst_avro_type *type)
{
    for (size_t i = 0; i < type->fields_len; i++) {
        value_any(text, (const char *)type->fields[i].name.data,
                  type->fields[i].type);
    }
}

static void
value_kind(struct value_text *text, const char *key,
           const struct mst_avro_type *type)
{
    struct mst_bson_writer *writer = &text->writer;
    switch (type->kind) {
    case MST_AVRO_NULL:
        mst_bson_write_null(writer, key);
        break;
    case MST_AVRO_BOOLEAN:
        mst_bson_write_bool(writer, key,
                            random_bson_below(text->random, 2) != 0);
        break;
    case MST_AVRO_INT:
        mst_bson_write_int32(writer, key,
                             (int32_t)value_number(text, INT32_MIN, INT32_MAX));
        break;
    case MST_AVRO_LONG:
        mst_bson_write_int64(writer, key,
                             value_number(text, INT64_MIN, INT64_MAX));
        break;
    case MST_AVRO_FLOAT:
    case MST_AVRO_DOUBLE:
        value_double(text, key, type->kind == MST_AVRO_FLOAT);
        break;
    case MST_AVRO_BYTES:
    case MST_AVRO_FIXED:
        value_bytes(text, key, type);
        break;
    case MST_AVRO_STRING:
        value_string(text, key);
        break;
    case MST_AVRO_ENUM:
        mst_bson_write_string(
            writer, key,
            type->symbols[random_bson_below(text->random, type->symbols_len)]);
        break;
    case MST_AVRO_ARRAY:
    case MST_AVRO_MAP:
        value_items(text, key, type);
        break;
    case MST_AVRO_UNION:
        /* Where it gets deep, the null that all recursion has. */
        value_any(text, key,
                  text->depth > RANDOM_DEPTH
                      ? type->branches[0]
                      : type->branches[random_bson_below(text->random,
                                                         type->branches_len)]);
        break;
    case MST_AVRO_RECORD:
        mst_bson_write_begin_document(writer, key);
        value_fields(text, type);
        mst_bson_write_end(writer);
        break;
    }
}

static void
value_any(struct value_text *text, const char *key,
          const struct mst_avro_type *type)
{
    text->depth++;
    if (type->logical == MST_AVRO_PLAIN) {
        value_kind(text, key, type);
    } else {
        value_logical(text, key, type);
    }
    text->depth--;
}

void
random_avro_document(struct random_bson *random,
                     const struct mst_avro_schema *schema, struct mst_buf *out)
{
    struct value_text text = {.random = random};
    mst_bson_writer_init(&text.writer, out);
    value_fields(&text, schema->root);
    if (mst_bson_writer_finish(&text.writer, NULL) != MST_OK) {
        abort();
    }
}
