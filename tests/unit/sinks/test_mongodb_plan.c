/* SPDX-License-Identifier: MIT */
/* Windows of operations become commands that keep the order per document. */
#include "sinks/mongodb/mongodb_plan.h"

#include "unit/cmocka_all.h"

#include "base/hash.h"

enum { PLAN_OPS = 2000 };

static const struct mst_mongosink_target users = {"d", "users", 1, NULL};
static const struct mst_mongosink_target orders = {"d", "orders", 2, NULL};

struct window {
    struct mst_mongosink_op ops[PLAN_OPS];
    struct mst_mongosink_op *list[PLAN_OPS];
    size_t len;
    struct mst_mongosink_plan plan;
};

static void
add(struct window *window, enum mst_mongosink_kind kind, uint64_t id)
{
    struct mst_mongosink_op *op = &window->ops[window->len];
    *op = (struct mst_mongosink_op){.kind = kind, .hash = id, .target = &users};
    window->list[window->len++] = op;
}

static void
make(struct window *window)
{
    struct mst_error err;
    assert_int_equal(
        mst_mongosink_plan_make(&window->plan, window->list, window->len, &err),
        MST_OK);
}

static void
assert_step(const struct window *window, size_t index,
            enum mst_mongosink_family family, size_t len, bool ordered)
{
    assert_true(index < window->plan.steps_len);
    const struct mst_mongosink_step *step = &window->plan.steps[index];
    assert_int_equal(step->family, family);
    assert_int_equal(step->len, len);
    assert_int_equal(step->ordered, ordered);
}

static int
setup(void **state)
{
    *state = calloc(1, sizeof(struct window));
    return *state == NULL;
}

static int
teardown(void **state)
{
    struct window *window = *state;
    mst_mongosink_plan_clear(&window->plan);
    free(window);
    return 0;
}

static void
distinct_documents_become_one_unordered_command(void **state)
{
    struct window *window = *state;
    for (uint64_t i = 0; i < 1000; i++) {
        add(window, MST_MONGOSINK_PUT, i);
    }
    make(window);
    assert_int_equal(window->plan.steps_len, 1);
    assert_step(window, 0, MST_MONGOSINK_UPDATES, 1000, false);
}

static void
updates_of_one_document_share_an_ordered_command(void **state)
{
    struct window *window = *state;
    for (int i = 0; i < 50; i++) {
        add(window, MST_MONGOSINK_PUT, 7);
        add(window, MST_MONGOSINK_DELTA, 7);
    }
    make(window);
    assert_int_equal(window->plan.steps_len, 1);
    assert_step(window, 0, MST_MONGOSINK_UPDATES, 100, true);
    for (size_t i = 0; i < 100; i++) {
        assert_ptr_equal(window->plan.ops[i], &window->ops[i]);
    }
}

static void
insert_update_delete_insert_take_four_levels(void **state)
{
    struct window *window = *state;
    add(window, MST_MONGOSINK_PUT, 1);
    window->ops[0].is_fresh = true;
    add(window, MST_MONGOSINK_PUT, 1);
    window->ops[1].is_fresh = true; /* a guess that the plan knows better */
    add(window, MST_MONGOSINK_DELETE, 1);
    add(window, MST_MONGOSINK_PUT, 1);
    add(window, MST_MONGOSINK_DELETE, 2);
    make(window);
    assert_int_equal(window->plan.steps_len, 5);
    assert_step(window, 0, MST_MONGOSINK_DELETES, 1, false);
    assert_step(window, 1, MST_MONGOSINK_INSERTS, 1, false);
    assert_step(window, 2, MST_MONGOSINK_UPDATES, 1, false);
    assert_step(window, 3, MST_MONGOSINK_DELETES, 1, false);
    assert_step(window, 4, MST_MONGOSINK_INSERTS, 1, false);
}

static void
collections_get_commands_of_their_own(void **state)
{
    struct window *window = *state;
    for (uint64_t i = 0; i < 10; i++) {
        add(window, MST_MONGOSINK_ADD, i);
        if (i % 2 == 0) {
            window->ops[i].target = &orders;
        }
    }
    make(window);
    assert_int_equal(window->plan.steps_len, 2);
    assert_step(window, 0, MST_MONGOSINK_INSERTS, 5, false);
    assert_step(window, 1, MST_MONGOSINK_INSERTS, 5, false);
}

static void
settled_and_empty_operations_are_left_out(void **state)
{
    struct window *window = *state;
    add(window, MST_MONGOSINK_PUT, 1);
    add(window, MST_MONGOSINK_SKIP, 2);
    add(window, MST_MONGOSINK_PUT, 3);
    window->ops[2].state = MST_MONGOSINK_REFUSED;
    make(window);
    assert_int_equal(window->plan.ops_len, 1);
    assert_int_equal(window->plan.steps_len, 1);
}

/* Carries out a plan on numbers: each operation appends its position to its
 * document's history. */
static void
any_mix_keeps_the_order_per_document(void **state)
{
    struct window *window = *state;
    static const enum mst_mongosink_kind kinds[] = {
        MST_MONGOSINK_PUT, MST_MONGOSINK_SET, MST_MONGOSINK_DELTA,
        MST_MONGOSINK_DELETE, MST_MONGOSINK_ADD};
    for (int round = 0; round < 200; round++) {
        uint64_t documents = 1 + mst_random_below(40);
        window->len = 0;
        size_t n = 1 + (size_t)mst_random_below(400);
        for (size_t i = 0; i < n; i++) {
            add(window, kinds[mst_random_below(MST_ARRAY_SIZE(kinds))],
                mst_random_below(documents));
            window->ops[i].is_fresh = mst_random_below(2) == 0;
        }
        make(window);
        assert_int_equal(window->plan.ops_len, n);
        size_t last[40];
        bool seen[40] = {false};
        size_t counted = 0;
        for (size_t s = 0; s < window->plan.steps_len; s++) {
            const struct mst_mongosink_step *step = &window->plan.steps[s];
            bool inside[40] = {false};
            for (size_t i = 0; i < step->len; i++) {
                size_t at = (size_t)(step->ops[i] - window->ops);
                uint64_t id = step->ops[i]->hash;
                assert_true(!seen[id] || last[id] < at);
                assert_true(!inside[id] || step->ordered);
                last[id] = at;
                seen[id] = true;
                inside[id] = true;
                counted++;
            }
        }
        assert_int_equal(counted, n);
    }
}

int
main(void)
{
#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        PLAN_TEST(distinct_documents_become_one_unordered_command),
        PLAN_TEST(updates_of_one_document_share_an_ordered_command),
        PLAN_TEST(insert_update_delete_insert_take_four_levels),
        PLAN_TEST(collections_get_commands_of_their_own),
        PLAN_TEST(settled_and_empty_operations_are_left_out),
        PLAN_TEST(any_mix_keeps_the_order_per_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
