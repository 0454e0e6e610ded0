/* SPDX-License-Identifier: MIT */
/* The mix of operations, against a model that plays every event. */
#include "unit/cmocka_all.h"

#include "sources/generate/generate_mix.h"

static void
every_operation_finds_a_document_that_is_alive(void **state)
{
    static const char *const mixes[] = {
        "create=70,update=20,replace=5,delete=5",
        "create=10,update=50,replace=30,delete=10",
        "update=100",
        "create=1,delete=1",
        " insert=3 , read=7 ",
    };
    enum { EVENTS = 20000 };
    (void)state;
    for (size_t m = 0; m < MST_ARRAY_SIZE(mixes); m++) {
        struct mst_mix mix;
        struct mst_error err;
        bool *alive = calloc(EVENTS + 1, sizeof(*alive));
        assert_non_null(alive);
        assert_int_equal(mst_mix_init(&mix, mixes[m], 50, 7, &err), MST_OK);
        for (uint64_t n = 1; n <= EVENTS; n++) {
            enum mst_op op = MST_OP_NONE;
            uint64_t key = UINT64_MAX;
            mst_mix_event(&mix, n, &op, &key);
            assert_true(key < EVENTS);
            assert_int_equal(alive[key], op != MST_OP_CREATE);
            alive[key] = op != MST_OP_DELETE;
        }
        free(alive);
    }
}

static void
weights_are_kept_exactly_in_every_round(void **state)
{
    struct mst_mix mix;
    struct mst_error err;
    unsigned seen[MST_MIX_OPS] = {0};
    (void)state;
    assert_int_equal(mst_mix_init(&mix,
                                  "create=70,update=20,replace=5,delete=5", 10,
                                  1, &err),
                     MST_OK);
    for (uint64_t n = mix.warm + 1; n <= mix.warm + 300; n++) {
        enum mst_op op = MST_OP_NONE;
        uint64_t key = 0;
        mst_mix_event(&mix, n, &op, &key);
        seen[op]++;
    }
    assert_int_equal(seen[MST_OP_CREATE], 210);
    assert_int_equal(seen[MST_OP_UPDATE], 60);
    assert_int_equal(seen[MST_OP_REPLACE], 15);
    assert_int_equal(seen[MST_OP_DELETE], 15);
}

static void
an_event_is_the_same_in_whatever_order_it_is_asked_for(void **state)
{
    struct mst_mix forward;
    struct mst_mix backward;
    struct mst_error err;
    enum mst_op ops[1000];
    uint64_t keys[1000];
    (void)state;
    const char *text = "create=5,update=9,delete=3";
    assert_int_equal(mst_mix_init(&forward, text, 20, 3, &err), MST_OK);
    assert_int_equal(mst_mix_init(&backward, text, 20, 3, &err), MST_OK);
    for (uint64_t n = 1; n <= 1000; n++) {
        mst_mix_event(&forward, n, &ops[n - 1], &keys[n - 1]);
    }
    for (uint64_t n = 1000; n >= 1; n--) {
        enum mst_op op = MST_OP_NONE;
        uint64_t key = 0;
        mst_mix_event(&backward, n, &op, &key);
        assert_int_equal(op, ops[n - 1]);
        assert_int_equal(key, keys[n - 1]);
    }
}

static void
bad_mixes_are_refused_with_a_message(void **state)
{
    static const char *const bad[] = {
        "",
        "create",
        "create=",
        "create=x",
        "create=0",
        "make=5",
        "create=5,",
        "create=-1",
        "create=1001",
        "create=1,create=2",
        "delete=2,create=1",
        "create=99999999999999999999",
        "create=900,update=200",
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct mst_mix mix;
        struct mst_error err;
        assert_int_equal(mst_mix_init(&mix, bad[i], 0, 1, &err), MST_FATAL);
        assert_non_null(strstr(err.text, "operations"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_finds_a_document_that_is_alive),
        cmocka_unit_test(weights_are_kept_exactly_in_every_round),
        cmocka_unit_test(
            an_event_is_the_same_in_whatever_order_it_is_asked_for),
        cmocka_unit_test(bad_mixes_are_refused_with_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
