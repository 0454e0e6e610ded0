/* SPDX-License-Identifier: MIT */
/* When a member of the set counts as silent. */
#include "sources/mongodb/oplog/silence.h"

#include "unit/cmocka_all.h"

static void
only_what_is_new_breaks_the_silence(void **state)
{
    (void)state;
    static const struct {
        struct mst_oplog_time heard; /* at 500 ms */
        int64_t now_ms;
        bool due;
    } cases[] = {
        {{10, 2}, 1100, false}, /* further: counts from then */
        {{10, 2}, 1500, true},
        {{10, 1}, 1000, true}, /* the same as before: says nothing */
        {{9, 9}, 1000, true},
        {{0, 0}, 1499, false}, /* an entry, whichever */
        {{0, 0}, 1500, true},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_oplog_silence silence = {.limit_ms = 1000,
                                            .newest = {10, 1}};
        assert_false(mst_oplog_silence_is_due(&silence, 999));
        mst_oplog_silence_hear(&silence, cases[i].heard, 500);
        assert_int_equal(mst_oplog_silence_is_due(&silence, cases[i].now_ms),
                         cases[i].due);
    }
    struct mst_oplog_silence never = {.limit_ms = 0};
    assert_false(mst_oplog_silence_is_due(&never, INT64_MAX));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_new_breaks_the_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
