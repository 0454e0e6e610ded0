/* SPDX-License-Identifier: MIT */
/* Jobs and services that many sides make, change, remove and steer at once. */
#include "unit/jobs/daemon_world.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "unit/cmocka_all.h"

enum { STORM_ROUNDS = 40, STORM_SIDES = 4, DEADLINE_MS = 20000 };

static const char services[] = DAEMON_WORLD_SERVICES;

static enum mst_status
put(struct daemon_world *world, const struct mst_catalog_write *form,
    const char *name, int rate)
{
    char text[512];
    struct mst_problems problems = {0};
    struct mst_catalog_result result;
    struct mst_catalog_write write = *form;
    struct mst_error err;
    (void)snprintf(text, sizeof(text),
                   "{\"name\":\"%s\",\"source\":{\"service_name\":\"made\","
                   "\"resource\":\"n\",\"rate\":%d},\"sinks\":[{"
                   "\"service_name\":\"disk\",\"resource\":\"%s.jsonl\"}]}",
                   name, rate, name);
    write.kind = MST_DEFINITION_JOB;
    write.text = mst_slice_str(text);
    mst_error_clear(&err);
    enum mst_status status =
        mst_catalog_put(world->catalog, &write, &problems, &result, &err);
    assert_int_equal(problems.errors, 0);
    mst_problems_clear(&problems);
    return status;
}

static enum mst_status
drop(struct daemon_world *world, const char *name)
{
    struct mst_error err;
    const struct mst_catalog_removal removal = {.kind = MST_DEFINITION_JOB,
                                                .name = name};
    mst_error_clear(&err);
    return mst_catalog_remove(world->catalog, &removal, &err);
}

static enum mst_status
act(struct daemon_world *world, const char *name, enum mst_job_action action)
{
    struct mst_error err;
    mst_error_clear(&err);
    return mst_catalog_act(world->catalog, name, action, 100, "test", &err);
}

struct side {
    struct daemon_world *world;
    int number;
};

static void *
storm(void *arg)
{
    const struct side *side = arg;
    struct daemon_world *world = side->world;
    static const struct mst_catalog_write plain;
    char own[16];
    (void)snprintf(own, sizeof(own), "own%d", side->number);
    for (int i = 0; i < STORM_ROUNDS; i++) {
        /* Which of them wins is nobody's business; that each ends is. */
        (void)!put(world, &plain, "all", 100 + i);
        (void)!put(world, &plain, own, 100 + i % 3);
        (void)!act(world, own, MST_JOB_RESTART);
        (void)!act(world, "all", i % 2 == 0 ? MST_JOB_STOP : MST_JOB_START);
        (void)!drop(world, i % 5 == 0 ? "all" : own);
    }
    return NULL;
}

static void
wait_for_jobs(struct daemon_world *world, size_t len)
{
    static const struct timespec pause = {.tv_nsec = 1000000L};
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (mst_manager_len(world->manager) != len && mst_clock_ms() < until) {
        (void)nanosleep(&pause, NULL);
    }
    assert_int_equal(mst_manager_len(world->manager), len);
}

static void
a_storm_of_changes_ends_as_the_last_ones_say(void **state)
{
    struct daemon_world world;
    pthread_t threads[STORM_SIDES];
    struct side sides[STORM_SIDES];
    static const struct mst_catalog_write plain;
    (void)state;
    daemon_world_open_kept(&world, services);
    for (int i = 0; i < STORM_SIDES; i++) {
        sides[i] = (struct side){.world = &world, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, storm, &sides[i]),
                         0);
    }
    for (int i = 0; i < STORM_SIDES; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < STORM_SIDES; i++) {
        char own[16];
        (void)snprintf(own, sizeof(own), "own%d", i);
        enum mst_status status = drop(&world, own);
        assert_true(status == MST_OK || status == MST_END);
    }
    assert_int_equal(put(&world, &plain, "all", 77), MST_OK);
    assert_int_equal(act(&world, "all", MST_JOB_START), MST_OK);
    wait_for_jobs(&world, 1);
    daemon_world_wait(&world, "all", MST_JOB_RUNNING);
    daemon_world_close(&world);
}

static void
only_one_of_two_that_read_the_same_revision_changes_it(void **state)
{
    struct daemon_world world;
    struct mst_catalog_write write = {.match.must_not_exist = true};
    (void)state;
    daemon_world_open_kept(&world, services);
    assert_int_equal(put(&world, &write, "j", 1), MST_OK);
    assert_int_equal(put(&world, &write, "j", 1), MST_REJECTED);
    write.match =
        (struct mst_catalog_match){.has_revision = true, .revision = 12345};
    assert_int_equal(put(&world, &write, "j", 2), MST_AGAIN);
    write.match = (struct mst_catalog_match){.must_exist = true};
    assert_int_equal(put(&world, &write, "j", 2), MST_OK);
    assert_int_equal(put(&world, &write, "k", 2), MST_END);
    daemon_world_close(&world);
}

static void
what_another_process_changes_is_taken_over(void **state)
{
    static const char body[] =
        "{\"definition\":{\"source\":{\"service_name\":\"made\",\"resource\":"
        "\"n\",\"rate\":9},\"sinks\":[{\"service_name\":\"disk\",\"resource\":"
        "\"far.jsonl\"}]},\"origin\":\"api\"}";
    struct daemon_world world;
    struct mst_error err;
    struct mst_record record = {.name = (char[]){"far"},
                                .revision = 5,
                                .body = mst_slice_str(body),
                                .changed_by = (char[]){"other"}};
    (void)state;
    daemon_world_open_kept(&world, services);
    assert_int_equal(world.records->type->save(world.records, MST_RECORD_JOB,
                                               &record, 0, &err),
                     MST_OK);
    wait_for_jobs(&world, 1);
    daemon_world_wait(&world, "far", MST_JOB_RUNNING);
    record.body = MST_SLICE_LIT("stopped");
    assert_int_equal(world.records->type->save(
                         world.records, MST_RECORD_DESIRED, &record, 0, &err),
                     MST_OK);
    daemon_world_wait(&world, "far", MST_JOB_STOPPED);
    assert_int_equal(world.records->type->remove(world.records, MST_RECORD_JOB,
                                                 "far", 5, &err),
                     MST_OK);
    wait_for_jobs(&world, 0);
    daemon_world_close(&world);
}

static enum mst_status
see(void *arg, const struct mst_job_look *look)
{
    struct mst_job_look *seen = arg;
    *seen = *look;
    return MST_OK;
}

static void
what_is_broken_is_set_aside_shown_and_heals(void **state)
{
    static const char body[] =
        "{\"definition\":{\"source\":{\"service_name\":\"gone\",\"resource\":"
        "\"n\"},\"sinks\":[{\"service_name\":\"disk\",\"resource\":\"x\"}]},"
        "\"origin\":\"api\"}";
    struct daemon_world world;
    struct mst_job_look look = {.name = NULL};
    struct mst_error err;
    static const struct mst_catalog_write plain;
    const struct mst_record record = {.name = (char[]){"ill"},
                                      .revision = 5,
                                      .body = mst_slice_str(body),
                                      .changed_by = (char[]){"other"}};
    (void)state;
    daemon_world_open_kept(&world, services);
    assert_int_equal(world.records->type->save(world.records, MST_RECORD_JOB,
                                               &record, 0, &err),
                     MST_OK);
    /* That one is wrong keeps nobody from changing others. */
    assert_int_equal(put(&world, &plain, "well", 5), MST_OK);
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (mst_catalog_one(world.catalog, "ill", see, &look) != MST_OK
           && mst_clock_ms() < until) {
        const struct timespec pause = {.tv_nsec = 1000000L};
        (void)nanosleep(&pause, NULL);
    }
    assert_int_equal(look.status.state, MST_JOB_FAILED);
    assert_null(look.connector);
    assert_non_null(strstr(look.status.reason.text, "gone"));
    assert_int_equal(put(&world, &plain, "more", 5), MST_OK);
    assert_int_equal(put(&world, &plain, "ill", 5), MST_OK);
    daemon_world_wait(&world, "ill", MST_JOB_RUNNING);
    assert_int_equal(drop(&world, "ill"), MST_OK);
    daemon_world_close(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            only_one_of_two_that_read_the_same_revision_changes_it),
        cmocka_unit_test(a_storm_of_changes_ends_as_the_last_ones_say),
        cmocka_unit_test(what_another_process_changes_is_taken_over),
        cmocka_unit_test(what_is_broken_is_set_aside_shown_and_heals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
