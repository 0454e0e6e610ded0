/* SPDX-License-Identifier: MIT */
/* How long the Kafka sink holds events back: time and load are the test's. */
#include "sinks/kafka/kafka_pace.h"

#include "unit/cmocka_all.h"

#include "base/error.h"

enum {
    WINDOW_MS = 100,
    CALM = 400,
    ANSWER_MS = 25,
    LINGER_MS = 5,
    BATCH = 256,
    START_MS = 1000000
};

/* A pace that wrote n events at START_MS, and nothing before. */
static struct kafka_pace
wrote(size_t n)
{
    struct kafka_pace pace = {.on = true};
    kafka_pace_wrote(&pace, n, START_MS);
    return pace;
}

static void
a_lone_event_leaves_at_once(void **state)
{
    (void)state;
    const struct kafka_pace fresh = {.on = true};
    struct kafka_pace pace = wrote(1);
    assert_int_equal(kafka_pace_hold(&fresh, 1, 0, START_MS), 0);
    assert_int_equal(kafka_pace_hold(&pace, 1, 0, START_MS), 0);
}

static void
few_events_wait_for_the_answer_to_those_before(void **state)
{
    (void)state;
    struct kafka_pace pace = wrote(1);
    assert_int_equal(kafka_pace_hold(&pace, 1, 1, START_MS), ANSWER_MS);
    assert_int_equal(kafka_pace_hold(&pace, 1, 1, START_MS + ANSWER_MS - 1), 1);
    assert_int_equal(kafka_pace_hold(&pace, 1, 1, START_MS + ANSWER_MS), 0);
    assert_int_equal(kafka_pace_hold(&pace, 1, 0, START_MS + 1), 0);
}

static void
under_load_events_wait_for_others(void **state)
{
    (void)state;
    struct kafka_pace pace = wrote(2 * CALM + 1);
    assert_int_equal(kafka_pace_hold(&pace, 1, 0, START_MS), LINGER_MS);
    assert_int_equal(kafka_pace_hold(&pace, 1, 9, START_MS + 1), LINGER_MS - 1);
    assert_int_equal(kafka_pace_hold(&pace, 1, 9, START_MS + LINGER_MS), 0);
}

static void
a_full_batch_never_waits(void **state)
{
    (void)state;
    struct kafka_pace calm = wrote(1);
    struct kafka_pace loaded = wrote(2 * CALM + 1);
    assert_int_equal(kafka_pace_hold(&calm, BATCH, 1, START_MS), 0);
    assert_int_equal(kafka_pace_hold(&loaded, BATCH, 1, START_MS), 0);
    assert_true(kafka_pace_hold(&loaded, BATCH - 1, 1, START_MS) > 0);
}

static void
the_load_is_that_of_two_windows(void **state)
{
    static const struct {
        size_t before;
        size_t now;
        bool calm;
    } cases[] = {{CALM, CALM, true},  {CALM + 1, CALM, false},
                 {2 * CALM, 0, true}, {2 * CALM, 1, false},
                 {0, 2 * CALM, true}, {0, 2 * CALM + 1, false}};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct kafka_pace pace = wrote(cases[i].before);
        kafka_pace_wrote(&pace, cases[i].now, START_MS + WINDOW_MS);
        assert_int_equal(kafka_pace_hold(&pace, 1, 0, START_MS + WINDOW_MS)
                             == 0,
                         cases[i].calm);
    }
}

static void
a_pause_forgets_the_load(void **state)
{
    (void)state;
    struct kafka_pace pace = wrote(100000);
    kafka_pace_wrote(&pace, 1, START_MS + WINDOW_MS);
    assert_true(kafka_pace_hold(&pace, 1, 0, START_MS + WINDOW_MS) > 0);
    pace = wrote(100000);
    kafka_pace_wrote(&pace, 1, START_MS + 2 * WINDOW_MS);
    assert_int_equal(kafka_pace_hold(&pace, 1, 0, START_MS + 2 * WINDOW_MS), 0);
}

static void
switched_off_it_holds_nothing(void **state)
{
    (void)state;
    struct kafka_pace pace = wrote(100000);
    pace.on = false;
    assert_int_equal(kafka_pace_hold(&pace, 1, 1, START_MS), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lone_event_leaves_at_once),
        cmocka_unit_test(few_events_wait_for_the_answer_to_those_before),
        cmocka_unit_test(under_load_events_wait_for_others),
        cmocka_unit_test(a_full_batch_never_waits),
        cmocka_unit_test(the_load_is_that_of_two_windows),
        cmocka_unit_test(a_pause_forgets_the_load),
        cmocka_unit_test(switched_off_it_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
