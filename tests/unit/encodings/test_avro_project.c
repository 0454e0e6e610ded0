/* SPDX-License-Identifier: MIT */
/* BSON and JSON by a schema, without Avro at either end. */
#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"
#include "random_avro.h"

enum { PROJECT_MAX = 1 << 26, PROJECT_SCHEMAS = 500 };

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"id\",\"type\":\"string\"},"
    "{\"name\":\"n\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"at\",\"type\":[\"null\",{\"type\":\"long\",\"logicalType\":"
    "\"timestamp-millis\"}],\"default\":null},"
    "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":{\"type\":"
    "\"record\",\"name\":\"I\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"},{"
    "\"name\":\"y\",\"type\":\"int\",\"default\":7}]}},\"default\":[]},"
    "{\"name\":\"map\",\"type\":{\"type\":\"map\",\"values\":\"double\"},"
    "\"default\":{}}]}";

#define OID "{\"$oid\":\"0123456789abcdef01234567\"}"

/* Extended JSON on both sides, canonical where BSON comes or goes. */
static const struct {
    enum mst_encoding from;
    enum mst_encoding to;
    const char *in;
    const char *out; /* or a part of why it is refused */
    bool refused;
} cases[] = {
    /* The ObjectId stays one: only fields go, and come by default. */
    {MST_ENCODING_BSON, MST_ENCODING_BSON,
     "{\"other\":1,\"map\":{\"k\":0.5},\"id\":" OID
     ",\"list\":[{\"z\":1,\"x\":2},{\"x\":3,\"y\":4}]}",
     "{\"id\":" OID
     ",\"n\":null,\"at\":null,\"list\":[{\"x\":{\"$numberInt\":\"2\"},\"y\":{"
     "\"$numberInt\":\"7\"}},{\"x\":{\"$numberInt\":\"3\"},\"y\":{"
     "\"$numberInt\":\"4\"}}],\"map\":{\"k\":{\"$numberDouble\":\"0.5\"}}}",
     false},
    {MST_ENCODING_BSON, MST_ENCODING_JSON, "{\"n\":5,\"id\":\"a\"}",
     "{\"id\":\"a\",\"n\":{\"$numberInt\":\"5\"},\"at\":null,\"list\":[],"
     "\"map\":{}}",
     false},
    {MST_ENCODING_JSON, MST_ENCODING_JSON, "{\"id\":\"a\",\"z\":[1]}",
     "{\"id\":\"a\",\"n\":null,\"at\":null,\"list\":[],\"map\":{}}", false},
    /* Types of the schema: a long, a date. */
    {MST_ENCODING_JSON, MST_ENCODING_BSON,
     "{\"id\":\"a\",\"n\":5,\"at\":\"1970-01-01T00:00:01Z\"}",
     "{\"id\":\"a\",\"n\":{\"$numberLong\":\"5\"},\"at\":{\"$date\":{"
     "\"$numberLong\":\"1000\"}},\"list\":[],\"map\":{}}",
     false},
    {MST_ENCODING_BSON, MST_ENCODING_BSON, "{\"n\":5}", "field 'id'", true},
    {MST_ENCODING_BSON, MST_ENCODING_JSON, "{\"id\":5}", "int32 to string",
     true},
    {MST_ENCODING_JSON, MST_ENCODING_JSON, "{\"id\":\"a\",\"n\":\"x\"}",
     "field 'n'", true},
};

static void
to_bson(const char *text, struct mst_buf *out)
{
    assert_int_equal(mst_json_to_bson(mst_slice_str(text), NULL, out, NULL),
                     MST_OK);
}

static void
try_case(size_t i, struct mst_schema_plan *plan)
{
    const struct mst_encoding_options options = {
        .json_mode = MST_JSON_CANONICAL, .schema = plan};
    struct mst_buf in;
    struct mst_buf out;
    struct mst_buf text;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&in, PROJECT_MAX);
    mst_buf_init(&out, PROJECT_MAX);
    mst_buf_init(&text, PROJECT_MAX);
    to_bson(cases[i].in, &in);
    struct mst_slice bytes = cases[i].from == MST_ENCODING_BSON
                                 ? mst_buf_slice(&in)
                                 : mst_slice_str(cases[i].in);
    enum mst_status status =
        mst_transcode(cases[i].from, cases[i].to, &options, bytes, &out, &err);
    if (status == MST_OK && cases[i].to == MST_ENCODING_BSON) {
        status = mst_bson_to_json(mst_buf_slice(&out), MST_JSON_CANONICAL,
                                  &text, &err);
    } else if (status == MST_OK) {
        status = mst_buf_append(&text, out.data, out.len);
    }
    const char *got = status == MST_OK ? mst_buf_text(&text) : err.text;
    if (cases[i].refused) {
        assert_int_equal(status, MST_REJECTED);
        assert_non_null(strstr(got, cases[i].out));
        assert_int_equal(out.len, 0);
    } else {
        assert_string_equal(got, cases[i].out);
    }
    mst_buf_clear(&in);
    mst_buf_clear(&out);
    mst_buf_clear(&text);
}

static void
documents_keep_the_fields_of_the_schema(void **state)
{
    (void)state;
    struct mst_schema_plan *plan = NULL;
    assert_int_equal(
        mst_schema_plan_create(mst_slice_str(schema), NULL, &plan, NULL),
        MST_OK);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        try_case(i, plan);
    }
    mst_schema_plan_destroy(plan);
}

static void
what_fits_already_stays_byte_for_byte(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= PROJECT_SCHEMAS; seed++) {
        struct random_bson random = {.state = seed};
        struct mst_schema_plan *plan = NULL;
        struct mst_buf text;
        struct mst_buf bson;
        struct mst_buf out;
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_init(&text, PROJECT_MAX);
        mst_buf_init(&bson, PROJECT_MAX);
        mst_buf_init(&out, PROJECT_MAX);
        random_avro_schema(&random, &text);
        assert_int_equal(
            mst_schema_plan_create(mst_buf_slice(&text), NULL, &plan, NULL),
            MST_OK);
        random_avro_document(
            &random, mst_avro_plan_schema(mst_schema_plan_avro(plan)), &bson);
        const struct mst_encoding_options options = {.schema = plan};
        enum mst_status status =
            mst_transcode(MST_ENCODING_BSON, MST_ENCODING_BSON, &options,
                          mst_buf_slice(&bson), &out, &err);
        if (status != MST_OK
            || !mst_slice_equal(mst_buf_slice(&bson), mst_buf_slice(&out))) {
            fail_msg("seed %llu: %s: %s", (unsigned long long)seed,
                     mst_buf_text(&text), err.text);
        }
        mst_schema_plan_destroy(plan);
        mst_buf_clear(&text);
        mst_buf_clear(&bson);
        mst_buf_clear(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_keep_the_fields_of_the_schema),
        cmocka_unit_test(what_fits_already_stays_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
