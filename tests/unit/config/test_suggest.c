/* SPDX-License-Identifier: MIT */
/* Did you mean. */
#include "unit/cmocka_all.h"

#include "base/macros.h"
#include "config/suggest.h"

static void
distances_count_single_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"abc", "abc", 0},
        {"abc", "", 3},
        {"abc", "abd", 1},
        {"abc", "acb", 1},
        {"abc", "ab", 1},
        {"Sinks", "sinks", 0},
        {"max-bytes", "max_bytes", 0},
        {"resorce", "resource", 1},
        {"kitten", "sitting", 3},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        assert_int_equal(mst_suggest_distance(cases[i].a, cases[i].b),
                         cases[i].distance);
        assert_int_equal(mst_suggest_distance(cases[i].b, cases[i].a),
                         cases[i].distance);
    }
}

static void
only_near_words_are_suggested(void **state)
{
    (void)state;
    static const char *const known[] = {"resource", "service_name", "port",
                                        "host"};
    static const struct {
        const char *word;
        const char *best;
    } cases[] = {
        {"resorce", "resource"},
        {"servicename", "service_name"},
        {"prot", "port"},
        {"hots", "host"},
        {"xyz", NULL},
        {"", NULL},
        {"q", NULL},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_suggest suggest = {.word = cases[i].word};
        for (size_t j = 0; j < MST_ARRAY_SIZE(known); j++) {
            mst_suggest_offer(&suggest, known[j]);
        }
        if (cases[i].best == NULL) {
            assert_null(suggest.best);
        } else {
            assert_non_null(suggest.best);
            assert_string_equal(suggest.best, cases[i].best);
        }
    }
}

static void
long_words_are_cut(void **state)
{
    (void)state;
    char a[1000];
    memset(a, 'a', sizeof(a) - 1);
    a[sizeof(a) - 1] = '\0';
    assert_int_equal(mst_suggest_distance(a, a), 0);
    assert_int_equal(mst_suggest_distance(a, ""), 64);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_count_single_mistakes),
        cmocka_unit_test(only_near_words_are_suggested),
        cmocka_unit_test(long_words_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
