/* SPDX-License-Identifier: MIT */
/* Debezium's envelope, made from hand-made change events. */
#include "unit/cmocka_all.h"

#include <bson/bson.h>

#include "sources/mongodb/envelope.h"

#define SOURCE_HEAD                                                            \
    "\"source\":{\"version\":\"" MST_VERSION                                   \
    "\",\"connector\":\"mongodb\",\"name\":\"shop\",\"ts_ms\":100000,"         \
    "\"snapshot\":\"false\",\"db\":\"d\",\"sequence\":null,"                   \
    "\"ts_us\":100000000,\"ts_ns\":100000000000,\"rs\":\"rs0\","               \
    "\"collection\":\"c\",\"ord\":3,"
#define SOURCE                                                                 \
    SOURCE_HEAD "\"lsid\":null,\"txnNumber\":null,\"wallTime\":99123}"
#define EVENT_TAIL                                                             \
    "\"clusterTime\":{\"$timestamp\":{\"t\":100,\"i\":3}},"                    \
    "\"wallTime\":{\"$date\":{\"$numberLong\":\"99123\"}},"                    \
    "\"ns\":{\"db\":\"d\",\"coll\":\"c\"},\"documentKey\":{\"_id\":1}}"
#define TAIL ",\"ts_ms\":777,\"transaction\":null}"

static void
expect(const bson_t *doc, const char *json)
{
    struct mst_mongo_change change;
    assert_int_equal(
        mst_mongo_change_parse(mst_slice_of(bson_get_data(doc), doc->len),
                               &change, NULL),
        MST_OK);
    struct mst_mongo_envelope envelope;
    mst_mongo_envelope_init(&envelope, "shop", "rs0");
    struct mst_error err;
    mst_error_clear(&err);
    assert_int_equal(mst_mongo_envelope_make(&envelope, &change, 777, &err),
                     MST_OK);
    assert_string_equal(mst_buf_text(&envelope.out), json);
    mst_mongo_envelope_clear(&envelope);
}

struct envelope_case {
    const char *event;
    const char *json;
};

static void
expect_all(const struct envelope_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bson_error_t error;
        bson_t *doc =
            bson_new_from_json((const uint8_t *)cases[i].event, -1, &error);
        if (doc == NULL) {
            fail_msg("case %zu: %s", i, error.message);
        }
        expect(doc, cases[i].json);
        bson_destroy(doc);
    }
}

static void
types_are_written_as_debezium_does(void **state)
{
    (void)state;
    static const struct envelope_case cases[] = {
        {"{\"operationType\":\"insert\",\"fullDocument\":{\"_id\":{\"$oid\":"
         "\"65f0a1b2c3d4e5f601234567\"},\"l\":{\"$numberLong\":\"5\"},\"d\":{"
         "\"$date\":{\"$numberLong\":\"-1\"}},\"f\":0.5,\"b\":{\"$binary\":{"
         "\"base64\":\"AQI=\",\"subType\":\"04\"}},\"r\":{"
         "\"$regularExpression\":{\"pattern\":\"^a\",\"options\":\"i\"}},"
         "\"n\":[{},[],{\"$numberDecimal\":\"1.50\"},null,true,{\"$timestamp\":"
         "{\"t\":1,\"i\":2}}]}," EVENT_TAIL,
         "{\"before\":null,\"after\":\"{\\\"_id\\\":{\\\"$oid\\\":"
         "\\\"65f0a1b2c3d4e5f601234567\\\"},\\\"l\\\":{\\\"$numberLong\\\":"
         "\\\"5\\\"},\\\"d\\\":{\\\"$date\\\":-1},\\\"f\\\":0.5,\\\"b\\\":{"
         "\\\"$binary\\\":\\\"AQI=\\\",\\\"$type\\\":\\\"04\\\"},\\\"r\\\":{"
         "\\\"$regex\\\":\\\"^a\\\",\\\"$options\\\":\\\"i\\\"},\\\"n\\\":[{},["
         "],"
         "{\\\"$numberDecimal\\\":\\\"1.50\\\"},null,true,{\\\"$timestamp\\\":{"
         "\\\"t\\\":1,\\\"i\\\":2}}]}\",\"updateDescription\":null," SOURCE
         ",\"op\":\"c\"" TAIL},
    };
    expect_all(cases, MST_ARRAY_SIZE(cases));
}

static void
every_operation_has_its_envelope(void **state)
{
    (void)state;
    static const struct envelope_case cases[] = {
        {"{\"operationType\":\"insert\",\"fullDocument\":{\"_id\":1,\"n\":"
         "\"a\\\"b\"}," EVENT_TAIL,
         "{\"before\":null,\"after\":\"{\\\"_id\\\":1,\\\"n\\\":\\\"a\\\\\\\"b"
         "\\\"}\",\"updateDescription\":null," SOURCE ",\"op\":\"c\"" TAIL},
        {"{\"operationType\":\"replace\",\"fullDocument\":{\"_id\":1},"
         "\"fullDocumentBeforeChange\":{\"_id\":1,\"x\":2}," EVENT_TAIL,
         "{\"before\":\"{\\\"_id\\\":1,\\\"x\\\":2}\",\"after\":\"{\\\"_id\\\":"
         "1}\",\"updateDescription\":null," SOURCE ",\"op\":\"u\"" TAIL},
        {"{\"operationType\":\"delete\"," EVENT_TAIL,
         "{\"before\":null,\"after\":null,\"updateDescription\":null," SOURCE
         ",\"op\":\"d\"" TAIL},
        {"{\"operationType\":\"update\",\"updateDescription\":{"
         "\"updatedFields\":{\"a.b\":1},\"removedFields\":[\"x\",\"y\"],"
         "\"truncatedArrays\":[{\"field\":\"l\",\"newSize\":2}]}," EVENT_TAIL,
         "{\"before\":null,\"after\":null,\"updateDescription\":{"
         "\"removedFields\":[\"x\",\"y\"],\"updatedFields\":\"{\\\"a.b\\\":1}"
         "\",\"truncatedArrays\":[{\"field\":\"l\",\"size\":2}]}," SOURCE
         ",\"op\":\"u\"" TAIL},
        {"{\"operationType\":\"update\",\"updateDescription\":{"
         "\"updatedFields\":{},\"removedFields\":[],\"truncatedArrays\":[]}"
         "," EVENT_TAIL,
         "{\"before\":null,\"after\":null,\"updateDescription\":{"
         "\"removedFields\":null,\"updatedFields\":\"{}\",\"truncatedArrays\":"
         "null}," SOURCE ",\"op\":\"u\"" TAIL},
        {"{\"lsid\":{\"id\":1},\"txnNumber\":{\"$numberLong\":\"7\"},"
         "\"operationType\":\"insert\",\"fullDocument\":{\"_id\":1}"
         "," EVENT_TAIL,
         "{\"before\":null,\"after\":\"{\\\"_id\\\":1}\",\"updateDescription\":"
         "null," SOURCE_HEAD "\"lsid\":\"{\\\"id\\\":1}\",\"txnNumber\":7,"
         "\"wallTime\":99123},\"op\":\"c\"" TAIL},
    };
    expect_all(cases, MST_ARRAY_SIZE(cases));
}

static void
document_that_json_can_not_hold_comes_as_bson(void **state)
{
    (void)state;
    /* "\xff" is not UTF-8. */
    bson_t *doc = BCON_NEW("operationType", "insert", "clusterTime",
                           BCON_TIMESTAMP(100, 3), "wallTime",
                           BCON_DATE_TIME(99123), "ns", "{", "db", "d", "coll",
                           "c", "}", "fullDocument", "{", "a", "\xff", "}");
    expect(doc, "{\"before\":null,\"after\":null,\"after_bson\":"
                "\"DgAAAAJhAAIAAAD/AAA=\",\"updateDescription\":null," SOURCE
                ",\"op\":\"c\"" TAIL);
    bson_destroy(doc);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_its_envelope),
        cmocka_unit_test(types_are_written_as_debezium_does),
        cmocka_unit_test(document_that_json_can_not_hold_comes_as_bson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
