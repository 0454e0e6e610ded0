/* SPDX-License-Identifier: MIT */
/* The schema tools when memory runs out at any allocation. */
#include "unit/cmocka_all.h"

#include "encodings/avro/parse.h"
#include "encodings/json_bson.h"
#include "encodings/schema_tools/fill.h"
#include "encodings/schema_tools/from_avro.h"
#include "encodings/schema_tools/infer.h"
#include "encodings/schema_tools/to_avro.h"
#include "support/alloc_fail.h"

enum { TORTURE_TURNS = 100000, TORTURE_BUF = 16 * 1024 * 1024 };

static const char *const documents[] = {
    "{\"a\":1,\"s\":[\"on\",\"off\",\"on\",\"off\"],\"a-b\":{\"c\":[1,\"x\"]}}",
    "{\"a\":\"x\",\"m\":{\"507f1f77bcf86cd799439011\":{\"$numberDecimal\":"
    "\"1.5\"}}}",
};

static enum mst_status
turn_fill(struct mst_slice schema, struct mst_buf *out)
{
    struct mst_fill *fill = NULL;
    enum mst_status status = mst_fill_create(schema, NULL, &fill, NULL);
    if (status == MST_OK) {
        status = mst_fill_next(fill, out, NULL);
    }
    mst_fill_destroy(fill);
    return status;
}

/* All of the tools, one behind the other. */
static enum mst_status
turn(struct mst_buf *bufs)
{
    static const struct mst_infer_options options = {.with_values = true,
                                                     .text_formats = true};
    struct mst_infer *infer = NULL;
    struct mst_avro_schema *schema = NULL;
    enum mst_status status = mst_infer_create(&options, &infer, NULL);
    for (size_t i = 0; i < MST_ARRAY_SIZE(documents) && status == MST_OK; i++) {
        mst_buf_reset(&bufs[0]);
        status =
            mst_json_to_bson(mst_slice_str(documents[i]), NULL, &bufs[0], NULL);
        if (status == MST_OK) {
            status = mst_infer_add(infer, mst_buf_slice(&bufs[0]), NULL);
        }
    }
    if (status == MST_OK) {
        status = mst_infer_finish(infer, &bufs[1], NULL);
    }
    mst_infer_destroy(infer);
    if (status == MST_OK) {
        status = mst_json_schema_to_avro(mst_buf_slice(&bufs[1]), NULL,
                                         &bufs[2], NULL);
    }
    if (status == MST_OK) {
        status = mst_avro_schema_parse(mst_buf_slice(&bufs[2]), &schema, NULL);
    }
    if (status == MST_OK) {
        status = mst_avro_to_json_schema(schema, &bufs[3], NULL);
    }
    mst_avro_schema_destroy(schema);
    if (status == MST_OK) {
        status = turn_fill(mst_buf_slice(&bufs[1]), &bufs[0]);
    }
    return status;
}

static void
a_failed_allocation_is_fatal_and_leaves_no_rest(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct mst_buf bufs[4];
        assert_true(n < TORTURE_TURNS);
        for (size_t i = 0; i < MST_ARRAY_SIZE(bufs); i++) {
            mst_buf_init(&bufs[i], TORTURE_BUF);
        }
        alloc_fail_at(n);
        enum mst_status status = turn(bufs);
        bool failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        for (size_t i = 0; i < MST_ARRAY_SIZE(bufs); i++) {
            mst_buf_clear(&bufs[i]);
        }
        if (!failed) {
            return;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_allocation_is_fatal_and_leaves_no_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
