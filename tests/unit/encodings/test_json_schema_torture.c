/* SPDX-License-Identifier: MIT */
/* JSON Schemas when memory runs out at any allocation, and that none is made
 * per document once the buffers are there. */
#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"
#include "support/alloc_fail.h"

enum { TORTURE_TURNS = 100000, TORTURE_BUF = 16 * 1024 * 1024 };

static const char schema[] =
    "{\"$id\":\"http://a/b\",\"type\":\"object\",\"properties\":{"
    "\"id\":{\"type\":\"integer\",\"minimum\":0,\"multipleOf\":0.5},"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"pattern\":\"^a+\","
    "\"format\":\"email\"},"
    "\"oid\":{\"pattern\":\"^[0-9a-f]{24}$\"},"
    "\"tags\":{\"items\":{\"enum\":[\"a\",\"b\"]},\"uniqueItems\":true},"
    "\"next\":{\"$ref\":\"b#/$defs/next\"},"
    "\"any\":{\"anyOf\":[{\"properties\":{\"x\":true}},{\"properties\":{"
    "\"y\":true}}],\"unevaluatedProperties\":false}},"
    "\"patternProperties\":{\"^p\":{\"$dynamicRef\":\"#n\"}},"
    "\"required\":[\"id\",\"oid\"],\"dependentRequired\":{\"id\":[\"tags\"]},"
    "\"$defs\":{\"next\":{\"$dynamicAnchor\":\"n\",\"type\":[\"object\","
    "\"null\"]}}}";

static const char document[] =
    "{\"tags\":[\"a\",\"b\"],\"id\":1,\"name\":\"aa@b\",\"oid\":{\"$oid\":"
    "\"0123456789abcdef01234567\"},\"next\":null,\"p1\":{},\"any\":{\"y\":1,"
    "\"x\":2},\"other\":1}";

static const char converted[] =
    "{\"id\":1,\"name\":\"aa@b\",\"oid\":{\"$oid\":"
    "\"0123456789abcdef01234567\"},\"tags\":[\"a\",\"b\"],\"next\":null,"
    "\"any\":{\"x\":2,\"y\":1},\"p1\":{}}";

struct turn {
    struct mst_schema_plan *plan;
    struct mst_encoding_options options;
    struct mst_buf bson;
    struct mst_buf json;
};

static enum mst_status
turn_convert(struct turn *turn)
{
    mst_buf_reset(&turn->bson);
    mst_buf_reset(&turn->json);
    enum mst_status status =
        mst_transcode(MST_ENCODING_JSON, MST_ENCODING_BSON, &turn->options,
                      mst_slice_str(document), &turn->bson, NULL);
    return status == MST_OK
               ? mst_transcode(MST_ENCODING_BSON, MST_ENCODING_JSON,
                               &turn->options, mst_buf_slice(&turn->bson),
                               &turn->json, NULL)
               : status;
}

static enum mst_status
turn_open(struct turn *turn)
{
    const struct mst_schema_plan_options options = {
        .kind = MST_SCHEMA_KIND_JSON,
        .json = {.project = true, .formats = true}};
    *turn = (struct turn){.plan = NULL};
    mst_buf_init(&turn->bson, TORTURE_BUF);
    mst_buf_init(&turn->json, TORTURE_BUF);
    enum mst_status status = mst_schema_plan_create(
        mst_slice_str(schema), &options, &turn->plan, NULL);
    turn->options.schema = turn->plan;
    return status;
}

static void
turn_close(struct turn *turn)
{
    mst_schema_plan_destroy(turn->plan);
    mst_buf_clear(&turn->bson);
    mst_buf_clear(&turn->json);
}

static void
nothing_is_allocated_per_document(void **state)
{
    (void)state;
    struct turn turn;
    assert_int_equal(turn_open(&turn), MST_OK);
    assert_int_equal(turn_convert(&turn), MST_OK);
    assert_true(mst_slice_is(mst_buf_slice(&turn.json), converted));
    alloc_fail_at(1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(turn_convert(&turn), MST_OK);
    }
    assert_false(alloc_fail_stop());
    turn_close(&turn);
}

static void
memory_may_end_at_any_allocation(void **state)
{
    (void)state;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        struct turn turn;
        assert_true(n < TORTURE_TURNS);
        alloc_fail_at(n);
        enum mst_status status = turn_open(&turn);
        status = status == MST_OK ? turn_convert(&turn) : status;
        failed = alloc_fail_stop();
        /* Room that is only asked for ahead may be denied. */
        if (status == MST_OK) {
            assert_true(mst_slice_is(mst_buf_slice(&turn.json), converted));
        } else {
            assert_int_equal(status, MST_FATAL);
            assert_true(failed);
        }
        turn_close(&turn);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allocated_per_document),
        cmocka_unit_test(memory_may_end_at_any_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
