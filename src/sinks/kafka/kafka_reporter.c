/* SPDX-License-Identifier: MIT */
/* The thread that turns delivery reports into confirmations. */
#include <stdio.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "sinks/kafka/kafka_sink_impl.h"

enum {
    REPORTER_POLL_MS = 200,
    REPORTER_TROUBLE_MS = 1000, /* an error this long without a report ... */
    REPORTER_SILENT_MS = 10000  /* ... or silence this long is told */
};

/* What a failed report means, and what to do with the delivery. */
static enum mst_status
reporter_judge(struct kafka_sink *sink, const rd_kafka_message_t *message,
               struct mst_error *why)
{
    if (kafka_sink_broken(sink, why) != MST_OK) {
        return why->status;
    }
    char what[320];
    (void)snprintf(
        what, sizeof(what), "message of %zu bytes (key %zu) for topic '%s'",
        message->len, message->key_len, rd_kafka_topic_name(message->rkt));
    enum mst_status status =
        kafka_sink_fail(sink, why, message->err, what, NULL);
    if (status == MST_REJECTED
        && (sink->careful || kafka_sink_is_topics_own(sink, message->err))) {
        return MST_REJECTED;
    }
    if (status == MST_REJECTED) {
        /* A broker refuses a batch as a whole: which message it meant shows
         * when they go one by one. */
        why->status = MST_DISCONNECTED;
        atomic_store(&sink->careful_left,
                     (long long)atomic_load(&sink->outstanding));
        atomic_store(&sink->refused, true);
    }
    kafka_sink_break(sink, why);
    return why->status;
}

/* The first of two messages is reported; the second speaks for both. */
static void
reporter_first(struct kafka_sink *sink, struct mst_delivery *delivery,
               enum mst_status status, const struct mst_error *why)
{
    if (status != MST_REJECTED) {
        return;
    }
    if (sink->half != NULL && sink->half != delivery) {
        struct mst_error again = *why;
        again.status = MST_DISCONNECTED;
        kafka_sink_break(sink, &again);
        return;
    }
    sink->half = delivery;
    sink->half_err = *why;
}

/* Returns how many deliveries ended: 0 or 1. */
static size_t
reporter_message(struct kafka_sink *sink, const rd_kafka_message_t *message)
{
    bool first = false;
    struct mst_delivery *delivery =
        kafka_opaque_delivery(message->_private, &first);
    if (MST_LIKELY(message->err == RD_KAFKA_RESP_ERR_NO_ERROR && !first
                   && delivery != sink->half
                   && atomic_load_explicit(&sink->broken, memory_order_relaxed)
                          == MST_OK)) {
        mst_delivery_confirm(delivery, MST_OK, NULL);
        return 1;
    }
    struct mst_error why;
    mst_error_clear(&why);
    enum mst_status status = kafka_sink_broken(sink, &why);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = reporter_judge(sink, message, &why);
    }
    if (first) {
        reporter_first(sink, delivery, status, &why);
        return 0;
    }
    if (delivery == sink->half) {
        if (status == MST_OK) {
            why = sink->half_err;
            status = MST_REJECTED;
        }
        sink->half = NULL;
    }
    mst_delivery_confirm(delivery, status, &why);
    return 1;
}

static void
reporter_well(struct kafka_sink *sink)
{
    mst_error_clear(&sink->trouble);
    if (sink->unwell) {
        sink->unwell = false;
        sink->args.host->health(sink->args.host, NULL);
    }
}

static void
reporter_reports(struct kafka_sink *sink, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *messages[256];
    size_t n = 0;
    bool good = false;
    while ((n = rd_kafka_event_message_array(event, messages,
                                             MST_ARRAY_SIZE(messages)))
           > 0) {
        size_t ended = 0;
        for (size_t i = 0; i < n; i++) {
            good = good || messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR;
            ended += reporter_message(sink, messages[i]);
        }
        kafka_sink_settle(sink, ended);
    }
    sink->progress_ms = mst_clock_ms();
    if (good) {
        reporter_well(sink);
    }
}

static void
reporter_error(struct kafka_sink *sink, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        char text[512] = "";
        struct mst_error err;
        code = rd_kafka_fatal_error(sink->rk, text, sizeof(text));
        (void)mst_kafka_fail_as(&err, MST_DISCONNECTED, code,
                                "the idempotent producer gave up", text);
        kafka_sink_break(sink, &err);
        return;
    }
    /* "All brokers are down" follows the error that says why. */
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
        || sink->trouble.status == MST_OK) {
        if (mst_kafka_event_error(event, &sink->trouble) == MST_FATAL) {
            /* Opening it again tells whether this is for good. */
            sink->trouble.status = MST_DISCONNECTED;
            kafka_sink_break(sink, &sink->trouble);
        }
    }
}

static void
reporter_created(struct kafka_sink *sink, rd_kafka_event_t *event)
{
    struct mst_error err;
    if (mst_kafka_topic_create_end(event, &err) == MST_OK) {
        return;
    }
    if (kafka_sink_is_topics_own(sink, (rd_kafka_resp_err_t)err.code)) {
        /* Its messages are rejected as those of a missing topic. */
        mst_log_failure(MST_LOG_WARN, "kafka", sink->args.job, &err);
        return;
    }
    kafka_sink_break(sink, &err);
}

/* Tells that the other side does not answer, once. */
static void
reporter_tick(struct kafka_sink *sink)
{
    int64_t now = mst_clock_ms();
    if (atomic_load(&sink->outstanding) == 0) {
        sink->progress_ms = now;
        return;
    }
    int64_t silent = now - sink->progress_ms;
    bool troubled = sink->trouble.status != MST_OK;
    if (sink->unwell || sink->args.host == NULL
        || silent < (troubled ? REPORTER_TROUBLE_MS : REPORTER_SILENT_MS)) {
        return;
    }
    if (!troubled) {
        (void)mst_fail(&sink->trouble, MST_DISCONNECTED, "kafka", 0,
                       "no delivery report for %d s",
                       REPORTER_SILENT_MS / 1000);
    }
    sink->unwell = true;
    sink->args.host->health(sink->args.host, &sink->trouble);
}

void *
kafka_reporter_run(void *arg)
{
    struct kafka_sink *sink = arg;
    while (!atomic_load(&sink->stop_reporting)) {
        rd_kafka_event_t *event =
            rd_kafka_queue_poll(sink->queue, REPORTER_POLL_MS);
        switch (rd_kafka_event_type(event)) {
        case RD_KAFKA_EVENT_DR:
            reporter_reports(sink, event);
            break;
        case RD_KAFKA_EVENT_ERROR:
            reporter_error(sink, event);
            break;
        case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
            reporter_created(sink, event);
            break;
        default:
            break;
        }
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
        reporter_tick(sink);
    }
    return NULL;
}
