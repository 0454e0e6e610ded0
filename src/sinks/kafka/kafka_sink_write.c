/* SPDX-License-Identifier: MIT */
/* From deliveries to messages in librdkafka's queue. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "sinks/kafka/kafka_sink_impl.h"

/* One message, ready to be produced. */
struct write_message {
    struct kafka_topic *topic;
    struct mst_slice key;
    struct mst_slice value; /* data == NULL: a tombstone */
    size_t header_bytes;
    const struct mst_delivery *delivery;
    void *opaque; /* a delivery, or what kafka_first_of_two makes of it */
};

/* librdkafka does not write to what it is lent. */
static void *
write_lend(struct mst_slice bytes)
{
    union {
        const uint8_t *in;
        void *out;
    } lent = {.in = bytes.data};
    return lent.out;
}

/* Bytes of the message that limits are about. */
static size_t
write_size(const struct write_message *message)
{
    return message->key.len + message->value.len + message->header_bytes;
}

static enum mst_status
write_too_large(const struct write_message *message, int64_t limit,
                const char *whose, struct mst_error *err)
{
    (void)mst_fail(err, MST_REJECTED, "kafka",
                   RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                   "message of %zu bytes (key %zu, headers %zu) for topic '%s' "
                   "is larger than %s of %" PRId64 " bytes",
                   write_size(message), message->key.len, message->header_bytes,
                   rd_kafka_topic_name(message->topic->handle), whose, limit);
    mst_error_hint(err, "raise \"message.max.bytes\" of the service, "
                        "max.message.bytes of the topic, and "
                        "message.max.bytes of the brokers");
    return MST_REJECTED;
}

/* Gives it to librdkafka, which takes the headers over if all is well. */
static rd_kafka_resp_err_t
write_give(struct kafka_sink *sink, const struct write_message *message,
           rd_kafka_headers_t *headers)
{
    const struct mst_event *event = message->delivery->event;
    /* Timestamp 0 is "now" to librdkafka. */
    int64_t time = event->source_ts_ms > 0 ? event->source_ts_ms : 0;
    return rd_kafka_producev(
        sink->rk, RD_KAFKA_V_RKT(message->topic->handle),
        RD_KAFKA_V_VALUE(write_lend(message->value), message->value.len),
        RD_KAFKA_V_KEY(write_lend(message->key), message->key.len),
        RD_KAFKA_V_TIMESTAMP(time), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(message->opaque), RD_KAFKA_V_END);
}

/* MST_OK: librdkafka has it; MST_AGAIN: its queue is full. */
static enum mst_status
write_produce(struct kafka_sink *sink, struct write_message *message,
              struct mst_error *err)
{
    struct kafka_header_list headers;
    enum mst_status status = kafka_headers_make(
        &sink->headers, message->delivery->event, message->key, &headers, err);
    if (status != MST_OK) {
        return status;
    }
    message->header_bytes = headers.bytes;
    bool fits = message->topic->limit == INT64_MAX
                || (int64_t)write_size(message) <= message->topic->limit;
    rd_kafka_resp_err_t code = fits ? write_give(sink, message, headers.list)
                                    : RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return MST_OK;
    }
    if (headers.list != NULL) {
        rd_kafka_headers_destroy(headers.list);
    }
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return MST_AGAIN;
    }
    if (!fits) {
        return write_too_large(message, message->topic->limit,
                               "the topic's max.message.bytes", err);
    }
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        return write_too_large(message, sink->message_max, "message.max.bytes",
                               err);
    }
    char what[320];
    (void)snprintf(what, sizeof(what), "message for topic '%s'",
                   rd_kafka_topic_name(message->topic->handle));
    return kafka_sink_fail(sink, err, code, what, NULL);
}

static enum mst_status
write_topic(struct kafka_sink *sink, const struct mst_event *event,
            struct kafka_topic **ret_topic, struct mst_error *err)
{
    char made[KAFKA_TOPIC_NAME_MAX + 1];
    const char *name = sink->args.resource;
    if (!sink->topic_template.is_fixed) {
        enum mst_status status =
            kafka_template_make(&sink->topic_template, event, made, err);
        if (status != MST_OK) {
            return status;
        }
        name = made;
    }
    enum mst_status status =
        kafka_topics_find(&sink->topics, name, ret_topic, err);
    if (status != MST_OK || !(*ret_topic)->is_new) {
        return status;
    }
    if (sink->learned_limit >= 0) {
        (*ret_topic)->limit = sink->learned_limit;
    }
    if (sink->options->create_topics.partitions == 0
        || sink->topic_template.is_fixed) {
        return MST_OK;
    }
    /* Its messages wait in librdkafka until the topic is there. */
    const struct kafka_create_topics *create = &sink->options->create_topics;
    struct mst_kafka_new_topic spec = {.partitions = (int)create->partitions,
                                       .replication_factor =
                                           (int)create->replication_factor,
                                       .config = &create->config};
    return mst_kafka_topic_create_start(sink->rk, name, &spec, sink->queue,
                                        err);
}

static enum mst_status
write_two(struct kafka_sink *sink, struct write_message *message,
          struct mst_delivery *delivery, struct mst_error *err)
{
    /* Once this producer has the delete's own message, a full queue must not
     * make it go in again: sink_data remembers. */
    if (delivery->sink_data != sink->rk) {
        message->opaque = kafka_first_of_two(delivery);
        enum mst_status status = write_produce(sink, message, err);
        if (status != MST_OK) {
            return status;
        }
        delivery->sink_data = sink->rk;
    }
    message->value = MST_SLICE_NONE;
    message->opaque = delivery;
    return write_produce(sink, message, err);
}

static enum mst_status
write_one(struct kafka_sink *sink, struct mst_delivery *delivery,
          struct mst_error *err)
{
    struct write_message message = {
        .delivery = delivery, .value = delivery->payload, .opaque = delivery};
    enum mst_status status =
        write_topic(sink, delivery->event, &message.topic, err);
    if (status == MST_OK) {
        status = kafka_key_make(&sink->key, delivery, &message.key, err);
    }
    if (status != MST_OK) {
        return status;
    }
    if (delivery->event->op != MST_OP_DELETE
        || sink->options->tombstones == KAFKA_TOMBSTONES_OFF) {
        return write_produce(sink, &message, err);
    }
    if (sink->options->tombstones == KAFKA_TOMBSTONES_AFTER) {
        if (message.key.data == NULL || message.value.data == NULL) {
            return write_produce(sink, &message, err);
        }
        return write_two(sink, &message, delivery, err);
    }
    if (message.key.data == NULL) {
        return mst_fail(err, MST_REJECTED, "kafka", 0,
                        "a delete without a key can not become a tombstone");
    }
    message.value = MST_SLICE_NONE;
    return write_produce(sink, &message, err);
}

/* Whether a message may go in now: after a refused batch, the producer that
 * sends one by one is replaced as soon as it is empty. */
static enum mst_status
write_may_go(struct kafka_sink *sink, struct mst_error *err)
{
    enum mst_status status = kafka_sink_broken(sink, err);
    if (status != MST_OK || !sink->careful
        || atomic_load(&sink->careful_left) > 0) {
        return status;
    }
    if (atomic_load(&sink->outstanding) > 0) {
        return MST_AGAIN;
    }
    kafka_producer_stop(sink);
    sink->careful = false;
    return kafka_producer_start(sink, err);
}

/* Whether n events are better sent a little later, with those that follow. */
static enum mst_status
write_may_leave(struct kafka_sink *sink, size_t n, struct mst_error *err)
{
    const struct kafka_pace *pace = &sink->pace;
    int64_t now = mst_clock_ms();
    int64_t hold =
        kafka_pace_hold(pace, n, atomic_load(&sink->outstanding), now);
    if (hold > 0 && kafka_pace_hold(pace, n, 0, now) == 0) {
        /* They wait for what is under way, which may have ended by now. */
        atomic_store(&sink->held, true);
        if (atomic_load(&sink->outstanding) == 0) {
            atomic_store(&sink->held, false);
            hold = 0;
        }
    }
    if (hold == 0) {
        return MST_OK;
    }
    if (err != NULL) {
        err->retry_after_ms = hold;
    }
    return MST_AGAIN;
}

enum mst_status
kafka_sink_write(void *ctx, struct mst_delivery *const *deliveries, size_t n,
                 size_t *ret_taken, struct mst_error *err)
{
    struct kafka_sink *sink = ctx;
    *ret_taken = 0;
    enum mst_status status = write_may_go(sink, err);
    if (status != MST_OK) {
        atomic_store(&sink->hungry, status == MST_AGAIN);
        return status;
    }
    status = write_may_leave(sink, n, err);
    if (status != MST_OK) {
        return status;
    }
    /* Counted before, because a report may come before produce returns. */
    atomic_fetch_add(&sink->outstanding, n);
    struct mst_error why;
    size_t i = 0;
    for (; i < n; i++) {
        status = write_one(sink, deliveries[i], &why);
        if (status == MST_REJECTED) {
            mst_delivery_confirm(deliveries[i], MST_REJECTED, &why);
            kafka_sink_settle(sink, 1);
            continue;
        }
        if (status != MST_OK) {
            break;
        }
    }
    *ret_taken = i;
    if (i < n) {
        atomic_fetch_sub(&sink->outstanding, n - i);
        atomic_store(&sink->hungry, status == MST_AGAIN);
        if (status != MST_AGAIN && err != NULL) {
            *err = why;
        }
    }
    kafka_pace_wrote(&sink->pace, i, mst_clock_ms());
    return i == n ? MST_OK : status;
}
