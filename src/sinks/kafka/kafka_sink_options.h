/* SPDX-License-Identifier: MIT */
/* The keys of a Kafka sink's step. Private to this folder. */
#ifndef MST_SINKS_KAFKA_SINK_OPTIONS_H
#define MST_SINKS_KAFKA_SINK_OPTIONS_H

#include "clients/kafka_client.h"
#include "core/inspect.h"
#include "core/sink.h"

enum kafka_tombstones {
    KAFKA_TOMBSTONES_OFF = 0, /* a delete is a message as any other */
    KAFKA_TOMBSTONES_AFTER,   /* the message, then a tombstone */
    KAFKA_TOMBSTONES_INSTEAD  /* only a tombstone */
};

struct kafka_create_topics {
    int64_t partitions; /* 0: topics are not created; -1: broker's default */
    int64_t replication_factor;
    struct mst_string_map config;
};

struct kafka_sink_options {
    char *key;
    struct mst_strings headers;
    int tombstones; /* enum kafka_tombstones */
    struct kafka_create_topics create_topics;
};

enum { KAFKA_SINK_OPTIONS_LEN = 4 };
extern const struct mst_option kafka_sink_options[KAFKA_SINK_OPTIONS_LEN];

enum { KAFKA_VALUES_MAX = 16 };

/* What a producer is made with; texts live here. */
struct kafka_producer_conf {
    struct mst_kafka_property defaults[KAFKA_VALUES_MAX];
    struct mst_kafka_property fixed[KAFKA_VALUES_MAX];
    char kbytes[24];
    char messages[24];
    struct mst_kafka_conf_args args;
};

/* args.owner stays NULL: whoever makes a producer sets it.
 * careful: one message per request, so that what a broker refuses is refused
 * alone. */
void kafka_producer_conf_init(struct kafka_producer_conf *conf,
                              const struct mst_sink_args *args, bool careful);

/* Says once, in the log, which of the user's properties weaken delivery. */
void kafka_producer_conf_warn(const struct mst_sink_args *args);
/* The same for who checks a configuration. */
void kafka_producer_complain(const struct mst_kafka_options *options,
                             struct mst_complaints *complaints);

/* message.max.bytes: what librdkafka takes. */
int64_t kafka_producer_message_max(const struct mst_kafka_options *options);

#endif
