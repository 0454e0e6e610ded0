/* SPDX-License-Identifier: MIT */
/* Who asks for jobs, who gives them, and when neither. */
#include "jobs/spread.h"

#include "unit/cmocka_all.h"

/* A store that counts what it is asked. */
struct fake_store {
    struct mst_store base; /* first */
    unsigned asked;
    uint32_t holds;
};

static enum mst_status
fake_ask(struct mst_store *base, const char *job, const struct mst_lease *held,
         const char *asker, uint32_t holds, struct mst_error *err)
{
    struct fake_store *store = (struct fake_store *)base;
    (void)held;
    (void)err;
    assert_string_equal(job, "users");
    assert_string_equal(asker, "me");
    store->asked++;
    store->holds = holds;
    return MST_OK;
}

static const struct mst_store_type fake_type = {.name = "fake",
                                                .lease_ask = fake_ask};

static void
who_has_two_less_asks_and_is_given(void **state)
{
    static const struct {
        uint32_t mine;
        uint32_t theirs;
        bool uneven;
    } cases[] = {
        {0, 0, false}, {0, 1, false}, {0, 2, true},  {1, 2, false},
        {1, 3, true},  {3, 1, false}, {5, 5, false}, {5, 100, true},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct fake_store store = {.base.type = &fake_type};
        struct mst_spread mine = {.held = cases[i].mine};
        struct mst_spread theirs = {.held = cases[i].theirs};
        struct mst_lease lease = {.holds = cases[i].theirs};
        mst_spread_ask(&mine, &store.base, "users", &lease, "me");
        assert_int_equal(store.asked, cases[i].uneven ? 1 : 0);
        assert_int_equal(store.holds, cases[i].uneven ? cases[i].mine : 0);
        lease.asked = true;
        lease.asker_holds = cases[i].mine;
        assert_int_equal(mst_spread_gives(&theirs, &lease), cases[i].uneven);
    }
}

static void
one_is_given_at_a_time(void **state)
{
    struct mst_spread spread = {.held = 10};
    const struct mst_lease lease = {.asked = true, .asker_holds = 0};
    (void)state;
    assert_true(mst_spread_gives(&spread, &lease));
    assert_false(mst_spread_gives(&spread, &lease));
}

static void
none_is_given_unasked(void **state)
{
    struct mst_spread spread = {.held = 10};
    const struct mst_lease lease = {.asked = false};
    (void)state;
    assert_false(mst_spread_gives(&spread, &lease));
}

static void
who_fails_asks_for_no_more(void **state)
{
    struct fake_store store = {.base.type = &fake_type};
    struct mst_spread spread = {.held = 0};
    const struct mst_lease lease = {.holds = 10};
    (void)state;
    mst_spread_failed(&spread);
    mst_spread_ask(&spread, &store.base, "users", &lease, "me");
    assert_int_equal(store.asked, 0);
}

static void
a_store_that_is_not_shared_is_not_asked(void **state)
{
    static const struct mst_store_type type = {.name = "alone"};
    struct mst_store store = {.type = &type};
    struct mst_spread spread = {.held = 0};
    const struct mst_lease lease = {.holds = 10};
    (void)state;
    mst_spread_ask(&spread, &store, "users", &lease, "me");
    assert_int_equal(spread.held, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_two_less_asks_and_is_given),
        cmocka_unit_test(one_is_given_at_a_time),
        cmocka_unit_test(none_is_given_unasked),
        cmocka_unit_test(who_fails_asks_for_no_more),
        cmocka_unit_test(a_store_that_is_not_shared_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
