/* SPDX-License-Identifier: MIT */
/* The consumer of librdkafka: made, shared with batches, ended. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "sources/kafka/kafka_source_impl.h"

enum {
    /* Leaving a group takes some milliseconds. A coordinator that does not
     * answer gives up on the member by itself, after session.timeout.ms. */
    CLIENT_LEAVE_MS = 800,
    CLIENT_POLL_MS = 50
};

void
kafka_client_ref(struct kafka_client *client)
{
    atomic_fetch_add_explicit(&client->refs, 1, memory_order_relaxed);
}

void
kafka_client_unref(void *memory)
{
    struct kafka_client *client = memory;
    if (atomic_fetch_sub_explicit(&client->refs, 1, memory_order_acq_rel)
        == 1) {
        rd_kafka_destroy_flags(
            client->rk,
            client->left ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        free(client);
    }
}

static void
client_commit_done(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                   rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)rk;
    (void)list;
    const struct mst_kafka_owner *owner = opaque;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR
        || code == RD_KAFKA_RESP_ERR__NO_OFFSET) {
        return;
    }
    /* The checkpoint is saved and the next commit says the same and more. */
    const struct mst_log_field fields[] = {MST_LOG_STR("job", owner->job)};
    mst_log_write(MST_LOG_WARN, "kafka", fields, 1,
                  "cannot commit the group's offsets: %s",
                  rd_kafka_err2str(code));
}

enum mst_status
kafka_client_start(struct kafka_source *source, struct mst_error *err)
{
    struct kafka_consumer_conf consumer;
    kafka_consumer_conf_init(&consumer, &source->args, source->bounded);
    consumer.args.owner = &source->owner;
    rd_kafka_conf_t *conf = NULL;
    enum mst_status status = mst_kafka_conf_create(&consumer.args, &conf, err);
    if (status != MST_OK) {
        return status;
    }
    rd_kafka_conf_set_rebalance_cb(conf, kafka_rebalance);
    /* As events while open polls for them, by callback afterwards. */
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
    rd_kafka_conf_set_error_cb(conf, kafka_read_trouble);
    rd_kafka_conf_set_offset_commit_cb(conf, client_commit_done);
    rd_kafka_t *rk = NULL;
    status = mst_kafka_create(RD_KAFKA_CONSUMER, conf, &rk, err);
    if (status != MST_OK) {
        return status;
    }
    struct kafka_client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        rd_kafka_destroy(rk);
        return mst_fail_memory(err, "kafka");
    }
    client->rk = rk;
    atomic_store(&client->refs, 1);
    mst_mutex_lock(&source->mutex);
    source->client = client;
    source->rk = rk;
    source->queue = rd_kafka_queue_get_consumer(rk);
    mst_mutex_unlock(&source->mutex);
    return MST_OK;
}

/* Leaves the group, if it answers. */
static bool
client_leave(struct kafka_source *source)
{
    int64_t until = mst_clock_ms() + CLIENT_LEAVE_MS;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(source->rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(source->rk, queue);
    if (error != NULL) {
        rd_kafka_error_destroy(error); /* it is closed */
    }
    while (!rd_kafka_consumer_closed(source->rk) && mst_clock_ms() < until) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CLIENT_POLL_MS);
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
            kafka_rebalance(source->rk, rd_kafka_event_error(event),
                            rd_kafka_event_topic_partition_list(event),
                            &source->owner);
        }
        rd_kafka_event_destroy(event);
    }
    bool left = rd_kafka_consumer_closed(source->rk) != 0;
    rd_kafka_queue_destroy(queue);
    if (!left) {
        mst_log_info("kafka",
                     "the group does not answer and was not told that this "
                     "member leaves");
    }
    return left;
}

void
kafka_client_stop(struct kafka_source *source)
{
    if (source->client == NULL) {
        return;
    }
    source->closing = true;
    kafka_stash_clear(&source->stash);
    kafka_assign_release(source);
    source->client->left = client_leave(source);
    kafka_assign_disown_all(source);
    kafka_parts_forget_handles(&source->parts);
    mst_mutex_lock(&source->mutex);
    struct kafka_client *client = source->client;
    rd_kafka_queue_t *queue = source->queue;
    source->client = NULL;
    source->rk = NULL;
    source->queue = NULL;
    mst_mutex_unlock(&source->mutex);
    rd_kafka_queue_destroy(queue);
    kafka_client_unref(client);
}
