/* SPDX-License-Identifier: MIT */
/* Data of one schema, wanted as another; and data that lie. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "encodings/avro/codec.h"
#include "encodings/avro/parse.h"

enum { RESOLVE_MAX = 1 << 24 };

#define RECORD(fields)                                                         \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define FIELD_OR(name, type, or)                                               \
    "{\"name\":\"" name "\",\"type\":" type ",\"default\":" or "}"
#define ONE(type) RECORD(FIELD("f", type))
#define ENUM(symbols)                                                          \
    "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols "]}"
#define ENUM_OR(symbols, or)                                                   \
    "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols                  \
    "],\"default\":\""                                                         \
        or "\"}"
#define FIXED(name, size)                                                      \
    "{\"type\":\"fixed\",\"name\":\"" name "\",\"size\":" size "}"
#define LONG_AS(name) "{\"type\":\"long\",\"logicalType\":\"" name "\"}"

/* What the writer wrote, as JSON; what the reader gets, or a part of why it
 * gets nothing: when the schemas meet (plan) or when the data do. */
static const struct {
    const char *writer;
    const char *reader;
    const char *in;
    const char *out; /* NULL: refused */
    const char *reason;
} cases[] = {
    {ONE("\"int\""), ONE("\"long\""), "{\"f\":1}", "{\"f\":1}", NULL},
    {ONE("\"int\""), ONE("\"float\""), "{\"f\":1}", "{\"f\":1.0}", NULL},
    {ONE("\"int\""), ONE("\"double\""), "{\"f\":1}", "{\"f\":1.0}", NULL},
    {ONE("\"long\""), ONE("\"double\""), "{\"f\":1}", "{\"f\":1.0}", NULL},
    {ONE("\"float\""), ONE("\"double\""), "{\"f\":0.5}", "{\"f\":0.5}", NULL},
    {ONE("\"string\""), ONE("\"bytes\""), "{\"f\":\"a\"}",
     "{\"f\":{\"$binary\":{\"base64\":\"YQ==\",\"subType\":\"00\"}}}", NULL},
    {ONE("\"bytes\""), ONE("\"string\""), "{\"f\":\"a\"}", "{\"f\":\"a\"}",
     NULL},
    {ONE("\"bytes\""), ONE("\"string\""), "{\"f\":\"\\u00ff\"}", NULL,
     "not valid UTF-8"},
    {ONE("\"long\""), ONE("\"int\""), "{\"f\":1}", NULL,
     "field 'f': the reader's schema has int where the data has long"},
    {ONE("\"double\""), ONE("\"float\""), "{\"f\":1.0}", NULL, "float"},
    {ONE("\"int\""), ONE("\"string\""), "{\"f\":1}", NULL, "string"},
    /* Fields: dropped, added, in another order, by alias. */
    {RECORD(FIELD("a", "\"int\"") "," FIELD("f", "\"string\"")),
     ONE("\"string\""), "{\"a\":1,\"f\":\"x\"}", "{\"f\":\"x\"}", NULL},
    {ONE("\"int\""),
     RECORD(FIELD_OR("n", "\"string\"", "\"new\"") "," FIELD("f", "\"int\"")),
     "{\"f\":1}", "{\"n\":\"new\",\"f\":1}", NULL},
    {ONE("\"int\""), RECORD(FIELD("f", "\"int\"") "," FIELD("n", "\"int\"")),
     "{\"f\":1}", NULL, "field 'n'"},
    {RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"string\"") "," FIELD(
         "c", "\"int\"")),
     RECORD(FIELD("c", "\"int\"") "," FIELD_OR(
         "n", "[\"null\",\"int\"]", "null") "," FIELD("a", "\"long\"")),
     "{\"a\":1,\"b\":\"x\",\"c\":3}", "{\"c\":3,\"n\":null,\"a\":1}", NULL},
    {RECORD(FIELD("old", "\"int\"")),
     RECORD("{\"name\":\"f\",\"aliases\":[\"older\",\"old\"],\"type\":"
            "\"int\"}"),
     "{\"old\":1}", "{\"f\":1}", NULL},
    {"{\"type\":\"record\",\"name\":\"a.Old\",\"fields\":[" FIELD(
         "f", "\"int\"") "]}",
     "{\"type\":\"record\",\"name\":\"b.New\",\"aliases\":[\"a.Old\"],"
     "\"fields\":[" FIELD("f", "\"int\"") "]}",
     "{\"f\":1}", "{\"f\":1}", NULL},
    {"{\"type\":\"record\",\"name\":\"a.Old\",\"fields\":[]}",
     "{\"type\":\"record\",\"name\":\"b.New\",\"fields\":[]}", "{}", NULL,
     "record b.New where the data has record a.Old"},
    {"{\"type\":\"record\",\"name\":\"a.Same\",\"fields\":[]}",
     "{\"type\":\"record\",\"name\":\"b.Same\",\"fields\":[]}", "{}", "{}",
     NULL},
    /* Enums. */
    {ONE(ENUM("\"A\",\"B\"")), ONE(ENUM("\"B\",\"A\",\"C\"")), "{\"f\":\"B\"}",
     "{\"f\":\"B\"}", NULL},
    {ONE(ENUM("\"A\",\"B\"")), ONE(ENUM("\"A\"")), "{\"f\":\"B\"}", NULL,
     "none of the symbols"},
    {ONE(ENUM("\"A\",\"B\"")), ONE(ENUM_OR("\"X\",\"A\"", "X")),
     "{\"f\":\"B\"}", "{\"f\":\"X\"}", NULL},
    /* Fixed. */
    {ONE(FIXED("F", "1")), ONE(FIXED("F", "2")), "{\"f\":\"a\"}", NULL, "F"},
    {ONE(FIXED("F", "1")), ONE(FIXED("G", "1")), "{\"f\":\"a\"}", NULL, "G"},
    /* Unions. */
    {ONE("\"int\""), ONE("[\"string\",\"long\"]"), "{\"f\":1}", "{\"f\":1}",
     NULL},
    {ONE("\"int\""), ONE("[\"double\",\"int\"]"), "{\"f\":1}", "{\"f\":1}",
     NULL},
    {ONE("[\"null\",\"int\"]"), ONE("\"int\""), "{\"f\":1}", "{\"f\":1}", NULL},
    {ONE("[\"null\",\"int\"]"), ONE("\"int\""), "{\"f\":null}", NULL,
     "field 'f'"},
    {ONE("[\"null\",\"int\"]"), ONE("[\"double\",\"null\"]"), "{\"f\":1}",
     "{\"f\":1.0}", NULL},
    {ONE("[\"null\",\"int\"]"), ONE("\"string\""), "{\"f\":1}", NULL, "string"},
    /* Arrays and maps of what is promoted. */
    {ONE("{\"type\":\"array\",\"items\":\"int\"}"),
     ONE("{\"type\":\"array\",\"items\":\"double\"}"), "{\"f\":[1,2]}",
     "{\"f\":[1.0,2.0]}", NULL},
    {ONE("{\"type\":\"map\",\"values\":\"int\"}"),
     ONE("{\"type\":\"map\",\"values\":[\"null\",\"long\"]}"),
     "{\"f\":{\"k\":1}}", "{\"f\":{\"k\":1}}", NULL},
    {ONE("{\"type\":\"array\",\"items\":\"int\"}"),
     ONE("{\"type\":\"map\",\"values\":\"int\"}"), "{\"f\":[]}", NULL, "map"},
    /* Recursion. */
    {RECORD(FIELD("v", "\"int\"") "," FIELD("n", "[\"null\",\"R\"]")),
     RECORD(FIELD("n", "[\"null\",\"R\"]") "," FIELD("v", "\"long\"")),
     "{\"v\":1,\"n\":{\"v\":2,\"n\":null}}",
     "{\"n\":{\"n\":null,\"v\":2},\"v\":1}", NULL},
    /* Logical types that mean other values of the same data. */
    {ONE(LONG_AS("timestamp-millis")), ONE(LONG_AS("timestamp-micros")),
     "{\"f\":1}", NULL, "timestamp-micros (long)"},
    {ONE(LONG_AS("timestamp-millis")), ONE("\"long\""), "{\"f\":1}",
     "{\"f\":1}", NULL},
};

struct pair {
    struct mst_avro_schema *writer;
    struct mst_avro_schema *reader;
    struct mst_avro_encoder *encoder;
    struct mst_avro_decoder *decoder;
    struct mst_buf avro;
    struct mst_buf json;
    struct mst_buf other;
};

static enum mst_status
open_pair(struct pair *pair, const char *writer, const char *reader,
          struct mst_error *err)
{
    *pair = (struct pair){.writer = NULL};
    mst_buf_init(&pair->avro, RESOLVE_MAX);
    mst_buf_init(&pair->json, RESOLVE_MAX);
    mst_buf_init(&pair->other, RESOLVE_MAX);
    mst_error_clear(err);
    if (mst_avro_schema_parse(mst_slice_str(writer), &pair->writer, err)
            != MST_OK
        || mst_avro_schema_parse(mst_slice_str(reader), &pair->reader, err)
               != MST_OK
        || mst_avro_encoder_create(pair->writer, NULL, &pair->encoder, err)
               != MST_OK) {
        fail_msg("%s, %s: %s", writer, reader, err->text);
    }
    return mst_avro_decoder_create(pair->writer, pair->reader, NULL,
                                   &pair->decoder, err);
}

static void
close_pair(struct pair *pair)
{
    mst_avro_decoder_destroy(pair->decoder);
    mst_avro_encoder_destroy(pair->encoder);
    mst_avro_schema_destroy(pair->writer);
    mst_avro_schema_destroy(pair->reader);
    mst_buf_clear(&pair->avro);
    mst_buf_clear(&pair->json);
    mst_buf_clear(&pair->other);
}

/* The same datum as Avro of the reader's schema, read as that. */
static void
check_avro(struct pair *pair, const char *wanted)
{
    struct mst_avro_decoder *plain = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    assert_int_equal(mst_avro_resolve(pair->decoder, mst_buf_slice(&pair->avro),
                                      &pair->other, &err),
                     MST_OK);
    assert_int_equal(
        mst_avro_decoder_create(pair->reader, NULL, NULL, &plain, &err),
        MST_OK);
    mst_buf_reset(&pair->json);
    if (mst_avro_to_json(plain, mst_buf_slice(&pair->other), MST_JSON_RELAXED,
                         &pair->json, &err)
        != MST_OK) {
        fail_msg("%s: %s", wanted, err.text);
    }
    assert_string_equal(mst_buf_text(&pair->json), wanted);
    mst_avro_decoder_destroy(plain);
}

static void
try_case(size_t i)
{
    struct pair pair;
    struct mst_error err;
    enum mst_status status =
        open_pair(&pair, cases[i].writer, cases[i].reader, &err);
    if (status == MST_OK) {
        assert_int_equal(mst_avro_from_json(pair.encoder, NULL,
                                            mst_slice_str(cases[i].in),
                                            &pair.avro, &err),
                         MST_OK);
        status = mst_avro_to_json(pair.decoder, mst_buf_slice(&pair.avro),
                                  MST_JSON_RELAXED, &pair.json, &err);
    }
    const char *got = status == MST_OK ? mst_buf_text(&pair.json) : err.text;
    bool good =
        cases[i].out == NULL
            ? status == MST_REJECTED && strstr(got, cases[i].reason) != NULL
            : strcmp(got, cases[i].out) == 0;
    if (!good) {
        fail_msg("%s as %s: %s", cases[i].writer, cases[i].reader, got);
    }
    if (cases[i].out != NULL) {
        check_avro(&pair, cases[i].out);
    }
    close_pair(&pair);
}

static void
data_become_what_the_reader_wants(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        try_case(i);
    }
}

static void
wide_records_in_another_order_are_read(void **state)
{
    (void)state;
    struct mst_buf text[3];
    struct pair pair;
    struct mst_error err;
    for (int i = 0; i < 3; i++) {
        mst_buf_init(&text[i], RESOLVE_MAX);
    }
    for (int i = 0; i < 100; i++) {
        int other = 99 - i;
        assert_int_equal(
            mst_buf_printf(&text[0], "%s{\"name\":\"f%d\",\"type\":\"int\"}",
                           i == 0 ? "{\"type\":\"record\",\"name\":\"R\","
                                    "\"fields\":["
                                  : ",",
                           i),
            MST_OK);
        assert_int_equal(
            mst_buf_printf(&text[1], "%s{\"name\":\"f%d\",\"type\":\"long\"}",
                           i == 0 ? "{\"type\":\"record\",\"name\":\"R\","
                                    "\"fields\":["
                                  : ",",
                           other),
            MST_OK);
        assert_int_equal(mst_buf_printf(&text[2], "%s\"f%d\":%d",
                                        i == 0 ? "{" : ",", other, other),
                         MST_OK);
    }
    assert_int_equal(mst_buf_append_str(&text[0], "]}"), MST_OK);
    assert_int_equal(mst_buf_append_str(&text[1], "]}"), MST_OK);
    assert_int_equal(mst_buf_append_str(&text[2], "}"), MST_OK);
    assert_int_equal(
        open_pair(&pair, mst_buf_text(&text[0]), mst_buf_text(&text[1]), &err),
        MST_OK);
    /* The document has the fields from the last to the first: more of them
     * are out of order than have places on the stack. */
    assert_int_equal(mst_avro_from_json(pair.encoder, NULL,
                                        mst_buf_slice(&text[2]), &pair.avro,
                                        &err),
                     MST_OK);
    assert_int_equal(mst_avro_to_json(pair.decoder, mst_buf_slice(&pair.avro),
                                      MST_JSON_RELAXED, &pair.json, &err),
                     MST_OK);
    assert_string_equal(mst_buf_text(&pair.json), mst_buf_text(&text[2]));
    check_avro(&pair, mst_buf_text(&text[2]));
    close_pair(&pair);
    for (int i = 0; i < 3; i++) {
        mst_buf_clear(&text[i]);
    }
}

/* Short data that say that they are long. */
static const struct {
    const char *type;
    const char *datum;
    size_t len;
    const char *reason;
} lies[] = {
    {"\"string\"", "\xfe\xff\xff\xff\x07", 5, "end inside"},
    {"\"bytes\"", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, "end inside"},
    {"\"bytes\"", "\x01", 1, "end inside"},
    {"\"long\"", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11,
     "end inside"},
    {"\"long\"", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, "end inside"},
    {"\"int\"", "\x80\x80\x80\x80\x10", 5, "range"},
    {"\"boolean\"", "\x02", 1, "malformed"},
    {"{\"type\":\"array\",\"items\":\"null\"}", "\xfe\xff\xff\xff\x07", 5,
     "count"},
    {"{\"type\":\"array\",\"items\":\"null\"}",
     "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, "count"},
    {"{\"type\":\"array\",\"items\":\"null\"}",
     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11, "count"},
    {"{\"type\":\"array\",\"items\":\"int\"}", "\x80\x89\x7a", 3, "end inside"},
    {"{\"type\":\"map\",\"values\":\"null\"}",
     "\x02\x04"
     "a\0\0",
     5, "NUL"},
    {"{\"type\":\"map\",\"values\":\"null\"}", "\x02\x02\xff\0", 4, "UTF-8"},
    {"[\"null\",\"int\"]", "\x04", 1, "index"},
    {"[\"null\",\"int\"]", "\x01", 1, "index"},
    {ENUM("\"A\""), "\x02", 1, "index"},
    {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2}", "\x00",
     1, "malformed"},
    {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2}",
     "\x02\x64", 2, "range"},
    {"\"null\"", "\x00", 1, "behind the end"},
    {"{\"type\":\"string\",\"logicalType\":\"uuid\"}", "\x02x", 2, "UUID"},
};

static void
lengths_that_lie_are_refused_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(lies); i++) {
        struct pair pair;
        struct mst_error err;
        char text[512];
        (void)snprintf(text, sizeof(text), ONE("%s"), lies[i].type);
        assert_int_equal(open_pair(&pair, text, text, &err), MST_OK);
        enum mst_status status = mst_avro_to_json(
            pair.decoder, mst_slice_of(lies[i].datum, lies[i].len),
            MST_JSON_RELAXED, &pair.json, &err);
        if (status != MST_REJECTED || strstr(err.text, lies[i].reason) == NULL
            || pair.json.len != 0) {
            fail_msg("%zu, %s: %s", i, lies[i].type, err.text);
        }
        close_pair(&pair);
    }
}

static void
deep_data_and_documents_are_refused(void **state)
{
    (void)state;
    struct pair pair;
    struct mst_error err;
    static const char list[] = RECORD(FIELD("n", "[\"null\",\"R\"]"));
    assert_int_equal(open_pair(&pair, list, list, &err), MST_OK);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(mst_buf_append_char(&pair.avro, 2), MST_OK);
    }
    assert_int_equal(mst_avro_to_json(pair.decoder, mst_buf_slice(&pair.avro),
                                      MST_JSON_RELAXED, &pair.json, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "200"));
    assert_int_equal(mst_avro_resolve(pair.decoder, mst_buf_slice(&pair.avro),
                                      &pair.other, &err),
                     MST_REJECTED);
    close_pair(&pair);
}

static void
branches_are_not_tried_for_ever(void **state)
{
    (void)state;
    struct pair pair;
    struct mst_error err;
    /* Which record it is, only the innermost value tells. */
    static const char schema[] =
        "{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"n\","
        "\"type\":[\"A\",{\"type\":\"record\",\"name\":\"B\",\"fields\":[{"
        "\"name\":\"n\",\"type\":[\"A\",\"B\",\"int\"]}]},\"int\"]}]}";
    assert_int_equal(open_pair(&pair, schema, schema, &err), MST_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(mst_buf_append_str(&pair.other, "{\"n\":"), MST_OK);
    }
    assert_int_equal(mst_buf_append_str(&pair.other, "\"x\""), MST_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(mst_buf_append_char(&pair.other, '}'), MST_OK);
    }
    assert_int_equal(mst_avro_from_json(pair.encoder, NULL,
                                        mst_buf_slice(&pair.other), &pair.avro,
                                        &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "too much work"));
    close_pair(&pair);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_become_what_the_reader_wants),
        cmocka_unit_test(wide_records_in_another_order_are_read),
        cmocka_unit_test(lengths_that_lie_are_refused_at_once),
        cmocka_unit_test(deep_data_and_documents_are_refused),
        cmocka_unit_test(branches_are_not_tried_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
