/* SPDX-License-Identifier: MIT */
/* Where _id comes from, and which _ids are one document to the server. */
#include "sinks/mongodb/mongodb_id.h"

#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "sinks/mongodb/mongodb_hash.h"

enum { ID_BYTES = 1024 * 1024 };

static uint64_t
hash_of(const char *json)
{
    struct mst_buf doc;
    struct mst_bson_value id;
    mst_buf_init(&doc, ID_BYTES);
    assert_int_equal(mst_json_to_bson(mst_slice_str(json), NULL, &doc, NULL),
                     MST_OK);
    assert_true(mst_bson_find(mst_buf_slice(&doc), "_id", &id));
    uint64_t hash = mst_mongosink_id_hash(5, &id);
    mst_buf_clear(&doc);
    return hash;
}

static void
ids_that_are_equal_to_the_server_have_one_hash(void **state)
{
    (void)state;
    static const char *const equal[][2] = {
        {"{\"_id\":1}", "{\"_id\":{\"$numberLong\":\"1\"}}"},
        {"{\"_id\":1}", "{\"_id\":1.0}"},
        {"{\"_id\":0}", "{\"_id\":{\"$numberDouble\":\"-0.0\"}}"},
        {"{\"_id\":100}", "{\"_id\":{\"$numberDecimal\":\"1E2\"}}"},
        {"{\"_id\":-7}", "{\"_id\":{\"$numberDecimal\":\"-7.000\"}}"},
        {"{\"_id\":0.5}", "{\"_id\":{\"$numberDecimal\":\"0.50\"}}"},
        {"{\"_id\":{\"$numberLong\":\"9223372036854775807\"}}",
         "{\"_id\":{\"$numberDecimal\":\"9223372036854775807\"}}"},
        {"{\"_id\":{\"$numberLong\":\"-9223372036854775808\"}}",
         "{\"_id\":{\"$numberDouble\":\"-9223372036854775808\"}}"},
        {"{\"_id\":{\"a\":1,\"b\":[2]}}",
         "{\"_id\":{\"a\":1.0,\"b\":[{\"$numberLong\":\"2\"}]}}"},
        {"{\"_id\":\"x\"}", "{\"_id\":{\"$symbol\":\"x\"}}"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(equal); i++) {
        assert_int_equal(hash_of(equal[i][0]), hash_of(equal[i][1]));
    }
}

static void
other_ids_have_other_hashes(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "{\"_id\":1}",
        "{\"_id\":2}",
        "{\"_id\":\"1\"}",
        "{\"_id\":null}",
        "{\"_id\":true}",
        "{\"_id\":{\"$date\":{\"$numberLong\":\"1\"}}}",
        "{\"_id\":{\"a\":1,\"b\":2}}",
        "{\"_id\":{\"b\":2,\"a\":1}}",
        "{\"_id\":{\"$oid\":\"65f0a1b2c3d4e5f601234567\"}}",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(ids); i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(hash_of(ids[i]), hash_of(ids[j]));
        }
    }
}

static void
text_keys_become_the_id_that_they_name(void **state)
{
    (void)state;
    static const struct {
        enum mst_mongosink_key_type type;
        const char *key;
        const char *expected; /* NULL: rejected */
    } cases[] = {
        {MST_MONGOSINK_KEY_AUTO, "65F0a1b2c3d4e5f601234567",
         "{\"$oid\":\"65f0a1b2c3d4e5f601234567\"}"},
        {MST_MONGOSINK_KEY_AUTO, "65f0a1b2c3d4e5f60123456",
         "\"65f0a1b2c3d4e5f60123456\""},
        {MST_MONGOSINK_KEY_AUTO, "12", "{\"$numberInt\":\"12\"}"},
        {MST_MONGOSINK_KEY_AUTO, "-3000000000",
         "{\"$numberLong\":\"-3000000000\"}"},
        {MST_MONGOSINK_KEY_AUTO, "012", "\"012\""},
        {MST_MONGOSINK_KEY_AUTO, "-0", "\"-0\""},
        {MST_MONGOSINK_KEY_AUTO, "99999999999999999999",
         "\"99999999999999999999\""},
        {MST_MONGOSINK_KEY_AUTO, "", "\"\""},
        {MST_MONGOSINK_KEY_AUTO, "{\"$date\":{\"$numberLong\":\"5\"}}",
         "{\"$date\":{\"$numberLong\":\"5\"}}"},
        {MST_MONGOSINK_KEY_AUTO, "{broken", "\"{broken\""},
        {MST_MONGOSINK_KEY_STRING, "12", "\"12\""},
        {MST_MONGOSINK_KEY_INT, "12", "{\"$numberInt\":\"12\"}"},
        {MST_MONGOSINK_KEY_INT, "x", NULL},
        {MST_MONGOSINK_KEY_OBJECTID, "12", NULL},
        {MST_MONGOSINK_KEY_JSON, "\"12\"", "\"12\""},
        {MST_MONGOSINK_KEY_JSON, "1,\"b\":2", NULL},
        {MST_MONGOSINK_KEY_JSON, "[1]", NULL},
    };
    struct mst_buf scratch;
    struct mst_buf text;
    struct mst_error err;
    mst_buf_init(&scratch, ID_BYTES);
    mst_buf_init(&text, ID_BYTES);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_event event = {.key = mst_slice_str(cases[i].key),
                                  .key_kind = MST_KEY_BYTES};
        struct mst_bson_value id;
        enum mst_status status =
            mst_mongosink_id_of_key(&event, cases[i].type, &scratch, &id, &err);
        if (cases[i].expected == NULL) {
            assert_int_equal(status, MST_REJECTED);
            continue;
        }
        assert_int_equal(status, MST_OK);
        mst_buf_reset(&text);
        assert_int_equal(
            mst_bson_value_to_json(&id, MST_JSON_CANONICAL, &text, &err),
            MST_OK);
        assert_string_equal(mst_buf_text(&text), cases[i].expected);
    }
    mst_buf_clear(&scratch);
    mst_buf_clear(&text);
}

static void
equal_payloads_have_one_hash_id(void **state)
{
    (void)state;
    struct mst_error err;
    struct mst_mongosink_id_rule rule;
    struct mst_buf scratch;
    uint8_t first[64];
    struct mst_bson_value id;
    struct mst_event event = {0};
    struct mst_delivery delivery = {.event = &event,
                                    .payload = MST_SLICE_LIT("payload")};
    mst_buf_init(&scratch, ID_BYTES);
    assert_int_equal(
        mst_mongosink_id_parse("hash", MST_MONGOSINK_KEY_AUTO, &rule, &err),
        MST_OK);
    assert_int_equal(
        mst_mongosink_id_get(&rule, &delivery, &scratch, &id, &err), MST_OK);
    assert_int_equal(id.type, MST_BSON_STRING);
    assert_true(id.raw.len < sizeof(first));
    memcpy(first, id.raw.data, id.raw.len);
    size_t len = id.raw.len;
    assert_int_equal(
        mst_mongosink_id_get(&rule, &delivery, &scratch, &id, &err), MST_OK);
    assert_memory_equal(id.raw.data, first, len);
    delivery.payload = MST_SLICE_LIT("payloae");
    assert_int_equal(
        mst_mongosink_id_get(&rule, &delivery, &scratch, &id, &err), MST_OK);
    assert_memory_not_equal(id.raw.data, first, len);
    mst_buf_clear(&scratch);
}

static void
unknown_rules_are_refused_with_the_known_ones(void **state)
{
    (void)state;
    struct mst_mongosink_id_rule rule;
    struct mst_error err;
    assert_int_equal(mst_mongosink_id_parse("documents", MST_MONGOSINK_KEY_AUTO,
                                            &rule, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.hint, "field:NAME"));
    assert_int_equal(
        mst_mongosink_id_parse("field:", MST_MONGOSINK_KEY_AUTO, &rule, &err),
        MST_FATAL);
    assert_int_equal(mst_mongosink_id_parse("field:a.b", MST_MONGOSINK_KEY_AUTO,
                                            &rule, &err),
                     MST_OK);
    assert_string_equal(rule.field, "a.b");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_that_are_equal_to_the_server_have_one_hash),
        cmocka_unit_test(other_ids_have_other_hashes),
        cmocka_unit_test(text_keys_become_the_id_that_they_name),
        cmocka_unit_test(equal_payloads_have_one_hash_id),
        cmocka_unit_test(unknown_rules_are_refused_with_the_known_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
