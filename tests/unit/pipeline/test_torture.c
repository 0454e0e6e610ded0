/* SPDX-License-Identifier: MIT */
/*
 * A whole run with every allocation failing in turn: it ends with an error or
 * gets by, and never crashes, hangs or passes an event over.
 */
#include "unit/cmocka_all.h"

#include <stdatomic.h>

#include "fakes.h"
#include "log/log.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);

/* Allocations until one fails; at 0 and below nothing does (any more). */
static atomic_long torture_left;

static bool
torture_fails(void)
{
    return atomic_load(&torture_left) > 0
           && atomic_fetch_sub(&torture_left, 1) == 1;
}

void *
__wrap_malloc(size_t size)
{
    return torture_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return torture_fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
    return torture_fails() ? NULL : __real_realloc(memory, size);
}

static const struct fake_source_script torture_source = {
    .total = 1200, .keys = 7, .end_marks = 100, .disconnect = 50};
static const struct fake_sink_script torture_sinks[2] = {
    {.full = 100, .retry = 20, .reject = 2},
    {.drop = 10},
};

/* One run in which the n-th allocation fails; true: it was not reached. */
static bool
torture_run(struct fake_world *world, long n)
{
    struct mst_pipeline_sink sinks[FAKE_SINKS];
    struct mst_pipeline_spec spec;
    struct mst_pipeline *pipeline = NULL;
    struct mst_error err;
    fake_world_spec(world, sinks, &spec);
    spec.workers = 2;
    mst_error_clear(&err);
    atomic_store(&torture_left, n);
    enum mst_pipeline_end end = MST_PIPELINE_FAILED;
    if (mst_pipeline_create(&spec, &pipeline, &err) == MST_OK) {
        end = mst_pipeline_run(pipeline, &err);
    }
    mst_pipeline_destroy(pipeline);
    /* With n == 0 nothing was to fail. */
    bool reached = n > 0 && atomic_exchange(&torture_left, 0) <= 0;
    if (end == MST_PIPELINE_COMPLETED) {
        assert_int_equal(fake_world_missing(world, torture_source.total), 0);
    } else {
        assert_true(reached);
        assert_string_not_equal(err.text, "");
    }
    return !reached;
}

static void
no_failing_allocation_loses_an_event(void **state)
{
    (void)state;
    bool through = false;
    long n = 0;
    while (!through) {
        struct fake_world world;
        fake_world_init(&world, 11, &torture_source, torture_sinks, 2);
        through = torture_run(&world, ++n);
        assert_int_equal(world.bad_saves, 0);
        assert_int_equal(world.out_of_order, 0);
        /* What was not done is done by the next run. */
        fake_world_restart(&world);
        assert_true(torture_run(&world, 0) || through);
        fake_world_clear(&world);
        assert_true(n < 5000);
    }
    assert_true(n > 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_failing_allocation_loses_an_event),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
