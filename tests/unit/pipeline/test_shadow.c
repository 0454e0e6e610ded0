/* SPDX-License-Identifier: MIT */
/* Shadows against what the fakes are known to do, and runs that have one. */
#include "unit/cmocka_all.h"

#include "base/thread.h"
#include "log/log.h"
#include "shadow_world.h"

enum { TOTAL = 3000, WAIT_MS = 60000 };

static const struct fake_source_script shadow_source = {
    .total = TOTAL, .keys = 7, .disconnect = 10, .retry = 10};
static const struct fake_sink_script shadow_sink = {
    .async = true, .full = 50, .retry = 5};

/* A whole run of the job with the shadow from the first event on; what it
 * found. The job's own world must have all it would have without. */
static struct mst_shadow_look
shadow_try(struct shadow_world *world)
{
    struct mst_shadow_look look;
    struct mst_shadow *shadow = NULL;
    struct mst_pipeline *pipeline = NULL;
    struct mst_error err;
    assert_int_equal(mst_shadow_create(&world->shadow, &shadow, &err), MST_OK);
    assert_int_equal(mst_pipeline_create(&world->spec, &pipeline, &err),
                     MST_OK);
    mst_pipeline_set_shadow(pipeline, shadow);
    assert_int_equal(mst_pipeline_run(pipeline, &err), MST_PIPELINE_COMPLETED);
    mst_pipeline_destroy(pipeline);
    assert_int_equal(fake_world_missing(&world->live, TOTAL), 0);
    assert_int_equal(fake_world_repeated(&world->live), 0);
    assert_int_equal(world->live.out_of_order, 0);
    assert_int_equal(world->live.bad_saves, 0);
    assert_int_equal(world->live.saved, TOTAL);
    if (world->other.middleware.stuck != 0) {
        mst_shadow_stop(shadow, MST_SHADOW_STOPPED);
    } else {
        mst_shadow_stop(shadow, MST_SHADOW_JOB_ENDED);
    }
    assert_true(mst_shadow_wait(shadow, WAIT_MS));
    assert_true(mst_shadow_has_ended(shadow));
    mst_shadow_read(shadow, &look);
    mst_shadow_destroy(shadow);
    assert_int_equal(mst_budget_used(&world->whole), 0);
    return look;
}

static void
the_same_chain_makes_the_same(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++) {
        struct shadow_world world;
        shadow_world_init(&world, seed, &shadow_source, &shadow_sink);
        world.live.middleware.retry = 5;
        world.live.middleware.disconnect = 5;
        world.live.middleware.batches = seed % 2 == 0;
        shadow_world_spec(&world);
        world.spec.workers = seed % 3 + 1;
        world.other_spec.workers = world.spec.workers;
        struct mst_shadow_look look = shadow_try(&world);
        assert_int_equal(look.end, MST_SHADOW_JOB_ENDED);
        assert_int_equal(look.compared, TOTAL);
        assert_int_equal(look.outcomes[MST_SHADOW_EQUAL], TOTAL);
        assert_int_equal(look.skipped + look.failed + look.waiting, 0);
        assert_int_equal(look.memory, 0);
        assert_int_equal(look.live.events, TOTAL);
        assert_int_equal(look.shadow.events, TOTAL);
        assert_true(look.shadow.max_ns >= look.shadow.p99_ns);
        assert_true(look.shadow.p99_ns >= look.shadow.p50_ns);
        shadow_world_clear(&world);
    }
}

/* Of 1..TOTAL: dropped are those that end in 3, three are made of those that
 * end in 5, refused is each 100 k + 7. */
static void
what_only_the_job_does_is_counted(void **state)
{
    (void)state;
    struct shadow_world world;
    shadow_world_init(&world, 1, &shadow_source, &shadow_sink);
    shadow_world_spec(&world);
    world.other_spec.middlewares_len = 0;
    struct mst_shadow_look look = shadow_try(&world);
    assert_int_equal(look.compared, TOTAL);
    assert_int_equal(look.outcomes[MST_SHADOW_DROPPED_LIVE], TOTAL / 10);
    assert_int_equal(look.outcomes[MST_SHADOW_FEWER], TOTAL / 10);
    assert_int_equal(look.outcomes[MST_SHADOW_REJECTED_LIVE], TOTAL / 100);
    assert_int_equal(look.outcomes[MST_SHADOW_EQUAL],
                     TOTAL - TOTAL / 5 - TOTAL / 100);
    shadow_world_clear(&world);
}

static void
what_only_the_shadow_does_is_counted(void **state)
{
    (void)state;
    struct shadow_world world;
    shadow_world_init(&world, 2, &shadow_source, &shadow_sink);
    world.live.middleware.works = false;
    shadow_world_spec(&world);
    struct mst_shadow_look look = shadow_try(&world);
    assert_int_equal(look.compared, TOTAL);
    assert_int_equal(look.outcomes[MST_SHADOW_DROPPED], TOTAL / 10);
    assert_int_equal(look.outcomes[MST_SHADOW_MORE], TOTAL / 10);
    assert_int_equal(look.outcomes[MST_SHADOW_REJECTED], TOTAL / 100);
    assert_int_equal(look.outcomes[MST_SHADOW_EQUAL],
                     TOTAL - TOTAL / 5 - TOTAL / 100);
    shadow_world_clear(&world);
}

static void
a_stuck_shadow_is_left_behind_within_its_memory(void **state)
{
    (void)state;
    struct shadow_world world;
    shadow_world_init(&world, 3, &shadow_source, &shadow_sink);
    world.other.middleware.stuck = 11;
    shadow_world_spec(&world);
    world.shadow.memory = (uint64_t)256 * 1024;
    struct mst_shadow_look look = shadow_try(&world);
    assert_true(atomic_load(&world.other.stuck));
    assert_int_equal(look.end, MST_SHADOW_STOPPED);
    assert_true(look.skipped > 0);
    assert_int_equal(look.compared + look.skipped + look.failed, TOTAL);
    assert_int_equal(look.waiting, 0);
    shadow_world_clear(&world);
}

static void
a_shadow_without_room_compares_nothing(void **state)
{
    (void)state;
    struct shadow_world world;
    shadow_world_init(&world, 4, &shadow_source, &shadow_sink);
    shadow_world_spec(&world);
    world.shadow.memory = 100;
    struct mst_shadow_look look = shadow_try(&world);
    assert_int_equal(look.skipped, TOTAL);
    assert_int_equal(look.compared, 0);
    shadow_world_clear(&world);
}

static void
a_broken_shadow_ends_alone_and_says_why(void **state)
{
    (void)state;
    struct shadow_world world;
    shadow_world_init(&world, 5, &shadow_source, &shadow_sink);
    world.other.middleware.fatal = 50;
    shadow_world_spec(&world);
    struct mst_shadow_look look = shadow_try(&world);
    assert_int_equal(look.end, MST_SHADOW_FAILED);
    assert_string_equal(look.error.text, "middleware 'first': broken");
    assert_true(look.compared < 50);
    shadow_world_clear(&world);
}

static void
what_can_not_be_had_is_refused_after_three_attempts(void **state)
{
    (void)state;
    struct shadow_world world;
    shadow_world_init(&world, 6, &shadow_source, &shadow_sink);
    world.other.middleware.busy = 42;
    shadow_world_spec(&world);
    struct mst_shadow_look look = shadow_try(&world);
    assert_int_equal(look.compared, TOTAL);
    assert_int_equal(look.outcomes[MST_SHADOW_REJECTED], 1);
    assert_int_equal(look.outcomes[MST_SHADOW_EQUAL], TOTAL - 1);
    shadow_world_clear(&world);
}

static void
as_many_events_are_compared_as_were_asked_for(void **state)
{
    (void)state;
    for (uint64_t events = 1; events < TOTAL; events = events * 7 + 1) {
        struct shadow_world world;
        shadow_world_init(&world, 7, &shadow_source, &shadow_sink);
        shadow_world_spec(&world);
        world.spec.workers = 3;
        world.other_spec.workers = 3;
        world.shadow.events = events;
        struct mst_shadow_look look = shadow_try(&world);
        assert_int_equal(look.end, MST_SHADOW_ALL);
        assert_int_equal(look.compared, events);
        assert_int_equal(look.skipped, 0);
        shadow_world_clear(&world);
    }
}

struct shadow_changer {
    struct mst_pipeline *pipeline;
    const struct mst_shadow_spec *spec;
    atomic_bool quit;
};

/* Shadows come and go while the job runs. */
static void *
change_main(void *arg)
{
    struct shadow_changer *self = arg;
    while (!atomic_load(&self->quit)) {
        struct mst_shadow *shadow = NULL;
        struct mst_shadow_look look;
        struct mst_error err;
        if (mst_shadow_create(self->spec, &shadow, &err) != MST_OK) {
            continue;
        }
        mst_pipeline_set_shadow(self->pipeline, shadow);
        (void)mst_shadow_wait(shadow, 2);
        mst_shadow_read(shadow, &look);
        mst_pipeline_set_shadow(self->pipeline, NULL);
        mst_shadow_destroy(shadow);
    }
    return NULL;
}

static void
shadows_may_come_and_go_while_it_runs(void **state)
{
    (void)state;
    struct shadow_world world;
    struct mst_pipeline *pipeline = NULL;
    struct mst_error err;
    pthread_t thread;
    shadow_world_init(&world, 8, &shadow_source, &shadow_sink);
    shadow_world_spec(&world);
    world.spec.workers = 2;
    world.other_spec.workers = 2;
    world.shadow.events = 500;
    assert_int_equal(mst_pipeline_create(&world.spec, &pipeline, &err), MST_OK);
    struct shadow_changer changer = {.pipeline = pipeline,
                                     .spec = &world.shadow};
    assert_int_equal(
        mst_thread_start(&thread, "changer", change_main, &changer, &err),
        MST_OK);
    assert_int_equal(mst_pipeline_run(pipeline, &err), MST_PIPELINE_COMPLETED);
    atomic_store(&changer.quit, true);
    (void)pthread_join(thread, NULL);
    mst_pipeline_destroy(pipeline);
    assert_int_equal(fake_world_missing(&world.live, TOTAL), 0);
    assert_int_equal(fake_world_repeated(&world.live), 0);
    assert_int_equal(world.live.out_of_order, 0);
    assert_int_equal(mst_budget_used(&world.whole), 0);
    shadow_world_clear(&world);
}

static void
a_report_is_json_whatever_was_found(void **state)
{
    (void)state;
    struct shadow_world world;
    struct mst_shadow *shadow = NULL;
    struct mst_error err;
    struct mst_json out;
    shadow_world_init(&world, 9, &shadow_source, &shadow_sink);
    shadow_world_spec(&world);
    assert_int_equal(mst_shadow_create(&world.shadow, &shadow, &err), MST_OK);
    mst_shadow_stop(shadow, MST_SHADOW_STOPPED);
    assert_true(mst_shadow_wait(shadow, WAIT_MS));
    mst_json_init(&out, 1 << 20);
    mst_json_open(&out, NULL, '{');
    mst_shadow_report(shadow, &out);
    mst_json_close(&out, '}');
    assert_false(out.failed);
    const char *text = mst_buf_text(&out.buf);
    assert_non_null(strstr(text, "{\"state\":\"stopped\""));
    assert_non_null(strstr(text, "\"rejected_only_shadow\":0"));
    assert_non_null(strstr(text, "\"samples\":[]}"));
    mst_json_clear(&out);
    mst_shadow_destroy(shadow);
    shadow_world_clear(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_chain_makes_the_same),
        cmocka_unit_test(what_only_the_job_does_is_counted),
        cmocka_unit_test(what_only_the_shadow_does_is_counted),
        cmocka_unit_test(a_stuck_shadow_is_left_behind_within_its_memory),
        cmocka_unit_test(a_shadow_without_room_compares_nothing),
        cmocka_unit_test(a_broken_shadow_ends_alone_and_says_why),
        cmocka_unit_test(what_can_not_be_had_is_refused_after_three_attempts),
        cmocka_unit_test(as_many_events_are_compared_as_were_asked_for),
        cmocka_unit_test(shadows_may_come_and_go_while_it_runs),
        cmocka_unit_test(a_report_is_json_whatever_was_found),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
