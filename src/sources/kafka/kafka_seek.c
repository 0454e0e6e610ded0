/* SPDX-License-Identifier: MIT */
/* Offsets for a moment in time. */
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>

#include "sources/kafka/kafka_source_impl.h"

enum { SEEK_TIMEOUT_MS = 10000 };

enum mst_status
kafka_offsets_at(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                 int64_t wall_ms, struct mst_error *err)
{
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = wall_ms < 0 ? 0 : wall_ms;
    }
    rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(rk, list, SEEK_TIMEOUT_MS);
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        rd_kafka_topic_partition_t *elem = &list->elems[i];
        code = elem->err;
        /* 0 is an offset like any other; negative means that nothing is that
         * new, so what comes next is the first that is. */
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR && elem->offset < 0) {
            int64_t low = 0;
            code = rd_kafka_query_watermark_offsets(
                rk, elem->topic, elem->partition, &low, &elem->offset,
                SEEK_TIMEOUT_MS);
        }
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? MST_OK
               : mst_kafka_fail(err, code, "cannot look up offsets by time",
                                NULL);
}

static bool
seek_wants(const struct mst_source_args *args, const char *topic)
{
    for (size_t i = 0; i < kafka_source_topics_len(args); i++) {
        const char *wanted = kafka_source_topic(args, i);
        if (wanted[0] != '^') {
            if (strcmp(wanted, topic) == 0) {
                return true;
            }
            continue;
        }
        regex_t pattern;
        if (regcomp(&pattern, wanted, REG_EXTENDED | REG_NOSUB) == 0) {
            bool found = regexec(&pattern, topic, 0, NULL, 0) == 0;
            regfree(&pattern);
            if (found) {
                return true;
            }
        }
    }
    return false;
}

enum mst_status
kafka_partitions_of(rd_kafka_t *rk, const struct mst_source_args *args,
                    rd_kafka_topic_partition_list_t *list,
                    struct mst_error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(rk, 1, NULL, &metadata, SEEK_TIMEOUT_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mst_kafka_fail(err, code, "cannot list topics", NULL);
    }
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
        for (int p = 0;
             seek_wants(args, topic->topic) && p < topic->partition_cnt; p++) {
            (void)rd_kafka_topic_partition_list_add(list, topic->topic,
                                                    topic->partitions[p].id);
        }
    }
    rd_kafka_metadata_destroy(metadata);
    if (list->cnt == 0) {
        return mst_fail(
            err, MST_FATAL, "kafka", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            "no topic '%s' on the brokers", kafka_source_topic(args, 0));
    }
    return MST_OK;
}

static enum mst_status
seek_write(const rd_kafka_topic_partition_list_t *list, struct mst_buf *out,
           struct mst_error *err)
{
    struct kafka_parts parts;
    kafka_parts_init(&parts);
    enum mst_status status = MST_OK;
    for (int i = 0; status == MST_OK && i < list->cnt; i++) {
        struct kafka_part *part = kafka_parts_get(&parts, list->elems[i].topic,
                                                  list->elems[i].partition);
        if (part == NULL) {
            status = mst_fail_memory(err, "kafka");
        } else {
            kafka_parts_own(&parts, part, list->elems[i].offset);
        }
    }
    if (status == MST_OK) {
        status = kafka_parts_write(&parts, out, err);
    }
    kafka_parts_clear(&parts);
    return status;
}

enum mst_status
kafka_source_seek_time(void *ctx, int64_t wall_ms, struct mst_buf *ret_position,
                       struct mst_error *err)
{
    struct kafka_source *source = ctx;
    struct kafka_consumer_conf consumer;
    kafka_consumer_conf_init(&consumer, &source->args, false);
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *rk = NULL;
    enum mst_status status = mst_kafka_conf_create(&consumer.args, &conf, err);
    if (status == MST_OK) {
        status = mst_kafka_create(RD_KAFKA_CONSUMER, conf, &rk, err);
    }
    if (status != MST_OK) {
        return status;
    }
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(16);
    status = kafka_partitions_of(rk, &source->args, list, err);
    if (status == MST_OK) {
        status = kafka_offsets_at(rk, list, wall_ms, err);
    }
    if (status == MST_OK) {
        status = seek_write(list, ret_position, err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
    return status;
}
