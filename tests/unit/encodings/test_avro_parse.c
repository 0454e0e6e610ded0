/* SPDX-License-Identifier: MIT */
/* Avro schemas that are and are not: names, defaults, logical types. */
#include "unit/cmocka_all.h"

#include "encodings/avro/parse.h"
#include "schema/avro_canonical.h"

enum { PARSE_MAX = 1 << 24 };

/* From the specification: primitives, names, whitespace, attributes. */
static const struct {
    const char *text;
    const char *canonical;
} good[] = {
    {"\"null\"", "\"null\""},
    {" {\"type\": \"long\", \"doc\": \"x\"}\n", "\"long\""},
    {"{\"type\":{\"type\":\"string\"}}", "\"string\""},
    {"[\"null\" , \"int\"]", "[\"null\",\"int\"]"},
    {"{\"items\":\"int\",\"type\":\"array\"}",
     "{\"type\":\"array\",\"items\":\"int\"}"},
    {"{\"type\":\"map\",\"values\":{\"type\":\"bytes\"}}",
     "{\"type\":\"map\",\"values\":\"bytes\"}"},
    {"{\"type\":\"fixed\",\"size\":5,\"name\":\"F\",\"namespace\":\"x.y\"}",
     "{\"name\":\"x.y.F\",\"type\":\"fixed\",\"size\":5}"},
    {"{\"type\":\"enum\",\"name\":\"a.b.E\",\"namespace\":\"ignored\","
     "\"symbols\":[\"A\",\"B\"],\"default\":\"B\"}",
     "{\"name\":\"a.b.E\",\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}"},
    {"{\"type\":\"error\",\"name\":\"R\",\"fields\":[]}",
     "{\"name\":\"R\",\"type\":\"record\",\"fields\":[]}"},
    /* A name's namespace holds for what is inside. */
    {"{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"n\",\"doc\":\"d\","
     "\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"fixed\",\"name\":\"F\","
     "\"size\":2},\"order\":\"ignore\",\"default\":\"\\u00ff\\u0000\"},"
     "{\"type\":\"n.F\",\"name\":\"b\"},{\"name\":\"c\",\"type\":\"F\"},"
     "{\"name\":\"d\",\"type\":[\"null\",\"R\"],\"default\":null}]}",
     "{\"name\":\"n.R\",\"type\":\"record\",\"fields\":[{\"name\":\"a\","
     "\"type\":{\"name\":\"n.F\",\"type\":\"fixed\",\"size\":2}},{\"name\":"
     "\"b\",\"type\":\"n.F\"},{\"name\":\"c\",\"type\":\"n.F\"},{\"name\":"
     "\"d\",\"type\":[\"null\",\"n.R\"]}]}"},
    {"[\"string\",{\"type\":\"array\",\"items\":\"int\"},{\"type\":\"map\","
     "\"values\":\"int\"}]",
     "[\"string\",{\"type\":\"array\",\"items\":\"int\"},{\"type\":\"map\","
     "\"values\":\"int\"}]"},
};

/* offset: of the thing that is wrong. */
static const struct {
    const char *text;
    const char *reason;
    int64_t offset;
} bad[] = {
    {"", "bytes", 0},
    {"int", "not a JSON value", 0},
    {"{\"type\":\"int\"", "line 1, column 14", 13},
    {"\"integer\"", "there is no type 'integer'", 0},
    {"[]", "needs a branch", 0},
    {"{}", "needs \"type\"", 0},
    {"7", "a schema is", 0},
    {"[\"null\",\n  7]", "line 2, column 3", 11},
    {"[\"int\",[\"long\"]]", "another union", 7},
    {"[\"int\",\"null\",\"int\"]", "'int' twice", 14},
    {"[\"int\",{\"type\":\"int\",\"logicalType\":\"date\"}]", "'int' twice", 7},
    {"[{\"type\":\"array\",\"items\":\"int\"},{\"type\":\"array\",\"items\":"
     "\"long\"}]",
     "'array' twice", 32},
    {"{\"type\":\"array\"}", "without \"items\"", 0},
    {"{\"type\":\"map\"}", "without \"values\"", 0},
    {"{\"type\":\"fixed\",\"name\":\"F\"}", "\"size\"", 0},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", "\"size\"", 0},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":1.0}", "\"size\"", 0},
    {"{\"type\":\"fixed\",\"size\":1}", "\"name\" is missing", 0},
    {"{\"type\":\"fixed\",\"size\":1,\"name\":\"1F\"}", "is not a name", 32},
    {"{\"type\":\"fixed\",\"size\":1,\"name\":\"a..F\"}", "is not a name", 32},
    {"{\"type\":\"fixed\",\"size\":1,\"name\":\"int\"}", "primitive", 32},
    {"{\"type\":\"fixed\",\"size\":1,\"name\":\"F\",\"namespace\":\"a-b\"}",
     "\"namespace\"", 48},
    {"{\"type\":\"fixed\",\"size\":1,\"name\":\"F\",\"aliases\":[\"-\"]}",
     "alias", 47},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}",
     "'A' twice", 41},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A-\"]}",
     "symbol of the enum", 37},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"default\":\"B\"}",
     "default of the enum", 52},
    {"{\"type\":\"record\",\"name\":\"R\"}", "\"fields\"", 0},
    {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}",
     "has no \"type\"", 38},
    {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":"
     "\"int\"},{\"name\":\"a\",\"type\":\"int\"}]}",
     "field 'a' twice", 64},
    {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":"
     "\"int\"},{\"name\":\"b\",\"x-name\":\"a\",\"type\":\"int\"}]}",
     "field 'a' twice", 64},
    {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\","
     "\"x-name\":1,\"type\":\"int\"}]}",
     "\"x-name\"", 59},
    {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":"
     "\"R\"}]}",
     "never end", 0},
    {"[{\"type\":\"fixed\",\"name\":\"F\",\"size\":1},{\"type\":\"fixed\","
     "\"name\":\"F\",\"size\":2}]",
     "defined twice", 61},
    {"{\"type\":\"int\",\"type\":\"int\"}", "twice", 14},
};

static struct mst_avro_schema *
parsed(const char *text)
{
    struct mst_avro_schema *schema = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_avro_schema_parse(mst_slice_str(text), &schema, &err) != MST_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return schema;
}

static void
schemas_are_read_and_have_their_canonical_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(good); i++) {
        struct mst_buf out;
        struct mst_avro_schema *schema = parsed(good[i].text);
        mst_buf_init(&out, PARSE_MAX);
        assert_int_equal(mst_avro_canonical(schema, &out), MST_OK);
        assert_string_equal(mst_buf_text(&out), good[i].canonical);
        assert_true(mst_slice_is(schema->text, good[i].text));
        mst_avro_schema_destroy(schema);
        /* The canonical form is a schema with the same canonical form. */
        schema = parsed(good[i].canonical);
        mst_buf_reset(&out);
        assert_int_equal(mst_avro_canonical(schema, &out), MST_OK);
        assert_string_equal(mst_buf_text(&out), good[i].canonical);
        mst_avro_schema_destroy(schema);
        mst_buf_clear(&out);
    }
}

static void
what_is_no_schema_is_refused_at_its_place(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct mst_avro_schema *schema = NULL;
        struct mst_error err;
        mst_error_clear(&err);
        assert_int_equal(
            mst_avro_schema_parse(mst_slice_str(bad[i].text), &schema, &err),
            MST_REJECTED);
        if (strstr(err.text, bad[i].reason) == NULL
            || err.offset != bad[i].offset) {
            print_error("%s: at %lld: %s\n", bad[i].text, (long long)err.offset,
                        err.text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* type of field "f", default of it, its datum in hex or NULL: refused. */
static const struct {
    const char *type;
    const char *fallback;
    const char *datum;
    size_t len;
} defaults[] = {
    {"\"null\"", "null", "", 0},
    {"\"boolean\"", "true", "\x01", 1},
    {"\"boolean\"", "1", NULL, 0},
    {"\"int\"", "-64", "\x7f", 1},
    {"\"int\"", "2147483647", "\xfe\xff\xff\xff\x0f", 5},
    {"\"int\"", "2147483648", NULL, 0},
    {"\"int\"", "1.0", NULL, 0},
    {"\"int\"", "\"1\"", NULL, 0},
    {"\"long\"", "-9223372036854775808",
     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
    {"\"long\"", "9223372036854775808", NULL, 0},
    {"\"float\"", "1", "\x00\x00\x80\x3f", 4},
    {"\"float\"", "1e40", NULL, 0},
    {"\"double\"", "-2.5", "\0\0\0\0\0\0\x04\xc0", 8},
    {"\"double\"", "null", NULL, 0},
    {"\"bytes\"", "\"\\u0000\\u00ff\"", "\x04\x00\xff", 3},
    {"\"bytes\"", "\"\\u0100\"", NULL, 0},
    {"\"string\"", "\"\\u00ff\"", "\x04\xc3\xbf", 3},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", "\"ab\"", "ab", 2},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", "\"abc\"", NULL, 0},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "\"B\"",
     "\x02", 1},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "\"C\"",
     NULL, 0},
    {"{\"type\":\"array\",\"items\":\"int\"}", "[1,2]", "\x04\x02\x04\x00", 4},
    {"{\"type\":\"array\",\"items\":\"int\"}", "[]", "\x00", 1},
    {"{\"type\":\"array\",\"items\":\"int\"}", "{}", NULL, 0},
    {"{\"type\":\"map\",\"values\":\"int\"}", "{\"k\":1}", "\x02\x02k\x02\x00",
     5},
    {"[\"null\",\"int\"]", "null", "\x00", 1},
    {"[\"null\",\"int\"]", "1", NULL, 0},
    {"[\"int\",\"null\"]", "1", "\x00\x02", 2},
    {"{\"type\":\"record\",\"name\":\"I\",\"fields\":[{\"name\":\"x\","
     "\"type\":\"int\",\"default\":3},{\"name\":\"y\",\"type\":\"string\"}]}",
     "{\"y\":\"q\"}", "\x06\x02q", 3},
    {"{\"type\":\"record\",\"name\":\"I\",\"fields\":[{\"name\":\"y\","
     "\"type\":\"string\"}]}",
     "{}", NULL, 0},
    {"{\"type\":\"int\",\"logicalType\":\"date\"}", "1", "\x02", 1},
};

static void
defaults_are_values_of_their_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(defaults); i++) {
        struct mst_avro_schema *schema = NULL;
        struct mst_error err;
        struct mst_buf text;
        mst_error_clear(&err);
        mst_buf_init(&text, PARSE_MAX);
        assert_int_equal(
            mst_buf_printf(&text,
                           "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{"
                           "\"name\":\"f\",\"type\":%s,\"default\":%s}]}",
                           defaults[i].type, defaults[i].fallback),
            MST_OK);
        enum mst_status status =
            mst_avro_schema_parse(mst_buf_slice(&text), &schema, &err);
        if ((defaults[i].datum == NULL) != (status == MST_REJECTED)) {
            fail_msg("%s = %s: %s", defaults[i].type, defaults[i].fallback,
                     err.text);
        }
        if (status == MST_OK) {
            struct mst_slice got = schema->root->fields[0].fallback;
            assert_int_equal(got.len, defaults[i].len);
            assert_memory_equal(got.data, defaults[i].datum, got.len);
        } else {
            assert_non_null(strstr(err.text, "default"));
        }
        mst_avro_schema_destroy(schema);
        mst_buf_clear(&text);
    }
}

static const struct {
    const char *type;
    enum mst_avro_logical logical;
} logicals[] = {
    {"\"int\",\"logicalType\":\"date\"", MST_AVRO_DATE},
    {"\"long\",\"logicalType\":\"date\"", MST_AVRO_PLAIN},
    {"\"int\",\"logicalType\":\"time-millis\"", MST_AVRO_TIME_MILLIS},
    {"\"long\",\"logicalType\":\"time-micros\"", MST_AVRO_TIME_MICROS},
    {"\"int\",\"logicalType\":\"time-micros\"", MST_AVRO_PLAIN},
    {"\"long\",\"logicalType\":\"timestamp-millis\"",
     MST_AVRO_TIMESTAMP_MILLIS},
    {"\"long\",\"logicalType\":\"timestamp-micros\"",
     MST_AVRO_TIMESTAMP_MICROS},
    {"\"long\",\"logicalType\":\"timestamp-nanos\"", MST_AVRO_TIMESTAMP_NANOS},
    {"\"long\",\"logicalType\":\"local-timestamp-millis\"",
     MST_AVRO_LOCAL_TIMESTAMP_MILLIS},
    {"\"long\",\"logicalType\":\"local-timestamp-micros\"",
     MST_AVRO_LOCAL_TIMESTAMP_MICROS},
    {"\"long\",\"logicalType\":\"local-timestamp-nanos\"",
     MST_AVRO_LOCAL_TIMESTAMP_NANOS},
    {"\"string\",\"logicalType\":\"uuid\"", MST_AVRO_UUID},
    {"\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"",
     MST_AVRO_UUID},
    {"\"fixed\",\"name\":\"U\",\"size\":15,\"logicalType\":\"uuid\"",
     MST_AVRO_PLAIN},
    {"\"fixed\",\"name\":\"D\",\"size\":12,\"logicalType\":\"duration\"",
     MST_AVRO_DURATION},
    {"\"fixed\",\"name\":\"D\",\"size\":11,\"logicalType\":\"duration\"",
     MST_AVRO_PLAIN},
    {"\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2",
     MST_AVRO_DECIMAL},
    {"\"bytes\",\"logicalType\":\"decimal\",\"precision\":4", MST_AVRO_DECIMAL},
    {"\"bytes\",\"logicalType\":\"decimal\"", MST_AVRO_PLAIN},
    {"\"bytes\",\"logicalType\":\"decimal\",\"precision\":0", MST_AVRO_PLAIN},
    {"\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":3",
     MST_AVRO_PLAIN},
    {"\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":-1",
     MST_AVRO_PLAIN},
    {"\"fixed\",\"name\":\"D\",\"size\":1,\"logicalType\":\"decimal\","
     "\"precision\":2",
     MST_AVRO_DECIMAL},
    {"\"fixed\",\"name\":\"D\",\"size\":1,\"logicalType\":\"decimal\","
     "\"precision\":3",
     MST_AVRO_PLAIN},
    {"\"fixed\",\"name\":\"D\",\"size\":8,\"logicalType\":\"decimal\","
     "\"precision\":18",
     MST_AVRO_DECIMAL},
    {"\"fixed\",\"name\":\"D\",\"size\":8,\"logicalType\":\"decimal\","
     "\"precision\":19",
     MST_AVRO_PLAIN},
    {"\"string\",\"logicalType\":\"something-else\"", MST_AVRO_PLAIN},
};

static void
logical_types_that_do_not_fit_are_ignored(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(logicals); i++) {
        struct mst_buf text;
        mst_buf_init(&text, PARSE_MAX);
        assert_int_equal(
            mst_buf_printf(&text, "{\"type\":%s}", logicals[i].type), MST_OK);
        struct mst_avro_schema *schema = parsed(mst_buf_text(&text));
        if (schema->root->logical != logicals[i].logical) {
            fail_msg("%s", logicals[i].type);
        }
        mst_avro_schema_destroy(schema);
        mst_buf_clear(&text);
    }
}

static void
fingerprints_are_those_of_the_specification(void **state)
{
    (void)state;
    uint64_t crc = 0;
    uint8_t hash[MST_AVRO_SHA256_LEN];
    static const uint8_t int_hash[] = {0x3f, 0x2b, 0x87, 0xa9, 0xfe, 0x7c};
    assert_true(mst_avro_crc64("", 0) == 0xc15d213aa4d7a795ULL);
    struct mst_avro_schema *schema = parsed("{\"type\":\"int\"}");
    assert_int_equal(mst_avro_fingerprint(schema, &crc, NULL), MST_OK);
    assert_true(crc == 0x7275d51a3f395c8fULL);
    assert_int_equal(mst_avro_fingerprint_sha256(schema, hash, NULL), MST_OK);
    assert_memory_equal(hash, int_hash, sizeof(int_hash));
    mst_avro_schema_destroy(schema);
}

/* head n times, middle, tail n times. */
static struct mst_slice
repeated(struct mst_buf *out, size_t n, const char *head, const char *middle,
         const char *tail)
{
    mst_buf_init(out, PARSE_MAX);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(mst_buf_append_str(out, head), MST_OK);
    }
    assert_int_equal(mst_buf_append_str(out, middle), MST_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(mst_buf_append_str(out, tail), MST_OK);
    }
    return mst_buf_slice(out);
}

static void
deep_and_hostile_schemas_end_in_an_error(void **state)
{
    (void)state;
    struct mst_avro_schema *schema = NULL;
    struct mst_error err;
    struct mst_buf text;
    struct mst_slice deep = repeated(
        &text, 100000, "{\"type\":\"array\",\"items\":", "\"int\"", "}");
    assert_int_equal(mst_avro_schema_parse(deep, &schema, &err), MST_REJECTED);
    assert_non_null(strstr(err.text, "200"));
    mst_buf_clear(&text);
    deep =
        repeated(&text, 150, "{\"type\":\"array\",\"items\":", "\"int\"", "}");
    assert_int_equal(mst_avro_schema_parse(deep, &schema, &err), MST_OK);
    mst_avro_schema_destroy(schema);
    mst_buf_clear(&text);
    /* Each record's default holds the one before twice. */
    mst_buf_init(&text, PARSE_MAX);
    assert_int_equal(mst_buf_append_str(&text,
                                        "[{\"type\":\"record\",\"name\":\"R0\","
                                        "\"fields\":[]}"),
                     MST_OK);
    for (int i = 1; i < 60; i++) {
        assert_int_equal(
            mst_buf_printf(&text,
                           ",{\"type\":\"record\",\"name\":\"R%d\",\"fields\":"
                           "[{\"name\":\"a\",\"type\":\"R%d\",\"default\":{}},"
                           "{\"name\":\"b\",\"type\":\"R%d\",\"default\":{}}]}",
                           i, i - 1, i - 1),
            MST_OK);
    }
    assert_int_equal(mst_buf_append_char(&text, ']'), MST_OK);
    assert_int_equal(mst_avro_schema_parse(mst_buf_slice(&text), &schema, &err),
                     MST_REJECTED);
    mst_buf_clear(&text);
}

static void
a_long_chain_of_records_is_followed_without_a_deep_stack(void **state)
{
    (void)state;
    struct mst_avro_schema *schema = NULL;
    struct mst_error err;
    struct mst_buf text;
    mst_buf_init(&text, PARSE_MAX);
    assert_int_equal(mst_buf_append_str(&text, "[\"null\""), MST_OK);
    for (int i = 0; i < 20000; i++) {
        assert_int_equal(
            mst_buf_printf(&text,
                           ",{\"type\":\"record\",\"name\":\"R%d\",\"fields\":"
                           "[{\"name\":\"a\",\"type\":",
                           i),
            MST_OK);
        enum mst_status status =
            i == 0 ? mst_buf_append_str(&text, "\"int\"}]}")
                   : mst_buf_printf(&text, "\"R%d\"}]}", i - 1);
        assert_int_equal(status, MST_OK);
    }
    assert_int_equal(mst_buf_append_char(&text, ']'), MST_OK);
    assert_int_equal(mst_avro_schema_parse(mst_buf_slice(&text), &schema, &err),
                     MST_OK);
    mst_avro_schema_destroy(schema);
    mst_buf_clear(&text);
}

static void
aliases_get_the_namespace_of_their_type(void **state)
{
    (void)state;
    struct mst_avro_schema *schema =
        parsed("{\"type\":\"record\",\"name\":\"a.R\",\"aliases\":[\"S\","
               "\"x.T\"],\"fields\":[{\"name\":\"f\",\"aliases\":[\"g\"],"
               "\"type\":\"int\"}]}");
    const struct mst_avro_type *type = schema->root;
    assert_int_equal(type->aliases_len, 2);
    assert_true(mst_slice_is(type->aliases[0], "a.S"));
    assert_true(mst_slice_is(type->aliases[1], "x.T"));
    assert_true(mst_slice_is(type->fields[0].aliases[0], "g"));
    mst_avro_schema_destroy(schema);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_are_read_and_have_their_canonical_form),
        cmocka_unit_test(what_is_no_schema_is_refused_at_its_place),
        cmocka_unit_test(defaults_are_values_of_their_types),
        cmocka_unit_test(logical_types_that_do_not_fit_are_ignored),
        cmocka_unit_test(fingerprints_are_those_of_the_specification),
        cmocka_unit_test(deep_and_hostile_schemas_end_in_an_error),
        cmocka_unit_test(
            a_long_chain_of_records_is_followed_without_a_deep_stack),
        cmocka_unit_test(aliases_get_the_namespace_of_their_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
