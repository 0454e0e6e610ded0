/* SPDX-License-Identifier: MIT */
/*
 * When messages leave: at once while few events come and nothing is under
 * way, else a moment later and more of them in one request. Private to this
 * folder.
 *
 * librdkafka has one linger.ms, fixed when the producer is made: 0 is a
 * request per event under a light load, which keeps a broker busier than the
 * load itself, and 5 lets a lone event wait in vain. So librdkafka does
 * not linger, and the sink holds events back, as Nagle's algorithm does.
 */
#ifndef MST_SINKS_KAFKA_PACE_H
#define MST_SINKS_KAFKA_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Thread: the writer's. Zeroed, with `on`, it is ready. */
struct kafka_pace {
    bool on; /* false: nothing is held, librdkafka lingers */
    int64_t wrote_ms;
    /* Events counted per window of time. */
    int64_t window_ms;
    uint64_t events;
    uint64_t events_before;
};

/* n events were given to librdkafka at now_ms. */
void kafka_pace_wrote(struct kafka_pace *pace, size_t n, int64_t now_ms);

/* How many milliseconds n events are kept at most, 0: they go now. Under a
 * light load that is over as soon as nothing is outstanding any more. */
int64_t kafka_pace_hold(const struct kafka_pace *pace, size_t n,
                        size_t outstanding, int64_t now_ms);

#endif
