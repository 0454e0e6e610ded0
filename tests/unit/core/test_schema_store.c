/* SPDX-License-Identifier: MIT */
/* How a resource asks for a schema. */
#include "core/schema_store.h"

#include "unit/cmocka_all.h"

static void
resource_names_subject_version_or_number(void **state)
{
    static const struct {
        const char *resource;
        const char *subject; /* NULL: by number */
        uint32_t version;
        uint32_t id;
    } cases[] = {
        {"orders-value", "orders-value", 0, 0},
        {"orders-value:latest", "orders-value", 0, 0},
        {"orders-value:3", "orders-value", 3, 0},
        {"orders-value:4294967295", "orders-value", UINT32_MAX, 0},
        /* No number of 32 bits, so a part of the name. */
        {"orders-value:4294967296", "orders-value:4294967296", 0, 0},
        {"a:b", "a:b", 0, 0},
        {":.context:orders:2", ":.context:orders", 2, 0},
        {"a:0", "a:0", 0, 0},
        {"258", NULL, 0, 258},
        {"258:latest", "258", 0, 0},
        {"0", "0", 0, 0},
        {"25x", "25x", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_schema_ref ref;
        struct mst_error err;
        assert_int_equal(mst_schema_ref_parse(cases[i].resource, &ref, &err),
                         MST_OK);
        assert_int_equal(ref.version, cases[i].version);
        assert_int_equal(ref.id, cases[i].id);
        if (cases[i].subject == NULL) {
            assert_null(ref.subject.data);
        } else {
            assert_true(mst_slice_is(ref.subject, cases[i].subject));
        }
    }
}

static void
resource_without_a_subject_is_refused(void **state)
{
    static const char *const cases[] = {"", ":3", ":latest"};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_schema_ref ref;
        struct mst_error err;
        assert_int_equal(mst_schema_ref_parse(cases[i], &ref, &err),
                         MST_REJECTED);
        assert_non_null(strstr(err.text, "names no subject"));
        assert_true(err.hint[0] != '\0');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resource_names_subject_version_or_number),
        cmocka_unit_test(resource_without_a_subject_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
