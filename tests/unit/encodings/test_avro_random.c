/* SPDX-License-Identifier: MIT */
/* Random schemas, values and damage: what comes back is what went in, or an
 * error that says something. */
#include "unit/cmocka_all.h"

#include "encodings/avro/avro_plan.h"
#include "encodings/avro/parse.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "random_avro.h"
#include "schema/avro_canonical.h"

enum { RANDOM_MAX = 1 << 26, RANDOM_SCHEMAS = 1500, RANDOM_VALUES = 20 };

struct random_case {
    struct random_bson random;
    struct mst_buf text;
    struct mst_buf bson;
    struct mst_buf avro;
    struct mst_buf back;
    struct mst_avro_plan *plan;
    struct mst_encoding_options options;
    uint64_t seed;
};

static void
open_case(struct random_case *one, uint64_t seed)
{
    struct mst_error err;
    *one = (struct random_case){.random = {.state = seed}, .seed = seed};
    mst_buf_init(&one->text, RANDOM_MAX);
    mst_buf_init(&one->bson, RANDOM_MAX);
    mst_buf_init(&one->avro, RANDOM_MAX);
    mst_buf_init(&one->back, RANDOM_MAX);
    random_avro_schema(&one->random, &one->text);
    if (mst_avro_plan_create(mst_buf_slice(&one->text), NULL, &one->plan, &err)
        != MST_OK) {
        fail_msg("seed %llu: %s: %s", (unsigned long long)seed,
                 mst_buf_text(&one->text), err.text);
    }
}

static void
close_case(struct random_case *one)
{
    mst_avro_plan_destroy(one->plan);
    mst_buf_clear(&one->text);
    mst_buf_clear(&one->bson);
    mst_buf_clear(&one->avro);
    mst_buf_clear(&one->back);
}

static enum mst_status
encode(struct random_case *one, struct mst_error *err)
{
    mst_error_clear(err);
    mst_buf_reset(&one->avro);
    return mst_avro_plan_encode(one->plan, MST_ENCODING_BSON, &one->options,
                                mst_buf_slice(&one->bson), &one->avro, err);
}

static enum mst_status
decode(struct random_case *one, struct mst_error *err)
{
    mst_error_clear(err);
    mst_buf_reset(&one->back);
    return mst_avro_plan_decode(
        one->plan, NULL,
        &(struct mst_transcoder){.to = MST_ENCODING_BSON,
                                 .options = one->options},
        mst_buf_slice(&one->avro), &one->back, err);
}

/* One document there and back. */
static void
check_value(struct random_case *one)
{
    struct mst_error err;
    mst_buf_reset(&one->bson);
    random_avro_document(&one->random, mst_avro_plan_schema(one->plan),
                         &one->bson);
    bool same = encode(one, &err) == MST_OK && decode(one, &err) == MST_OK
                && mst_slice_equal(mst_buf_slice(&one->bson),
                                   mst_buf_slice(&one->back));
    if (!same) {
        fail_msg("seed %llu: %s: %s", (unsigned long long)one->seed,
                 mst_buf_text(&one->text), err.text);
    }
}

static enum mst_status
to_json(struct random_case *one, struct mst_slice bson, enum mst_json_mode mode,
        struct mst_buf *json, struct mst_buf *wanted)
{
    one->options.json_mode = mode;
    mst_buf_reset(json);
    mst_buf_reset(wanted);
    enum mst_status status =
        mst_avro_plan_decode(one->plan, NULL,
                             &(struct mst_transcoder){.to = MST_ENCODING_JSON,
                                                      .options = one->options},
                             mst_buf_slice(&one->avro), json, NULL);
    /* What BSON can not be JSON is not of a schema: names of wrappers. */
    assert_int_equal(status, mst_bson_to_json(bson, mode, wanted, NULL));
    return status;
}

/* One document as JSON: that of the BSON in every mode, and canonical JSON
 * gives the same datum again. */
static bool
check_json(struct random_case *one, struct mst_buf *json,
           struct mst_buf *wanted)
{
    bool same = true;
    for (int mode = MST_JSON_PLAIN; mode >= MST_JSON_RELAXED; mode--) {
        enum mst_status status =
            to_json(one, mst_buf_slice(&one->back), (enum mst_json_mode)mode,
                    json, wanted);
        same =
            same && mst_slice_equal(mst_buf_slice(json), mst_buf_slice(wanted));
        if (mode != MST_JSON_CANONICAL || status != MST_OK) {
            continue;
        }
        mst_buf_reset(wanted);
        same =
            same
            && mst_avro_plan_encode(one->plan, MST_ENCODING_JSON, &one->options,
                                    mst_buf_slice(json), wanted, NULL)
                   == MST_OK
            && mst_slice_equal(mst_buf_slice(wanted),
                               mst_buf_slice(&one->avro));
    }
    return same;
}

/* The next random document of the case. */
static void
check_json_value(struct random_case *one, struct mst_buf *json,
                 struct mst_buf *wanted)
{
    struct mst_error err;
    mst_buf_reset(&one->bson);
    random_avro_document(&one->random, mst_avro_plan_schema(one->plan),
                         &one->bson);
    if (encode(one, &err) != MST_OK || decode(one, &err) != MST_OK
        || !check_json(one, json, wanted)) {
        fail_msg("seed %llu: %s: %s, not %s", (unsigned long long)one->seed,
                 mst_buf_text(&one->text), mst_buf_text(json),
                 mst_buf_text(wanted));
    }
}

static void
json_of_a_schema_is_that_of_its_bson_and_comes_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_SCHEMAS; seed++) {
        struct random_case one;
        struct mst_buf json;
        struct mst_buf wanted;
        open_case(&one, seed);
        mst_buf_init(&json, RANDOM_MAX);
        mst_buf_init(&wanted, RANDOM_MAX);
        for (int i = 0; i < RANDOM_VALUES; i++) {
            check_json_value(&one, &json, &wanted);
        }
        mst_buf_clear(&json);
        mst_buf_clear(&wanted);
        close_case(&one);
    }
}

static void
values_of_a_schema_come_back_as_they_went(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_SCHEMAS; seed++) {
        struct random_case one;
        open_case(&one, seed);
        for (int i = 0; i < RANDOM_VALUES; i++) {
            check_value(&one);
        }
        close_case(&one);
    }
}

static void
any_document_is_taken_or_refused_with_a_reason(void **state)
{
    (void)state;
    size_t taken = 0;
    size_t refused = 0;
    for (uint64_t seed = 1; seed <= RANDOM_SCHEMAS; seed++) {
        struct random_case one;
        struct mst_error err;
        open_case(&one, seed);
        mst_buf_reset(&one.bson);
        random_bson_write(&one.random, &one.bson);
        enum mst_status status = encode(&one, &err);
        if (status == MST_OK) {
            assert_int_equal(decode(&one, &err), MST_OK);
            taken++;
        } else {
            assert_int_equal(status, MST_REJECTED);
            assert_true(err.text[0] != '\0' && err.offset >= 0);
            assert_int_equal(one.avro.len, 0);
            refused++;
        }
        close_case(&one);
    }
    assert_true(taken > 0 && refused > 0);
}

static void
damaged_data_are_refused_or_are_other_documents(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_SCHEMAS; seed++) {
        struct random_case one;
        open_case(&one, seed);
        for (int i = 0; i < RANDOM_VALUES; i++) {
            struct mst_error err;
            mst_buf_reset(&one.bson);
            random_avro_document(&one.random, mst_avro_plan_schema(one.plan),
                                 &one.bson);
            assert_int_equal(encode(&one, &err), MST_OK);
            for (uint64_t n = random_bson_below(&one.random, 4);
                 n > 0 && one.avro.len > 0; n--) {
                size_t at =
                    (size_t)random_bson_below(&one.random, one.avro.len);
                one.avro.data[at] = (uint8_t)random_bson_next(&one.random);
            }
            one.avro.len =
                (size_t)random_bson_below(&one.random, one.avro.len + 1);
            enum mst_status status = decode(&one, &err);
            if (status == MST_OK) {
                assert_int_equal(mst_bson_check(mst_buf_slice(&one.back), NULL),
                                 MST_OK);
            } else {
                assert_int_equal(status, MST_REJECTED);
                assert_true(err.text[0] != '\0' && err.offset >= 0);
                assert_int_equal(one.back.len, 0);
            }
        }
        close_case(&one);
    }
}

static void
a_canonical_form_is_its_own(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_SCHEMAS; seed++) {
        struct random_case one;
        struct mst_avro_schema *again = NULL;
        uint64_t crc[2] = {0, 1};
        open_case(&one, seed);
        assert_int_equal(
            mst_avro_canonical(mst_avro_plan_schema(one.plan), &one.avro),
            MST_OK);
        assert_int_equal(
            mst_avro_schema_parse(mst_buf_slice(&one.avro), &again, NULL),
            MST_OK);
        assert_int_equal(
            mst_avro_fingerprint(mst_avro_plan_schema(one.plan), &crc[0], NULL),
            MST_OK);
        assert_int_equal(mst_avro_fingerprint(again, &crc[1], NULL), MST_OK);
        assert_true(crc[0] == crc[1]);
        mst_avro_schema_destroy(again);
        close_case(&one);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_a_schema_come_back_as_they_went),
        cmocka_unit_test(json_of_a_schema_is_that_of_its_bson_and_comes_back),
        cmocka_unit_test(any_document_is_taken_or_refused_with_a_reason),
        cmocka_unit_test(damaged_data_are_refused_or_are_other_documents),
        cmocka_unit_test(a_canonical_form_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
