/* SPDX-License-Identifier: MIT */
/*
 * The ceiling of MongoDB -> Kafka: mongoc_change_stream_next and
 * rd_kafka_produce of the raw bytes, nothing else. No conversion, no key, no
 * checkpoint, no retry. What mstream is measured against.
 *
 *   ceiling URI DB COLLECTION BROKERS TOPIC SECONDS ORDINAL COUNT LINGER_MS
 *           [FULL_DOCUMENT]
 *
 * Starts at the operation time SECONDS,ORDINAL and ends when COUNT messages
 * are acknowledged (0: on SIGTERM). Prints one JSON line.
 */
#include <librdkafka/rdkafka.h>
#include <mongoc/mongoc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"

static volatile sig_atomic_t ceiling_stop;

struct ceiling {
    unsigned long long delivered;
    unsigned long long failed;
};

static void
ceiling_on_signal(int sig)
{
    (void)sig;
    ceiling_stop = 1;
}

static void
ceiling_on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message,
                    void *opaque)
{
    struct ceiling *ceiling = opaque;
    (void)producer;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ceiling->delivered++;
    } else {
        ceiling->failed++;
    }
}

static rd_kafka_t *
ceiling_producer(const char *brokers, const char *linger,
                 struct ceiling *ceiling)
{
    char why[512];
    const char *const settings[][2] = {
        {"bootstrap.servers", brokers},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"compression.codec", "lz4"},
        {"linger.ms", linger},
        {"queue.buffering.max.messages", "200000"},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why,
                              sizeof(why))
            != RD_KAFKA_CONF_OK) {
            (void)fprintf(stderr, "%s\n", why);
            exit(1);
        }
    }
    rd_kafka_conf_set_dr_msg_cb(conf, ceiling_on_delivery);
    rd_kafka_conf_set_opaque(conf, ceiling);
    rd_kafka_t *producer =
        rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (producer == NULL) {
        (void)fprintf(stderr, "%s\n", why);
        exit(1);
    }
    return producer;
}

static mongoc_change_stream_t *
ceiling_stream(mongoc_collection_t *collection, int argc, char **argv)
{
    bson_t pipeline = BSON_INITIALIZER;
    bson_t opts = BSON_INITIALIZER;
    (void)bson_append_timestamp(&opts, "startAtOperationTime", -1,
                                (uint32_t)strtoul(argv[6], NULL, 10),
                                (uint32_t)strtoul(argv[7], NULL, 10));
    (void)bson_append_int32(&opts, "batchSize", -1, 10000);
    if (argc > 10) {
        (void)bson_append_utf8(&opts, "fullDocument", -1, argv[10], -1);
    }
    mongoc_change_stream_t *stream =
        mongoc_collection_watch(collection, &pipeline, &opts);
    bson_destroy(&pipeline);
    bson_destroy(&opts);
    return stream;
}

static void
ceiling_produce(rd_kafka_t *producer, rd_kafka_topic_t *topic,
                const bson_t *event)
{
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            (void *)(uintptr_t)bson_get_data(event), event->len,
                            NULL, 0, NULL)
           != 0) {
        (void)rd_kafka_poll(producer, 10);
    }
    (void)rd_kafka_poll(producer, 0);
}

static double
ceiling_seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void
ceiling_report(const struct ceiling *ceiling, int64_t began_ms)
{
    struct rusage use;
    (void)getrusage(RUSAGE_SELF, &use);
    (void)printf("{\"delivered\":%llu,\"failed\":%llu,\"seconds\":%.3f,"
                 "\"cpu\":%.3f,\"rss_kb\":%ld}\n",
                 ceiling->delivered, ceiling->failed,
                 (double)(mst_clock_ms() - began_ms) / 1000.0,
                 ceiling_seconds(&use.ru_utime)
                     + ceiling_seconds(&use.ru_stime),
                 use.ru_maxrss);
}

int
main(int argc, char **argv)
{
    struct ceiling ceiling = {0};
    if (argc != 10 && argc != 11) {
        (void)fprintf(stderr,
                      "usage: %s URI DB COLLECTION BROKERS TOPIC "
                      "SECONDS ORDINAL COUNT LINGER_MS [FULL_DOCUMENT]\n",
                      argv[0]);
        return 2;
    }
    (void)signal(SIGTERM, ceiling_on_signal);
    int64_t began_ms = mst_clock_ms();
    unsigned long long count = strtoull(argv[8], NULL, 10);
    unsigned long long sent = 0;
    const bson_t *event = NULL;
    mongoc_init();
    mongoc_client_t *client = mongoc_client_new(argv[1]);
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client, argv[2], argv[3]);
    rd_kafka_t *producer = ceiling_producer(argv[4], argv[9], &ceiling);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, argv[5], NULL);
    mongoc_change_stream_t *stream = ceiling_stream(collection, argc, argv);
    while (!ceiling_stop && (count == 0 || sent < count)) {
        if (mongoc_change_stream_next(stream, &event)) {
            ceiling_produce(producer, topic, event);
            sent++;
        } else if (mongoc_change_stream_error_document(stream, NULL, NULL)) {
            (void)fprintf(stderr, "the change stream ended\n");
            return 1;
        }
    }
    (void)rd_kafka_flush(producer, 60000);
    ceiling_report(&ceiling, began_ms);
    mongoc_change_stream_destroy(stream);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    mongoc_cleanup();
    return ceiling.failed == 0 ? 0 : 1;
}
