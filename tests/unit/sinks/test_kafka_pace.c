/* SPDX-License-Identifier: MIT */
/* When the Kafka sink lets events wait for more. */
#include "unit/cmocka_all.h"

#include "sinks/kafka/kafka_pace.h"

static const int64_t MS = 1000000;

/* Bursts of n every interval_us for a second; the share that was held. */
static double
held(struct kafka_pace *pace, size_t n, int64_t interval_us)
{
    size_t asked = 0;
    size_t waited = 0;
    size_t pending = 0;
    for (int64_t now = 1000 * MS; now < 2000 * MS; now += interval_us * 1000) {
        pending += n;
        asked++;
        if (kafka_pace_holds(pace, pending, now)) {
            waited++;
            assert_true(kafka_pace_until(pace) > now);
        } else {
            kafka_pace_wrote(pace, pending, now);
            pending = 0;
        }
    }
    return (double)waited / (double)asked;
}

static void
few_events_never_wait(void **state)
{
    (void)state;
    struct kafka_pace pace = {.off = false};
    assert_true(held(&pace, 1, 500) == 0); /* 2 000 a second */
    pace = (struct kafka_pace){.off = false};
    assert_true(held(&pace, 20, 10000) == 0); /* the same in bursts */
}

static void
many_small_bursts_are_gathered(void **state)
{
    (void)state;
    struct kafka_pace pace = {.off = false};
    double share = held(&pace, 10, 500); /* 20 000 a second */
    assert_true(share > 0.8 && share < 1.0);
}

static void
large_bursts_never_wait(void **state)
{
    (void)state;
    struct kafka_pace pace = {.off = false};
    assert_true(held(&pace, 1000, 10000) == 0);
}

static void
a_linger_of_the_users_is_the_only_one(void **state)
{
    (void)state;
    struct kafka_pace pace = {.off = true};
    assert_true(held(&pace, 10, 500) == 0);
}

static void
a_burst_after_a_long_silence_does_not_wait(void **state)
{
    (void)state;
    struct kafka_pace pace = {.off = false};
    kafka_pace_wrote(&pace, 400, 1000 * MS);
    assert_true(kafka_pace_holds(&pace, 1, 1001 * MS));
    assert_false(kafka_pace_holds(&pace, 1, 1005 * MS));
    assert_false(kafka_pace_holds(&pace, 1, 9000 * MS));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_events_never_wait),
        cmocka_unit_test(many_small_bursts_are_gathered),
        cmocka_unit_test(large_bursts_never_wait),
        cmocka_unit_test(a_linger_of_the_users_is_the_only_one),
        cmocka_unit_test(a_burst_after_a_long_silence_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
