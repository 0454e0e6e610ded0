/* SPDX-License-Identifier: MIT */
/* Whole runs with middlewares that drop, multiply, refuse and fail. */
#include "unit/cmocka_all.h"

#include "base/thread.h"
#include "fakes.h"
#include "log/log.h"

static const struct fake_middleware_script chain_wild = {
    .works = true,
    .retry = 5,
    .disconnect = 5,
    .open_fails = 200,
    .emits_first = 10,
};

static void
three_workers(struct mst_pipeline_spec *spec)
{
    spec->workers = 3;
}

static void
few_attempts(struct mst_pipeline_spec *spec)
{
    spec->retry.max_attempts = 3;
}

static void
check_whatever_fails(bool batches)
{
    const struct fake_source_script source = {.total = 3000,
                                              .keys = 7,
                                              .disconnect = 20,
                                              .retry = 20,
                                              .end_marks = 50,
                                              .flush = 20};
    const struct fake_sink_script sinks[2] = {
        {.async = true, .full = 200, .retry = 5, .drop = 2, .reject = 2},
        {.full = 100, .retry = 3, .drop = 1},
    };
    for (unsigned seed = 1; seed <= 10; seed++) {
        struct fake_world world;
        struct mst_error err;
        fake_world_init(&world, seed, &source, sinks, 2);
        world.middleware = chain_wild;
        world.middleware.batches = batches;
        world.store_fails = 100;
        assert_int_equal(
            fake_world_run(&world, seed % 2 == 0 ? three_workers : NULL, &err),
            MST_PIPELINE_COMPLETED);
        assert_int_equal(fake_world_missing(&world, source.total), 0);
        assert_int_equal(fake_world_repeated(&world), 0);
        assert_int_equal(world.out_of_order, 0);
        assert_int_equal(world.bad_saves, 0);
        assert_int_equal(world.saved, source.total);
        /* Refused by the first middleware: a letter for each sink. */
        assert_int_equal(world.letters[0][107], 1);
        assert_int_equal(world.letters[1][107], 1);
        assert_int_equal(world.done[0][107], 0);
        assert_int_equal(world.done[0][13], 0);
        assert_int_equal(world.done[1][15], FAKE_MANY);
        assert_true(world.with_script >= 60);
        assert_true((atomic_load(&world.groups) > 10) == batches);
        fake_world_clear(&world);
    }
}

static void
results_arrive_once_and_in_order_whatever_fails(void **state)
{
    (void)state;
    check_whatever_fails(false);
}

static void
results_of_batches_do_so_too(void **state)
{
    (void)state;
    check_whatever_fails(true);
}

static void
one_of_a_batch_that_can_not_be_had_becomes_a_letter(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 100, .keys = 3};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.middleware.works = true;
    world.middleware.batches = true;
    world.middleware.busy = 42;
    assert_int_equal(fake_world_run(&world, few_attempts, &err),
                     MST_PIPELINE_COMPLETED);
    assert_int_equal(world.letters[0][42], 1);
    assert_int_equal(world.letters[0][41], 0);
    assert_int_equal(world.done[0][41], 1);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    fake_world_clear(&world);
}

static void
a_stream_of_which_all_is_dropped_moves_on(void **state)
{
    (void)state;
    /* Every batch has one event, and every third of ten is let go: whole
     * flights end without a sink. */
    const struct fake_source_script source = {.total = 500, .keys = 3};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    struct mst_pipeline_sink sinks[FAKE_SINKS];
    struct mst_pipeline_spec spec;
    struct mst_pipeline *pipeline = NULL;
    struct mst_pipeline_status status;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.middleware.works = true;
    fake_world_spec(&world, sinks, &spec);
    spec.batch_events = 1;
    spec.memory = 4000;
    assert_int_equal(mst_pipeline_create(&spec, &pipeline, &err), MST_OK);
    assert_int_equal(mst_pipeline_run(pipeline, &err), MST_PIPELINE_COMPLETED);
    mst_pipeline_status(pipeline, &status);
    mst_pipeline_destroy(pipeline);
    assert_int_equal(status.dropped, source.total / 10);
    assert_int_equal(status.memory, 0);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    assert_int_equal(world.saved, source.total);
    fake_world_clear(&world);
}

static void
a_middleware_is_shown_what_comes_in_its_order(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 1000, .keys = 7};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 3, &source, &sink, 1);
    world.middleware.works = true;
    world.middleware.retry = 50;
    assert_int_equal(fake_world_run(&world, three_workers, &err),
                     MST_PIPELINE_COMPLETED);
    assert_true(atomic_load(&world.shown[1]) > 1500);
    assert_int_equal(atomic_load(&world.shown[0]), 0);
    fake_world_clear(&world);
}

static void
what_can_not_be_had_becomes_a_letter_after_its_attempts(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 100, .keys = 3};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.middleware.works = true;
    world.middleware.busy = 42;
    assert_int_equal(fake_world_run(&world, few_attempts, &err),
                     MST_PIPELINE_COMPLETED);
    assert_int_equal(world.letters[0][42], 1);
    assert_int_equal(world.done[0][42], 0);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    fake_world_clear(&world);
}

static void
a_fatal_middleware_ends_the_run_with_its_name(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 100, .keys = 3};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.middleware.works = true;
    world.middleware.fatal = 50;
    assert_int_equal(fake_world_run(&world, NULL, &err), MST_PIPELINE_FAILED);
    assert_string_equal(err.text, "middleware 'first': broken");
    assert_true(world.saved < 50);
    assert_int_equal(world.bad_saves, 0);
    fake_world_clear(&world);
}

static void *
stop_when_stuck(void *arg)
{
    void **pair = arg;
    struct fake_world *world = pair[1];
    const struct timespec time = {.tv_nsec = 1000000L};
    while (!atomic_load(&world->stuck)) {
        (void)nanosleep(&time, NULL);
    }
    mst_pipeline_stop(pair[0]);
    return NULL;
}

static void
a_middleware_that_never_comes_back_is_interrupted(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 100, .keys = 3};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    struct mst_pipeline_sink sinks[FAKE_SINKS];
    struct mst_pipeline_spec spec;
    struct mst_pipeline *pipeline = NULL;
    pthread_t stopper;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.middleware.works = true;
    world.middleware.stuck = 50;
    fake_world_spec(&world, sinks, &spec);
    spec.shutdown_timeout_ms = 50;
    assert_int_equal(mst_pipeline_create(&spec, &pipeline, &err), MST_OK);
    void *pair[2] = {pipeline, &world};
    assert_int_equal(
        mst_thread_start(&stopper, "stopper", stop_when_stuck, pair, &err),
        MST_OK);
    assert_int_equal(mst_pipeline_run(pipeline, &err), MST_PIPELINE_UNDRAINED);
    (void)pthread_join(stopper, NULL);
    mst_pipeline_destroy(pipeline);
    assert_true(world.saved < 50);
    assert_int_equal(world.bad_saves, 0);
    /* The next run does what was left. */
    world.middleware.stuck = 0;
    fake_world_restart(&world);
    assert_int_equal(fake_world_run(&world, NULL, &err),
                     MST_PIPELINE_COMPLETED);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    fake_world_clear(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_arrive_once_and_in_order_whatever_fails),
        cmocka_unit_test(results_of_batches_do_so_too),
        cmocka_unit_test(one_of_a_batch_that_can_not_be_had_becomes_a_letter),
        cmocka_unit_test(a_middleware_is_shown_what_comes_in_its_order),
        cmocka_unit_test(a_stream_of_which_all_is_dropped_moves_on),
        cmocka_unit_test(
            what_can_not_be_had_becomes_a_letter_after_its_attempts),
        cmocka_unit_test(a_fatal_middleware_ends_the_run_with_its_name),
        cmocka_unit_test(a_middleware_that_never_comes_back_is_interrupted),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
