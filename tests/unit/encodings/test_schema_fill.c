/* SPDX-License-Identifier: MIT */
/* Documents made up by schemas: valid, and the same for the same seed. */
#include "unit/cmocka_all.h"

#include <stdlib.h>

#include "encodings/avro/codec.h"
#include "encodings/avro/parse.h"
#include "encodings/bson_json.h"
#include "encodings/json_schema/plan.h"
#include "encodings/schema_tools/fill.h"
#include "encodings/schema_tools/from_avro.h"
#include "random_avro.h"

enum { FILL_MAX = 1 << 26, FILL_SCHEMAS = 30, FILL_DOCUMENTS = 20 };

static const char order[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"_id\":{\"type\":\"string\",\"format\":\"objectid\"},"
    "\"email\":{\"type\":\"string\",\"format\":\"email\"},"
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"u\":{\"type\":\"string\",\"format\":\"uuid\"},"
    "\"n\":{\"type\":\"integer\",\"minimum\":5,\"exclusiveMaximum\":9},"
    "\"even\":{\"type\":\"integer\",\"multipleOf\":2},"
    "\"part\":{\"type\":\"number\",\"minimum\":0.25,\"maximum\":0.5},"
    "\"state\":{\"enum\":[\"open\",\"shut\"]},"
    "\"code\":{\"type\":\"string\",\"minLength\":20,\"maxLength\":21},"
    "\"lines\":{\"type\":\"array\",\"minItems\":2,\"uniqueItems\":true,"
    "\"items\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50}},"
    "\"one\":{\"oneOf\":[{\"type\":\"integer\",\"minimum\":0},{\"type\":"
    "\"integer\",\"maximum\":100}]},"
    "\"not\":{\"type\":\"boolean\",\"not\":{\"const\":true}},"
    "\"tags\":{\"type\":\"object\",\"additionalProperties\":{\"type\":"
    "\"boolean\"}},"
    "\"next\":{\"$ref\":\"#\"}},"
    "\"required\":[\"_id\",\"n\",\"even\",\"part\",\"state\",\"code\","
    "\"lines\","
    "\"one\",\"not\",\"email\",\"u\",\"at\",\"else\"],"
    "\"additionalProperties\":true}";

static struct mst_fill *
opened(struct mst_slice schema, uint64_t seed, bool texts)
{
    const struct mst_fill_options options = {.seed = seed, .texts = texts};
    struct mst_fill *fill = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_fill_create(schema, &options, &fill, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    return fill;
}

static void
documents(struct mst_slice schema, uint64_t seed, bool texts, size_t n,
          struct mst_buf *out)
{
    struct mst_fill *fill = opened(schema, seed, texts);
    struct mst_error err;
    for (size_t i = 0; i < n; i++) {
        mst_error_clear(&err);
        if (mst_fill_next(fill, out, &err) != MST_OK) {
            fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
        }
    }
    mst_fill_destroy(fill);
}

static void
the_same_seed_gives_the_same_documents(void **state)
{
    (void)state;
    struct mst_buf first;
    struct mst_buf again;
    struct mst_buf other;
    mst_buf_init(&first, FILL_MAX);
    mst_buf_init(&again, FILL_MAX);
    mst_buf_init(&other, FILL_MAX);
    documents(mst_slice_str(order), 7, false, FILL_DOCUMENTS, &first);
    documents(mst_slice_str(order), 7, false, FILL_DOCUMENTS, &again);
    documents(mst_slice_str(order), 8, false, FILL_DOCUMENTS, &other);
    assert_true(mst_slice_equal(mst_buf_slice(&first), mst_buf_slice(&again)));
    assert_false(mst_slice_equal(mst_buf_slice(&first), mst_buf_slice(&other)));
    mst_buf_clear(&first);
    mst_buf_clear(&again);
    mst_buf_clear(&other);
}

/* As plain JSON they are valid by themselves, read without any types. */
static void
documents_are_valid_as_plain_json_too(void **state)
{
    (void)state;
    static const struct mst_json_plan_options checks = {.formats = true};
    const struct mst_transcoder step = {.from = MST_ENCODING_JSON,
                                        .to = MST_ENCODING_BSON,
                                        .options = {.no_extended = true}};
    struct mst_json_plan *plan = NULL;
    struct mst_fill *fill = opened(mst_slice_str(order), 3, true);
    assert_int_equal(
        mst_json_plan_create(mst_slice_str(order), &checks, &plan, NULL),
        MST_OK);
    for (int i = 0; i < FILL_DOCUMENTS; i++) {
        struct mst_buf bson;
        struct mst_buf json;
        struct mst_buf back;
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_init(&bson, FILL_MAX);
        mst_buf_init(&json, FILL_MAX);
        mst_buf_init(&back, FILL_MAX);
        assert_int_equal(mst_fill_next(fill, &bson, NULL), MST_OK);
        assert_int_equal(
            mst_bson_to_json(mst_buf_slice(&bson), MST_JSON_PLAIN, &json, NULL),
            MST_OK);
        if (mst_json_plan_convert(plan, &step, mst_buf_slice(&json), &back,
                                  &err)
            != MST_OK) {
            fail_msg("%s: %s", mst_buf_text(&json), err.text);
        }
        mst_buf_clear(&bson);
        mst_buf_clear(&json);
        mst_buf_clear(&back);
    }
    mst_json_plan_destroy(plan);
    mst_fill_destroy(fill);
}

static void
check_documents(struct mst_fill *fill, const struct mst_avro_encoder *encoder,
                const char *schema)
{
    for (int i = 0; i < FILL_DOCUMENTS; i++) {
        struct mst_buf bson;
        struct mst_buf datum;
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_init(&bson, FILL_MAX);
        mst_buf_init(&datum, FILL_MAX);
        enum mst_status status = mst_fill_next(fill, &bson, &err);
        if (status == MST_OK) {
            status =
                mst_avro_from_bson(encoder, mst_buf_slice(&bson), &datum, &err);
        }
        if (status != MST_OK) {
            fail_msg("%s: %.900s", err.text, schema);
        }
        mst_buf_clear(&bson);
        mst_buf_clear(&datum);
    }
}

/* The root is a record, as random_avro makes it. */
static void
documents_of_any_avro_schema_can_be_encoded(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= FILL_SCHEMAS; seed++) {
        struct random_bson random = {.state = seed};
        struct mst_buf avro;
        struct mst_buf json;
        struct mst_avro_schema *schema = NULL;
        struct mst_avro_encoder *encoder = NULL;
        mst_buf_init(&avro, FILL_MAX);
        mst_buf_init(&json, FILL_MAX);
        random_avro_schema(&random, &avro);
        assert_int_equal(
            mst_avro_schema_parse(mst_buf_slice(&avro), &schema, NULL), MST_OK);
        assert_int_equal(mst_avro_to_json_schema(schema, &json, NULL), MST_OK);
        assert_int_equal(mst_avro_encoder_create(schema, NULL, &encoder, NULL),
                         MST_OK);
        struct mst_fill *fill = opened(mst_buf_slice(&json), seed, false);
        check_documents(fill, encoder, mst_buf_text(&avro));
        mst_fill_destroy(fill);
        mst_avro_encoder_destroy(encoder);
        mst_avro_schema_destroy(schema);
        mst_buf_clear(&avro);
        mst_buf_clear(&json);
    }
}

static const struct {
    const char *schema;
    const char *why;
} impossible[] = {
    {"{\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":5,\"maximum\":4}"
     "},\"required\":[\"a\"]}",
     "\"minimum\" is above \"maximum\""},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"minLength\":5,"
     "\"maxLength\":4}},\"required\":[\"a\"]}",
     "\"minLength\" is above \"maxLength\""},
    {"{\"properties\":{\"a\":{\"type\":\"array\",\"minItems\":5,\"maxItems\":4}"
     "},\"required\":[\"a\"]}",
     "\"minItems\" is above \"maxItems\""},
    {"{\"type\":\"string\"}", "allows no object"},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":\"^[0-9]{40}$\"}"
     "},\"required\":[\"a\"]}",
     "no valid document was found"},
    {"{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"],\"type\":"
     "\"object\"}",
     "would never end"},
};

static void
a_schema_without_documents_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(impossible); i++) {
        struct mst_fill *fill =
            opened(mst_slice_str(impossible[i].schema), 1, false);
        struct mst_buf out;
        struct mst_error err;
        mst_buf_init(&out, FILL_MAX);
        mst_error_clear(&err);
        assert_int_equal(mst_fill_next(fill, &out, &err), MST_REJECTED);
        if (strstr(err.text, impossible[i].why) == NULL) {
            fail_msg("%s: %s", impossible[i].schema, err.text);
        }
        assert_int_equal(out.len, 0);
        mst_buf_clear(&out);
        mst_fill_destroy(fill);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_documents),
        cmocka_unit_test(documents_are_valid_as_plain_json_too),
        cmocka_unit_test(documents_of_any_avro_schema_can_be_encoded),
        cmocka_unit_test(a_schema_without_documents_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
