/* SPDX-License-Identifier: MIT */
/* The life of a Kafka sink: create, open, drain, close; and its type. */
#include "sinks/kafka/kafka_sink.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "sinks/kafka/kafka_sink_impl.h"

enum { SINK_OPEN_MS = 10000, SINK_LIMIT_MS = 3000 };

void
kafka_sink_settle(struct kafka_sink *sink, size_t n)
{
    if (n == 0) {
        return;
    }
    size_t before = atomic_fetch_sub(&sink->outstanding, n);
    if (sink->careful) {
        atomic_fetch_sub(&sink->careful_left, (long long)n);
    }
    bool ready = atomic_load_explicit(&sink->hungry, memory_order_relaxed)
                 && atomic_exchange(&sink->hungry, false);
    if (before == n) {
        mst_mutex_lock(&sink->mutex);
        (void)pthread_cond_broadcast(&sink->idle);
        mst_mutex_unlock(&sink->mutex);
        ready = atomic_exchange(&sink->held, false) || ready;
    }
    if (ready && sink->args.host != NULL) {
        sink->args.host->ready(sink->args.host);
    }
}

/* Their reports come now, so that nothing waits for a broker. */
static void
sink_purge(struct kafka_sink *sink)
{
    (void)rd_kafka_purge(sink->rk, RD_KAFKA_PURGE_F_QUEUE
                                       | RD_KAFKA_PURGE_F_INFLIGHT
                                       | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

void
kafka_sink_break(struct kafka_sink *sink, const struct mst_error *err)
{
    mst_mutex_lock(&sink->mutex);
    bool first = atomic_load(&sink->broken) == MST_OK;
    if (first) {
        sink->broken_err = *err;
        atomic_store(&sink->broken, (int)err->status);
    }
    mst_mutex_unlock(&sink->mutex);
    if (first) {
        sink_purge(sink);
        if (atomic_exchange(&sink->hungry, false) && sink->args.host != NULL) {
            sink->args.host->ready(sink->args.host);
        }
    }
}

enum mst_status
kafka_sink_broken(struct kafka_sink *sink, struct mst_error *err)
{
    enum mst_status status = (enum mst_status)atomic_load(&sink->broken);
    if (status != MST_OK && err != NULL) {
        mst_mutex_lock(&sink->mutex);
        *err = sink->broken_err;
        mst_mutex_unlock(&sink->mutex);
    }
    return status;
}

bool
kafka_sink_is_topics_own(const struct kafka_sink *sink,
                         rd_kafka_resp_err_t code)
{
    return !sink->topic_template.is_fixed
           && (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
               || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC
               || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
               || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION);
}

enum mst_status
kafka_sink_fail(const struct kafka_sink *sink, struct mst_error *err,
                rd_kafka_resp_err_t code, const char *what, const char *reason)
{
    return kafka_sink_is_topics_own(sink, code)
               ? mst_kafka_fail_as(err, MST_REJECTED, code, what, reason)
               : mst_kafka_fail(err, code, what, reason);
}

static enum mst_status
sink_make_producer(struct kafka_sink *sink, struct mst_error *err)
{
    struct kafka_producer_conf producer;
    kafka_producer_conf_init(&producer, &sink->args, sink->careful);
    producer.args.owner = &sink->owner;
    rd_kafka_conf_t *conf = NULL;
    enum mst_status status = mst_kafka_conf_create(&producer.args, &conf, err);
    if (status != MST_OK) {
        return status;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    return mst_kafka_create(RD_KAFKA_PRODUCER, conf, &sink->rk, err);
}

enum mst_status
kafka_producer_start(struct kafka_sink *sink, struct mst_error *err)
{
    atomic_store(&sink->broken, MST_OK);
    atomic_store(&sink->stop_reporting, false);
    mst_error_clear(&sink->trouble);
    sink->progress_ms = mst_clock_ms();
    sink->half = NULL;
    if (sink->rk == NULL) {
        enum mst_status status = sink_make_producer(sink, err);
        if (status != MST_OK) {
            return status;
        }
        sink->queue = rd_kafka_queue_get_main(sink->rk);
    }
    sink->topics.rk = sink->rk;
    enum mst_status status = mst_thread_start(&sink->reporter, "kafka-report",
                                              kafka_reporter_run, sink, err);
    if (status != MST_OK) {
        return status;
    }
    sink->reporting = true;
    sink->pace = (struct kafka_pace){
        .on = mst_kafka_property(sink->service, "linger.ms") == NULL
              && !sink->careful};
    return MST_OK;
}

void
kafka_producer_stop(struct kafka_sink *sink)
{
    if (sink->reporting) {
        if (atomic_load(&sink->outstanding) > 0) {
            struct mst_error err;
            (void)mst_fail(&err, MST_DISCONNECTED, "kafka", 0,
                           "the sink was closed before the broker answered");
            kafka_sink_break(sink, &err);
            /* Once more: write may have gone on after an earlier break. */
            sink_purge(sink);
        }
        mst_mutex_lock(&sink->mutex);
        while (atomic_load(&sink->outstanding) > 0) {
            (void)mst_cond_wait(&sink->idle, &sink->mutex, NULL);
        }
        mst_mutex_unlock(&sink->mutex);
        atomic_store(&sink->stop_reporting, true);
        rd_kafka_queue_yield(sink->queue);
        (void)pthread_join(sink->reporter, NULL);
        sink->reporting = false;
    }
    kafka_topics_clear(&sink->topics);
    if (sink->queue != NULL) {
        rd_kafka_queue_destroy(sink->queue);
        sink->queue = NULL;
    }
    if (sink->rk != NULL) {
        rd_kafka_destroy(sink->rk);
        sink->rk = NULL;
    }
}

static enum mst_status
sink_check_options(const struct kafka_sink *sink, struct mst_error *err)
{
    const struct kafka_sink_options *options = sink->options;
    const struct kafka_create_topics *create = &options->create_topics;
    if (create->partitions == 0
        && (create->replication_factor != -1 || create->config.len > 0)) {
        (void)mst_fail(err, MST_FATAL, "kafka", 0,
                       "create_topics.partitions is missing");
        mst_error_hint(err, "-1 is the broker's default");
        return MST_FATAL;
    }
    if (options->tombstones == KAFKA_TOMBSTONES_INSTEAD
        && sink->key.mode == KAFKA_KEY_NONE) {
        return mst_fail(err, MST_FATAL, "kafka", 0,
                        "tombstones = \"instead\" needs a key, and key is "
                        "\"none\"");
    }
    struct kafka_producer_conf producer;
    kafka_producer_conf_init(&producer, &sink->args, false);
    rd_kafka_conf_t *conf = NULL;
    enum mst_status status = mst_kafka_conf_create(&producer.args, &conf, err);
    if (status == MST_OK) {
        rd_kafka_conf_destroy(conf);
    }
    return status;
}

static void
sink_destroy(void *ctx)
{
    struct kafka_sink *sink = ctx;
    if (sink == NULL) {
        return;
    }
    kafka_producer_stop(sink);
    kafka_key_clear(&sink->key);
    kafka_headers_clear(&sink->headers);
    (void)pthread_cond_destroy(&sink->idle);
    (void)pthread_mutex_destroy(&sink->mutex);
    free(sink);
}

static enum mst_status
sink_create(void **ret_ctx, const struct mst_sink_args *args,
            struct mst_error *err)
{
    struct kafka_sink *sink = calloc(1, sizeof(*sink));
    if (sink == NULL) {
        return mst_fail_memory(err, "kafka");
    }
    if (!mst_cond_init(&sink->idle)) {
        free(sink);
        return mst_fail_memory(err, "kafka");
    }
    (void)pthread_mutex_init(&sink->mutex, NULL);
    sink->args = *args;
    sink->owner.job = args->job;
    sink->service = args->service;
    sink->options = args->options;
    sink->message_max = kafka_producer_message_max(sink->service);
    sink->learned_limit = -1;
    kafka_headers_init(&sink->headers, &sink->options->headers, args->job);
    enum mst_status status =
        kafka_template_init(&sink->topic_template,
                            args->resource == NULL ? "" : args->resource, err);
    if (status == MST_OK) {
        status =
            kafka_key_init(&sink->key, sink->options->key, args->encoding, err);
    }
    if (status == MST_OK) {
        status = sink_check_options(sink, err);
    }
    if (status != MST_OK) {
        sink_destroy(sink);
        return status;
    }
    *ret_ctx = sink;
    return MST_OK;
}

static enum mst_status
sink_create_topic(struct kafka_sink *sink, struct mst_error *err)
{
    const struct kafka_create_topics *create = &sink->options->create_topics;
    struct mst_kafka_new_topic spec = {.partitions = (int)create->partitions,
                                       .replication_factor =
                                           (int)create->replication_factor,
                                       .config = &create->config};
    rd_kafka_queue_t *queue = rd_kafka_queue_new(sink->rk);
    enum mst_status status = mst_kafka_topic_create_start(
        sink->rk, sink->args.resource, &spec, queue, err);
    rd_kafka_event_t *event = NULL;
    while (status == MST_OK && event == NULL) {
        event = rd_kafka_queue_poll(queue, 200);
        if (event == NULL && atomic_load(&sink->interrupted)) {
            status = mst_fail(err, MST_AGAIN, "kafka", 0, "interrupted");
        }
    }
    if (event != NULL) {
        status = mst_kafka_topic_create_end(event, err);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    return status;
}

/* The cluster answers, and the topic is there. */
static enum mst_status
sink_check_topic(struct kafka_sink *sink, struct mst_error *err)
{
    const char *topic =
        sink->topic_template.is_fixed ? sink->args.resource : NULL;
    struct mst_kafka_wait wait = {.timeout_ms = SINK_OPEN_MS,
                                  .stop = &sink->interrupted,
                                  .events = sink->queue};
    enum mst_status status = MST_OK;
    if (topic == NULL || sink->options->create_topics.partitions == 0) {
        return mst_kafka_topic_ask(sink->rk, topic, &wait, NULL, err);
    }
    status = mst_kafka_topic_ask(sink->rk, NULL, &wait, NULL, err);
    if (status == MST_OK) {
        status = sink_create_topic(sink, err);
    }
    if (status == MST_OK) {
        status = mst_kafka_topic_ask(sink->rk, topic, &wait, NULL, err);
    }
    return status;
}

static void
sink_clear_producer(struct kafka_sink *sink)
{
    if (!sink->reporting) {
        kafka_producer_stop(sink);
    }
}

static enum mst_status
sink_open(void *ctx, const struct mst_sink_start *start, struct mst_error *err)
{
    (void)start; /* the broker has the state */
    struct kafka_sink *sink = ctx;
    if (!sink->warned) {
        sink->warned = true;
        kafka_producer_conf_warn(&sink->args);
    }
    sink->careful = atomic_exchange(&sink->refused, false);
    enum mst_status status = sink_make_producer(sink, err);
    if (status != MST_OK) {
        return status;
    }
    sink->queue = rd_kafka_queue_get_main(sink->rk);
    status = sink_check_topic(sink, err);
    if (status == MST_OK && sink->careful && sink->topic_template.is_fixed) {
        sink->learned_limit =
            mst_kafka_topic_limit(sink->rk, sink->args.resource, SINK_LIMIT_MS);
    }
    if (status == MST_OK) {
        status = kafka_producer_start(sink, err);
    }
    if (status != MST_OK) {
        sink_clear_producer(sink);
    }
    atomic_store(&sink->interrupted, false);
    return status;
}

static enum mst_status
sink_drain(void *ctx, int timeout_ms, struct mst_error *err)
{
    (void)err;
    struct kafka_sink *sink = ctx;
    struct timespec until = mst_cond_deadline(timeout_ms);
    enum mst_status status = MST_OK;
    mst_mutex_lock(&sink->mutex);
    while (status == MST_OK && atomic_load(&sink->outstanding) > 0) {
        if (atomic_load(&sink->interrupted)
            || !mst_cond_wait(&sink->idle, &sink->mutex, &until)) {
            status = MST_AGAIN;
        }
    }
    mst_mutex_unlock(&sink->mutex);
    atomic_store(&sink->interrupted, false);
    return status;
}

static void
sink_interrupt(void *ctx)
{
    struct kafka_sink *sink = ctx;
    atomic_store(&sink->interrupted, true);
    mst_mutex_lock(&sink->mutex);
    (void)pthread_cond_broadcast(&sink->idle);
    mst_mutex_unlock(&sink->mutex);
}

static void
sink_close(void *ctx)
{
    kafka_producer_stop(ctx);
}

const struct mst_sink_type mst_kafka_sink = {
    .name = "kafka",
    .help = "Writes each event as a message to a Kafka topic, idempotently and "
            "confirmed by all in-sync replicas.",
    .service_options = MST_KAFKA_SERVICE_TABLE,
    .options = {.options = kafka_sink_options,
                .len = KAFKA_SINK_OPTIONS_LEN,
                .size = sizeof(struct kafka_sink_options)},
    .capabilities = MST_SINK_ATTRIBUTES | MST_SINK_APPEND | MST_SINK_DELETE
                    | MST_SINK_ASYNC,
    .encodings = 1U << MST_ENCODING_RAW | 1U << MST_ENCODING_BSON
                 | 1U << MST_ENCODING_JSON | 1U << MST_ENCODING_AVRO,
    .create = sink_create,
    .open = sink_open,
    .write = kafka_sink_write,
    .drain = sink_drain,
    .interrupt = sink_interrupt,
    .close = sink_close,
    .destroy = sink_destroy,
    .preview = kafka_sink_preview,
    .inspect = &kafka_sink_inspect,
};
