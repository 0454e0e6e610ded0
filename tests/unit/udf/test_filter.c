/* SPDX-License-Identifier: MIT */
/* Conditions: what holds on which event. */
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "builtin_fixture.h"
#include "log/log.h"

#define FILTERED                                                               \
    "{\"n\":5,\"d\":2.5,\"big\":{\"$numberLong\":\"9007199254740993\"},"       \
    "\"dec\":{\"$numberDecimal\":\"1.50\"},\"s\":\"orders.eu\",\"y\":true,"    \
    "\"z\":null,\"o\":{\"x\":1},\"l\":[{\"x\":7}],\"u\":\"\xc3\xa9t\xc3\xa9\"" \
    ",\"t\":{\"$date\":\"2026-11-21T10:00:00Z\"},\"e\":\"\"}"

static const struct filter_case {
    const char *where;
    bool holds;
} filter_cases[] = {
    {"n == 5", true},
    {"n == 5.0", true},
    {"n != 5", false},
    {"n < 5", false},
    {"n <= 5", true},
    {"d > 2.4", true},
    {"d >= 2.6", false},
    {"n == '5'", false},
    {"n != '5'", true},
    {"big == 9007199254740993", true},
    {"big == 9007199254740992", false},
    {"big > 9007199254740992", true},
    {"dec == 1.5", true},
    {"s == 'orders.eu'", true},
    {"s > 'orders'", true},
    {"s < \"orders.\"", false},
    {"y == true", true},
    {"y == false", false},
    {"z == null", true},
    {"none == null", true},
    {"none != null", false},
    {"none != 1", true},
    {"none <= 1", false},
    {"o == null", false},
    {"o.x == 1", true},
    {"l[0].x == 7", true},
    {"l.0.x == 7", true},
    {"exists z", true},
    {"exists none", false},
    {"not exists none", true},
    {"t > '2026-01-01T00:00:00Z' and t < '2027-01-01T00:00:00Z'", true},
    {"n == 1 or n == 5 and y == false", false},
    {"(n == 1 or n == 5) and y == true", true},
    {"not (n == 5)", false},
    {"not not n == 5", true},
    {"@a == '1'", true},
    {"@a == 1", true},
    {"@a < 10", true},
    {"@none == null", true},
    {"@a != null", true},
    {"exists @b", true},
    {"exists @none", false},
    {"@op == 'create'", true},
    {"@op != 'delete'", true},
    {"n in (1, 5)", true},
    {"n in (1)", false},
    {"not n in (1, 2)", true},
    {"s in ('a', 'orders.eu') and n in (5)", true},
    {"none in (null)", true},
    {"@a in ('2', '1')", true},
    {"s like 'orders.*'", true},
    {"s like '*.eu'", true},
    {"s like 'orders.?u'", true},
    {"s like 'orders.?'", false},
    {"s like 'orders'", false},
    {"s like '*r*r*u'", true},
    {"s like '*'", true},
    {"e like ''", true},
    {"e like '*'", true},
    {"e like '?'", false},
    {"u like '?t?'", true},
    {"n like '5'", false},
    {"none like '*'", false},
    {"not none like '*'", true},
    {"@b like '?'", true},
    {"@none like '*'", false},
    {"t like '2026*'", false},
};

static bool
holds(const char *options, const char *json)
{
    struct builtin_step step;
    struct script_result result;
    struct mst_event event;
    script_start(&result);
    assert_true(builtin_begin(&step, "filter", options));
    script_event(&result, json, &event);
    event.op = MST_OP_CREATE;
    builtin_feed(&step, &event, &result);
    assert_int_equal(result.status, MST_OK);
    bool passed = result.n == 1;
    if (passed) {
        assert_true(
            mst_slice_equal(mst_buf_slice(&result.bson), event.payload));
    }
    builtin_end(&step);
    script_clear(&result);
    return passed;
}

static void
a_condition_holds_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(filter_cases); i++) {
        char options[200];
        (void)snprintf(options, sizeof(options), "where = '''%s'''",
                       filter_cases[i].where);
        print_message("%s\n", filter_cases[i].where);
        assert_int_equal(holds(options, FILTERED), filter_cases[i].holds);
    }
}

/* A pattern of stars over a text that nearly fits takes no time to speak of:
 * going back over all of them would take years. */
static void
a_pattern_of_many_stars_ends(void **state)
{
    static char text[4000];
    static char options[300];
    (void)state;
    int len = snprintf(text, sizeof(text), "{\"a\":\"");
    memset(text + len, 'a', 3000);
    (void)snprintf(text + len + 3000, 10, "\"}");
    len = snprintf(options, sizeof(options), "where = '''a like '");
    for (int i = 0; i < 60; i++) {
        len += snprintf(options + len, 8, "*a*");
    }
    (void)snprintf(options + len, 10, "b''''");
    assert_false(holds(options, text));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_holds_or_not),
        cmocka_unit_test(a_pattern_of_many_stars_ends),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
