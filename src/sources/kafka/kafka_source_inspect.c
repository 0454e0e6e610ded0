/* SPDX-License-Identifier: MIT */
/* `mstream doctor` and `mstream explain` for Kafka sources. */
#include <stdio.h>

#include "core/inspect.h"
#include "sources/kafka/kafka_source_impl.h"

static void
inspect_topic(rd_kafka_t *rk, const char *topic,
              const struct mst_kafka_wait *wait, struct mst_findings *findings)
{
    const struct rd_kafka_metadata *metadata = NULL;
    struct mst_error err;
    char text[512];
    if (mst_kafka_topic_ask(rk, topic, wait, &metadata, &err) != MST_OK) {
        findings->add(findings, MST_FINDING_FAIL, "topic", err.text, err.hint);
        return;
    }
    (void)snprintf(text, sizeof(text), "'%s' has %d partitions", topic,
                   metadata->topics[0].partition_cnt);
    findings->add(findings, MST_FINDING_OK, "topic", text, NULL);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(list, topic, 0);
    rd_kafka_resp_err_t code = rd_kafka_committed(rk, list, wait->timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = list->elems[0].err;
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        findings->add(findings, MST_FINDING_OK, "group",
                      "the consumer group's offsets can be read", NULL);
    } else {
        (void)mst_kafka_fail(&err, code, "the consumer group", NULL);
        findings->add(findings, MST_FINDING_FAIL, "group", err.text, err.hint);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
}

static void
inspect_doctor(const void *args, int timeout_ms, struct mst_findings *findings)
{
    const struct mst_source_args *source = args;
    struct kafka_consumer_conf consumer;
    kafka_consumer_conf_init(&consumer, source, false);
    rd_kafka_t *rk = mst_kafka_doctor(RD_KAFKA_CONSUMER, &consumer.args,
                                      timeout_ms, findings);
    if (rk == NULL) {
        return;
    }
    struct mst_kafka_wait wait = {.timeout_ms = timeout_ms};
    for (size_t i = 0; i < kafka_source_topics_len(source); i++) {
        const char *topic = kafka_source_topic(source, i);
        if (topic[0] != '^') {
            inspect_topic(rk, topic, &wait, findings);
        }
    }
    rd_kafka_destroy(rk);
}

static enum mst_status
inspect_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    struct kafka_consumer_conf consumer;
    kafka_consumer_conf_init(&consumer, args, false);
    return mst_kafka_conf_explain(&consumer.args, out, err);
}

const struct mst_inspect kafka_source_inspect = {
    .check = mst_kafka_service_check,
    .service = mst_kafka_service_doctor,
    .doctor = inspect_doctor,
    .explain = inspect_explain,
};
