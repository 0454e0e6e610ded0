/* SPDX-License-Identifier: MIT */
/* Things that instances have in common. */
#include "core/commons.h"

#include <stdlib.h>

#include "unit/cmocka_all.h"

struct thing {
    int *alive;
};

static enum mst_status
thing_create(void **ret_thing, const void *arg, struct mst_error *err)
{
    if (arg == NULL) {
        return mst_fail(err, MST_FATAL, "test", 0, "not to be made");
    }
    struct thing *thing = calloc(1, sizeof(*thing));
    assert_non_null(thing);
    thing->alive = *(int *const *)arg;
    ++*thing->alive;
    *ret_thing = thing;
    return MST_OK;
}

static void
thing_destroy(void *memory)
{
    struct thing *thing = memory;
    --*thing->alive;
    free(thing);
}

static const struct mst_common_type thing_type = {"thing", thing_create,
                                                  thing_destroy};
static const struct mst_common_type other_type = {"other", thing_create,
                                                  thing_destroy};

static void
who_says_the_same_key_gets_the_same_thing_until_the_last_gives_it_back(
    void **state)
{
    struct mst_commons *commons = NULL;
    struct mst_error err;
    int alive = 0;
    int *arg = &alive;
    void *things[4];
    const struct {
        const struct mst_common_type *type;
        const char *key;
    } takes[] = {{&thing_type, "a"},
                 {&thing_type, "a"},
                 {&thing_type, "ab"},
                 {&other_type, "a"}};
    (void)state;
    assert_int_equal(mst_commons_create(&commons, &err), MST_OK);
    for (size_t i = 0; i < MST_ARRAY_SIZE(takes); i++) {
        assert_int_equal(mst_commons_take(commons, takes[i].type,
                                          mst_slice_str(takes[i].key), &arg,
                                          &things[i], &err),
                         MST_OK);
    }
    assert_int_equal(alive, 3);
    assert_ptr_equal(things[0], things[1]);
    assert_ptr_not_equal(things[0], things[2]);
    assert_ptr_not_equal(things[0], things[3]);
    mst_commons_give_back(commons, things[0]);
    assert_int_equal(alive, 3);
    mst_commons_give_back(commons, things[1]);
    assert_int_equal(alive, 2);
    mst_commons_give_back(commons, things[3]);
    mst_commons_give_back(commons, things[2]);
    assert_int_equal(alive, 0);
    mst_commons_destroy(commons);
    mst_commons_destroy(NULL);
}

static void
what_can_not_be_made_leaves_nothing(void **state)
{
    struct mst_commons *commons = NULL;
    struct mst_error err;
    int alive = 0;
    int *arg = &alive;
    void *thing = NULL;
    (void)state;
    assert_int_equal(mst_commons_create(&commons, &err), MST_OK);
    assert_int_equal(mst_commons_take(commons, &thing_type, mst_slice_str("a"),
                                      NULL, &thing, &err),
                     MST_FATAL);
    assert_null(thing);
    assert_int_equal(mst_commons_take(commons, &thing_type, mst_slice_str("a"),
                                      &arg, &thing, &err),
                     MST_OK);
    mst_commons_give_back(commons, thing);
    mst_commons_destroy(commons);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            who_says_the_same_key_gets_the_same_thing_until_the_last_gives_it_back),
        cmocka_unit_test(what_can_not_be_made_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
