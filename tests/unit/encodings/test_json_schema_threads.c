/* SPDX-License-Identifier: MIT */
/* One JSON Schema, used by several threads at once. */
#include "unit/cmocka_all.h"

#include "encodings/schema_plan.h"
#include "encodings/transcode.h"
#include "unit/encodings/threads.h"

enum { THREAD_ROUNDS = 300, THREADS_MAX = 1 << 20 };

static const char schema[] =
    "{\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"pattern\":"
    "\"^a+$\"},\"list\":{\"uniqueItems\":true}},"
    "\"anyOf\":[{\"required\":[\"id\"]},{\"required\":[\"list\"]}]}";

static const struct {
    const char *in;
    const char *out; /* NULL: refused */
} turns[] = {
    {"{\"x\":1,\"name\":\"aa\",\"id\":1}", "{\"id\":1,\"name\":\"aa\"}"},
    {"{\"name\":\"ab\",\"id\":1}", NULL},
    {"{\"list\":[1,{\"a\":2},\"x\"]}", "{\"list\":[1,{\"a\":2},\"x\"]}"},
    {"{\"list\":[1,1.0]}", NULL},
};

/* Counts what went wrong: assertions are for the main thread. */
static void *
thread_run(void *ctx)
{
    const struct mst_encoding_options options = {.schema = ctx};
    struct mst_buf out;
    uintptr_t wrong = 0;
    mst_buf_init(&out, THREADS_MAX);
    for (size_t i = 0; i < THREAD_ROUNDS; i++) {
        size_t turn = i % MST_ARRAY_SIZE(turns);
        struct mst_error err;
        mst_buf_reset(&out);
        enum mst_status status =
            mst_transcode(MST_ENCODING_JSON, MST_ENCODING_JSON, &options,
                          mst_slice_str(turns[turn].in), &out, &err);
        bool good =
            turns[turn].out == NULL
                ? status == MST_REJECTED
                : status == MST_OK
                      && mst_slice_is(mst_buf_slice(&out), turns[turn].out);
        wrong += good ? 0 : 1;
    }
    mst_buf_clear(&out);
    return (void *)wrong;
}

static void
threads_share_a_schema(void **state)
{
    (void)state;
    const struct mst_schema_plan_options options = {
        .kind = MST_SCHEMA_KIND_JSON, .json = {.project = true}};
    struct mst_schema_plan *plan = NULL;
    assert_int_equal(
        mst_schema_plan_create(mst_slice_str(schema), &options, &plan, NULL),
        MST_OK);
    threads_find_nothing_wrong(thread_run, plan);
    mst_schema_plan_destroy(plan);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
