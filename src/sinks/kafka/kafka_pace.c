/* SPDX-License-Identifier: MIT */
/* How long events are held back. */
#include "sinks/kafka/kafka_pace.h"

enum {
    /* Long enough that a stall of the source, and what comes at once after
     * it, do not look like load. */
    PACE_WINDOW_MS = 100,
    PACE_WINDOWS_MS = 2 * PACE_WINDOW_MS,
    /* Up to 4 000 events a second go out as soon as the ones before are
     * answered; beyond it larger batches cost the broker less. */
    PACE_CALM_EVENTS = 2 * 400, /* of two windows */
    PACE_ANSWER_MS = 25,        /* how long an answer is waited for */
    PACE_LINGER_MS = 5,
    /* Of so many each partition gets a batch that is worth a request. */
    PACE_BATCH = 256
};

/* Events of the current window and of the one before, at now_ms. */
static uint64_t
pace_recent(const struct kafka_pace *pace, int64_t now_ms)
{
    int64_t passed = now_ms - pace->window_ms;
    if (passed >= PACE_WINDOWS_MS) {
        return 0;
    }
    return pace->events + (passed < PACE_WINDOW_MS ? pace->events_before : 0);
}

void
kafka_pace_wrote(struct kafka_pace *pace, size_t n, int64_t now_ms)
{
    int64_t passed = now_ms - pace->window_ms;
    if (passed >= PACE_WINDOW_MS) {
        pace->events_before = passed < PACE_WINDOWS_MS ? pace->events : 0;
        pace->events = 0;
        pace->window_ms = now_ms;
    }
    pace->events += n;
    pace->wrote_ms = now_ms;
}

int64_t
kafka_pace_hold(const struct kafka_pace *pace, size_t n, size_t outstanding,
                int64_t now_ms)
{
    bool calm = pace_recent(pace, now_ms) <= PACE_CALM_EVENTS;
    int64_t until = pace->wrote_ms + (calm ? PACE_ANSWER_MS : PACE_LINGER_MS);
    if (!pace->on || n >= PACE_BATCH || now_ms >= until
        || (calm && outstanding == 0)) {
        return 0;
    }
    return until - now_ms;
}
