/* SPDX-License-Identifier: MIT */
/* How limits.memory is divided, and what the budget of a job lets through. */
#include "unit/cmocka_all.h"

#include "jobs/job_spec.h"
#include "pipeline/budget.h"

enum { MIB = 1024 * 1024 };

struct share_case {
    uint64_t limit;
    uint64_t own[4]; /* `memory` of each connector */
    bool enabled[4];
    const char *only;
    uint64_t share;
};

static void
memory_that_is_not_spoken_for_is_shared_evenly(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    static const struct share_case cases[] = {
        {64 * MIB, {0}, {true}, NULL, 64 * MIB},
        {64 * MIB, {0}, {true, true, true, true}, NULL, 16 * MIB},
        {64 * MIB, {0}, {true, false, true, false}, NULL, 32 * MIB},
        {64 * MIB, {0}, {true, true, true, true}, "c", 64 * MIB},
        {64 * MIB, {32 * MIB}, {true, true, true}, NULL, 16 * MIB},
        {64 * MIB, {32 * MIB}, {false, true, true}, NULL, 32 * MIB},
        {64 * MIB, {64 * MIB}, {true, true, true}, NULL, 1 * MIB},
        {64 * MIB, {80 * MIB, 1}, {true, true, true}, NULL, 1 * MIB},
        {1 * MIB, {80 * MIB}, {true, true, true}, NULL, MIB / 2},
        {64 * MIB, {0}, {false}, NULL, 64 * MIB},
        {256 * MIB, {0}, {true, true, true}, NULL, 85 * MIB},
        {10 * MIB, {0}, {true, true, true}, NULL, (uint64_t)3413 * 1024},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_config_connector connectors[4] = {0};
        const struct mst_config config = {.memory = cases[i].limit,
                                          .connectors = connectors,
                                          .connectors_len = 4};
        for (size_t k = 0; k < 4; k++) {
            connectors[k].name = (char *)(uintptr_t)names[k];
            connectors[k].memory = cases[i].own[k];
            connectors[k].enabled = cases[i].enabled[k];
        }
        assert_int_equal(mst_job_share(&config, cases[i].only), cases[i].share);
    }
}

static void
an_event_larger_than_the_budget_goes_alone(void **state)
{
    struct mst_budget budget;
    (void)state;
    mst_budget_init(&budget, 100);
    assert_true(mst_budget_fits(&budget, 1000));
    mst_budget_charge(&budget, 1000);
    assert_false(mst_budget_fits(&budget, 1));
    mst_budget_refund(&budget, 1000);
    assert_true(mst_budget_fits(&budget, 1000));
}

static void
a_smaller_budget_drains_before_it_lets_anything_through(void **state)
{
    struct mst_budget budget;
    (void)state;
    mst_budget_init(&budget, 100);
    mst_budget_charge(&budget, 80);
    assert_true(mst_budget_fits(&budget, 10));
    mst_budget_set_limit(&budget, 50);
    assert_false(mst_budget_fits(&budget, 10));
    mst_budget_refund(&budget, 50);
    assert_true(mst_budget_fits(&budget, 10));
    assert_false(mst_budget_fits(&budget, 30));
}

static void
all_jobs_together_stay_within_the_whole(void **state)
{
    struct mst_budget whole;
    struct mst_budget old;
    struct mst_budget young;
    (void)state;
    mst_budget_init(&whole, 100);
    mst_budget_init(&old, 100);
    mst_budget_init(&young, 50);
    old.whole = &whole;
    young.whole = &whole;
    mst_budget_charge(&old, 90);
    mst_budget_set_limit(&old, 50);
    /* One batch at a time: the young job waits for nobody. */
    assert_true(mst_budget_fits(&young, 30));
    mst_budget_charge(&young, 10);
    assert_false(mst_budget_fits(&young, 1));
    mst_budget_refund(&old, 60);
    assert_int_equal(mst_budget_used(&whole), 40);
    assert_true(mst_budget_fits(&young, 30));
    assert_false(mst_budget_fits(&young, 41));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_is_not_spoken_for_is_shared_evenly),
        cmocka_unit_test(an_event_larger_than_the_budget_goes_alone),
        cmocka_unit_test(all_jobs_together_stay_within_the_whole),
        cmocka_unit_test(
            a_smaller_budget_drains_before_it_lets_anything_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
