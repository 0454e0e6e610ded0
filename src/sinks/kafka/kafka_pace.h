/* SPDX-License-Identifier: MIT */
/*
 * When events may go to librdkafka: at once while few come, in bursts while
 * many do. Private to this folder.
 *
 * librdkafka has one linger.ms, fixed when the producer is made. With 0 a
 * lone event leaves at once, and a burst of hundreds still fills batches; but
 * many small bursts would each become a request. So the sink says MST_AGAIN
 * to those for a few milliseconds, and the engine gathers them.
 */
#ifndef MST_SINKS_KAFKA_PACE_H
#define MST_SINKS_KAFKA_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Thread: the writer's. A zeroed struct is valid. */
struct kafka_pace {
    bool off;           /* the user chose a linger.ms: nothing is held */
    int64_t window_ns;  /* when the current window began */
    size_t events;      /* in it */
    size_t before;      /* in the window before */
    int64_t written_ns; /* when events last went to librdkafka */
};

/* Whether a burst of n events should wait for more. */
bool kafka_pace_holds(const struct kafka_pace *pace, size_t n, int64_t now_ns);
/* Until when at most. */
int64_t kafka_pace_until(const struct kafka_pace *pace);
/* n events were given to librdkafka. */
void kafka_pace_wrote(struct kafka_pace *pace, size_t n, int64_t now_ns);

#endif
