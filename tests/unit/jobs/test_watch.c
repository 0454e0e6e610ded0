/* SPDX-License-Identifier: MIT */
/* A job that says it runs is believed as long as it gets somewhere. */
#include "unit/cmocka_all.h"

#include "jobs/watch.h"

static const struct mst_config_checkpoint saves = {.enabled = true,
                                                   .interval_ms = 1000};
static const struct mst_config_checkpoint saves_not = {.enabled = false};

enum { PATIENCE_MS = 60 * 1000 };

struct step {
    int64_t at_s;
    uint64_t settled;
    uint64_t memory;
    uint64_t checkpoints;
    bool healthy;
};

static void
check(const struct step *steps, size_t n,
      const struct mst_config_checkpoint *checkpoint, const char *says)
{
    struct mst_watch watch = {0};
    struct mst_error err;
    mst_error_clear(&err);
    for (size_t i = 0; i < n; i++) {
        struct mst_job_status seen = {.state = MST_JOB_RUNNING,
                                      .started_ms = 1};
        seen.run.settled_seq = steps[i].settled;
        seen.run.memory = steps[i].memory;
        seen.run.checkpoints = steps[i].checkpoints;
        assert_int_equal(mst_watch_look(&watch, &seen, checkpoint, PATIENCE_MS,
                                        1000 + steps[i].at_s * 1000, &err),
                         steps[i].healthy);
    }
    if (says != NULL) {
        assert_non_null(strstr(err.text, says));
    }
}

static void
a_job_without_events_is_healthy(void **state)
{
    static const struct step steps[] = {
        {0, 0, 0, 0, true}, {100, 0, 0, 0, true}, {9000, 0, 0, 0, true}};
    (void)state;
    check(steps, MST_ARRAY_SIZE(steps), &saves, NULL);
}

static void
events_that_nobody_confirms_are_noticed(void **state)
{
    static const struct step steps[] = {{0, 5, 10, 1, true},
                                        {30, 5, 10, 1, true},
                                        {61, 5, 10, 1, false},
                                        {62, 6, 10, 2, true}};
    (void)state;
    check(steps, 3, &saves, "none was confirmed for 61 s");
    check(steps, MST_ARRAY_SIZE(steps), &saves, NULL);
}

static void
checkpoints_that_stand_still_are_noticed(void **state)
{
    static const struct step steps[] = {{0, 5, 10, 1, true},
                                        {30, 50, 10, 1, true},
                                        {60, 500, 10, 1, true},
                                        {62, 600, 10, 1, false},
                                        {63, 700, 10, 2, true}};
    (void)state;
    check(steps, 4, &saves, "no checkpoint was saved for 62 s");
    check(steps, MST_ARRAY_SIZE(steps), &saves, NULL);
}

static void
a_job_without_checkpoints_need_not_save_any(void **state)
{
    static const struct step steps[] = {
        {0, 5, 10, 0, true}, {59, 50, 10, 0, true}, {118, 500, 10, 0, true}};
    (void)state;
    check(steps, MST_ARRAY_SIZE(steps), &saves_not, NULL);
}

static void
a_new_run_begins_with_new_patience(void **state)
{
    struct mst_watch watch = {0};
    struct mst_error err;
    struct mst_job_status seen = {.state = MST_JOB_RUNNING, .started_ms = 1};
    (void)state;
    seen.run.memory = 1;
    assert_true(mst_watch_look(&watch, &seen, &saves, PATIENCE_MS, 1000, &err));
    seen.started_ms = 2;
    assert_true(
        mst_watch_look(&watch, &seen, &saves, PATIENCE_MS, 90000, &err));
    assert_true(
        mst_watch_look(&watch, &seen, &saves, PATIENCE_MS, 100000, &err));
    assert_false(
        mst_watch_look(&watch, &seen, &saves, PATIENCE_MS, 151000, &err));
    seen.state = MST_JOB_RETRYING; /* it says so itself */
    assert_true(
        mst_watch_look(&watch, &seen, &saves, PATIENCE_MS, 152000, &err));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_without_events_is_healthy),
        cmocka_unit_test(events_that_nobody_confirms_are_noticed),
        cmocka_unit_test(checkpoints_that_stand_still_are_noticed),
        cmocka_unit_test(a_job_without_checkpoints_need_not_save_any),
        cmocka_unit_test(a_new_run_begins_with_new_patience),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
