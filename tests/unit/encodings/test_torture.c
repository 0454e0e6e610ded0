/* SPDX-License-Identifier: MIT */
/* Transcoding when memory runs out at any allocation. */
#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "support/alloc_fail.h"

enum { TORTURE_MAX = 100000, TORTURE_BUF = 16 * 1024 * 1024 };

static const char *const documents[] = {
    "{}",
    "{\"a\":1,\"b\":[1,2.5,\"x\",null,true],\"c\":{\"d\":{\"e\":\"f\"}}}",
    "{\"id\":{\"$oid\":\"0123456789abcdef01234567\"},"
    "\"n\":{\"$numberDecimal\":\"1.5\"},"
    "\"d\":{\"$date\":{\"$numberLong\":\"1\"}},"
    "\"b\":{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"00\"}}}",
};

static enum mst_status
there(struct mst_slice in, struct mst_buf *out)
{
    return mst_json_to_bson(in, NULL, out, NULL);
}

static enum mst_status
back(struct mst_slice in, struct mst_buf *out)
{
    return mst_bson_to_json(in, MST_JSON_CANONICAL, out, NULL);
}

/* Fails each allocation in turn. The last turn, without a failure, leaves the
 * result in out. */
static void
torture(enum mst_status (*work)(struct mst_slice in, struct mst_buf *out),
        struct mst_slice in, struct mst_buf *out)
{
    for (size_t n = 1;; n++) {
        assert_true(n < TORTURE_MAX);
        mst_buf_clear(out);
        mst_buf_init(out, TORTURE_BUF);
        alloc_fail_at(n);
        enum mst_status status = work(in, out);
        if (!alloc_fail_stop()) {
            assert_int_equal(status, MST_OK);
            return;
        }
        if (status != MST_OK) {
            assert_int_equal(out->len, 0);
        }
    }
}

static void
a_failed_allocation_fails_the_document_and_leaves_no_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
        struct mst_buf bson = {0};
        struct mst_buf json = {0};
        struct mst_buf again = {0};
        torture(there, mst_slice_str(documents[i]), &bson);
        torture(back, mst_buf_slice(&bson), &json);
        torture(there, mst_buf_slice(&json), &again);
        assert_true(
            mst_slice_equal(mst_buf_slice(&bson), mst_buf_slice(&again)));
        mst_buf_clear(&bson);
        mst_buf_clear(&json);
        mst_buf_clear(&again);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_failed_allocation_fails_the_document_and_leaves_no_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
