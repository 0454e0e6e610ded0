/* SPDX-License-Identifier: MIT */
/*
 * A whole run with every allocation failing in turn: it ends with an error or
 * gets by, and never crashes, hangs or passes an event over.
 */
#include "unit/cmocka_all.h"

#include "fakes.h"
#include "log/log.h"
#include "support/alloc_fail.h"

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
    alloc_fail_at((size_t)n);
    enum mst_pipeline_end end = MST_PIPELINE_FAILED;
    if (mst_pipeline_create(&spec, &pipeline, &err) == MST_OK) {
        end = mst_pipeline_run(pipeline, &err);
    }
    mst_pipeline_destroy(pipeline);
    /* With n == 0 nothing was to fail. */
    bool reached = alloc_fail_stop();
    if (end == MST_PIPELINE_COMPLETED) {
        assert_int_equal(fake_world_missing(world, torture_source.total), 0);
    } else {
        assert_true(reached);
        assert_string_not_equal(err.text, "");
    }
    return !reached;
}

static void
torture_all(bool works)
{
    bool through = false;
    long n = 0;
    while (!through) {
        struct fake_world world;
        fake_world_init(&world, 11, &torture_source, torture_sinks, 2);
        world.middleware.works = works;
        through = torture_run(&world, ++n);
        assert_int_equal(world.bad_saves, 0);
        assert_int_equal(world.out_of_order, 0);
        assert_int_equal(world.sinks[0].together, 0);
        /* What was not done is done by the next run. */
        fake_world_restart(&world);
        assert_true(torture_run(&world, 0) || through);
        fake_world_clear(&world);
        assert_true(n < 5000);
    }
    assert_true(n > 20);
}

static void
no_failing_allocation_loses_an_event(void **state)
{
    (void)state;
    torture_all(false);
}

static void
nor_one_that_middlewares_multiply_drop_and_refuse(void **state)
{
    (void)state;
    torture_all(true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_failing_allocation_loses_an_event),
        cmocka_unit_test(nor_one_that_middlewares_multiply_drop_and_refuse),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
