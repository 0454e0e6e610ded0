/* SPDX-License-Identifier: MIT */
/* The keys of a Kafka source's step. Private to this folder. */
#ifndef MST_SOURCES_KAFKA_SOURCE_OPTIONS_H
#define MST_SOURCES_KAFKA_SOURCE_OPTIONS_H

#include "clients/kafka_client.h"
#include "core/source.h"

enum kafka_lost { KAFKA_LOST_STOP = 0, KAFKA_LOST_EARLIEST, KAFKA_LOST_LATEST };

struct kafka_source_options {
    struct mst_strings topics;
    char *start;
    int on_lost_position; /* enum kafka_lost */
};

enum { KAFKA_SOURCE_OPTIONS_LEN = 3 };
extern const struct mst_option kafka_source_options[KAFKA_SOURCE_OPTIONS_LEN];

enum kafka_start_kind {
    KAFKA_START_COMMITTED,
    KAFKA_START_EARLIEST,
    KAFKA_START_LATEST,
    KAFKA_START_TIME
};

/* Where a partition begins that neither a checkpoint nor the group knows. */
struct kafka_start {
    enum kafka_start_kind kind;
    int64_t wall_ms; /* of TIME */
};

/* From `start`, offset_seek_back_seconds and auto.offset.reset. */
MST_MUST_CHECK enum mst_status
kafka_start_parse(const struct mst_source_args *args,
                  struct kafka_start *ret_start, struct mst_error *err);

/* The topics or patterns of a source: `topics`, else the resource. */
size_t kafka_source_topics_len(const struct mst_source_args *args);
const char *kafka_source_topic(const struct mst_source_args *args, size_t i);

enum { KAFKA_CONSUMER_VALUES = 16 };

struct kafka_consumer_conf {
    struct mst_kafka_property defaults[KAFKA_CONSUMER_VALUES];
    struct mst_kafka_property fixed[KAFKA_CONSUMER_VALUES];
    char group[256];
    char fetch_max[24];
    struct mst_kafka_conf_args args;
};

/* args.owner stays NULL: whoever makes a consumer sets it. */
void kafka_consumer_conf_init(struct kafka_consumer_conf *conf,
                              const struct mst_source_args *args, bool bounded);

#endif
