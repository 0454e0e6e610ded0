/* SPDX-License-Identifier: MIT */
/*
 * The keys of a [[services]] entry with provider = "kafka": properties of
 * librdkafka under their own names, and a few of ours.
 */
#ifndef MST_CLIENTS_KAFKA_OPTIONS_H
#define MST_CLIENTS_KAFKA_OPTIONS_H

#include "core/option.h"

struct mst_kafka_options {
    struct mst_string_map properties; /* values may be secret */
    int64_t offset_seek_back_seconds; /* 0: not asked for */
};

enum { MST_KAFKA_SERVICE_OPTIONS_LEN = 2 };
extern const struct mst_option
    mst_kafka_service_options[MST_KAFKA_SERVICE_OPTIONS_LEN];

/* Initialises a struct mst_option_table; sources and sinks share it. */
#define MST_KAFKA_SERVICE_TABLE                                                \
    {                                                                          \
        .options = mst_kafka_service_options,                                  \
        .len = MST_KAFKA_SERVICE_OPTIONS_LEN,                                  \
        .size = sizeof(struct mst_kafka_options),                              \
    }

/* The value that the user gave this property or one of its aliases (linger.ms
 * is queue.buffering.max.ms); NULL: none. */
const char *mst_kafka_property(const struct mst_kafka_options *options,
                               const char *name);

/* Both name the same property. */
bool mst_kafka_property_is(const char *given, const char *name);

/* True for names whose values are never shown. */
bool mst_kafka_property_is_secret(const char *name);

#endif
