/* SPDX-License-Identifier: MIT */
/* Schemas made of documents, and one kind made of the other. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "encodings/avro/parse.h"
#include "encodings/json_bson.h"
#include "encodings/schema_tools/from_avro.h"
#include "encodings/schema_tools/infer.h"
#include "encodings/schema_tools/to_avro.h"

enum { TOOLS_MAX = 1 << 24 };

#define HEAD "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","

/* Without the white space between values; our texts have none in them. */
static char *
squeezed(struct mst_buf *text)
{
    size_t n = 0;
    bool quoted = false;
    for (size_t i = 0; i < text->len; i++) {
        uint8_t c = text->data[i];
        quoted = c == '"' && text->data[i - 1] != '\\' ? !quoted : quoted;
        if (quoted || (c != ' ' && c != '\n')) {
            text->data[n++] = c;
        }
    }
    text->len = n;
    return mst_buf_text(text);
}

static struct mst_infer *
inferred(const char *const *documents, const struct mst_infer_options *options,
         struct mst_buf *out)
{
    struct mst_infer *infer = NULL;
    struct mst_buf bson;
    mst_buf_init(&bson, TOOLS_MAX);
    assert_int_equal(mst_infer_create(options, &infer, NULL), MST_OK);
    for (size_t i = 0; documents[i] != NULL; i++) {
        mst_buf_reset(&bson);
        assert_int_equal(
            mst_json_to_bson(mst_slice_str(documents[i]), NULL, &bson, NULL),
            MST_OK);
        assert_int_equal(mst_infer_add(infer, mst_buf_slice(&bson), NULL),
                         MST_OK);
    }
    mst_buf_clear(&bson);
    assert_int_equal(mst_infer_finish(infer, out, NULL), MST_OK);
    return infer;
}

static const struct {
    const char *documents[4];
    struct mst_infer_options options;
    const char *schema; /* without HEAD and the type of the outermost */
} seen[] = {
    {{"{\"a\":1}", "{\"a\":null,\"b\":\"x\"}"},
     {0},
     "\"properties\":{\"a\":{\"type\":[\"integer\",\"null\"],\"format\":"
     "\"int32\"},\"b\":{\"type\":\"string\"}},\"required\":[\"a\"]}"},
    /* Numbers: narrow beside doubles are doubles, wide ones are not. */
    {{"{\"a\":1,\"b\":5000000000}", "{\"a\":1.5,\"b\":0.5}"},
     {0},
     "\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{\"type\":[\"integer\","
     "\"number\"]}},\"required\":[\"a\",\"b\"]}"},
    {{"{\"a\":1}"},
     {.from_json = true},
     "\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]}"},
    {{"{\"a\":[1,\"x\",null]}", "{\"a\":[]}"},
     {.from_json = true},
     "\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":["
     "\"integer\",\"string\",\"null\"]}}},\"required\":[\"a\"]}"},
    {{"{\"a\":{\"$oid\":\"0123456789abcdef01234567\"},\"b\":{"
      "\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"\"}}}"},
     {0},
     "\"properties\":{\"a\":{\"type\":\"string\",\"format\":\"objectid\"},"
     "\"b\":{\"x-bson-type\":\"regex\"}},\"required\":[\"a\",\"b\"]}"},
    {{"{\"a\":{\"$numberDecimal\":\"1.50\"}}",
      "{\"a\":{\"$numberDecimal\":\"1E3\"}}"},
     {0},
     "\"properties\":{\"a\":{\"type\":\"string\",\"format\":\"decimal\","
     "\"x-avro\":{\"type\":\"bytes\",\"logicalType\":\"decimal\","
     "\"precision\":34,\"scale\":1}}},\"required\":[\"a\"]}"},
    /* More digits than a decimal has. */
    {{"{\"a\":{\"$numberDecimal\":\"1E30\"}}",
      "{\"a\":{\"$numberDecimal\":\"1E-30\"}}"},
     {0},
     "\"properties\":{\"a\":{\"type\":\"string\",\"format\":\"decimal\"}},"
     "\"required\":[\"a\"]}"},
    /* Names that are data. */
    {{"{\"m\":{\"507f1f77bcf86cd799439011\":1,\"2026-01-01\":2}}"},
     {.from_json = true},
     "\"properties\":{\"m\":{\"type\":\"object\",\"additionalProperties\":{"
     "\"type\":\"integer\"}}},\"required\":[\"m\"]}"},
    {{"{\"a@b.c\":1,\"n\":2}"},
     {.from_json = true},
     "\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"],"
     "\"additionalProperties\":{\"type\":\"integer\"}}"},
    {{"{\"a\":\"x@y.org\",\"b\":\"2026-01-01T00:00:00Z\"}"},
     {.text_formats = true},
     "\"properties\":{\"a\":{\"type\":\"string\",\"format\":\"email\"},\"b\":{"
     "\"type\":\"string\",\"format\":\"date-time\"}},\"required\":[\"a\","
     "\"b\"]}"},
    {{"{\"a\":\"x@y.org\"}", "{\"a\":\"x\"}"},
     {.text_formats = true},
     "\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}"},
    {{"{\"s\":[\"on\",\"off\",\"on\",\"off\",null],\"n\":[3,-2.5]}"},
     {.with_values = true},
     "\"properties\":{\"s\":{\"type\":\"array\",\"items\":{\"type\":["
     "\"string\",\"null\"],\"enum\":[\"on\",\"off\",null]}},\"n\":{\"type\":"
     "\"array\",\"items\":{\"type\":\"number\",\"minimum\":-2.5,\"maximum\":"
     "3.0}}},\"required\":[\"s\",\"n\"]}"},
    /* A password is no enum. */
    {{"{\"passwords\":[\"a\",\"b\",\"a\",\"b\"]}"},
     {.with_values = true},
     "\"properties\":{\"passwords\":{\"type\":\"array\",\"items\":{\"type\":"
     "\"string\"}}},\"required\":[\"passwords\"]}"},
};

static void
documents_have_their_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(seen); i++) {
        struct mst_buf out;
        struct mst_buf wanted;
        mst_buf_init(&out, TOOLS_MAX);
        mst_buf_init(&wanted, TOOLS_MAX);
        mst_infer_destroy(inferred(seen[i].documents, &seen[i].options, &out));
        assert_int_equal(mst_buf_printf(&wanted, "%s\"type\":\"object\",%s",
                                        HEAD, seen[i].schema),
                         MST_OK);
        assert_string_equal(squeezed(&out), mst_buf_text(&wanted));
        mst_buf_clear(&out);
        mst_buf_clear(&wanted);
    }
}

/* Many names, few of them in each object: they are not told. */
static void
names_of_a_map_are_not_told(void **state)
{
    (void)state;
    struct mst_infer *infer = NULL;
    struct mst_buf bson;
    struct mst_buf out;
    mst_buf_init(&bson, TOOLS_MAX);
    mst_buf_init(&out, TOOLS_MAX);
    assert_int_equal(mst_infer_create(NULL, &infer, NULL), MST_OK);
    for (int i = 0; i < 40; i++) {
        char text[128];
        (void)snprintf(text, sizeof(text),
                       "{\"scores\":{\"canary%c%c\":%d,\"canaryx%c\":1.5}}",
                       'a' + i % 20, 'a' + i / 20, i, 'a' + i % 20);
        mst_buf_reset(&bson);
        assert_int_equal(
            mst_json_to_bson(mst_slice_str(text), NULL, &bson, NULL), MST_OK);
        assert_int_equal(mst_infer_add(infer, mst_buf_slice(&bson), NULL),
                         MST_OK);
    }
    assert_int_equal(mst_infer_finish(infer, &out, NULL), MST_OK);
    assert_null(strstr(mst_buf_text(&out), "canary"));
    assert_non_null(strstr(mst_buf_text(&out), "additionalProperties"));
    mst_infer_destroy(infer);
    mst_buf_clear(&bson);
    mst_buf_clear(&out);
}

/* More names than an object may have make it a map, and memory stays. */
static void
any_number_of_names_is_taken(void **state)
{
    (void)state;
    struct mst_infer *infer = NULL;
    struct mst_buf bson;
    struct mst_buf out;
    mst_buf_init(&bson, TOOLS_MAX);
    mst_buf_init(&out, TOOLS_MAX);
    assert_int_equal(mst_infer_create(NULL, &infer, NULL), MST_OK);
    for (int i = 0; i < MST_INFER_NAMES_MAX + 100; i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "{\"n%da\":{\"x\":%d}}", i, i);
        mst_buf_reset(&bson);
        assert_int_equal(
            mst_json_to_bson(mst_slice_str(text), NULL, &bson, NULL), MST_OK);
        assert_int_equal(mst_infer_add(infer, mst_buf_slice(&bson), NULL),
                         MST_OK);
    }
    assert_int_equal(mst_infer_finish(infer, &out, NULL), MST_OK);
    assert_string_equal(
        squeezed(&out),
        HEAD "\"type\":\"object\",\"additionalProperties\":{\"type\":"
             "\"object\",\"properties\":{\"x\":{\"type\":\"integer\","
             "\"format\":\"int32\"}},\"required\":[\"x\"]}}");
    mst_infer_destroy(infer);
    mst_buf_clear(&bson);
    mst_buf_clear(&out);
}

static void
documents_that_differ_are_variants(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "{\"a\":1,\"b\":1}", "{\"a\":\"x\",\"b\":2.5}",
        "{\"b\":null,\"a\":\"y\"}", "{\"a\":\"z\",\"b\":\"z\"}", NULL};
    struct mst_buf out;
    size_t len = 0;
    mst_buf_init(&out, TOOLS_MAX);
    struct mst_infer *infer = inferred(documents, NULL, &out);
    const struct mst_infer_variant *variants = mst_infer_variants(infer, &len);
    assert_int_equal(len, 3);
    assert_int_equal(variants[0].documents, 2);
    assert_int_equal(variants[1].documents, 1);
    assert_int_equal(mst_infer_documents(infer), 4);
    mst_infer_destroy(infer);
    mst_buf_clear(&out);
}

static void
nothing_to_look_at_is_refused(void **state)
{
    (void)state;
    struct mst_infer *infer = NULL;
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, TOOLS_MAX);
    assert_int_equal(mst_infer_create(NULL, &infer, NULL), MST_OK);
    assert_int_equal(mst_infer_add(infer, MST_SLICE_LIT("\5\0\0\0"), &err),
                     MST_REJECTED);
    assert_int_equal(mst_infer_finish(infer, &out, &err), MST_REJECTED);
    assert_non_null(strstr(err.text, "no document"));
    mst_infer_destroy(infer);
    mst_buf_clear(&out);
}

#define RECORD(fields)                                                         \
    "{\"type\":\"record\",\"name\":\"Record\",\"fields\":[" fields "]}"
#define FIELD(schema) "{\"properties\":{\"f\":" schema "},\"required\":[\"f\"]}"
#define TYPE(type)    RECORD("{\"name\":\"f\",\"type\":" type "}")

static const struct {
    const char *json;
    const char *avro;
} converted[] = {
    {FIELD("{\"type\":\"integer\",\"minimum\":0,\"maximum\":9}"),
     TYPE("\"int\"")},
    {FIELD("{\"type\":\"integer\",\"minimum\":0}"), TYPE("\"long\"")},
    {FIELD("{\"type\":\"number\",\"format\":\"float\"}"), TYPE("\"float\"")},
    {FIELD("{\"type\":\"string\",\"format\":\"date\"}"),
     TYPE("{\"type\":\"int\",\"logicalType\":\"date\"}")},
    {FIELD("{\"enum\":[\"A\",\"B\",\"A\"]}"),
     TYPE("{\"type\":\"enum\",\"name\":\"F\",\"symbols\":[\"A\",\"B\"]}")},
    {FIELD("{\"enum\":[\"A\",\"not a name\"]}"), TYPE("\"string\"")},
    {FIELD("{\"enum\":[1,\"A\",null]}"),
     TYPE("[\"null\",\"long\",{\"type\":\"enum\",\"name\":\"F\",\"symbols\":["
          "\"A\"]}]")},
    {FIELD("{\"const\":true}"), TYPE("\"boolean\"")},
    {FIELD("{\"allOf\":[{\"type\":[\"number\",\"null\"]},{\"type\":"
           "\"integer\"},{\"minimum\":1}]}"),
     TYPE("\"long\"")},
    {FIELD("{\"type\":\"string\",\"anyOf\":[{\"minLength\":1},{\"pattern\":"
           "\"x\"}]}"),
     TYPE("\"string\"")},
    {FIELD("{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{"
           "\"type\":\"string\"}},{\"type\":\"array\",\"items\":{\"type\":"
           "\"null\"}}]}"),
     TYPE("[\"string\",{\"type\":\"array\",\"items\":[\"string\",\"null\"]}]")},
    {FIELD("{\"type\":\"array\",\"items\":[{\"type\":\"string\"}],"
           "\"additionalItems\":false}"),
     TYPE("{\"type\":\"array\",\"items\":\"string\"}")},
    {FIELD("{}"), TYPE("[\"null\",\"boolean\",\"long\",\"double\",\"string\","
                       "\"bytes\"]")},
    {FIELD("{\"type\":\"object\",\"additionalProperties\":{\"type\":"
           "\"integer\"}}"),
     TYPE("{\"type\":\"map\",\"values\":\"long\"}")},
    {FIELD("{\"type\":\"object\",\"additionalProperties\":false}"),
     TYPE("{\"type\":\"record\",\"name\":\"F\",\"fields\":[]}")},
    /* Defaults and what may be absent. */
    {"{\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":[\"null\","
     "\"integer\"],\"default\":5},\"c\":false,\"d\":{\"type\":\"string\","
     "\"format\":\"date-time\",\"default\":\"1970-01-01T00:00:01Z\"}}}",
     RECORD("{\"name\":\"a\",\"type\":[\"null\",\"string\"],\"default\":null},"
            "{\"name\":\"b\",\"type\":[\"long\",\"null\"],\"default\":5},"
            "{\"name\":\"d\",\"type\":{\"type\":\"long\",\"logicalType\":"
            "\"timestamp-millis\"},\"default\":1000}")},
    /* Names. */
    {"{\"properties\":{\"a-b\":{\"const\":1},\"a.b\":{\"const\":1}},"
     "\"required\":[\"a-b\",\"a.b\"]}",
     RECORD("{\"name\":\"a_b\",\"x-name\":\"a-b\",\"type\":\"long\"},{\"name\":"
            "\"a_b_2\",\"x-name\":\"a.b\",\"type\":\"long\"}")},
    /* References, one of them to itself. */
    {"{\"$ref\":\"#/$defs/a~1n%20x\",\"$defs\":{\"a/n x\":{\"properties\":{"
     "\"next\":{\"$ref\":\"#\"},\"l\":{\"$ref\":\"#/$defs/s\"}},\"required\":["
     "\"l\"]},\"s\":{\"type\":\"string\"}}}",
     "{\"type\":\"record\",\"name\":\"A_n_x\",\"fields\":[{\"name\":\"next\","
     "\"type\":[\"null\",\"A_n_x\"],\"default\":null},{\"name\":\"l\",\"type\":"
     "\"string\"}]}"},
    /* What can not be in one union. */
    {FIELD("{\"anyOf\":[{\"type\":\"string\",\"format\":\"date-time\"},{"
           "\"type\":\"integer\"}]}"),
     TYPE("[{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"},{\"type\":"
          "\"fixed\",\"name\":\"Integer\",\"size\":9,\"logicalType\":"
          "\"decimal\",\"precision\":19,\"scale\":0}]")},
    {FIELD("{\"anyOf\":[{\"type\":\"string\",\"format\":\"uuid\"},{\"type\":"
           "\"string\"}]}"),
     TYPE("[\"bytes\",\"string\"]")},
};

static void
json_schemas_become_avro(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(converted); i++) {
        struct mst_buf out;
        struct mst_error err;
        mst_buf_init(&out, TOOLS_MAX);
        if (mst_json_schema_to_avro(mst_slice_str(converted[i].json), NULL,
                                    &out, &err)
            != MST_OK) {
            fail_msg("%s: %s", converted[i].json, err.text);
        }
        assert_string_equal(squeezed(&out), converted[i].avro);
        mst_buf_clear(&out);
    }
}

static const struct {
    const char *json;
    const char *why;
} refused[] = {
    {"", "0 bytes"},
    {"[]", "is an object"},
    {"{\"type\":\"text\"}", "column 9: \"type\" is null"},
    {"{\"$ref\":\"other.json\"}", "only references inside"},
    {"{\"$ref\":\"#/$defs/x\"}", "nothing at '#/$defs/x'"},
    {FIELD("{\"if\":{}}"), "\"if\""},
    {FIELD("{\"type\":\"string\",\"format\":\"decimal\"}"), "precision"},
    {FIELD("{\"x-bson-type\":\"regex\"}"), "BSON's regex"},
    {FIELD("{\"x-bson-type\":\"timestamp\"}"), "increment"},
    {FIELD("{\"type\":\"integer\",\"default\":\"x\"}"), "default of field 'f'"},
    {FIELD("{\"x-avro\":{\"type\":\"record\"}}"), "\"x-avro\""},
    {"{\"$defs\":{\"a\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/a\"}}"
     "},\"properties\":{\"f\":{\"$ref\":\"#/$defs/a\"}}}",
     "arrays that hold themselves"},
    {FIELD("{\"anyOf\":[{\"x-avro\":{\"type\":\"long\",\"logicalType\":"
           "\"timestamp-micros\"}},{\"type\":\"string\",\"format\":"
           "\"date-time\"}]}"),
     "both long"},
};

static void
what_avro_can_not_say_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(refused); i++) {
        struct mst_buf out;
        struct mst_error err;
        mst_buf_init(&out, TOOLS_MAX);
        mst_error_clear(&err);
        assert_int_equal(mst_json_schema_to_avro(mst_slice_str(refused[i].json),
                                                 NULL, &out, &err),
                         MST_REJECTED);
        if (strstr(err.text, refused[i].why) == NULL) {
            fail_msg("%s: %s", refused[i].json, err.text);
        }
        assert_int_equal(out.len, 0);
        mst_buf_clear(&out);
    }
}

static void
options_say_what_the_schema_does_not(void **state)
{
    (void)state;
    static const struct mst_to_avro_options options = {.name = "Shop",
                                                       .name_space = "a.b",
                                                       .objectid_fixed = true,
                                                       .precision = 10,
                                                       .scale = 2};
    static const char json[] =
        "{\"properties\":{\"_id\":{\"type\":\"string\",\"format\":"
        "\"objectid\"},\"p\":{\"type\":\"string\",\"format\":\"decimal\"},"
        "\"o\":{\"type\":\"string\",\"format\":\"objectid\"}},\"required\":["
        "\"_id\",\"p\",\"o\"]}";
    struct mst_buf out;
    mst_buf_init(&out, TOOLS_MAX);
    assert_int_equal(
        mst_json_schema_to_avro(mst_slice_str(json), &options, &out, NULL),
        MST_OK);
    assert_string_equal(
        squeezed(&out),
        "{\"type\":\"record\",\"name\":\"a.b.Shop\",\"fields\":[{\"name\":"
        "\"_id\",\"type\":{\"type\":\"fixed\",\"name\":\"a.b.ObjectId\","
        "\"size\":12}},{\"name\":\"p\",\"type\":{\"type\":\"bytes\","
        "\"logicalType\":\"decimal\",\"precision\":10,\"scale\":2}},{\"name\":"
        "\"o\",\"type\":\"a.b.ObjectId\"}]}");
    mst_buf_clear(&out);
}

static void
avro_becomes_json_schema(void **state)
{
    (void)state;
    static const char avro[] =
        "{\"type\":\"record\",\"name\":\"x.R\",\"fields\":[{\"name\":\"n\","
        "\"type\":[\"null\",\"R\"],\"default\":null},{\"name\":\"b\",\"type\":"
        "\"bytes\",\"default\":\"\\u00ff\"},{\"name\":\"t\",\"type\":{\"type\":"
        "\"long\",\"logicalType\":\"timestamp-micros\"}}]}";
    struct mst_avro_schema *schema = NULL;
    struct mst_buf out;
    mst_buf_init(&out, TOOLS_MAX);
    assert_int_equal(mst_avro_schema_parse(mst_slice_str(avro), &schema, NULL),
                     MST_OK);
    assert_int_equal(mst_avro_to_json_schema(schema, &out, NULL), MST_OK);
    assert_string_equal(
        squeezed(&out),
        HEAD "\"$ref\":\"#/$defs/x.R\",\"$defs\":{\"x.R\":{\"type\":"
             "\"object\",\"x-avro-name\":\"x.R\",\"properties\":{\"n\":{"
             "\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#/$defs/x.R\"}],"
             "\"default\":null},\"b\":{\"type\":\"string\",\"contentEncoding\":"
             "\"base64\",\"x-avro-default\":\"\xC3\xBF\"},\"t\":{\"type\":"
             "\"string\",\"format\":\"date-time\",\"x-avro\":{\"type\":"
             "\"long\",\"logicalType\":\"timestamp-micros\"}}},\"required\":["
             "\"t\"]}}}");
    mst_avro_schema_destroy(schema);
    mst_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_have_their_schema),
        cmocka_unit_test(names_of_a_map_are_not_told),
        cmocka_unit_test(any_number_of_names_is_taken),
        cmocka_unit_test(documents_that_differ_are_variants),
        cmocka_unit_test(nothing_to_look_at_is_refused),
        cmocka_unit_test(json_schemas_become_avro),
        cmocka_unit_test(what_avro_can_not_say_is_refused),
        cmocka_unit_test(options_say_what_the_schema_does_not),
        cmocka_unit_test(avro_becomes_json_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
