/* SPDX-License-Identifier: MIT */
/*
 * When messages leave: at once while few events come, in large batches while
 * many do. Private to this folder.
 *
 * librdkafka has one linger.ms, fixed when the producer is made. It is set
 * for load; but while rd_kafka_flush runs, linger does not apply. So a thread
 * of its own is inside a flush whenever events come slowly.
 */
#ifndef MST_SINKS_KAFKA_PACE_H
#define MST_SINKS_KAFKA_PACE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

struct kafka_pace {
    rd_kafka_t *rk;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool running;
    bool push; /* Lock: mutex held. */
    bool stop; /* Lock: mutex held. */
    /* Events counted per window of time. Thread: the writer's. */
    int64_t window_ms;
    uint64_t events;
    uint64_t events_before;
};

/* Starts the thread. */
MST_MUST_CHECK enum mst_status kafka_pace_start(struct kafka_pace *pace,
                                                rd_kafka_t *rk,
                                                struct mst_error *err);
void kafka_pace_stop(struct kafka_pace *pace);

/* n events were given to librdkafka at now_ms. Thread: the writer's. */
void kafka_pace_wrote(struct kafka_pace *pace, size_t n, int64_t now_ms);
/* Sends what waits. Thread: any. */
void kafka_pace_push(struct kafka_pace *pace);

#endif
