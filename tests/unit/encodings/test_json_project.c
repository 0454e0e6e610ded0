/* SPDX-License-Identifier: MIT */
/* What is left of documents that a JSON Schema projects. */
#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"

enum { PROJECT_MAX = 1 << 24 };

static const struct {
    const char *schema;
    const char *in;
    const char *out; /* or a part of why it is refused */
} cases[] = {
    /* In the schema's order; absent ones stay absent; types stay. */
    {"{\"properties\":{\"a\":{},\"b\":{\"type\":\"string\"},\"c\":{}}}",
     "{\"b\":{\"$oid\":\"0123456789abcdef01234567\"},\"z\":1,\"a\":5}",
     "{\"a\":5,\"b\":{\"$oid\":\"0123456789abcdef01234567\"}}"},
    /* Required but not declared: dropped all the same. */
    {"{\"required\":[\"z\"],\"properties\":{\"a\":{}}}", "{\"z\":1,\"a\":2}",
     "{\"a\":2}"},
    /* Objects and items inside, also through references. */
    {"{\"properties\":{\"a\":{\"$ref\":\"#/$defs/p\"},\"l\":{\"items\":{"
     "\"$ref\":\"#/$defs/p\"}}},\"$defs\":{\"p\":{\"properties\":{\"x\":{},"
     "\"y\":{}}}}}",
     "{\"l\":[{\"y\":1,\"q\":2,\"x\":3},{\"q\":1},5],\"a\":{\"q\":1,\"x\":[{"
     "\"q\":1}]}}",
     "{\"a\":{\"x\":[{\"q\":1}]},\"l\":[{\"x\":3,\"y\":1},{},5]}"},
    {"{\"properties\":{\"v\":{},\"next\":{\"$ref\":\"#\"}}}",
     "{\"q\":0,\"next\":{\"next\":{\"q\":1,\"v\":3},\"v\":2},\"v\":1}",
     "{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":3}}}"},
    /* All parts of a schema, and the branch that takes the value. */
    {"{\"properties\":{\"a\":{}},\"allOf\":[{\"properties\":{\"b\":{}}},{"
     "\"properties\":{\"a\":{\"properties\":{\"x\":{}}}}}]}",
     "{\"c\":1,\"b\":2,\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":1},\"b\":2}"},
    {"{\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":"
     "\"object\",\"properties\":{\"x\":{}}}]}}}",
     "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":1}}"},
    {"{\"if\":{\"properties\":{\"k\":{\"const\":1}}},\"then\":{"
     "\"properties\":{\"a\":{}}},\"else\":{\"properties\":{\"b\":{}}}}",
     "{\"a\":1,\"b\":2,\"k\":1}", "{\"k\":1,\"a\":1}"},
    {"{\"if\":{\"properties\":{\"k\":{\"const\":1}}},\"then\":{"
     "\"properties\":{\"a\":{}}},\"else\":{\"properties\":{\"b\":{}}}}",
     "{\"a\":1,\"b\":2,\"k\":2}", "{\"b\":2}"},
    {"{\"properties\":{\"a\":{}},\"dependentSchemas\":{\"a\":{"
     "\"properties\":{\"b\":{}}},\"q\":{\"properties\":{\"c\":{}}}}}",
     "{\"c\":3,\"b\":2,\"a\":1}", "{\"a\":1,\"b\":2}"},
    /* Patterns declare too, behind the properties. */
    {"{\"properties\":{\"b\":{}},\"patternProperties\":{\"^x\":{"
     "\"properties\":{\"k\":{}}}}}",
     "{\"x1\":{\"k\":1,\"l\":2},\"q\":0,\"b\":1,\"x2\":3}",
     "{\"b\":1,\"x1\":{\"k\":1},\"x2\":3}"},
    /* Nothing declared: all of it; a map's values have a schema. */
    {"{\"properties\":{\"a\":{\"type\":\"object\"}}}", "{\"a\":{\"x\":1}}",
     "{\"a\":{\"x\":1}}"},
    {"{\"additionalProperties\":{\"properties\":{\"k\":{}}}}",
     "{\"b\":{\"k\":1,\"l\":2},\"a\":3}", "{\"b\":{\"k\":1},\"a\":3}"},
    {"{\"properties\":{\"a\":{\"prefixItems\":[{\"properties\":{\"k\":{}}}],"
     "\"items\":{\"properties\":{\"l\":{}}}}}}",
     "{\"a\":[{\"k\":1,\"l\":2},{\"k\":1,\"l\":2}]}",
     "{\"a\":[{\"k\":1},{\"l\":2}]}"},
    {"true", "{\"a\":1}", "{\"a\":1}"},
    {"{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"a\":1}", "$.a: it is"},
};

static void
try_case(size_t i, enum mst_encoding from, enum mst_encoding to)
{
    const struct mst_schema_plan_options how = {.kind = MST_SCHEMA_KIND_JSON,
                                                .json = {.project = true}};
    struct mst_schema_plan *plan = NULL;
    struct mst_slice in = mst_slice_str(cases[i].in);
    struct mst_buf bson;
    struct mst_buf out;
    struct mst_buf text;
    struct mst_error err;
    mst_buf_init(&bson, PROJECT_MAX);
    mst_buf_init(&out, PROJECT_MAX);
    mst_buf_init(&text, PROJECT_MAX);
    assert_int_equal(mst_schema_plan_create(mst_slice_str(cases[i].schema),
                                            &how, &plan, &err),
                     MST_OK);
    const struct mst_encoding_options options = {.schema = plan};
    assert_int_equal(mst_json_to_bson(in, NULL, &bson, NULL), MST_OK);
    in = from == MST_ENCODING_BSON ? mst_buf_slice(&bson) : in;
    enum mst_status status = mst_transcode(from, to, &options, in, &out, &err);
    if (status == MST_OK && to == MST_ENCODING_BSON) {
        assert_int_equal(mst_bson_to_json(mst_buf_slice(&out), MST_JSON_RELAXED,
                                          &text, NULL),
                         MST_OK);
    } else if (status == MST_OK) {
        assert_int_equal(mst_buf_append(&text, out.data, out.len), MST_OK);
    } else {
        assert_int_equal(mst_buf_append_str(&text, err.text), MST_OK);
    }
    const char *got = mst_buf_text(&text);
    bool good = status == MST_OK ? strcmp(got, cases[i].out) == 0
                                 : strstr(got, cases[i].out) != NULL;
    if (!good) {
        fail_msg("%s: %s: %s", cases[i].schema, cases[i].in, got);
    }
    mst_schema_plan_destroy(plan);
    mst_buf_clear(&bson);
    mst_buf_clear(&out);
    mst_buf_clear(&text);
}

static void
declared_properties_are_left_in_the_order_of_the_schema(void **state)
{
    (void)state;
    static const enum mst_encoding both[] = {MST_ENCODING_BSON,
                                             MST_ENCODING_JSON};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases) * 4; i++) {
        try_case(i / 4, both[i % 2], both[i / 2 % 2]);
    }
}

static void
unknown_fields_are_refused_where_that_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *wrong; /* NULL: taken, and stays in its order */
    } documents[] = {
        {"{\"b\":{\"x\":1},\"a\":1,\"y9\":1}", NULL},
        {"{\"a\":1,\"z\":1}", "$.z: the schema does not have the field"},
        {"{\"b\":{\"x\":1,\"w\":1}}", "$.b.w: the schema does not"},
    };
    const struct mst_schema_plan_options how = {
        .kind = MST_SCHEMA_KIND_JSON, .json = {.reject_unknown = true}};
    struct mst_schema_plan *plan = NULL;
    assert_int_equal(
        mst_schema_plan_create(
            MST_SLICE_LIT("{\"properties\":{\"a\":{},\"b\":{\"properties\":{"
                          "\"x\":{}}}},\"patternProperties\":{\"^y\":{}}}"),
            &how, &plan, NULL),
        MST_OK);
    const struct mst_encoding_options options = {.schema = plan};
    for (size_t i = 0; i < MST_ARRAY_SIZE(documents); i++) {
        struct mst_slice in = mst_slice_str(documents[i].in);
        struct mst_buf out;
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_init(&out, PROJECT_MAX);
        enum mst_status status = mst_transcode(
            MST_ENCODING_JSON, MST_ENCODING_JSON, &options, in, &out, &err);
        bool good = documents[i].wrong == NULL
                        ? mst_slice_equal(mst_buf_slice(&out), in)
                        : status == MST_REJECTED
                              && strstr(err.text, documents[i].wrong) != NULL;
        if (!good) {
            fail_msg("%s: %s", documents[i].in, err.text);
        }
        mst_buf_clear(&out);
    }
    mst_schema_plan_destroy(plan);
}

/* {"a": 1, "a": 2}, which JSON text can not give. */
static void
field_that_is_there_twice_is_refused(void **state)
{
    (void)state;
    static const uint8_t twice[] = {19, 0,    0,   0, 0x10, 'a', 0, 1, 0, 0,
                                    0,  0x10, 'a', 0, 2,    0,   0, 0, 0};
    const struct mst_schema_plan_options how = {.kind = MST_SCHEMA_KIND_JSON,
                                                .json = {.project = true}};
    struct mst_schema_plan *plan = NULL;
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, PROJECT_MAX);
    assert_int_equal(
        mst_schema_plan_create(MST_SLICE_LIT("{\"properties\":{\"a\":{}}}"),
                               &how, &plan, NULL),
        MST_OK);
    const struct mst_encoding_options options = {.schema = plan};
    assert_int_equal(mst_transcode(MST_ENCODING_BSON, MST_ENCODING_BSON,
                                   &options, mst_slice_of(twice, sizeof(twice)),
                                   &out, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "$.a: the document has the field twice"));
    assert_int_equal(out.len, 0);
    mst_buf_clear(&out);
    mst_schema_plan_destroy(plan);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            declared_properties_are_left_in_the_order_of_the_schema),
        cmocka_unit_test(unknown_fields_are_refused_where_that_is_asked_for),
        cmocka_unit_test(field_that_is_there_twice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
