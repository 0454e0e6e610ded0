/* SPDX-License-Identifier: MIT */
/* One plan, used by several threads at once. */
#include "unit/cmocka_all.h"

#include "encodings/avro/avro_plan.h"
#include "unit/encodings/threads.h"

enum { THREAD_ROUNDS = 300, THREADS_MAX = 1 << 20 };

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"id\",\"type\":\"long\"},"
    "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":\"string\"}}]}";
static const char document[] = "{\"id\":1,\"list\":[\"a\",\"b\"]}";

/* Counts what went wrong: assertions are for the main thread. */
static void *
thread_run(void *ctx)
{
    struct mst_avro_plan *plan = ctx;
    struct mst_encoding_options options = {.schema = NULL};
    struct mst_buf avro;
    struct mst_buf json;
    uintptr_t wrong = 0;
    mst_buf_init(&avro, THREADS_MAX);
    mst_buf_init(&json, THREADS_MAX);
    for (int i = 0; i < THREAD_ROUNDS; i++) {
        mst_buf_reset(&avro);
        mst_buf_reset(&json);
        bool good = mst_avro_plan_encode(plan, MST_ENCODING_JSON, &options,
                                         mst_slice_str(document), &avro, NULL)
                        == MST_OK
                    && mst_avro_plan_decode(
                           plan, NULL,
                           &(struct mst_transcoder){.to = MST_ENCODING_JSON,
                                                    .options = options},
                           mst_buf_slice(&avro), &json, NULL)
                           == MST_OK
                    && mst_slice_is(mst_buf_slice(&json), document);
        wrong += good ? 0 : 1;
    }
    mst_buf_clear(&avro);
    mst_buf_clear(&json);
    return (void *)wrong;
}

static void
threads_share_a_plan(void **state)
{
    (void)state;
    struct mst_avro_plan *plan = NULL;
    assert_int_equal(
        mst_avro_plan_create(mst_slice_str(schema), NULL, &plan, NULL), MST_OK);
    threads_find_nothing_wrong(thread_run, plan);
    mst_avro_plan_destroy(plan);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
