/* SPDX-License-Identifier: MIT */
/* A run with a shadow, with every allocation failing in turn: what fails in
 * the shadow costs the job nothing. */
#include "unit/cmocka_all.h"

#include "log/log.h"
#include "shadow_world.h"
#include "support/alloc_fail.h"

enum { TOTAL = 300, WAIT_MS = 60000, TRIES_MAX = 5000 };

static const struct fake_source_script torture_source = {.total = TOTAL,
                                                         .keys = 3};
static const struct fake_sink_script torture_sink = {.full = 50};

/* One run in which the n-th allocation fails; true: it was not reached. */
static bool
torture_run(struct shadow_world *world, long n)
{
    struct mst_shadow *shadow = NULL;
    struct mst_pipeline *pipeline = NULL;
    struct mst_error err;
    enum mst_pipeline_end end = MST_PIPELINE_FAILED;
    mst_error_clear(&err);
    alloc_fail_at((size_t)n);
    enum mst_status made = mst_shadow_create(&world->shadow, &shadow, &err);
    if (mst_pipeline_create(&world->spec, &pipeline, &err) == MST_OK) {
        mst_pipeline_set_shadow(pipeline, made == MST_OK ? shadow : NULL);
        end = mst_pipeline_run(pipeline, &err);
    }
    mst_pipeline_destroy(pipeline);
    if (made == MST_OK) {
        struct mst_shadow_look look;
        mst_shadow_stop(shadow, MST_SHADOW_JOB_ENDED);
        assert_true(mst_shadow_wait(shadow, WAIT_MS));
        mst_shadow_read(shadow, &look);
        if (end == MST_PIPELINE_COMPLETED && look.end != MST_SHADOW_FAILED) {
            assert_int_equal(look.compared + look.skipped + look.failed, TOTAL);
        }
        mst_shadow_destroy(shadow);
    }
    bool reached = alloc_fail_stop();
    if (end == MST_PIPELINE_COMPLETED) {
        assert_int_equal(fake_world_missing(&world->live, TOTAL), 0);
    } else {
        assert_true(reached);
    }
    assert_int_equal(mst_budget_used(&world->whole), 0);
    return !reached;
}

static void
no_failing_allocation_costs_the_job_or_leaks(void **state)
{
    (void)state;
    bool through = false;
    long n = 0;
    while (!through) {
        struct shadow_world world;
        shadow_world_init(&world, 11, &torture_source, &torture_sink);
        shadow_world_spec(&world);
        through = torture_run(&world, ++n);
        assert_int_equal(world.live.bad_saves, 0);
        assert_int_equal(world.live.out_of_order, 0);
        shadow_world_clear(&world);
        assert_true(n < TRIES_MAX);
    }
    assert_true(n > 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_failing_allocation_costs_the_job_or_leaks),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
