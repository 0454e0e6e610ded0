/* SPDX-License-Identifier: MIT */
/* Fields that documents call by names that Avro does not have. */
#include "unit/cmocka_all.h"

#include "encodings/avro/codec.h"
#include "encodings/avro/parse.h"
#include "encodings/bson_json.h"
#include "encodings/json_bson.h"

enum { LABELS_MAX = 1 << 20 };

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a_b\",\"x-name\":\"a-b\",\"type\":\"int\"},"
    "{\"name\":\"quote\",\"x-name\":\"say \\\"x\\\"\",\"type\":\"int\"},"
    "{\"name\":\"_\",\"x-name\":\"\",\"type\":\"int\"},"
    "{\"name\":\"long_one\",\"x-name\":\"a name that is rather long, "
    "longer than a register\",\"type\":\"int\"}]}";

static const char document[] =
    "{\"say \\\"x\\\"\":2,\"a-b\":1,\"a name that is rather long, longer than "
    "a register\":4,\"\":3}";

static const char ordered[] = "{\"a-b\":1,\"say \\\"x\\\"\":2,\"\":3,\"a name "
                              "that is rather long, longer "
                              "than a register\":4}";

static void
labels_are_the_names_in_documents(void **state)
{
    (void)state;
    struct mst_avro_schema *parsed = NULL;
    struct mst_avro_encoder *encoder = NULL;
    struct mst_avro_decoder *decoder = NULL;
    struct mst_buf avro;
    struct mst_buf json;
    mst_buf_init(&avro, LABELS_MAX);
    mst_buf_init(&json, LABELS_MAX);
    assert_int_equal(
        mst_avro_schema_parse(mst_slice_str(schema), &parsed, NULL), MST_OK);
    assert_int_equal(mst_avro_encoder_create(parsed, NULL, &encoder, NULL),
                     MST_OK);
    assert_int_equal(
        mst_avro_decoder_create(parsed, NULL, NULL, &decoder, NULL), MST_OK);
    assert_int_equal(
        mst_avro_from_json(encoder, NULL, mst_slice_str(document), &avro, NULL),
        MST_OK);
    assert_true(
        mst_slice_equal(mst_buf_slice(&avro), MST_SLICE_LIT("\2\4\6\10")));
    assert_int_equal(mst_avro_to_json(decoder, mst_buf_slice(&avro),
                                      MST_JSON_RELAXED, &json, NULL),
                     MST_OK);
    assert_string_equal(mst_buf_text(&json), ordered);
    mst_buf_reset(&avro);
    mst_buf_reset(&json);
    /* And by way of BSON. */
    assert_int_equal(
        mst_json_to_bson(mst_slice_str(document), NULL, &json, NULL), MST_OK);
    assert_int_equal(
        mst_avro_from_bson(encoder, mst_buf_slice(&json), &avro, NULL), MST_OK);
    mst_buf_reset(&json);
    assert_int_equal(
        mst_avro_to_bson(decoder, mst_buf_slice(&avro), &json, NULL), MST_OK);
    mst_buf_reset(&avro);
    assert_int_equal(
        mst_bson_to_json(mst_buf_slice(&json), MST_JSON_RELAXED, &avro, NULL),
        MST_OK);
    assert_string_equal(mst_buf_text(&avro), ordered);
    mst_avro_encoder_destroy(encoder);
    mst_avro_decoder_destroy(decoder);
    mst_avro_schema_destroy(parsed);
    mst_buf_clear(&avro);
    mst_buf_clear(&json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_the_names_in_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
