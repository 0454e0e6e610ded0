/* SPDX-License-Identifier: MIT */
/* Whole runs in a world of fakes that fail in every way. */
#include <time.h>

#include "unit/cmocka_all.h"

#include "base/clock.h"
#include "base/thread.h"
#include "fakes.h"
#include "log/log.h"

static void
three_workers(struct mst_pipeline_spec *spec)
{
    spec->workers = 3;
}

static void
every_event_arrives_once_and_in_order_whatever_fails(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 3000,
                                              .keys = 7,
                                              .disconnect = 20,
                                              .retry = 20,
                                              .again = 20,
                                              .open_fails = 100,
                                              .end_marks = 50,
                                              .flush = 20};
    const struct fake_sink_script sinks[3] = {
        {.async = true, .full = 200, .retry = 5, .drop = 2, .reject = 3},
        {.full = 100, .retry = 3, .drop = 1},
        {.async = true},
    };
    for (unsigned seed = 1; seed <= 12; seed++) {
        struct fake_world world;
        struct mst_error err;
        fake_world_init(&world, seed, &source, sinks, 3);
        world.store_fails = 100;
        assert_int_equal(
            fake_world_run(&world, seed % 2 == 0 ? three_workers : NULL, &err),
            MST_PIPELINE_COMPLETED);
        assert_int_equal(fake_world_missing(&world, source.total), 0);
        assert_int_equal(fake_world_repeated(&world), 0);
        assert_int_equal(world.out_of_order, 0);
        assert_int_equal(world.bad_saves, 0);
        assert_int_equal(world.saved, source.total);
        assert_int_equal(world.committed, source.total);
        assert_int_equal(world.letters[0][1000], 1);
        assert_int_equal(world.letters[1][1000], 0);
        assert_int_equal(world.turned_letters, 0);
        fake_world_clear(&world);
    }
}

static void
events_without_a_key_keep_total_order(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 2000, .keys = 1};
    const struct fake_sink_script sink = {.async = true, .retry = 10};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 5, &source, &sink, 1);
    assert_int_equal(fake_world_run(&world, three_workers, &err),
                     MST_PIPELINE_COMPLETED);
    assert_int_equal(world.out_of_order, 0);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    fake_world_clear(&world);
}

static void
few_events_are_written_by_the_thread_that_has_them(void **state)
{
    (void)state;
    /* 1 to 30 at a time: some are few, others go to the runner. */
    const struct fake_source_script source = {
        .total = 3000, .keys = 7, .slow_ms = 1};
    const struct fake_sink_script sink = {
        .async = true, .full = 100, .retry = 10};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 3, &source, &sink, 1);
    assert_int_equal(fake_world_run(&world, NULL, &err),
                     MST_PIPELINE_COMPLETED);
    assert_true(world.sinks[0].written_by_others > 0);
    assert_int_equal(world.sinks[0].together, 0);
    assert_int_equal(world.out_of_order, 0);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    fake_world_clear(&world);
}

/* Milliseconds of processors that this process has used. */
static int64_t
used_ms(void)
{
    struct timespec used;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void
room_that_nobody_waits_for_keeps_nobody_busy(void **state)
{
    (void)state;
    enum { SLOW_MS = 300, SPIN_MS = 200 };
    const struct fake_source_script source = {
        .total = 60, .keys = 7, .slow_ms = SLOW_MS};
    const struct fake_sink_script sink = {.chatty = true};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 3, &source, &sink, 1);
    int64_t before = used_ms();
    assert_int_equal(fake_world_run(&world, NULL, &err),
                     MST_PIPELINE_COMPLETED);
    /* Of what a thread that spins would use, at least two slow reads. */
    assert_true(used_ms() - before < SPIN_MS);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    fake_world_clear(&world);
}

static void
stop_at_first(struct mst_pipeline_spec *spec)
{
    spec->on_reject = MST_ON_REJECT_STOP;
}

static void
a_refused_event_can_stop_the_job_before_it(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 3000, .keys = 7};
    const struct fake_sink_script sink = {.reject = 1};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    assert_int_equal(fake_world_run(&world, stop_at_first, &err),
                     MST_PIPELINE_BLOCKED);
    assert_non_null(strstr(err.text, "sink0"));
    assert_true(world.saved < 1000);
    assert_int_equal(world.letters[0][1000], 0);
    assert_int_equal(world.bad_saves, 0);
    fake_world_clear(&world);
}

static void
full_dead_letters_stop_the_job_and_lose_nothing(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 1500, .keys = 7};
    const struct fake_sink_script sink = {.reject = 1};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.letters_full = true;
    assert_int_equal(fake_world_run(&world, NULL, &err), MST_PIPELINE_BLOCKED);
    assert_non_null(strstr(err.text, "full"));
    assert_true(world.saved < 1000);
    world.letters_full = false;
    fake_world_restart(&world);
    assert_int_equal(fake_world_run(&world, NULL, &err),
                     MST_PIPELINE_COMPLETED);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    assert_int_equal(world.letters[0][1000], 1);
    fake_world_clear(&world);
}

static void
letters_are_kept_in_order_up_to_the_last_that_fits(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 100, .keys = 1};
    const struct fake_sink_script sink = {.async = true, .reject = 1000};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.letters_max = 37;
    assert_int_equal(fake_world_run(&world, NULL, &err), MST_PIPELINE_BLOCKED);
    assert_int_equal(world.letters_kept, 37);
    for (uint64_t n = 1; n <= 37; n++) {
        assert_int_equal(world.letters[0][n], 1);
    }
    assert_int_equal(world.turned_letters, 0);
    assert_int_equal(world.saved, 37);
    /* With room for more the rest follows, and none comes twice. */
    world.letters_max = 100;
    fake_world_restart(&world);
    assert_int_equal(fake_world_run(&world, NULL, &err),
                     MST_PIPELINE_COMPLETED);
    assert_int_equal(world.letters_kept, 100);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    assert_int_equal(fake_world_repeated(&world), 0);
    assert_int_equal(world.turned_letters, 0);
    fake_world_clear(&world);
}

static void
three_attempts(struct mst_pipeline_spec *spec)
{
    spec->retry.max_attempts = 3;
}

/* A sink that never takes an event: each becomes a letter in the end. */
static void
give_up(void (*change)(struct mst_pipeline_spec *spec))
{
    const struct fake_source_script source = {.total = 50, .keys = 5};
    const struct fake_sink_script sink = {.retry = 1000};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    assert_int_equal(fake_world_run(&world, change, &err),
                     MST_PIPELINE_COMPLETED);
    for (uint64_t n = 1; n <= source.total; n++) {
        assert_int_equal(world.letters[0][n], 1);
    }
    fake_world_clear(&world);
}

static void
attempts_that_are_used_up_make_a_dead_letter(void **state)
{
    (void)state;
    give_up(three_attempts);
}

static void
short_retries(struct mst_pipeline_spec *spec)
{
    spec->retry.max_attempts = 0;
    spec->retry.max_elapsed_ms = 30;
}

static void
retries_that_took_too_long_make_a_dead_letter(void **state)
{
    (void)state;
    give_up(short_retries);
}

static void
tiny_budget(struct mst_pipeline_spec *spec)
{
    spec->memory = 1;
}

static void
events_larger_than_the_budget_go_through_in_order(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 500, .keys = 5};
    const struct fake_sink_script sinks[2] = {{.async = true}, {.full = 300}};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, sinks, 2);
    assert_int_equal(fake_world_run(&world, tiny_budget, &err),
                     MST_PIPELINE_COMPLETED);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    assert_int_equal(fake_world_repeated(&world), 0);
    assert_int_equal(world.out_of_order, 0);
    fake_world_clear(&world);
}

static void
short_time(struct mst_pipeline_spec *spec)
{
    spec->timeout_ms = 100;
    spec->shutdown_timeout_ms = 50;
}

static void
a_dead_sink_holds_the_position_and_the_time_ends(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 100, .keys = 5};
    const struct fake_sink_script sinks[2] = {{.async = true}, {.never = true}};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, sinks, 2);
    assert_int_equal(fake_world_run(&world, short_time, &err),
                     MST_PIPELINE_TIMED_OUT);
    assert_false(world.has_saved);
    assert_int_equal(world.done[0][100], 1); /* the other one had it all */
    world.sinks[1].script.never = false;
    fake_world_restart(&world);
    assert_int_equal(fake_world_run(&world, NULL, &err),
                     MST_PIPELINE_COMPLETED);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    fake_world_clear(&world);
}

static struct mst_lease old_lease = {.fence = 3};

static void
with_lease(struct mst_pipeline_spec *spec)
{
    old_lease.expires_ms = INT64_MAX;
    spec->lease = &old_lease;
    spec->lease_ttl_ms = 9;
}

static void
a_lost_lease_ends_the_run_and_saves_nothing(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 3000, .keys = 7};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.fence = 4;
    assert_int_equal(fake_world_run(&world, with_lease, &err),
                     MST_PIPELINE_LEASE_LOST);
    assert_false(world.has_saved);
    fake_world_clear(&world);
}

static void
with_short_lease(struct mst_pipeline_spec *spec)
{
    with_lease(spec);
    spec->lease_ttl_ms = 300;
}

static void
nothing_is_delivered_before_the_lease_is_renewed(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 3000, .keys = 7};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.renew_fails_from = 1;
    world.renew_fails_upto = 5;
    assert_int_equal(fake_world_run(&world, with_short_lease, &err),
                     MST_PIPELINE_COMPLETED);
    assert_true(world.renews > 5);
    assert_int_equal(world.unleased_writes, 0);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    assert_int_equal(fake_world_repeated(&world), 0);
    fake_world_clear(&world);
}

static void
delivery_waits_beyond_the_lease_and_goes_on_when_it_is_renewed(void **state)
{
    (void)state;
    const struct fake_source_script source = {
        .total = 3000, .keys = 7, .slow_ms = 5};
    const struct fake_sink_script sink = {.async = true, .full = 100};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    world.renew_fails_from = 2;
    world.renew_fails_upto = 20;
    assert_int_equal(fake_world_run(&world, with_short_lease, &err),
                     MST_PIPELINE_COMPLETED);
    assert_true(world.renews > 20);
    /* One may have been on its way. */
    assert_in_range(world.unleased_writes, 0, 1);
    assert_int_equal(fake_world_missing(&world, source.total), 0);
    assert_int_equal(fake_world_repeated(&world), 0);
    assert_int_equal(world.out_of_order, 0);
    assert_int_equal(world.bad_saves, 0);
    fake_world_clear(&world);
}

static void
a_fatal_sink_ends_the_run_without_waiting_for_it(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 100, .keys = 5};
    const struct fake_sink_script sinks[2] = {{.async = true}, {.fatal = true}};
    struct fake_world world;
    struct mst_error err;
    int64_t began = mst_clock_ms();
    fake_world_init(&world, 1, &source, sinks, 2);
    assert_int_equal(fake_world_run(&world, NULL, &err), MST_PIPELINE_FAILED);
    assert_non_null(strstr(err.text, "sink 'sink1': no right to write"));
    /* Far below the shutdown_timeout of 20 s that it waited before. */
    assert_true(mst_clock_ms() - began < 15000);
    assert_false(world.has_saved);
    fake_world_clear(&world);
}

static void
where_reading_began_is_saved_before_the_first_event_goes_out(void **state)
{
    (void)state;
    const struct fake_source_script source = {
        .total = 2000, .keys = 7, .knows_start = true};
    const struct fake_sink_script sinks[2] = {{.async = true}, {.full = 10}};
    for (unsigned seed = 1; seed <= 5; seed++) {
        struct fake_world world;
        struct mst_error err;
        fake_world_init(&world, seed, &source, sinks, 2);
        world.store_fails = 700;
        assert_int_equal(fake_world_run(&world, NULL, &err),
                         MST_PIPELINE_COMPLETED);
        assert_int_equal(world.unsaved_writes, 0);
        assert_int_equal(world.bad_saves, 0);
        assert_int_equal(fake_world_missing(&world, source.total), 0);
        assert_int_equal(fake_world_repeated(&world), 0);
        fake_world_clear(&world);
    }
}

/* A job whose source can not say where it begins is not held up. */
static void
without_a_known_start_events_go_out_at_once(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 200, .keys = 7};
    const struct fake_sink_script sink = {.async = true};
    struct fake_world world;
    struct mst_error err;
    fake_world_init(&world, 1, &source, &sink, 1);
    assert_int_equal(fake_world_run(&world, NULL, &err),
                     MST_PIPELINE_COMPLETED);
    assert_true(world.unsaved_writes > 0);
    assert_int_equal(world.saved, source.total);
    fake_world_clear(&world);
}

struct stopper {
    struct mst_pipeline *pipeline;
    struct fake_world *world;
};

static void *
stop_after_some(void *arg)
{
    struct stopper *stopper = arg;
    int64_t until = mst_clock_ms() + 20000;
    uint64_t saves = 0;
    while (saves < 3 && mst_clock_ms() < until) {
        mst_mutex_lock(&stopper->world->mutex);
        saves = stopper->world->saves;
        mst_mutex_unlock(&stopper->world->mutex);
    }
    mst_pipeline_stop(stopper->pipeline);
    return NULL;
}

static void
stopping_drains_and_starting_goes_on_without_gap_or_repeat(void **state)
{
    (void)state;
    const struct fake_source_script source = {.total = 200000, .keys = 11};
    const struct fake_sink_script sinks[2] = {{.async = true, .full = 10},
                                              {.full = 10}};
    struct fake_world world;
    struct mst_error err;
    struct mst_pipeline_sink specs[FAKE_SINKS];
    struct mst_pipeline_spec spec;
    fake_world_init(&world, 1, &source, sinks, 2);
    fake_world_spec(&world, specs, &spec);
    enum mst_pipeline_end end = MST_PIPELINE_STOPPED;
    unsigned runs = 0;
    while (end == MST_PIPELINE_STOPPED && runs++ < 3) {
        struct stopper stopper = {.world = &world};
        pthread_t thread;
        fake_world_restart(&world);
        world.saves = runs < 3 ? 0 : 3;
        spec.bounded = true;
        assert_int_equal(mst_pipeline_create(&spec, &stopper.pipeline, &err),
                         MST_OK);
        assert_int_equal(mst_thread_start(&thread, "stopper", stop_after_some,
                                          &stopper, &err),
                         MST_OK);
        end = mst_pipeline_run(stopper.pipeline, &err);
        assert_int_equal(pthread_join(thread, NULL), 0);
        mst_pipeline_destroy(stopper.pipeline);
        assert_int_equal(fake_world_missing(&world, world.saved), 0);
        assert_int_equal(fake_world_repeated(&world), 0);
    }
    assert_true(world.saved > 0);
    assert_int_equal(world.bad_saves, 0);
    fake_world_clear(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_arrives_once_and_in_order_whatever_fails),
        cmocka_unit_test(events_without_a_key_keep_total_order),
        cmocka_unit_test(few_events_are_written_by_the_thread_that_has_them),
        cmocka_unit_test(room_that_nobody_waits_for_keeps_nobody_busy),
        cmocka_unit_test(a_refused_event_can_stop_the_job_before_it),
        cmocka_unit_test(full_dead_letters_stop_the_job_and_lose_nothing),
        cmocka_unit_test(letters_are_kept_in_order_up_to_the_last_that_fits),
        cmocka_unit_test(attempts_that_are_used_up_make_a_dead_letter),
        cmocka_unit_test(retries_that_took_too_long_make_a_dead_letter),
        cmocka_unit_test(events_larger_than_the_budget_go_through_in_order),
        cmocka_unit_test(a_dead_sink_holds_the_position_and_the_time_ends),
        cmocka_unit_test(a_lost_lease_ends_the_run_and_saves_nothing),
        cmocka_unit_test(nothing_is_delivered_before_the_lease_is_renewed),
        cmocka_unit_test(
            delivery_waits_beyond_the_lease_and_goes_on_when_it_is_renewed),
        cmocka_unit_test(a_fatal_sink_ends_the_run_without_waiting_for_it),
        cmocka_unit_test(
            where_reading_began_is_saved_before_the_first_event_goes_out),
        cmocka_unit_test(without_a_known_start_events_go_out_at_once),
        cmocka_unit_test(
            stopping_drains_and_starting_goes_on_without_gap_or_repeat),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
