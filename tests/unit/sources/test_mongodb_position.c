/* SPDX-License-Identifier: MIT */
/* Resume tokens and positions of the MongoDB source. */
#include "unit/cmocka_all.h"

#include <bson/bson.h>

#include "sources/mongodb/position.h"

#define HIGH_WATER "826B017C22000000022B0229296E04"
#define EVENT                                                                  \
    "826B017C3D000000012B022C0100296E5A10048D4FDA595FC34BDDBF6B762D710B3B7246" \
    "1E5F6964002B060004"
#define INVALIDATE                                                             \
    "826B017C3D000000022B022C0100296F5A10048D4FDA595FC34BDDBF6B762D710B3B7204"
#define IN_TRANSACTION                                                         \
    "826B017C3D000000012B022C01002B046E5A10048D4FDA595FC34BDDBF6B762D710B3B72" \
    "461E5F6964002B060004"

static void
decode(const char *data, enum mst_status expected,
       struct mst_mongo_token *ret_token)
{
    bson_t *doc = BCON_NEW("_data", BCON_UTF8(data));
    struct mst_error err;
    mst_error_clear(&err);
    assert_int_equal(
        mst_mongo_token_decode(mst_slice_of(bson_get_data(doc), doc->len),
                               ret_token, &err),
        expected);
    assert_int_equal(err.text[0] == '\0', expected == MST_OK);
    bson_destroy(doc);
}

static void
token_tells_time_kind_and_place_in_the_transaction(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        uint32_t seconds;
        uint32_t increment;
        bool event;
        bool invalidate;
        uint32_t index;
    } cases[] = {
        {HIGH_WATER, 0x6B017C22, 2, false, false, 0},
        {EVENT, 0x6B017C3D, 1, true, false, 0},
        {INVALIDATE, 0x6B017C3D, 2, true, true, 0},
        {IN_TRANSACTION, 0x6B017C3D, 1, true, false, 2},
        {"826b017c22000000022b0229296e04", 0x6B017C22, 2, false, false, 0},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_token token;
        decode(cases[i].data, MST_OK, &token);
        assert_int_equal(token.seconds, cases[i].seconds);
        assert_int_equal(token.increment, cases[i].increment);
        assert_int_equal(token.event, cases[i].event);
        assert_int_equal(token.invalidate, cases[i].invalidate);
        assert_int_equal(token.index, cases[i].index);
    }
}

static void
damaged_token_is_rejected(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "8",
        "82",
        "826B017C2200000002",
        "826B017C22000000022B02",
        "826B017C22000000022B0229296E0",
        "936B017C22000000022B0229296E04",
        "826B017C2200zz00022B0229296E04",
        "82 6B017C22000000022B0229296E04",
        "826B017C2200000002FF0229296E04",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_token token;
        decode(cases[i], MST_REJECTED, &token);
    }
}

static void
round_trip(const char *text)
{
    struct mst_mongo_position position;
    mst_mongo_position_init(&position);
    struct mst_error err;
    mst_error_clear(&err);
    assert_int_equal(
        mst_mongo_position_parse(&position, mst_slice_str(text), &err), MST_OK);
    struct mst_buf out;
    mst_buf_init(&out, 4096);
    assert_int_equal(mst_mongo_position_format(&position, &out, &err), MST_OK);
    struct mst_mongo_position again;
    mst_mongo_position_init(&again);
    assert_int_equal(
        mst_mongo_position_parse(&again, mst_buf_slice(&out), &err), MST_OK);
    assert_int_equal(again.start_after, position.start_after);
    assert_int_equal(again.seconds, position.seconds);
    assert_int_equal(again.increment, position.increment);
    assert_true(mst_slice_equal(mst_buf_slice(&again.token),
                                mst_buf_slice(&position.token)));
    mst_mongo_position_clear(&position);
    mst_mongo_position_clear(&again);
    mst_buf_clear(&out);
}

static void
position_survives_being_saved(void **state)
{
    (void)state;
    round_trip("{\"kind\":\"mongodb\",\"token\":{\"_data\":\"" EVENT "\"}}");
    round_trip("{\"kind\":\"mongodb\",\"token\":{\"_data\":\"" INVALIDATE
               "\"},\"start_after\":true}");
    round_trip("{\"kind\":\"mongodb\",\"token\":{\"_data\":\"" EVENT
               "\",\"_typeBits\":{\"$binary\":{\"base64\":\"ggE=\","
               "\"subType\":\"00\"}}}}");
    round_trip("{\"kind\":\"mongodb\",\"at\":{\"seconds\":4294967295,"
               "\"ordinal\":7}}");
}

static void
token_of_an_invalidation_is_started_after(void **state)
{
    (void)state;
    struct mst_mongo_position position;
    mst_mongo_position_init(&position);
    bson_t *doc = BCON_NEW("_data", BCON_UTF8(INVALIDATE));
    assert_int_equal(
        mst_mongo_position_set_token(
            &position, mst_slice_of(bson_get_data(doc), doc->len), NULL),
        MST_OK);
    assert_true(position.start_after);
    struct mst_buf out;
    mst_buf_init(&out, 4096);
    assert_int_equal(mst_mongo_position_format(&position, &out, NULL), MST_OK);
    assert_non_null(strstr(mst_buf_text(&out), "\"start_after\":true"));
    mst_buf_clear(&out);
    bson_destroy(doc);
    mst_mongo_position_clear(&position);
}

static void
foreign_or_damaged_position_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "not a JSON object"},
        {"{", "not a JSON object"},
        {"[1]", "does not say"},
        {"{\"kind\":\"kafka\",\"partitions\":{}}", "one of 'kafka'"},
        {"{\"token\":{\"_data\":\"" EVENT "\"}}", "does not say"},
        {"{\"kind\":\"mongodb\"}", "neither"},
        {"{\"kind\":\"mongodb\",\"token\":{\"_data\":\"82\"}}", "cluster time"},
        {"{\"kind\":\"mongodb\",\"token\":{\"_data\":5}}", "_data"},
        {"{\"kind\":\"mongodb\",\"token\":\"x\"}", "neither"},
        {"{\"kind\":\"mongodb\",\"at\":{\"seconds\":-1,\"ordinal\":1}}",
         "neither"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_position position;
        mst_mongo_position_init(&position);
        struct mst_error err;
        mst_error_clear(&err);
        assert_int_equal(mst_mongo_position_parse(
                             &position, mst_slice_str(cases[i].text), &err),
                         MST_FATAL);
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("'%s' does not say '%s'", err.text, cases[i].says);
        }
        mst_mongo_position_clear(&position);
    }
}

static void
every_form_of_start_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *start;
        const char *words;
    } cases[] = {
        {"now", "now"},
        {"2026-11-21T11:10:53Z", "2026-11-21T11:10:53Z, ordinal 1, before it"},
        {"2026-11-21T12:10:53.9+01:00",
         "2026-11-21T11:10:53Z, ordinal 1, before it"},
        {"timestamp:1795259453,7",
         "2026-11-21T11:10:53Z, ordinal 7, before it"},
        {"resume_token:" EVENT,
         "2026-11-21T11:10:53Z, ordinal 1, after that change"},
        {"resume_token:{\"_data\":\"" IN_TRANSACTION "\"}",
         "2026-11-21T11:10:53Z, ordinal 1, change 3 of its transaction, after "
         "that change"},
        {"resume_token:" INVALIDATE,
         "2026-11-21T11:10:53Z, ordinal 2, after the end of that collection"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_position position;
        mst_mongo_position_init(&position);
        bool earliest = true;
        struct mst_error err;
        mst_error_clear(&err);
        assert_int_equal(mst_mongo_position_start(&position, cases[i].start,
                                                  &earliest, &err),
                         MST_OK);
        assert_false(earliest);
        struct mst_buf out;
        mst_buf_init(&out, 4096);
        assert_int_equal(mst_mongo_position_text(&position, &out), MST_OK);
        assert_string_equal(mst_buf_text(&out), cases[i].words);
        mst_buf_clear(&out);
        mst_mongo_position_clear(&position);
    }
}

static void
start_that_is_none_of_the_forms_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "yesterday",
        "timestamp:",
        "timestamp:1",
        "timestamp:1,",
        "timestamp:1,2,3",
        "timestamp:-1,2",
        "timestamp:4294967296,2",
        "timestamp: 1,2",
        "resume_token:",
        "resume_token:xyz",
        "resume_token:{\"a\":1}",
        "resume_token:{",
        "1969-01-01T00:00:00Z",
        "Earliest",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_position position;
        mst_mongo_position_init(&position);
        bool earliest = false;
        struct mst_error err;
        mst_error_clear(&err);
        if (mst_mongo_position_start(&position, cases[i], &earliest, &err)
            != MST_FATAL) {
            fail_msg("'%s' was taken", cases[i]);
        }
        assert_true(err.text[0] != '\0');
        mst_mongo_position_clear(&position);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_tells_time_kind_and_place_in_the_transaction),
        cmocka_unit_test(damaged_token_is_rejected),
        cmocka_unit_test(position_survives_being_saved),
        cmocka_unit_test(token_of_an_invalidation_is_started_after),
        cmocka_unit_test(
            foreign_or_damaged_position_is_refused_with_its_reason),
        cmocka_unit_test(every_form_of_start_is_understood),
        cmocka_unit_test(start_that_is_none_of_the_forms_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
