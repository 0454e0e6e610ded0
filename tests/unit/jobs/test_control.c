/* SPDX-License-Identifier: MIT */
/* Jobs that are started, stopped and restarted while others look at them. */
#include "unit/jobs/daemon_world.h"

#include "unit/cmocka_all.h"

enum { WAIT_MS = 10000, RESTARTS = 1000 };

static const char two_jobs[] =
    DAEMON_WORLD_SERVICES DAEMON_WORLD_JOB("numbers", "")
        DAEMON_WORLD_JOB("others", "");

static enum mst_status
act(struct daemon_world *world, enum mst_job_action action)
{
    struct mst_error err;
    return mst_manager_act(world->manager, "numbers", action, WAIT_MS, &err);
}

static void
a_running_job_that_is_restarted_a_thousand_times_runs(void **state)
{
    struct daemon_world world;
    (void)state;
    daemon_world_open(&world, two_jobs);
    daemon_world_wait(&world, "numbers", MST_JOB_RUNNING);
    for (int i = 0; i < RESTARTS; i++) {
        assert_int_equal(act(&world, MST_JOB_RESTART), MST_OK);
        struct mst_job_status now = daemon_world_status(&world, "numbers");
        assert_int_equal(now.desired, MST_JOB_WANT_RUNNING);
        assert_false(now.ended);
    }
    daemon_world_wait(&world, "numbers", MST_JOB_RUNNING);
    /* A run may be ended before it begins; none is counted twice. */
    struct mst_job_status now = daemon_world_status(&world, "numbers");
    assert_true(now.totals.runs <= RESTARTS + 1);
    assert_int_equal(now.totals.failures, 0);
    daemon_world_close(&world);
}

static void
a_stopped_job_stays_stopped_until_it_is_started(void **state)
{
    struct daemon_world world;
    (void)state;
    daemon_world_open(&world, two_jobs);
    assert_int_equal(act(&world, MST_JOB_STOP), MST_OK);
    daemon_world_wait(&world, "numbers", MST_JOB_STOPPED);
    assert_int_equal(act(&world, MST_JOB_STOP), MST_OK);
    daemon_world_reload(&world, two_jobs);
    daemon_world_wait(&world, "numbers", MST_JOB_STOPPED);
    daemon_world_wait(&world, "others", MST_JOB_RUNNING);
    assert_int_equal(act(&world, MST_JOB_START), MST_OK);
    daemon_world_wait(&world, "numbers", MST_JOB_RUNNING);
    daemon_world_close(&world);
}

static void
a_stopped_job_whose_definition_changes_stays_stopped(void **state)
{
    static const char changed[] =
        DAEMON_WORLD_SERVICES DAEMON_WORLD_JOB("numbers", ", seed = 7")
            DAEMON_WORLD_JOB("others", "");
    struct daemon_world world;
    (void)state;
    daemon_world_open(&world, two_jobs);
    assert_int_equal(act(&world, MST_JOB_STOP), MST_OK);
    daemon_world_wait(&world, "numbers", MST_JOB_STOPPED);
    daemon_world_reload(&world, changed);
    daemon_world_wait(&world, "numbers", MST_JOB_STOPPED);
    assert_true(daemon_world_status(&world, "numbers").ended);
    daemon_world_close(&world);
}

static void
only_a_job_that_runs_can_be_paused_and_only_that_resumed(void **state)
{
    struct daemon_world world;
    (void)state;
    daemon_world_open(&world, two_jobs);
    assert_int_equal(act(&world, MST_JOB_RESUME), MST_OK);
    assert_int_equal(act(&world, MST_JOB_PAUSE), MST_OK);
    daemon_world_wait(&world, "numbers", MST_JOB_PAUSED);
    assert_int_equal(act(&world, MST_JOB_PAUSE), MST_OK);
    assert_int_equal(act(&world, MST_JOB_RESUME), MST_OK);
    daemon_world_wait(&world, "numbers", MST_JOB_RUNNING);
    assert_int_equal(act(&world, MST_JOB_STOP), MST_OK);
    daemon_world_wait(&world, "numbers", MST_JOB_STOPPED);
    assert_int_equal(act(&world, MST_JOB_PAUSE), MST_REJECTED);
    assert_int_equal(act(&world, MST_JOB_RESUME), MST_REJECTED);
    daemon_world_close(&world);
}

static void
totals_only_grow_over_restarts(void **state)
{
    struct daemon_world world;
    uint64_t before = 0;
    (void)state;
    daemon_world_open(&world, two_jobs);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(act(&world, MST_JOB_RESTART), MST_OK);
        uint64_t now = daemon_world_status(&world, "numbers").totals.events_in;
        assert_true(now >= before);
        before = now;
    }
    daemon_world_close(&world);
}

static void
a_job_that_is_not_there_is_said_to_be_so(void **state)
{
    struct daemon_world world;
    struct mst_error err;
    (void)state;
    daemon_world_open(&world, two_jobs);
    assert_int_equal(
        mst_manager_act(world.manager, "nobody", MST_JOB_STOP, 0, &err),
        MST_END);
    assert_non_null(strstr(err.text, "nobody"));
    daemon_world_close(&world);
}

struct storm {
    struct daemon_world *world;
    unsigned seed;
};

static enum mst_status
storm_look(void *arg, const struct mst_job_look *look)
{
    size_t *seen = arg;
    *seen += strlen(look->definition);
    return MST_OK;
}

static void *
storm_main(void *arg)
{
    struct storm *storm = arg;
    size_t seen = 0;
    for (int i = 0; i < 100; i++) {
        struct mst_error err;
        enum mst_job_action action =
            (enum mst_job_action)((unsigned)rand_r(&storm->seed) % 5);
        (void)!mst_manager_act(storm->world->manager, "numbers", action, 5,
                               &err);
        (void)!mst_manager_each(storm->world->manager, "", storm_look, &seen);
        struct mst_job_loan loan =
            mst_manager_borrow(storm->world->manager, "others");
        mst_manager_give_back(storm->world->manager, &loan);
    }
    return NULL;
}

static void
a_storm_of_wishes_and_reloads_ends_as_the_last_wish_says(void **state)
{
    /* Ten times as fast; another seed would be another source, whose
     * checkpoint is refused. */
    static const char without[] =
        DAEMON_WORLD_SERVICES DAEMON_WORLD_JOB("numbers", "0");
    enum { STORMS = 4 };
    pthread_t threads[STORMS];
    struct storm storms[STORMS];
    struct daemon_world world;
    (void)state;
    daemon_world_open(&world, two_jobs);
    for (unsigned i = 0; i < STORMS; i++) {
        storms[i] = (struct storm){&world, i + 1};
        assert_int_equal(
            pthread_create(&threads[i], NULL, storm_main, &storms[i]), 0);
    }
    for (int i = 0; i < 10; i++) {
        daemon_world_reload(&world, i % 2 == 0 ? without : two_jobs);
    }
    for (unsigned i = 0; i < STORMS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    while (act(&world, MST_JOB_START) == MST_REJECTED) {
        daemon_world_wait(&world, "others", MST_JOB_RUNNING);
    }
    daemon_world_wait(&world, "numbers", MST_JOB_RUNNING);
    daemon_world_close(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_job_that_is_restarted_a_thousand_times_runs),
        cmocka_unit_test(a_stopped_job_stays_stopped_until_it_is_started),
        cmocka_unit_test(a_stopped_job_whose_definition_changes_stays_stopped),
        cmocka_unit_test(
            only_a_job_that_runs_can_be_paused_and_only_that_resumed),
        cmocka_unit_test(totals_only_grow_over_restarts),
        cmocka_unit_test(a_job_that_is_not_there_is_said_to_be_so),
        cmocka_unit_test(
            a_storm_of_wishes_and_reloads_ends_as_the_last_wish_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
