/* SPDX-License-Identifier: MIT */
/*
 * The instance of a Kafka sink, shared by the files of this folder.
 *
 *   write ── rd_kafka_producev(opaque = delivery) ──► librdkafka
 *                                                        │ delivery reports
 *   mst_delivery_confirm ◄── reporter thread ◄───────────┘
 *
 * An event is confirmed by its delivery report and nothing earlier. After the
 * first report that is neither success nor about one bad message, the sink is
 * broken: whatever comes after ends as that one did, even where the broker
 * took it, because the engine offers all of it again in its order.
 */
#ifndef MST_SINKS_KAFKA_SINK_IMPL_H
#define MST_SINKS_KAFKA_SINK_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "sinks/kafka/kafka_headers.h"
#include "sinks/kafka/kafka_key.h"
#include "sinks/kafka/kafka_pace.h"
#include "sinks/kafka/kafka_sink_options.h"
#include "sinks/kafka/kafka_topics.h"

struct kafka_sink {
    struct mst_sink_args args;
    struct mst_kafka_owner owner;
    const struct mst_kafka_options *service;
    const struct kafka_sink_options *options;
    struct kafka_template topic_template;
    struct kafka_headers headers;
    struct kafka_key key;
    struct kafka_topics topics;
    struct kafka_pace pace;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* delivery reports, errors, admin results */
    int64_t message_max;
    int64_t learned_limit; /* a topic's max.message.bytes; -1: not asked */
    bool warned;
    /* One message per request until this many are confirmed, because a broker
     * refused a batch and did not say for which of its messages. */
    bool careful;
    atomic_llong careful_left;
    atomic_bool refused; /* the next open is careful */

    pthread_t reporter;
    bool reporting;
    atomic_bool stop_reporting;
    atomic_bool interrupted;
    atomic_size_t outstanding; /* deliveries taken and not confirmed */
    atomic_bool hungry;        /* MST_AGAIN was said: tell when there is room */
    atomic_bool held;          /* likewise, when nothing is outstanding */
    atomic_int broken;         /* enum mst_status; MST_OK: it is not */

    pthread_mutex_t mutex;
    pthread_cond_t idle;         /* outstanding is 0 */
    struct mst_error broken_err; /* Lock: mutex held. */

    /* Thread: reporter. */
    struct mst_error trouble; /* the newest error event; OK: none */
    int64_t progress_ms;      /* of the newest delivery report */
    bool unwell;              /* health was told */
    /* The first of two messages was refused: so is the delivery when the
     * second is reported. */
    struct mst_delivery *half;
    struct mst_error half_err;
};

/* The whole sink fails: nothing that is outstanding will end well. The first
 * reason stays. Thread: any. */
void kafka_sink_break(struct kafka_sink *sink, const struct mst_error *err);

/* The status and reason of the break. Thread: any. */
enum mst_status kafka_sink_broken(struct kafka_sink *sink,
                                  struct mst_error *err);

/* As mst_kafka_fail, for an error that came with a message or topic of this
 * sink: where events choose their topic, what is wrong with one topic rejects
 * the events that chose it, and the job goes on with the others. Thread: any.
 */
enum mst_status kafka_sink_fail(const struct kafka_sink *sink,
                                struct mst_error *err, rd_kafka_resp_err_t code,
                                const char *what, const char *reason);

/* True: kafka_sink_fail makes it a matter of one topic. Thread: any. */
bool kafka_sink_is_topics_own(const struct kafka_sink *sink,
                              rd_kafka_resp_err_t code);

/* n deliveries were confirmed. Thread: any. */
void kafka_sink_settle(struct kafka_sink *sink, size_t n);

/* Makes the producer and its threads, without waiting for the network. */
MST_MUST_CHECK enum mst_status kafka_producer_start(struct kafka_sink *sink,
                                                    struct mst_error *err);
/* Everything outstanding is confirmed when it returns. */
void kafka_producer_stop(struct kafka_sink *sink);

/* The thread of delivery reports; arg is the sink. */
void *kafka_reporter_run(void *arg);

/* The opaque of a delete's own message where a tombstone follows, whose
 * report then speaks for both. Deliveries are aligned: the last bit is free. */
static inline void *
kafka_first_of_two(struct mst_delivery *delivery)
{
    return (char *)delivery + 1;
}

/* The delivery of an opaque; *ret_first says whether it was the first. */
static inline struct mst_delivery *
kafka_opaque_delivery(void *opaque, bool *ret_first)
{
    uintptr_t bits = (uintptr_t)opaque;
    *ret_first = (bits & 1U) != 0;
    return (void *)((char *)opaque - (bits & 1U));
}

/* See mst_sink_type. */
enum mst_status kafka_sink_write(void *ctx,
                                 struct mst_delivery *const *deliveries,
                                 size_t n, size_t *ret_taken,
                                 struct mst_error *err);
enum mst_status kafka_sink_preview(void *ctx,
                                   const struct mst_delivery *delivery,
                                   bool for_machines, struct mst_buf *out,
                                   struct mst_error *err);
extern const struct mst_inspect kafka_sink_inspect;

#endif
