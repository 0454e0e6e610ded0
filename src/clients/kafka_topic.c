/* SPDX-License-Identifier: MIT */
/* Looking at topics and making them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "clients/kafka_client.h"

enum {
    TOPIC_SLICE_MS = 250,   /* how long one question may block an interrupt */
    TOPIC_DOWN_MS = 1000,   /* how long refused connections are tried */
    TOPIC_UNKNOWN_MS = 1500 /* how long a topic may take to become known */
};

static bool
topic_stopped(const struct mst_kafka_wait *wait)
{
    return wait->stop != NULL && atomic_load(wait->stop);
}

/* Keeps the newest error event as the reason. MST_OK: nothing is final. */
static enum mst_status
topic_poll_errors(const struct mst_kafka_wait *wait, struct mst_error *reason)
{
    enum mst_status status = MST_OK;
    rd_kafka_event_t *event = NULL;
    while (status != MST_FATAL && wait->events != NULL
           && (event = rd_kafka_queue_poll(wait->events, 0)) != NULL) {
        rd_kafka_resp_err_t code = rd_kafka_event_error(event);
        if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
            /* It follows the error that says why. */
            status = MST_DISCONNECTED;
        }
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR
            && (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
                || reason->status == MST_OK)
            && mst_kafka_event_error(event, reason) == MST_FATAL) {
            status = MST_FATAL;
        }
        rd_kafka_event_destroy(event);
    }
    return status;
}

/* One question about a topic, asked until it is answered for good. */
struct topic_ask {
    rd_kafka_t *rk;
    const char *topic;        /* NULL: only whether the cluster answers */
    rd_kafka_topic_t *handle; /* of topic */
    const struct mst_kafka_wait *wait;
    int64_t start_ms;
    const struct rd_kafka_metadata *metadata; /* the answer */
    struct mst_error reason; /* of the last failure; OK: none yet */
    bool down;               /* every broker was tried in vain */
};

/* A broker that makes topics when they are asked for first says that it does
 * not know them, so that is final only after a while. */
static enum mst_status
topic_judge(struct topic_ask *ask)
{
    if (ask->topic == NULL) {
        return MST_OK;
    }
    const struct rd_kafka_metadata_topic *topic = ask->metadata->topics;
    if (ask->metadata->topic_cnt != 1) {
        return mst_fail(&ask->reason, MST_AGAIN, "kafka", 0,
                        "the broker says nothing about topic '%s'", ask->topic);
    }
    if (topic->err == RD_KAFKA_RESP_ERR_NO_ERROR && topic->partition_cnt > 0) {
        return MST_OK;
    }
    char what[320];
    (void)snprintf(what, sizeof(what), "topic '%s'", ask->topic);
    bool missing = topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    enum mst_status status =
        mst_kafka_fail(&ask->reason, topic->err, what, NULL);
    if (status == MST_FATAL
        && (!missing || mst_clock_ms() - ask->start_ms > TOPIC_UNKNOWN_MS)) {
        return MST_FATAL;
    }
    (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    return MST_AGAIN;
}

static enum mst_status
topic_ask_once(struct topic_ask *ask)
{
    rd_kafka_resp_err_t code = rd_kafka_metadata(
        ask->rk, 0, ask->handle, &ask->metadata, TOPIC_SLICE_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        enum mst_status status = topic_judge(ask);
        if (status != MST_OK) {
            rd_kafka_metadata_destroy(ask->metadata);
            ask->metadata = NULL;
        }
        return status;
    }
    enum mst_status down = topic_poll_errors(ask->wait, &ask->reason);
    if (down == MST_FATAL) {
        return MST_FATAL;
    }
    ask->down = ask->down || down == MST_DISCONNECTED;
    if (ask->reason.status == MST_OK) {
        (void)mst_kafka_fail_as(&ask->reason, MST_DISCONNECTED, code,
                                "no broker of bootstrap.servers answers", NULL);
    }
    return MST_AGAIN;
}

static enum mst_status
topic_ask_run(struct topic_ask *ask)
{
    for (;;) {
        if (topic_stopped(ask->wait)) {
            return mst_fail(&ask->reason, MST_AGAIN, "kafka", 0, "interrupted");
        }
        enum mst_status status = topic_ask_once(ask);
        if (status != MST_AGAIN) {
            return status;
        }
        /* A name with two addresses is down after the first already. */
        int64_t passed = mst_clock_ms() - ask->start_ms;
        if (passed >= ask->wait->timeout_ms
            || (ask->down && passed >= TOPIC_DOWN_MS)) {
            ask->reason.status = MST_DISCONNECTED;
            return MST_DISCONNECTED;
        }
    }
}

enum mst_status
mst_kafka_topic_ask(rd_kafka_t *rk, const char *topic,
                    const struct mst_kafka_wait *wait,
                    const struct rd_kafka_metadata **ret_metadata,
                    struct mst_error *err)
{
    struct topic_ask ask = {
        .rk = rk, .topic = topic, .wait = wait, .start_ms = mst_clock_ms()};
    mst_error_clear(&ask.reason);
    if (topic != NULL) {
        ask.handle = rd_kafka_topic_new(rk, topic, NULL);
        if (ask.handle == NULL) {
            return mst_kafka_fail_as(err, MST_FATAL, rd_kafka_last_error(),
                                     topic, NULL);
        }
    }
    enum mst_status status = topic_ask_run(&ask);
    if (ask.handle != NULL) {
        rd_kafka_topic_destroy(ask.handle);
    }
    if (status != MST_OK) {
        if (err != NULL) {
            *err = ask.reason;
        }
        return status;
    }
    if (ret_metadata != NULL) {
        *ret_metadata = ask.metadata;
    } else {
        rd_kafka_metadata_destroy(ask.metadata);
    }
    return MST_OK;
}

static rd_kafka_NewTopic_t *
topic_new_spec(const char *topic, const struct mst_kafka_new_topic *spec,
               struct mst_error *err)
{
    char text[256] = "";
    rd_kafka_NewTopic_t *request = rd_kafka_NewTopic_new(
        topic, spec->partitions, spec->replication_factor, text, sizeof(text));
    if (request == NULL) {
        (void)mst_fail(err, MST_FATAL, "kafka", 0,
                       "cannot create topic '%s': %s", topic, text);
        return NULL;
    }
    for (size_t i = 0; spec->config != NULL && i < spec->config->len; i++) {
        rd_kafka_resp_err_t code = rd_kafka_NewTopic_set_config(
            request, spec->config->names[i], spec->config->values[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            (void)mst_kafka_fail_as(err, MST_FATAL, code,
                                    spec->config->names[i], NULL);
            rd_kafka_NewTopic_destroy(request);
            return NULL;
        }
    }
    return request;
}

enum mst_status
mst_kafka_topic_create_start(rd_kafka_t *rk, const char *topic,
                             const struct mst_kafka_new_topic *spec,
                             rd_kafka_queue_t *queue, struct mst_error *err)
{
    rd_kafka_NewTopic_t *request = topic_new_spec(topic, spec, err);
    if (request == NULL) {
        return MST_FATAL;
    }
    rd_kafka_CreateTopics(rk, &request, 1, NULL, queue);
    rd_kafka_NewTopic_destroy(request);
    return MST_OK;
}

enum mst_status
mst_kafka_topic_create_end(rd_kafka_event_t *event, struct mst_error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mst_kafka_fail(err, code, "cannot create topics",
                              rd_kafka_event_error_string(event));
    }
    size_t n = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(event), &n);
    for (size_t i = 0; i < n; i++) {
        code = rd_kafka_topic_result_error(results[i]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR
            || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            continue;
        }
        char what[320];
        (void)snprintf(what, sizeof(what), "cannot create topic '%s'",
                       rd_kafka_topic_result_name(results[i]));
        /* What a broker refuses it refuses again, but not being ready. */
        enum mst_status status = mst_kafka_classify(code);
        if (code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR
            || code == RD_KAFKA_RESP_ERR_INVALID_PARTITIONS
            || code == RD_KAFKA_RESP_ERR_INVALID_CONFIG) {
            status = MST_FATAL;
        }
        return mst_kafka_fail_as(
            err, status, code, what,
            rd_kafka_topic_result_error_string(results[i]));
    }
    return MST_OK;
}

static int64_t
topic_limit_of(rd_kafka_event_t *event)
{
    size_t n = 0;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &n);
    if (n != 1) {
        return -1;
    }
    const rd_kafka_ConfigEntry_t **entries =
        rd_kafka_ConfigResource_configs(resources[0], &n);
    for (size_t i = 0; i < n; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != NULL
            && strcmp(rd_kafka_ConfigEntry_name(entries[i]),
                      "max.message.bytes")
                   == 0) {
            return strtoll(value, NULL, 10);
        }
    }
    return -1;
}

int64_t
mst_kafka_topic_limit(rd_kafka_t *rk, const char *topic, int timeout_ms)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_DescribeConfigs(rk, &resource, 1, NULL, queue);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);
    int64_t limit = -1;
    if (event != NULL
        && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        limit = topic_limit_of(event);
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    return limit;
}
