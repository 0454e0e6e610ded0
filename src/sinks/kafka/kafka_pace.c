/* SPDX-License-Identifier: MIT */
/* The rate of events, and how long bursts wait. */
#include "sinks/kafka/kafka_pace.h"

enum {
    PACE_WINDOW_NS = 20000000,
    /* In two windows: 5 000 events a second go out one by one; librdkafka and
     * the broker can do that, and beyond it batches cost much less. */
    PACE_CALM_EVENTS = 200,
    PACE_HOLD_NS = 5000000, /* as the default linger.ms of librdkafka */
    PACE_BURST_EVENTS = 500 /* fills batches by itself */
};

bool
kafka_pace_holds(const struct kafka_pace *pace, size_t n, int64_t now_ns)
{
    return !pace->off && n < PACE_BURST_EVENTS
           && pace->events + pace->before > PACE_CALM_EVENTS
           && now_ns - pace->window_ns < 2 * PACE_WINDOW_NS
           && now_ns - pace->written_ns < PACE_HOLD_NS;
}

int64_t
kafka_pace_until(const struct kafka_pace *pace)
{
    return pace->written_ns + PACE_HOLD_NS;
}

void
kafka_pace_wrote(struct kafka_pace *pace, size_t n, int64_t now_ns)
{
    int64_t passed = now_ns - pace->window_ns;
    if (passed >= PACE_WINDOW_NS) {
        pace->before = passed < 2 * PACE_WINDOW_NS ? pace->events : 0;
        pace->events = 0;
        pace->window_ns = now_ns;
    }
    pace->events += n;
    pace->written_ns = now_ns;
}
