/* SPDX-License-Identifier: MIT */
/*
 * Reads a topic from its beginning and prints how old each message is when it
 * arrives, by the `sent_us` that bench/load writes; BSON or JSON.
 *
 *   latency BROKERS TOPIC COUNT TIMEOUT_S
 *
 * Prints one JSON line: p50, p99, p99.9 and maximum in milliseconds.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static int64_t
latency_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The value behind the field's name: 8 bytes behind its NUL in BSON, digits
 * in JSON (maybe inside {"$numberLong":"..."}). */
static int64_t
latency_sent_us(const void *payload, size_t len)
{
    static const char name[] = "sent_us";
    const char *at = memmem(payload, len, name, sizeof(name) - 1);
    if (at == NULL) {
        return -1;
    }
    at += sizeof(name) - 1;
    const char *end = (const char *)payload + len;
    int64_t value = 0;
    if (*at == '\0' && end - at > 8) {
        memcpy(&value, at + 1, sizeof(value));
        return value;
    }
    while (at < end && (*at < '0' || *at > '9')) {
        at++;
    }
    while (at < end && *at >= '0' && *at <= '9') {
        value = value * 10 + (*at++ - '0');
    }
    return value;
}

static int
latency_compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return *x < *y ? -1 : *x > *y ? 1 : 0;
}

/* The sorted age below which so many per mille lie; 1000: the largest. */
static double
latency_ms(const int64_t *ages, size_t n, size_t per_mille)
{
    size_t at = n * per_mille / 1000;
    return (double)ages[at < n ? at : n - 1] / 1000.0;
}

static rd_kafka_t *
latency_client(const char *brokers)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *const settings[][2] = {
        {"bootstrap.servers", brokers},  {"group.id", "bench-latency"},
        {"enable.auto.commit", "false"}, {"auto.offset.reset", "earliest"},
        {"fetch.wait.max.ms", "5"},
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        (void)rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why,
                                sizeof(why));
    }
    rd_kafka_t *client =
        rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (client == NULL) {
        (void)fprintf(stderr, "%s\n", why);
        exit(1);
    }
    (void)rd_kafka_poll_set_consumer(client);
    return client;
}

static void
latency_assign(rd_kafka_t *client, const char *topic)
{
    const struct rd_kafka_metadata *meta = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    if (rd_kafka_metadata(client, 0, handle, &meta, 10000) != 0) {
        (void)fprintf(stderr, "no metadata of %s\n", topic);
        exit(1);
    }
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(8);
    for (int i = 0; i < meta->topics[0].partition_cnt; i++) {
        rd_kafka_topic_partition_list_add(all, topic, i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
    (void)rd_kafka_assign(client, all);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_metadata_destroy(meta);
    rd_kafka_topic_destroy(handle);
}

static size_t
latency_collect(rd_kafka_t *client, int64_t *ages, size_t count,
                int64_t until_ms)
{
    size_t n = 0;
    while (n < count && mst_clock_ms() < until_ms) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 100);
        if (message == NULL) {
            continue;
        }
        if (message->err == 0 && message->payload != NULL) {
            ages[n++] = latency_now_us()
                        - latency_sent_us(message->payload, message->len);
        }
        rd_kafka_message_destroy(message);
    }
    return n;
}

int
main(int argc, char **argv)
{
    if (argc != 5) {
        (void)fprintf(stderr, "usage: %s BROKERS TOPIC COUNT TIMEOUT_S\n",
                      argv[0]);
        return 2;
    }
    size_t count = strtoull(argv[3], NULL, 10);
    int64_t until = mst_clock_ms() + strtoll(argv[4], NULL, 10) * 1000;
    int64_t *ages = calloc(count + 1, sizeof(*ages));
    rd_kafka_t *client = latency_client(argv[1]);
    latency_assign(client, argv[2]);
    (void)fprintf(stderr, "ready\n");
    size_t n = ages == NULL ? 0 : latency_collect(client, ages, count, until);
    rd_kafka_destroy(client);
    /* The first tenth warms up connections and caches. */
    size_t skip = n / 10;
    size_t left = n - skip;
    if (left == 0) {
        (void)fprintf(stderr, "nothing arrived\n");
        free(ages);
        return 1;
    }
    qsort(ages + skip, left, sizeof(*ages), latency_compare);
    (void)printf("{\"count\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
                 "\"p999_ms\":%.3f,\"max_ms\":%.3f}\n",
                 n, latency_ms(ages + skip, left, 500),
                 latency_ms(ages + skip, left, 990),
                 latency_ms(ages + skip, left, 999),
                 latency_ms(ages + skip, left, 1000));
    free(ages);
    return 0;
}
