/* SPDX-License-Identifier: MIT */
/* Documents that JSON Schemas take and refuse, with path and place. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"

enum { SCHEMA_MAX = 1 << 24 };

#define DRAFT_7 "\"$schema\":\"http://json-schema.org/draft-07/schema#\","

/* wrong: NULL, or the beginning of why the document is refused. */
static const struct {
    const char *schema;
    const char *document;
    const char *wrong;
} cases[] = {
    /* Types, with those that only BSON has. */
    {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":5}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":5.0}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}",
     "{\"a\":{\"$numberDecimal\":\"1E+3\"}}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":5.5}",
     "$.a: it is double, not integer (schema #/properties/a/type)"},
    {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}",
     "{\"a\":{\"$numberDouble\":\"NaN\"}}", "$.a: it is double, not integer"},
    {"{\"properties\":{\"a\":{\"type\":[\"null\",\"string\"]}}}",
     "{\"a\":{\"$oid\":\"0123456789abcdef01234567\"}}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"minLength\":24,"
     "\"maxLength\":24,\"pattern\":\"^[0-9a-f]+$\"}}}",
     "{\"a\":{\"$oid\":\"0123456789abcdef01234567\"}}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"const\":"
     "\"1970-01-01T00:00:01Z\"}}}",
     "{\"a\":{\"$date\":{\"$numberLong\":\"1000\"}}}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"const\":\"AQI=\"}}}",
     "{\"a\":{\"$binary\":{\"base64\":\"AQI=\",\"subType\":\"00\"}}}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"string\"}}}",
     "{\"a\":{\"$numberDecimal\":\"1.5\"}}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"number\",\"maximum\":1.5}}}",
     "{\"a\":{\"$numberDecimal\":\"1.5\"}}", NULL},
    {"{\"properties\":{\"a\":{\"type\":\"number\",\"maximum\":1.5}}}",
     "{\"a\":{\"$numberDecimal\":\"1.50000000000000000000000000001\"}}",
     "$.a: the number is too large"},
    {"{\"properties\":{\"a\":{\"type\":[\"null\",\"string\",\"object\","
     "\"array\",\"number\",\"boolean\"]}}}",
     "{\"a\":{\"$minKey\":1}}", "$.a: it is MinKey, not null, boolean"},
    {"{\"properties\":{\"a\":{}}}", "{\"a\":{\"$minKey\":1}}", NULL},
    /* Numbers, exactly. */
    {"{\"properties\":{\"a\":{\"multipleOf\":0.01}}}", "{\"a\":19.99}", NULL},
    {"{\"properties\":{\"a\":{\"multipleOf\":0.01}}}", "{\"a\":19.999}",
     "$.a: the number is no multiple"},
    {"{\"properties\":{\"a\":{\"multipleOf\":1e-300}}}", "{\"a\":1e300}", NULL},
    {"{\"properties\":{\"a\":{\"multipleOf\":7}}}", "{\"a\":1e300}",
     "$.a: the number is no multiple"},
    {"{\"properties\":{\"a\":{\"maximum\":9007199254740992}}}",
     "{\"a\":9007199254740993}", "$.a: the number is too large"},
    {"{\"properties\":{\"a\":{\"maximum\":9223372036854775807}}}",
     "{\"a\":9223372036854775808.0}", "$.a: the number is too large"},
    {"{\"properties\":{\"a\":{\"exclusiveMinimum\":-1,"
     "\"exclusiveMaximum\":1}}}",
     "{\"a\":-1}", "$.a: the number is too small"},
    {"{\"properties\":{\"a\":{\"minimum\":0}}}",
     "{\"a\":{\"$numberDouble\":\"NaN\"}}", "$.a: the number is too small"},
    {"{\"properties\":{\"a\":{\"enum\":[1,\"x\",[1,{\"b\":2}]]}}}",
     "{\"a\":[1.0,{\"b\":2.0}]}", NULL},
    {"{\"properties\":{\"a\":{\"enum\":[1,\"x\",[1,{\"b\":2}]]}}}",
     "{\"a\":[1,{\"b\":2,\"c\":3}]}",
     "$.a: it is none of the 3 allowed values (schema #/properties/a/enum)"},
    /* Texts. */
    {"{\"properties\":{\"a\":{\"maxLength\":2}}}",
     "{\"a\":\"\xF0\x9F\x92\xA9\xC3\xA4\"}", NULL},
    {"{\"properties\":{\"a\":{\"maxLength\":2}}}", "{\"a\":\"abc\"}",
     "$.a: it has 3 characters, more than 2"},
    {"{\"properties\":{\"a\":{\"pattern\":\"^\\\\p{Letter}+$\"}}}",
     "{\"a\":\"\xC3\xA4x\"}", NULL},
    {"{\"properties\":{\"a\":{\"pattern\":\"^a$\"}}}", "{\"a\":\"a\\n\"}",
     "$.a: the text does not match (schema #/properties/a/pattern)"},
    {"{\"properties\":{\"a\":{\"pattern\":\"^(a|a)*$\"}}}",
     "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}",
     "the document can not be validated: a regular expression takes too many "
     "steps"},
    {"{\"not\":{\"properties\":{\"a\":{\"pattern\":\"^(a|a)*$\"}}}}",
     "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}",
     "the document can not be validated"},
    /* Paths. */
    {"{\"properties\":{\"a\":{\"items\":{\"properties\":{\"b c\":{"
     "\"type\":\"null\"}}}}}}",
     "{\"a\":[{},{},{},{\"b c\":1}]}",
     "$.a[3][\"b c\"]: it is int32, not null (schema "
     "#/properties/a/items/properties/b c/type)"},
    {"{\"$ref\":\"#/$defs/a~1b\",\"$defs\":{\"a/b\":{\"required\":[\"x\"]}}}",
     "{}", "$: the field 'x' is missing (schema #/$defs/a~1b/required)"},
    {"{\"additionalProperties\":false,\"properties\":{\"a\":{}}}",
     "{\"a\":1,\"b\":2}",
     "$.b: nothing is allowed to be here (schema #/additionalProperties)"},
    {"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}",
     "$.ab: it has 2 characters, more than 1 (schema "
     "#/propertyNames/maxLength)"},
    /* Combined. */
    {"{\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":"
     "\"integer\"},{\"minimum\":5}]}}}",
     "{\"a\":7}", "$.a: more than one of the 3 schemas takes it"},
    {"{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":"
     "\"integer\"}]}}}",
     "{\"a\":\"x\"}", "$.a: none of the 2 schemas takes it"},
    {"{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},"
     "\"else\":{\"required\":[\"c\"]}}",
     "{\"a\":1}", "$: the field 'b' is missing (schema #/then/required)"},
    {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
     "$: the field 'b' is missing (schema #/dependentRequired)"},
    {"{\"allOf\":[{\"properties\":{\"a\":true}}],"
     "\"unevaluatedProperties\":false}",
     "{\"a\":1,\"b\":1}",
     "$.b: nothing is allowed to be here (schema #/unevaluatedProperties)"},
    {"{\"properties\":{\"a\":{\"uniqueItems\":true}}}",
     "{\"a\":[{\"x\":1,\"y\":2},{\"y\":2.0,\"x\":1}]}",
     "$.a: the item 1 is there twice"},
    {"{\"properties\":{\"a\":{\"contains\":{\"type\":\"null\"},"
     "\"minContains\":2}}}",
     "{\"a\":[null,1]}", "$.a: 1 items are such, fewer than 2"},
    /* A list, and what holds itself. */
    {"{\"properties\":{\"next\":{\"$ref\":\"#\"},\"v\":{\"type\":"
     "\"integer\"}},\"required\":[\"v\"]}",
     "{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":\"x\"}}}",
     "$.next.next.v: it is string, not integer (schema #/properties/v/type)"},
    {"{\"required\":[\"a\\u0000b\",\"a\"]}", "{\"a\":98}", "$: the field 'a"},
    /* Draft 7. */
    {"{" DRAFT_7 "\"properties\":{\"a\":{\"$ref\":\"#/definitions/i\","
     "\"maximum\":1}},\"definitions\":{\"i\":{\"type\":\"integer\"}}}",
     "{\"a\":5}", NULL},
    {"{\"properties\":{\"a\":{\"$ref\":\"#/definitions/i\",\"maximum\":1}},"
     "\"definitions\":{\"i\":{\"type\":\"integer\"}}}",
     "{\"a\":5}", "$.a: the number is too large"},
    {"{" DRAFT_7 "\"properties\":{\"a\":{\"items\":[{}],"
     "\"additionalItems\":false}}}",
     "{\"a\":[1,2]}", "$.a[1]: nothing is allowed to be here"},
    {"{" DRAFT_7 "\"dependencies\":{\"a\":[\"b\"],\"b\":{\"required\":["
     "\"c\"]}}}",
     "{\"a\":1,\"b\":1}", "$: the field 'c' is missing"},
    /* `format` only describes. */
    {"{\"properties\":{\"a\":{\"format\":\"ipv4\"}}}", "{\"a\":\"x\"}", NULL},
};

/* Schemas that are none: the beginning of why. */
static const struct {
    const char *schema;
    const char *wrong;
} bad[] = {
    {"", "a JSON Schema of 0 bytes"},
    {"{\n \"type\": \"strin\"}", "the JSON Schema at line 2, column 10 (byte "
                                 "11): a type is null, boolean"},
    {"{\"type\":[\"null\",5]}", "the JSON Schema at line 1, column 17"},
    {"{\"properties\":{\"a\":5}}",
     "the JSON Schema at line 1, column 20 (byte 19): a schema is an object, "
     "true or false"},
    {"{\"a\":1,\"a\":2}", "the JSON Schema at line 1"},
    {"[]", "the JSON Schema at line 1, column 1 (byte 0): a schema is an"},
    {"{\"pattern\":\"(\"}", "the JSON Schema at line 1, column 12 (byte 11): "
                            "the regular expression is not valid"},
    {"{\"pattern\":\"(*LIMIT_MATCH=1)a\"}", "the JSON Schema at line 1"},
    {"{\"pattern\":\"\\\\C\"}", "the JSON Schema at line 1"},
    {"{\"minLength\":-1}", "the JSON Schema at line 1, column 14"},
    {"{\"multipleOf\":0}", "the JSON Schema at line 1, column 15"},
    {"{\"maximum\":\"5\"}", "the JSON Schema at line 1, column 12"},
    {"{\"required\":{}}", "the JSON Schema at line 1, column 13"},
    {"{\"enum\":5}", "the JSON Schema at line 1, column 9"},
    {"{\"$ref\":\"#/$defs/x\"}", "the JSON Schema at line 1, column 9 (byte "
                                 "8): there is nothing at '/$defs/x'"},
    {"{\"$ref\":\"#x\"}", "the JSON Schema at line 1, column 9 (byte 8): no "
                          "schema has the anchor 'x'"},
    {"{\"$ref\":\"other.json#/a\",\"$id\":\"http://a/b/c.json\"}",
     "the JSON Schema at line 1, column 9 (byte 8): it refers to "
     "'http://a/b/other.json', which is not part of it"},
    {"{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}",
     "the JSON Schema at line 1, column 12 (byte 11): the draft "
     "'http://json-schema.org/draft-04/schema' is not known"},
    {"{\"allOf\":[{\"$ref\":\"#\"}]}",
     "the JSON Schema at line 1, column 1 (byte 0): it leads back to itself"},
    {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"not\":{\"$ref\":"
     "\"#/$defs/b\"}},\"b\":{\"$ref\":\"#/$defs/a\"}}}",
     "the JSON Schema at line 1, column 1 (byte 0): it leads back to itself"},
    {"{\"$defs\":{\"a\":{\"$id\":\"x:y\"},\"b\":{\"$id\":\"x:y\"}}}",
     "the JSON Schema at line 1, column 33 (byte 32): another schema has the "
     "$id 'x:y'"},
};

static void
bson_of(const char *json, struct mst_buf *bson)
{
    mst_buf_init(bson, SCHEMA_MAX);
    assert_int_equal(mst_json_to_bson(mst_slice_str(json), NULL, bson, NULL),
                     MST_OK);
}

static struct mst_schema_plan *
plan_of(const char *schema, struct mst_json_plan_options json)
{
    struct mst_schema_plan *plan = NULL;
    struct mst_error err;
    const struct mst_schema_plan_options options = {
        .kind = MST_SCHEMA_KIND_JSON, .json = json};
    if (mst_schema_plan_create(mst_slice_str(schema), &options, &plan, &err)
        != MST_OK) {
        fail_msg("%s: %s", schema, err.text);
    }
    return plan;
}

static bool
begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* BSON and JSON say the same; what is taken stays as it is. */
static void
try_case(size_t i)
{
    struct mst_schema_plan *plan =
        plan_of(cases[i].schema, (struct mst_json_plan_options){false});
    const struct mst_encoding_options options = {.schema = plan};
    struct mst_buf bson;
    struct mst_buf out;
    bson_of(cases[i].document, &bson);
    mst_buf_init(&out, SCHEMA_MAX);
    for (int json = 0; json < 2; json++) {
        enum mst_encoding encoding =
            json == 1 ? MST_ENCODING_JSON : MST_ENCODING_BSON;
        struct mst_slice in =
            json == 1 ? mst_slice_str(cases[i].document) : mst_buf_slice(&bson);
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_reset(&out);
        enum mst_status status =
            mst_transcode(encoding, encoding, &options, in, &out, &err);
        bool good =
            cases[i].wrong == NULL
                ? status == MST_OK && mst_slice_equal(mst_buf_slice(&out), in)
                : status == MST_REJECTED && out.len == 0
                      && begins_with(err.text, cases[i].wrong);
        if (!good) {
            fail_msg("%s: %s: %s", cases[i].schema, cases[i].document,
                     err.text);
        }
    }
    mst_buf_clear(&bson);
    mst_buf_clear(&out);
    mst_schema_plan_destroy(plan);
}

static void
documents_are_taken_or_refused_with_path_and_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        try_case(i);
    }
}

static void
what_is_no_schema_is_refused_with_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct mst_json_schema *schema = NULL;
        struct mst_error err;
        mst_error_clear(&err);
        enum mst_status status = mst_json_schema_parse(
            mst_slice_str(bad[i].schema), false, &schema, &err);
        if (status != MST_REJECTED || !begins_with(err.text, bad[i].wrong)) {
            fail_msg("%s: %s", bad[i].schema, err.text);
        }
    }
}

static const struct {
    const char *format;
    const char *text; /* JSON */
    bool taken;
} formats[] = {
    {"date-time", "\"2026-11-21T10:40:05.123Z\"", true},
    {"date-time", "\"2026-02-29T10:40:05Z\"", false},
    {"date-time", "\"2026-11-21 10:40:05Z\"", false},
    {"date-time", "\"1998-12-31T15:59:60-08:00\"", true},
    {"date-time", "\"1998-12-31T15:59:60Z\"", false},
    {"date-time", "{\"$date\":{\"$numberLong\":\"253402300800000\"}}", true},
    {"date", "\"2024-02-29\"", true},
    {"date", "\"2024-2-29\"", false},
    {"time", "\"10:40:05+01:00\"", true},
    {"time", "\"10:40:05\"", false},
    {"duration", "\"P1Y2M3DT4H5M6S\"", true},
    {"duration", "\"P2W\"", true},
    {"duration", "\"PT\"", false},
    {"duration", "\"P1D2Y\"", false},
    {"email", "\"a.b@example.org\"", true},
    {"email", "\"a..b@example.org\"", false},
    {"email", "\"example.org\"", false},
    {"hostname", "\"a-b.example\"", true},
    {"hostname", "\"-a.example\"", false},
    {"hostname", "\"a..example\"", false},
    {"ipv4", "\"127.0.0.1\"", true},
    {"ipv4", "\"127.0.0.01\"", false},
    {"ipv4", "\"127.0.0.256\"", false},
    {"ipv6", "\"::1\"", true},
    {"ipv6", "\"1:2:3:4:5:6:7:8\"", true},
    {"ipv6", "\"::ffff:1.2.3.4\"", true},
    {"ipv6", "\"1::2::3\"", false},
    {"ipv6", "\"1:2:3:4:5:6:7\"", false},
    {"ipv6", "\"12345::\"", false},
    {"uri", "\"http://a/b?c#d\"", true},
    {"uri", "\"/b\"", false},
    {"uri-reference", "\"/b\"", true},
    {"uri-reference", "\"a b\"", false},
    {"uuid", "\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\"", true},
    {"uuid", "\"2eb8aa08aa9811eab4aa73b441d16380\"", false},
    {"uuid", "{\"$uuid\":\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\"}", true},
    {"objectid", "{\"$oid\":\"0123456789abcdef01234567\"}", true},
    {"objectid", "\"0123456789ABCDEF01234567\"", true},
    {"objectid", "\"0123456789abcdef0123456\"", false},
    {"json-pointer", "\"/a~0b\"", true},
    {"json-pointer", "\"/a~b\"", false},
    {"unheard-of", "\"x\"", true},
    {"ipv4", "5", true},
};

static void
formats_are_asserted_where_that_is_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(formats); i++) {
        char schema[128];
        char document[128];
        struct mst_error err;
        struct mst_buf out;
        mst_buf_init(&out, SCHEMA_MAX);
        mst_error_clear(&err);
        (void)snprintf(schema, sizeof(schema),
                       "{\"properties\":{\"a\":{\"format\":\"%s\"}}}",
                       formats[i].format);
        (void)snprintf(document, sizeof(document), "{\"a\":%s}",
                       formats[i].text);
        struct mst_schema_plan *plan =
            plan_of(schema, (struct mst_json_plan_options){.formats = true});
        const struct mst_encoding_options options = {.schema = plan};
        enum mst_status status =
            mst_transcode(MST_ENCODING_JSON, MST_ENCODING_BSON, &options,
                          mst_slice_str(document), &out, &err);
        if (status != (formats[i].taken ? MST_OK : MST_REJECTED)) {
            fail_msg("%s %s: %s", formats[i].format, document, err.text);
        }
        mst_buf_clear(&out);
        mst_schema_plan_destroy(plan);
    }
}

static void
offsets_of_bson_lead_to_the_value(void **state)
{
    (void)state;
    struct mst_schema_plan *plan =
        plan_of("{\"properties\":{\"b\":{\"type\":\"null\"}}}",
                (struct mst_json_plan_options){false});
    const struct mst_encoding_options options = {.schema = plan};
    struct mst_buf bson;
    struct mst_buf out;
    struct mst_error err;
    bson_of("{\"a\":1,\"b\":2}", &bson);
    mst_buf_init(&out, SCHEMA_MAX);
    assert_int_equal(mst_transcode(MST_ENCODING_BSON, MST_ENCODING_JSON,
                                   &options, mst_buf_slice(&bson), &out, &err),
                     MST_REJECTED);
    assert_int_equal(err.offset, 4 + 7 + 3);
    mst_buf_clear(&bson);
    mst_buf_clear(&out);
    mst_schema_plan_destroy(plan);
}

/* anyOf of itself multiplies; 2^30 tries would take for ever. */
static void
work_that_multiplies_ends_in_a_refusal(void **state)
{
    (void)state;
    static const char schema[] =
        "{\"properties\":{\"a\":{\"oneOf\":[{\"$ref\":\"#\"},{\"allOf\":[{"
        "\"$ref\":\"#\"},{\"type\":\"null\"}]},{\"$ref\":\"#\"}]}}}";
    struct mst_schema_plan *plan =
        plan_of(schema, (struct mst_json_plan_options){false});
    const struct mst_encoding_options options = {.schema = plan};
    struct mst_buf text;
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&text, SCHEMA_MAX);
    mst_buf_init(&out, SCHEMA_MAX);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(mst_buf_append_str(&text, "{\"a\":"), MST_OK);
    }
    assert_int_equal(mst_buf_append_str(&text, "1"), MST_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(mst_buf_append_str(&text, "}"), MST_OK);
    }
    assert_int_equal(mst_transcode(MST_ENCODING_JSON, MST_ENCODING_BSON,
                                   &options, mst_buf_slice(&text), &out, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "more work than a document"));
    mst_buf_clear(&text);
    mst_buf_clear(&out);
    mst_schema_plan_destroy(plan);
}

static void
numbers_of_text_that_stays_may_be_large(void **state)
{
    (void)state;
    struct mst_schema_plan *plan =
        plan_of("{\"properties\":{\"a\":{\"type\":\"integer\"}}}",
                (struct mst_json_plan_options){false});
    const struct mst_encoding_options options = {.schema = plan};
    struct mst_slice in = MST_SLICE_LIT(" {\"a\" : 123456789012345678901}");
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, SCHEMA_MAX);
    assert_int_equal(mst_transcode(MST_ENCODING_JSON, MST_ENCODING_JSON,
                                   &options, in, &out, &err),
                     MST_OK);
    assert_true(mst_slice_equal(mst_buf_slice(&out), in));
    mst_buf_reset(&out);
    assert_int_equal(mst_transcode(MST_ENCODING_JSON, MST_ENCODING_BSON,
                                   &options, in, &out, &err),
                     MST_REJECTED);
    mst_buf_clear(&out);
    mst_schema_plan_destroy(plan);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_taken_or_refused_with_path_and_place),
        cmocka_unit_test(what_is_no_schema_is_refused_with_line_and_column),
        cmocka_unit_test(formats_are_asserted_where_that_is_asked_for),
        cmocka_unit_test(offsets_of_bson_lead_to_the_value),
        cmocka_unit_test(work_that_multiplies_ends_in_a_refusal),
        cmocka_unit_test(numbers_of_text_that_stays_may_be_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
