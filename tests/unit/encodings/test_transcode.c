/* SPDX-License-Identifier: MIT */
/* The matrix of conversions. */
#include "unit/cmocka_all.h"

#include "encodings/transcode.h"

static const struct mst_slice document = {(const uint8_t *)"\x0c\0\0\0\x10"
                                                           "a\0\1\0\0\0\0",
                                          12};

static void
matrix_knows_what_there_is(void **state)
{
    (void)state;
    for (int from = 0; from < MST_ENCODINGS; from++) {
        for (int to = 0; to < MST_ENCODINGS; to++) {
            bool expected =
                from == to
                || (from == MST_ENCODING_BSON && to == MST_ENCODING_JSON)
                || (from == MST_ENCODING_JSON && to == MST_ENCODING_BSON);
            assert_int_equal(mst_transcode_supported((enum mst_encoding)from,
                                                     (enum mst_encoding)to),
                             expected);
        }
    }
}

static void
missing_conversion_is_fatal_and_named(void **state)
{
    (void)state;
    struct mst_error err;
    struct mst_buf out;
    mst_buf_init(&out, 1000);
    assert_int_equal(mst_transcode(MST_ENCODING_BSON, MST_ENCODING_AVRO, NULL,
                                   document, &out, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.text, "from bson to avro"));
    mst_buf_clear(&out);
}

static void
options_reach_the_conversion(void **state)
{
    (void)state;
    struct mst_error err;
    struct mst_buf out;
    struct mst_transcoder transcoder;
    struct mst_encoding_options options = {.json_mode = MST_JSON_CANONICAL};
    mst_buf_init(&out, 1000);
    assert_int_equal(mst_transcode_find(MST_ENCODING_BSON, MST_ENCODING_JSON,
                                        &options, &transcoder, &err),
                     MST_OK);
    assert_int_equal(transcoder.run(&transcoder, document, &out, &err), MST_OK);
    assert_string_equal(mst_buf_text(&out), "{\"a\":{\"$numberInt\":\"1\"}}");
    struct mst_slice json = MST_SLICE_LIT("{\"a\":{\"$oid\":\"x\"}}");
    assert_int_equal(mst_transcode(MST_ENCODING_JSON, MST_ENCODING_BSON,
                                   &options, json, &out, &err),
                     MST_REJECTED);
    options.no_extended = true;
    assert_int_equal(mst_transcode(MST_ENCODING_JSON, MST_ENCODING_BSON,
                                   &options, json, &out, &err),
                     MST_OK);
    options.big_numbers = MST_BIG_NUMBERS_DOUBLE;
    json = MST_SLICE_LIT("{\"a\":99999999999999999999}");
    assert_int_equal(mst_transcode(MST_ENCODING_JSON, MST_ENCODING_BSON,
                                   &options, json, &out, &err),
                     MST_OK);
    mst_buf_clear(&out);
}

static void
same_encoding_passes_the_bytes_untouched(void **state)
{
    (void)state;
    struct mst_error err;
    struct mst_buf out;
    struct mst_transcoder transcoder;
    mst_buf_init(&out, 16);
    assert_int_equal(mst_transcode_find(MST_ENCODING_JSON, MST_ENCODING_JSON,
                                        NULL, &transcoder, &err),
                     MST_OK);
    assert_true(transcoder.run == NULL);
    struct mst_slice any = MST_SLICE_LIT("not \xFF json");
    assert_int_equal(mst_transcode(MST_ENCODING_JSON, MST_ENCODING_JSON, NULL,
                                   any, &out, &err),
                     MST_OK);
    assert_true(mst_slice_equal(mst_buf_slice(&out), any));
    assert_int_equal(mst_transcode(MST_ENCODING_JSON, MST_ENCODING_JSON, NULL,
                                   any, &out, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "larger"));
    mst_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_knows_what_there_is),
        cmocka_unit_test(missing_conversion_is_fatal_and_named),
        cmocka_unit_test(options_reach_the_conversion),
        cmocka_unit_test(same_encoding_passes_the_bytes_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
