/* SPDX-License-Identifier: MIT */
/* Options of the sink, and the producer's properties. */
#include "sinks/kafka/kafka_sink_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log/log.h"

static const char *const tombstones[] = {"off", "after", "instead", NULL};

static const struct mst_option create_options[] = {
    {.name = "partitions",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct kafka_create_topics, partitions),
     .def = "0",
     .min = -1,
     .max = 100000,
     .help = "Partitions of a topic that the sink creates; -1: the broker's "
             "default."},
    {.name = "replication_factor",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct kafka_create_topics, replication_factor),
     .def = "-1",
     .min = -1,
     .max = 1000,
     .help = "Copies of each partition; -1: the broker's default."},
    {.name = "config",
     .type = MST_OPTION_STRING_MAP,
     .offset = offsetof(struct kafka_create_topics, config),
     .help = "Further settings of the topic, such as \"cleanup.policy\" = "
             "\"compact\"."},
};

static const struct mst_option_table create_table = {
    .options = create_options,
    .len = MST_ARRAY_SIZE(create_options),
    .size = sizeof(struct kafka_create_topics),
};

const struct mst_option kafka_sink_options[KAFKA_SINK_OPTIONS_LEN] = {
    {.name = "key",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct kafka_sink_options, key),
     .def = "id",
     .help = "Message key: id (the _id as text; from Kafka the original key), "
             "json or bson (the whole document key), field:PATH (a field of "
             "the payload), none."},
    {.name = "headers",
     .type = MST_OPTION_STRING_LIST,
     .offset = offsetof(struct kafka_sink_options, headers),
     .flags = MST_OPTION_ONE_OR_LIST,
     .def = "all",
     .help = "Message headers: all (op and every attribute), none, or a list "
             "of op, key, source_ts_ms, position, job and attribute names."},
    {.name = "tombstones",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct kafka_sink_options, tombstones),
     .def = "off",
     .choices = tombstones,
     .help = "A message without a value for deletes: off, after (behind the "
             "delete's own message) or instead (of it)."},
    {.name = "create_topics",
     .type = MST_OPTION_TABLE,
     .offset = offsetof(struct kafka_sink_options, create_topics),
     .table = &create_table,
     .help = "Create topics that do not exist: { partitions, "
             "replication_factor, config }."},
};

static bool
options_is_false(const char *value)
{
    return strcasecmp(value, "false") == 0 || strcasecmp(value, "f") == 0
           || strcmp(value, "0") == 0;
}

static bool
options_is_all(const char *value)
{
    return strcasecmp(value, "all") == 0 || strcmp(value, "-1") == 0;
}

/* This property of the user is not what an idempotent producer can do. */
static bool
options_forbids(const char *name, const char *value)
{
    if (mst_kafka_property_is(name, "enable.idempotence")) {
        return options_is_false(value);
    }
    if (mst_kafka_property_is(name, "acks")) {
        return !options_is_all(value);
    }
    if (mst_kafka_property_is(name, "retries")) {
        return strtol(value, NULL, 10) == 0;
    }
    return mst_kafka_property_is(name, "max.in.flight")
           && strtol(value, NULL, 10) > 5;
}

static bool
options_forbid_idempotence(const struct mst_kafka_options *options)
{
    const struct mst_string_map *user = &options->properties;
    bool forbid = false;
    for (size_t i = 0; i < user->len && !forbid; i++) {
        forbid = options_forbids(user->names[i], user->values[i]);
    }
    return forbid;
}

int64_t
kafka_producer_message_max(const struct mst_kafka_options *options)
{
    const char *max = mst_kafka_property(options, "message.max.bytes");
    return max == NULL ? 1000000 : strtoll(max, NULL, 10);
}

void
kafka_producer_conf_init(struct kafka_producer_conf *conf,
                         const struct mst_sink_args *args, bool careful)
{
    const struct mst_kafka_options *options = args->service;
    memset(conf, 0, sizeof(*conf));
    /* One message must always fit, and librdkafka needs a little for each:
     * the messages of a full queue must not outgrow the budget either. */
    uint64_t one = (uint64_t)kafka_producer_message_max(options);
    uint64_t memory = args->memory > one ? args->memory : one;
    (void)snprintf(
        conf->kbytes, sizeof(conf->kbytes), "%u",
        (unsigned)(memory / 1024 < 2000000 ? memory / 1024 + 1 : 2000000));
    uint64_t messages = args->memory / 1024;
    messages = messages < 1000 ? 1000 : messages;
    (void)snprintf(conf->messages, sizeof(conf->messages), "%u",
                   (unsigned)(messages < 1000000 ? messages : 1000000));
    struct mst_kafka_property *list = conf->defaults;
    size_t n = 0;
    if (!options_forbid_idempotence(options)) {
        mst_kafka_property_add(list, &n, "enable.idempotence", "true");
        mst_kafka_property_add(list, &n, "acks", "all");
    } else {
        /* More in flight would turn the order on every retry. */
        mst_kafka_property_add(list, &n, "max.in.flight", "1");
    }
    mst_kafka_property_add(list, &n, "compression.type", "lz4");
    mst_kafka_property_add(list, &n, "partitioner", "murmur2_random");
    mst_kafka_property_add(list, &n, "message.timeout.ms", "0");
    /* How long a message waits for a topic that the brokers do not know; all
     * other topics of the job wait with it. */
    if (args->resource != NULL && strchr(args->resource, '{') != NULL) {
        mst_kafka_property_add(list, &n, "topic.metadata.propagation.max.ms",
                               "10000");
    }
    /* What lingers is held back by the sink: kafka_pace.h. */
    mst_kafka_property_add(list, &n, "linger.ms", "0");
    mst_kafka_property_add(list, &n, "queue.buffering.max.kbytes",
                           conf->kbytes);
    mst_kafka_property_add(list, &n, "queue.buffering.max.messages",
                           conf->messages);
    size_t fixed = 0;
    if (careful) {
        mst_kafka_property_add(conf->fixed, &fixed, "batch.num.messages", "1");
        mst_kafka_property_add(conf->fixed, &fixed, "max.in.flight", "1");
        mst_kafka_property_add(conf->fixed, &fixed, "linger.ms", "0");
    }
    conf->args = (struct mst_kafka_conf_args){.defaults = conf->defaults,
                                              .defaults_len = n,
                                              .options = options,
                                              .fixed = conf->fixed,
                                              .fixed_len = fixed};
}

/* What this property costs; NULL: nothing. */
static const char *
options_cost(const char *name, const char *value)
{
    if (options_forbids(name, value)) {
        return "the idempotent producer is off with it: messages may be lost "
               "or repeated when a broker fails";
    }
    if (mst_kafka_property_is(name, "message.timeout.ms")
        && strtol(value, NULL, 10) != 0) {
        return "messages that wait longer for a broker fail and are sent "
               "again, out of librdkafka's order";
    }
    if (mst_kafka_property_is(name, "queue.buffering.max.kbytes")) {
        return "the memory budget does not bound it";
    }
    return NULL;
}

void
kafka_producer_conf_warn(const struct mst_sink_args *args)
{
    const struct mst_kafka_options *options = args->service;
    const struct mst_log_field job[] = {MST_LOG_STR("job", args->job)};
    const struct mst_string_map *user = &options->properties;
    for (size_t i = 0; i < user->len; i++) {
        const char *cost = options_cost(user->names[i], user->values[i]);
        if (cost != NULL) {
            mst_log_write(MST_LOG_WARN, "kafka", job, 1,
                          "service '%s' sets %s: %s", args->service_name,
                          user->names[i], cost);
        }
    }
}

void
kafka_producer_complain(const struct mst_kafka_options *options,
                        struct mst_complaints *complaints)
{
    const struct mst_string_map *user = &options->properties;
    for (size_t i = 0; i < user->len; i++) {
        const char *cost = options_cost(user->names[i], user->values[i]);
        if (cost != NULL) {
            struct mst_error err;
            mst_error_clear(&err);
            (void)mst_fail(&err, MST_OK, "kafka", 0, "%s", cost);
            complaints->add(complaints, false, user->names[i], &err);
        }
    }
}
