/* SPDX-License-Identifier: MIT */
/* `mstream doctor` and `mstream explain` for Kafka sinks. */
#include <inttypes.h>
#include <stdio.h>

#include "core/inspect.h"
#include "sinks/kafka/kafka_sink_impl.h"

static void
inspect_topic(rd_kafka_t *rk, const struct mst_sink_args *args,
              const struct mst_kafka_wait *wait, struct mst_findings *findings)
{
    const struct kafka_sink_options *options = args->options;
    const struct rd_kafka_metadata *metadata = NULL;
    struct mst_error err;
    char text[512];
    enum mst_status status =
        mst_kafka_topic_ask(rk, args->resource, wait, &metadata, &err);
    if (status != MST_OK) {
        bool creates = options->create_topics.partitions != 0
                       && err.code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        findings->add(
            findings, creates ? MST_FINDING_OK : MST_FINDING_FAIL, "topic",
            creates ? "does not exist yet; the sink creates it" : err.text,
            creates ? NULL : err.hint);
        return;
    }
    (void)snprintf(text, sizeof(text), "'%s' has %d partitions", args->resource,
                   metadata->topics[0].partition_cnt);
    findings->add(findings, MST_FINDING_OK, "topic", text, NULL);
    rd_kafka_metadata_destroy(metadata);
    int64_t limit = mst_kafka_topic_limit(rk, args->resource, wait->timeout_ms);
    int64_t ours = kafka_producer_message_max(args->service);
    if (limit >= 0 && limit < ours) {
        (void)snprintf(text, sizeof(text),
                       "the topic takes messages of %" PRId64
                       " bytes, the service allows %" PRId64,
                       limit, ours);
        findings->add(findings, MST_FINDING_WARN, "message size", text,
                      "set \"message.max.bytes\" of the service to the topic's "
                      "max.message.bytes, or raise that");
    }
}

static void
inspect_doctor(const void *args, int timeout_ms, struct mst_findings *findings)
{
    const struct mst_sink_args *sink = args;
    struct kafka_producer_conf producer;
    kafka_producer_conf_init(&producer, sink, false);
    rd_kafka_t *rk = mst_kafka_doctor(RD_KAFKA_PRODUCER, &producer.args,
                                      timeout_ms, findings);
    if (rk == NULL) {
        return;
    }
    struct kafka_template t;
    struct mst_error err;
    if (sink->resource != NULL
        && kafka_template_init(&t, sink->resource, &err) == MST_OK
        && t.is_fixed) {
        struct mst_kafka_wait wait = {.timeout_ms = timeout_ms};
        inspect_topic(rk, sink, &wait, findings);
    }
    rd_kafka_destroy(rk);
}

static void
inspect_check(const void *service, struct mst_complaints *complaints)
{
    mst_kafka_service_check(service, complaints);
    kafka_producer_complain(service, complaints);
}

static enum mst_status
inspect_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    struct kafka_producer_conf producer;
    kafka_producer_conf_init(&producer, args, false);
    return mst_kafka_conf_explain(&producer.args, out, err);
}

const struct mst_inspect kafka_sink_inspect = {
    .check = inspect_check,
    .service = mst_kafka_service_doctor,
    .doctor = inspect_doctor,
    .explain = inspect_explain,
};
