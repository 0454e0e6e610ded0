/* SPDX-License-Identifier: MIT */
/* The option table of Kafka services, aliases and secret properties. */
#include "clients/kafka_options.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"

/* Properties of librdkafka without a dot in their name. */
static bool
options_accepts(const char *key)
{
    static const char *const names[] = {"acks", "debug", "log_level",
                                        "partitioner", "retries"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        if (strcmp(key, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

const struct mst_option
    mst_kafka_service_options[MST_KAFKA_SERVICE_OPTIONS_LEN] = {
        {.name = "properties",
         .type = MST_OPTION_STRING_MAP,
         .offset = offsetof(struct mst_kafka_options, properties),
         .flags = MST_OPTION_CATCH_ALL | MST_OPTION_SECRET,
         .accepts = options_accepts,
         .help = "Every key with a dot, and acks, debug, log_level, "
                 "partitioner and retries, is a property of librdkafka "
                 "(\"bootstrap.servers\" is needed); it wins over what "
                 "mstream sets."},
        {.name = "offset_seek_back_seconds",
         .type = MST_OPTION_INT,
         .offset = offsetof(struct mst_kafka_options, offset_seek_back_seconds),
         .def = "0",
         .min = 0,
         .max = INT64_C(10) * 366 * 86400,
         .help = "Sources without a checkpoint start this many seconds before "
                 "now; 0: as the source's start says."},
};

/* Names that mean the same property; the first is the one we use. */
static const char *const options_aliases[][2] = {
    {"acks", "request.required.acks"},
    {"bootstrap.servers", "metadata.broker.list"},
    {"compression.type", "compression.codec"},
    {"delivery.timeout.ms", "message.timeout.ms"},
    {"fetch.message.max.bytes", "max.partition.fetch.bytes"},
    {"linger.ms", "queue.buffering.max.ms"},
    {"max.in.flight", "max.in.flight.requests.per.connection"},
    {"retries", "message.send.max.retries"},
    {"sasl.mechanism", "sasl.mechanisms"},
};

static const char *
options_canonical(const char *name)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(options_aliases); i++) {
        if (strcmp(name, options_aliases[i][1]) == 0) {
            return options_aliases[i][0];
        }
    }
    return name;
}

const char *
mst_kafka_property(const struct mst_kafka_options *options, const char *name)
{
    const char *wanted = options_canonical(name);
    for (size_t i = options->properties.len; i > 0; i--) {
        const char *given = options->properties.names[i - 1];
        if (strcmp(options_canonical(given), wanted) == 0) {
            return options->properties.values[i - 1];
        }
    }
    return NULL;
}

bool
mst_kafka_property_is(const char *given, const char *name)
{
    return strcmp(options_canonical(given), options_canonical(name)) == 0;
}

bool
mst_kafka_property_is_secret(const char *name)
{
    static const char *const parts[] = {"password", "secret", ".pem", "jaas",
                                        "oauthbearer.config"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(parts); i++) {
        if (strcasestr(name, parts[i]) != NULL) {
            return true;
        }
    }
    return false;
}
