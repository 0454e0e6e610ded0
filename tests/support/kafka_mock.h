/* SPDX-License-Identifier: MIT */
/*
 * librdkafka's mock cluster, the experimental interface of which is used
 * nowhere else, and a small consumer to look at what arrived.
 */
#ifndef MST_TESTS_SUPPORT_KAFKA_MOCK_H
#define MST_TESTS_SUPPORT_KAFKA_MOCK_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "unit/cmocka_all.h"

enum { KAFKA_MOCK_PRODUCE = 0, KAFKA_MOCK_METADATA = 3 };

struct kafka_mock {
    rd_kafka_t *rk; /* carries the cluster */
    rd_kafka_mock_cluster_t *cluster;
    const char *servers;
};

static inline rd_kafka_t *
kafka_mock_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char text[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof(text));
    assert_non_null(rk);
    return rk;
}

static inline void
kafka_mock_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    assert_int_equal(rd_kafka_conf_set(conf, name, value, text, sizeof(text)),
                     RD_KAFKA_CONF_OK);
}

static inline struct kafka_mock
kafka_mock_start(void)
{
    struct kafka_mock mock = {0};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    kafka_mock_set(conf, "log_level", "0");
    mock.rk = kafka_mock_client(RD_KAFKA_PRODUCER, conf);
    mock.cluster = rd_kafka_mock_cluster_new(mock.rk, 1);
    assert_non_null(mock.cluster);
    mock.servers = rd_kafka_mock_cluster_bootstraps(mock.cluster);
    return mock;
}

static inline void
kafka_mock_stop(struct kafka_mock *mock)
{
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->rk);
}

static inline void
kafka_mock_topic(struct kafka_mock *mock, const char *topic, int partitions)
{
    assert_int_equal(
        rd_kafka_mock_topic_create(mock->cluster, topic, partitions, 1),
        RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* A consumer that stands at the start of every partition of a topic. */
static inline rd_kafka_t *
kafka_mock_reader(const char *servers, const char *topic, int partitions)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    kafka_mock_set(conf, "bootstrap.servers", servers);
    kafka_mock_set(conf, "group.id", "reader");
    rd_kafka_t *rk = kafka_mock_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
    assert_int_equal(rd_kafka_assign(rk, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return rk;
}

/* The next message, waiting at most thirty seconds. */
static inline rd_kafka_message_t *
kafka_mock_next(rd_kafka_t *rk)
{
    for (int i = 0; i < 300; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 100);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return message;
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    fail_msg("no message within the time");
    return NULL;
}

#endif
