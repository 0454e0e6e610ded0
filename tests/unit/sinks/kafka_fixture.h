/* SPDX-License-Identifier: MIT */
/* A Kafka sink, a mock cluster, and deliveries with what became of them. */
#ifndef MST_TESTS_UNIT_SINKS_KAFKA_FIXTURE_H
#define MST_TESTS_UNIT_SINKS_KAFKA_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "sinks/kafka/kafka_sink.h"
#include "sinks/kafka/kafka_sink_options.h"
#include "support/kafka_mock.h"

enum { MANY = 2000, DEADLINE_MS = 30000 };

struct kafka_fixture {
    struct mst_delivery_owner owner; /* first: on_confirm casts */
    struct mst_sink_host host;
    struct kafka_mock mock;
    char *names[8];
    char *values[8];
    struct mst_kafka_options service;
    struct kafka_sink_options options;
    struct mst_sink_args args;
    void *ctx;
    struct mst_event events[MANY];
    struct mst_delivery deliveries[MANY];
    struct mst_delivery *offered[MANY];
    uint8_t key_bytes[MANY][32];
    atomic_size_t confirmed[MST_FATAL + 1];
    atomic_size_t total;
    atomic_int statuses[MANY]; /* of each delivery, -1: not yet */
    atomic_size_t ready;
    atomic_size_t unwell;
    atomic_size_t well;
    pthread_mutex_t mutex;
    char text[1024]; /* of the last failure */
    char hint[256];
};

/* For cmocka. */
int kafka_fixture_setup(void **state);
int kafka_fixture_teardown(void **state);

/* A property of the service, before it is opened. */
void kafka_fixture_property(struct kafka_fixture *f, const char *name,
                            const char *value);
/* Makes the sink where there is none yet, and opens it. */
MST_MUST_CHECK enum mst_status kafka_fixture_try_open(struct kafka_fixture *f,
                                                      struct mst_error *err);
/* The same; the test fails if it does. */
void kafka_fixture_open(struct kafka_fixture *f);
/* Offers deliveries from..to-1 until all are taken. */
void kafka_fixture_write(struct kafka_fixture *f, size_t from, size_t to);
/* Waits until the counter is n; false when that takes too long. */
MST_MUST_CHECK bool kafka_fixture_reaches(atomic_size_t *counter, size_t n);

#endif
