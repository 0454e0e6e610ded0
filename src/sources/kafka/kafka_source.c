/* SPDX-License-Identifier: MIT */
/* The life of a Kafka source: create, open, commit, close; and its type. */
#include "sources/kafka/kafka_source.h"

#include <stdlib.h>

#include "base/thread.h"
#include "clients/kafka_place.h"
#include "sources/kafka/kafka_source_impl.h"

enum { SOURCE_OPEN_MS = 10000 };

static enum mst_status
source_check(const struct mst_source_args *args, struct mst_error *err)
{
    if (kafka_source_topics_len(args) == 0) {
        return mst_fail(err, MST_FATAL, "kafka", 0,
                        "resource must name a topic");
    }
    if (args->input_encoding == MST_ENCODING_NONE) {
        (void)mst_fail(err, MST_FATAL, "kafka", 0,
                       "input_encoding is missing: Kafka does not say what is "
                       "in a message");
        mst_error_hint(err, "add input_encoding = \"json\" (or bson, avro) to "
                            "the source");
        return MST_FATAL;
    }
    struct kafka_start start;
    enum mst_status status = kafka_start_parse(args, &start, err);
    if (status != MST_OK) {
        return status;
    }
    struct kafka_consumer_conf consumer;
    rd_kafka_conf_t *conf = NULL;
    kafka_consumer_conf_init(&consumer, args, false);
    status = mst_kafka_conf_create(&consumer.args, &conf, err);
    if (status == MST_OK) {
        rd_kafka_conf_destroy(conf);
    }
    return status;
}

static enum mst_status
source_create(void **ret_ctx, const struct mst_source_args *args,
              struct mst_error *err)
{
    enum mst_status status = source_check(args, err);
    if (status != MST_OK) {
        return status;
    }
    struct kafka_source *source = calloc(1, sizeof(*source));
    if (source == NULL) {
        return mst_fail_memory(err, "kafka");
    }
    source->args = *args;
    source->owner = (struct mst_kafka_owner){args->job, source};
    source->service = args->service;
    source->options = args->options;
    const char *kbytes =
        mst_kafka_property(source->service, "queued.max.messages.kbytes");
    source->queue_bytes =
        1024 * (kbytes == NULL ? 4096 : strtoull(kbytes, NULL, 10));
    kafka_parts_init(&source->parts);
    (void)pthread_mutex_init(&source->mutex, NULL);
    *ret_ctx = source;
    return MST_OK;
}

/* Each topic that is named in full must be there: librdkafka would wait for
 * it without a word. */
static enum mst_status
source_check_topics(struct kafka_source *source, struct mst_error *err)
{
    rd_kafka_queue_t *events = rd_kafka_queue_get_main(source->rk);
    struct mst_kafka_wait wait = {.timeout_ms = SOURCE_OPEN_MS,
                                  .stop = &source->interrupted,
                                  .events = events};
    enum mst_status status = MST_OK;
    size_t n = kafka_source_topics_len(&source->args);
    for (size_t i = 0; status == MST_OK && i < n; i++) {
        const char *topic = kafka_source_topic(&source->args, i);
        status = mst_kafka_topic_ask(source->rk, topic[0] == '^' ? NULL : topic,
                                     &wait, NULL, err);
    }
    rd_kafka_queue_destroy(events);
    return status;
}

static enum mst_status
source_subscribe(struct kafka_source *source, struct mst_error *err)
{
    size_t n = kafka_source_topics_len(&source->args);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) {
        (void)rd_kafka_topic_partition_list_add(
            list, kafka_source_topic(&source->args, i), RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t code = rd_kafka_subscribe(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? MST_OK
               : mst_kafka_fail(err, code, "cannot subscribe", NULL);
}

/* Takes all partitions as if the group had given them, without joining it:
 * the members of the group keep what they have. */
static enum mst_status
source_look(struct kafka_source *source, struct mst_error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(16);
    enum mst_status status =
        kafka_partitions_of(source->rk, &source->args, list, err);
    if (status == MST_OK) {
        source->assign = list;
        return status;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static void
source_close(void *ctx)
{
    kafka_client_stop(ctx);
}

static enum mst_status
source_open(void *ctx, const struct mst_start *start, struct mst_error *err)
{
    struct kafka_source *source = ctx;
    source->bounded = start->bounded;
    source->has_position = start->position.data != NULL;
    source->assigned = false;
    source->closing = false;
    source->paused = false;
    source->down = false;
    source->since_wake = 0;
    mst_error_clear(&source->trouble);
    mst_error_clear(&source->failed);
    atomic_store(&source->lag_ms, -1);
    atomic_store(&source->lag_events, -1);
    enum mst_status status = MST_OK;
    if (source->has_position) {
        status = kafka_parts_read(&source->parts, start->position,
                                  start->origin == MST_POSITION_SET, err);
    }
    if (status == MST_OK) {
        status = kafka_client_start(source, err);
    }
    if (status != MST_OK) {
        return status;
    }
    status = source_check_topics(source, err);
    if (status == MST_OK) {
        (void)rd_kafka_poll_set_consumer(source->rk);
        status = start->look_only ? source_look(source, err)
                                  : source_subscribe(source, err);
    }
    if (status != MST_OK) {
        source_close(source);
    }
    atomic_store(&source->interrupted, false);
    return status;
}

static void
source_settle(void *ctx, struct mst_slice bytes)
{
    struct kafka_source *source = ctx;
    struct kafka_mark mark;
    if (bytes.len == sizeof(mark)) {
        memcpy(&mark, bytes.data, sizeof(mark));
        kafka_parts_settle(&source->parts, &mark);
    }
}

static enum mst_status
source_position(void *ctx, struct mst_buf *out, struct mst_error *err)
{
    struct kafka_source *source = ctx;
    return kafka_parts_write(&source->parts, out, err);
}

struct source_commit {
    struct kafka_parts *parts;
    rd_kafka_topic_partition_list_t *list;
};

/* Lock: parts->mutex held. */
static enum mst_status
source_commit_one(void *arg, const char *topic, int32_t partition, int64_t next)
{
    struct source_commit *commit = arg;
    for (size_t i = 0; i < commit->parts->len; i++) {
        struct kafka_part *part = commit->parts->items[i];
        if (part->owned && part->partition == partition
            && part->committed != next && strcmp(part->topic, topic) == 0) {
            part->committed = next;
            rd_kafka_topic_partition_list_add(commit->list, topic, partition)
                ->offset = next;
        }
    }
    return MST_OK;
}

static enum mst_status
source_committed(void *ctx, struct mst_slice position, struct mst_error *err)
{
    struct kafka_source *source = ctx;
    struct source_commit commit = {&source->parts,
                                   rd_kafka_topic_partition_list_new(16)};
    mst_mutex_lock(&source->parts.mutex);
    enum mst_status status =
        kafka_position_parse(position, source_commit_one, &commit, err);
    mst_mutex_unlock(&source->parts.mutex);
    mst_mutex_lock(&source->mutex);
    if (status == MST_OK && source->rk != NULL && commit.list->cnt > 0) {
        /* The answer comes to source_commit_done. A partition that is being
         * taken away is still told: the request goes ahead of the one that
         * gives it up. */
        rd_kafka_resp_err_t code = rd_kafka_commit(source->rk, commit.list, 1);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            status =
                mst_kafka_fail_as(err, MST_RETRY, code,
                                  "cannot commit the group's offsets", NULL);
        }
    }
    mst_mutex_unlock(&source->mutex);
    rd_kafka_topic_partition_list_destroy(commit.list);
    return status;
}

static void
source_interrupt(void *ctx)
{
    struct kafka_source *source = ctx;
    atomic_store(&source->interrupted, true);
    mst_mutex_lock(&source->mutex);
    if (source->queue != NULL) {
        rd_kafka_queue_yield(source->queue);
    }
    mst_mutex_unlock(&source->mutex);
}

static void
source_destroy(void *ctx)
{
    struct kafka_source *source = ctx;
    if (source == NULL) {
        return;
    }
    source_close(source);
    kafka_parts_clear(&source->parts);
    (void)pthread_mutex_destroy(&source->mutex);
    free(source);
}

static void
source_stats(void *ctx, struct mst_source_stats *ret_stats)
{
    struct kafka_source *source = ctx;
    ret_stats->lag_ms = atomic_load(&source->lag_ms);
    ret_stats->lag_events = atomic_load(&source->lag_events);
}

static enum mst_status
source_identity(const struct mst_source_args *args, struct mst_buf *out,
                struct mst_error *err)
{
    enum mst_status status = mst_buf_append_str(out, "kafka/");
    for (size_t i = 0; status == MST_OK && i < kafka_source_topics_len(args);
         i++) {
        status = mst_buf_printf(out, "%s%s", i == 0 ? "" : ",",
                                kafka_source_topic(args, i));
    }
    return status == MST_OK ? MST_OK : mst_fail_memory(err, "kafka");
}

/* Marks count partitions as this process came to know them: what says where a
 * letter's message is are its attributes. */
static enum mst_status
source_locate(const struct mst_letter *letter, bool for_machines,
              struct mst_buf *out)
{
    return mst_kafka_place_write(letter->attributes, letter->attributes_len,
                                 for_machines, out);
}

static enum mst_encoding
source_encoding(const struct mst_source_args *args)
{
    (void)args;
    return MST_ENCODING_NONE;
}

const struct mst_source_type mst_kafka_source = {
    .name = "kafka",
    .help = "Reads topics as a member of a consumer group, and keeps the "
            "positions of all partitions in the checkpoint.",
    .service_options = MST_KAFKA_SERVICE_TABLE,
    .options = {.options = kafka_source_options,
                .len = KAFKA_SOURCE_OPTIONS_LEN,
                .size = sizeof(struct kafka_source_options)},
    .create = source_create,
    .open = source_open,
    .read = kafka_source_read,
    .settle = source_settle,
    .position = source_position,
    .committed = source_committed,
    .interrupt = source_interrupt,
    .close = source_close,
    .destroy = source_destroy,
    .stats = source_stats,
    .describe = kafka_position_describe,
    .locate = source_locate,
    .seek_time = kafka_source_seek_time,
    .identity = source_identity,
    .encoding = source_encoding,
    .inspect = &kafka_source_inspect,
};
