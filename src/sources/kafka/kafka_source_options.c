/* SPDX-License-Identifier: MIT */
/* Options of the source, and the consumer's properties. */
#include "sources/kafka/kafka_source_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static const char *const lost[] = {"stop", "earliest", "latest", NULL};

const struct mst_option kafka_source_options[KAFKA_SOURCE_OPTIONS_LEN] = {
    {.name = "topics",
     .type = MST_OPTION_STRING_LIST,
     .offset = offsetof(struct kafka_source_options, topics),
     .flags = MST_OPTION_ONE_OR_LIST,
     .help = "Several topics or ^regular expressions, instead of the one in "
             "resource."},
    {.name = "start",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct kafka_source_options, start),
     .def = "committed",
     .help = "Where a partition begins that neither the checkpoint nor the "
             "consumer group knows: committed (auto.offset.reset of the "
             "service, else earliest), earliest, latest, or an RFC 3339 "
             "time."},
    {.name = "on_lost_position",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct kafka_source_options, on_lost_position),
     .def = "stop",
     .choices = lost,
     .help = "When the broker no longer has the next offset: stop, or go on at "
             "the earliest or latest one, which leaves a gap."},
};

static enum mst_status
start_parse_text(const char *text, struct kafka_start *ret_start,
                 struct mst_error *err)
{
    static const struct {
        const char *text;
        enum kafka_start_kind kind;
    } names[] = {{"committed", KAFKA_START_COMMITTED},
                 {"earliest", KAFKA_START_EARLIEST},
                 {"beginning", KAFKA_START_EARLIEST},
                 {"smallest", KAFKA_START_EARLIEST},
                 {"latest", KAFKA_START_LATEST},
                 {"largest", KAFKA_START_LATEST},
                 {"end", KAFKA_START_LATEST}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        if (strcmp(text, names[i].text) == 0) {
            *ret_start = (struct kafka_start){.kind = names[i].kind};
            return MST_OK;
        }
    }
    int64_t wall_ms = 0;
    if (mst_time_parse(text, strlen(text), &wall_ms, NULL) == MST_OK) {
        *ret_start = (struct kafka_start){KAFKA_START_TIME, wall_ms};
        return MST_OK;
    }
    (void)mst_fail(err, MST_FATAL, "kafka", 0,
                   "start = \"%s\" is not a place to start", text);
    mst_error_hint(err, "use committed, earliest, latest, or a time such as "
                        "2026-11-21T10:00:00Z");
    return MST_FATAL;
}

enum mst_status
kafka_start_parse(const struct mst_source_args *args,
                  struct kafka_start *ret_start, struct mst_error *err)
{
    const struct kafka_source_options *options = args->options;
    const struct mst_kafka_options *service = args->service;
    struct kafka_start start = {.kind = KAFKA_START_COMMITTED};
    enum mst_status status = MST_OK;
    if (options->start != NULL) {
        status = start_parse_text(options->start, &start, err);
    }
    if (status != MST_OK) {
        return status;
    }
    if (start.kind == KAFKA_START_COMMITTED
        && service->offset_seek_back_seconds > 0) {
        start = (struct kafka_start){
            KAFKA_START_TIME,
            mst_clock_wall_ms() - service->offset_seek_back_seconds * 1000};
    }
    const char *reset = mst_kafka_property(service, "auto.offset.reset");
    if (start.kind == KAFKA_START_COMMITTED) {
        start.kind = KAFKA_START_EARLIEST;
        if (reset != NULL) {
            struct kafka_start other;
            if (start_parse_text(reset, &other, NULL) == MST_OK
                && other.kind == KAFKA_START_LATEST) {
                start.kind = KAFKA_START_LATEST;
            }
        }
    }
    *ret_start = start;
    return MST_OK;
}

size_t
kafka_source_topics_len(const struct mst_source_args *args)
{
    const struct kafka_source_options *options = args->options;
    if (options->topics.len > 0) {
        return options->topics.len;
    }
    return args->resource != NULL && args->resource[0] != '\0' ? 1 : 0;
}

const char *
kafka_source_topic(const struct mst_source_args *args, size_t i)
{
    const struct kafka_source_options *options = args->options;
    return options->topics.len > 0 ? options->topics.items[i] : args->resource;
}

void
kafka_consumer_conf_init(struct kafka_consumer_conf *conf,
                         const struct mst_source_args *args, bool bounded)
{
    const struct mst_kafka_options *options = args->service;
    memset(conf, 0, sizeof(*conf));
    (void)snprintf(conf->group, sizeof(conf->group), "mstream-%s",
                   args->job == NULL ? "" : args->job);
    /* librdkafka wants a fetch to hold the largest message. Of all partitions
     * together, it is what one answer may take while still compressed. */
    const char *largest = mst_kafka_property(options, "message.max.bytes");
    long long fetch_max = largest == NULL ? 0 : strtoll(largest, NULL, 10);
    (void)snprintf(conf->fetch_max, sizeof(conf->fetch_max), "%lld",
                   fetch_max > 1048576 ? fetch_max : 1048576);
    struct mst_kafka_property *list = conf->defaults;
    size_t n = 0;
    mst_kafka_property_add(list, &n, "group.id", conf->group);
    mst_kafka_property_add(list, &n, "isolation.level", "read_committed");
    /* Else damaged bytes are handed on as if they were the message. */
    mst_kafka_property_add(list, &n, "check.crcs", "true");
    /* Prefetched messages wait here, before the engine counts them. What is
     * fetched is compressed: small pieces keep the overshoot small. Half of
     * this costs the broker twice the CPU time per message. */
    mst_kafka_property_add(list, &n, "queued.max.messages.kbytes", "4096");
    mst_kafka_property_add(list, &n, "queued.min.messages", "100000");
    mst_kafka_property_add(list, &n, "fetch.message.max.bytes", "524288");
    mst_kafka_property_add(list, &n, "fetch.max.bytes", conf->fetch_max);
    mst_kafka_property_add(list, &n, "fetch.error.backoff.ms", "100");
    size_t fixed = 0;
    mst_kafka_property_add(conf->fixed, &fixed, "enable.auto.commit", "false");
    mst_kafka_property_add(conf->fixed, &fixed, "enable.auto.offset.store",
                           "false");
    mst_kafka_property_add(conf->fixed, &fixed, "auto.offset.reset", "error");
    mst_kafka_property_add(conf->fixed, &fixed, "enable.partition.eof",
                           bounded ? "true" : "false");
    conf->args = (struct mst_kafka_conf_args){.defaults = conf->defaults,
                                              .defaults_len = n,
                                              .options = options,
                                              .fixed = conf->fixed,
                                              .fixed_len = fixed};
}
