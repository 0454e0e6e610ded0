/* SPDX-License-Identifier: MIT */
/* What a subject is, without a store. */
#include "core/revision.h"
#include "schema/subject.h"

#include "unit/cmocka_all.h"

enum { REVISIONS = 1000 };

static void
a_subject_made_again_at_once_has_another_revision(void **state)
{
    (void)state;
    uint64_t before = mst_next_revision(0);
    for (int i = 0; i < REVISIONS; i++) {
        uint64_t again = mst_next_revision(0);
        assert_true(again != before);
        before = again;
    }
}

static void
a_revision_grows_with_each_save(void **state)
{
    (void)state;
    assert_int_equal(mst_next_revision(7), 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subject_made_again_at_once_has_another_revision),
        cmocka_unit_test(a_revision_grows_with_each_save),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
