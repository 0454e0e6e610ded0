/* SPDX-License-Identifier: MIT */
/* Filling batches. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "log/log.h"
#include "sources/kafka/kafka_source_impl.h"

enum {
    READ_STATS_MS = 1000,
    READ_PROBE_MS = 200,
    READ_PREFETCH_FACTOR = 4, /* times what was asked for is worth a word */
    /* Per message: what librdkafka keeps for it, its headers, and what is left
     * of a fetched block when only some of its messages are in use. */
    READ_MESSAGE_OVERHEAD = 1024
};

static void
read_release(void *memory)
{
    rd_kafka_message_destroy(memory);
}

/* When its queue is full, librdkafka 2.0.2 stops fetching and looks again
 * only when its broker threads wake up: after a second. Any request wakes
 * them, so one is made when the queue has run empty; its answer is not waited
 * for. */
static void
read_wake_fetchers(struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    source->since_wake = 0;
    if (rd_kafka_assignment(source->rk, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    }
    if (list->cnt > 0) {
        (void)rd_kafka_offsets_for_times(source->rk, list, 0);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static enum mst_status
read_position_lost(struct kafka_source *source,
                   const rd_kafka_message_t *message, struct mst_error *err)
{
    int64_t low = 0;
    int64_t high = 0;
    struct kafka_part *part = kafka_parts_of(&source->parts, message);
    const char *topic = rd_kafka_topic_name(message->rkt);
    (void)rd_kafka_query_watermark_offsets(
        source->rk, topic, message->partition, &low, &high, READ_PROBE_MS);
    bool stop = source->options->on_lost_position == KAFKA_LOST_STOP;
    /* Where a gap is allowed, opening again finds and logs it. */
    (void)mst_fail(
        err, stop ? MST_FATAL : MST_DISCONNECTED, "kafka", message->err,
        "position lost: offset %" PRId64 " of %s/%" PRId32
        " is not there any more, the partition has %" PRId64 " to %" PRId64,
        part == NULL ? message->offset : part->read, topic, message->partition,
        low, high - 1);
    mst_error_hint(err, "to go on with a gap, set on_lost_position = "
                        "\"earliest\" or \"latest\", or rewind the job "
                        "(mstream checkpoints rewind)");
    return stop ? MST_FATAL : MST_DISCONNECTED;
}

/* librdkafka reports what it can not read, and some of it (a batch whose
 * checksum is wrong) it then passes over: nothing behind it may be read. */
static enum mst_status
read_unreadable(const rd_kafka_message_t *message, struct mst_error *err)
{
    rd_kafka_resp_err_t code = message->err;
    enum mst_status status = MST_DISCONNECTED; /* it may be the line's fault */
    if (code == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED
        || code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        status = MST_FATAL;
    } else if (code != RD_KAFKA_RESP_ERR__BAD_MSG
               && code != RD_KAFKA_RESP_ERR__BAD_COMPRESSION
               && code != RD_KAFKA_RESP_ERR__UNDERFLOW
               && code != RD_KAFKA_RESP_ERR_INVALID_MSG) {
        return MST_OK;
    }
    char what[320];
    (void)snprintf(
        what, sizeof(what), "cannot read offset %" PRId64 " of %s/%" PRId32,
        message->offset, rd_kafka_topic_name(message->rkt), message->partition);
    (void)mst_kafka_fail_as(err, status, code, what,
                            rd_kafka_message_errstr(message));
    mst_error_hint(err, "look at the partition with kafka-dump-log; to leave "
                        "this part out, set the job's position behind it "
                        "(mstream checkpoints set)");
    return status;
}

/* What is not a message. MST_OK: nothing to say. */
static enum mst_status
read_error(struct kafka_source *source, const rd_kafka_message_t *message,
           struct mst_error *err)
{
    rd_kafka_resp_err_t code = message->err;
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        struct kafka_part *part = kafka_parts_of(&source->parts, message);
        if (part != NULL && message->offset >= part->end) {
            part->done = true;
        }
        return MST_OK;
    }
    if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
        || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        return read_position_lost(source, message, err);
    }
    enum mst_status unreadable =
        message->rkt == NULL ? MST_OK : read_unreadable(message, err);
    if (unreadable != MST_OK) {
        return unreadable;
    }
    struct mst_error what;
    const char *where =
        message->rkt == NULL ? "Kafka" : rd_kafka_topic_name(message->rkt);
    if (mst_kafka_fail(&what, code, where, rd_kafka_message_errstr(message))
        == MST_FATAL) {
        if (err != NULL) {
            *err = what;
        }
        return MST_FATAL;
    }
    source->trouble = what; /* librdkafka's to heal */
    return MST_OK;
}

void
kafka_read_trouble(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct kafka_source *source = ((struct mst_kafka_owner *)opaque)->ctx;
    char text[512] = "";
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        code = rd_kafka_fatal_error(rk, text, sizeof(text));
        (void)mst_kafka_fail_as(&source->failed, MST_FATAL, code,
                                "the consumer gave up", text);
        return;
    }
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        /* It follows the error that says why. */
        source->down = true;
        if (source->trouble.status != MST_OK) {
            return;
        }
    }
    if (mst_kafka_trouble(&source->trouble, code, reason) == MST_FATAL) {
        /* Opening it again tells whether this is for good. */
        source->failed = source->trouble;
        source->failed.status = MST_DISCONNECTED;
    }
}

/* Takes message over. MST_AGAIN: it is not for the engine. */
static enum mst_status
read_add(struct kafka_source *source, struct mst_batch *batch,
         rd_kafka_message_t *message, struct mst_error *err)
{
    struct kafka_part *part = kafka_parts_of(&source->parts, message);
    if (part == NULL || !part->owned || message->offset >= part->end) {
        if (part != NULL && message->offset >= part->end) {
            part->done = true;
        }
        rd_kafka_message_destroy(message);
        return part == NULL ? mst_fail_memory(err, "kafka") : MST_AGAIN;
    }
    size_t bytes = message->len + message->key_len + READ_MESSAGE_OVERHEAD;
    struct mst_event *event = mst_batch_add(batch);
    enum mst_status status =
        event == NULL ? MST_FATAL
                      : mst_batch_hold(batch, read_release, message, bytes);
    if (status != MST_OK) {
        rd_kafka_message_destroy(message);
    } else {
        status = kafka_message_fill(source, part, message, event);
    }
    if (status != MST_OK) {
        if (event != NULL) {
            mst_batch_undo(batch);
        }
        return mst_fail_memory(err, "kafka");
    }
    mst_batch_added(batch, event);
    part->read = message->offset + 1;
    part->done = part->read >= part->end;
    source->since_wake += bytes;
    if (event->source_ts_ms > source->newest_ms) {
        source->newest_ms = event->source_ts_ms;
    }
    return MST_OK;
}

static enum mst_status
read_take_assignment(struct kafka_source *source, struct mst_batch *batch,
                     struct mst_error *err)
{
    struct kafka_part *part = NULL;
    enum mst_status status = kafka_assign_take(source, &part, err);
    if (status != MST_OK || part == NULL || batch->end_mark.data != NULL) {
        return status;
    }
    /* So that where a new job began is saved before anything was read. */
    struct kafka_mark *mark = mst_arena_alloc(&batch->arena, sizeof(*mark));
    if (mark == NULL) {
        return mst_fail_memory(err, "kafka");
    }
    *mark = (struct kafka_mark){part->index, part->generation, part->read};
    batch->end_mark = mst_slice_of(mark, sizeof(*mark));
    return MST_OK;
}

/* One step of filling. MST_OK: go on; MST_AGAIN: nothing within the time;
 * MST_END: give what is there. */
static enum mst_status
read_step(struct kafka_source *source, struct mst_batch *batch, int timeout_ms,
          struct mst_error *err)
{
    rd_kafka_message_t *message =
        batch->max_events == 0 ? NULL : kafka_stash_take(&source->stash);
    if (message == NULL) {
        message = rd_kafka_consumer_poll(source->rk, timeout_ms);
    }
    enum mst_status status = MST_OK;
    if (message != NULL && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = read_error(source, message, err);
        rd_kafka_message_destroy(message);
    } else if (message != NULL && batch->max_events == 0) {
        return kafka_stash_put(&source->stash, message, err);
    } else if (message != NULL) {
        source->down = false;
        mst_error_clear(&source->trouble);
        status = read_add(source, batch, message, err);
        status = status == MST_AGAIN ? MST_OK : status;
    }
    if (status == MST_OK && source->assign != NULL) {
        return read_take_assignment(source, batch, err);
    }
    if (status == MST_OK && source->revoked) {
        return MST_END;
    }
    return status == MST_OK && message == NULL ? MST_AGAIN : status;
}

/* What is fetched is bounded as it is compressed: a few hundred kilobytes can
 * be hundreds of megabytes of messages, which nothing counts before they are
 * read. Told once, because the remedy costs requests where messages are not
 * like that. */
static void
read_judge_prefetch(struct kafka_source *source, const struct mst_batch *batch)
{
    if (source->told_prefetch || batch->len == 0
        || mst_kafka_property(source->service, "fetch.message.max.bytes")
               != NULL) {
        return;
    }
    uint64_t waiting = (uint64_t)rd_kafka_outq_len(source->rk);
    uint64_t bytes = waiting * (batch->bytes / batch->len);
    if (bytes < READ_PREFETCH_FACTOR * source->queue_bytes) {
        return;
    }
    source->told_prefetch = true;
    const struct mst_log_field fields[] = {
        MST_LOG_STR("job", source->args.job),
        MST_LOG_STR("hint", "to keep memory small, set "
                            "\"fetch.message.max.bytes\" = \"1024\" of the "
                            "service: one batch per request and partition")};
    mst_log_write(MST_LOG_WARN, "kafka", fields, 2,
                  "messages are compressed so well that fetched ones take "
                  "%" PRIu64 " MiB outside of the memory budget",
                  bytes >> 20);
}

static bool
read_all_done(const struct kafka_source *source)
{
    if (!source->bounded || !source->assigned) {
        return false;
    }
    for (size_t i = 0; i < source->parts.len; i++) {
        if (source->parts.items[i]->owned && !source->parts.items[i]->done) {
            return false;
        }
    }
    return true;
}

static void
read_stats(struct kafka_source *source)
{
    int64_t now = mst_clock_ms();
    if (now - source->stats_ms < READ_STATS_MS) {
        return;
    }
    source->stats_ms = now;
    int64_t behind = 0;
    for (size_t i = 0; i < source->parts.len; i++) {
        const struct kafka_part *part = source->parts.items[i];
        int64_t low = 0;
        int64_t high = 0;
        if (part->owned && part->read >= 0
            && rd_kafka_get_watermark_offsets(source->rk, part->topic,
                                              part->partition, &low, &high)
                   == RD_KAFKA_RESP_ERR_NO_ERROR
            && high > part->read) {
            behind += high - part->read;
        }
    }
    atomic_store(&source->lag_events, behind);
    int64_t lag = behind == 0 ? 0 : -1;
    if (behind > 0 && source->newest_ms > 0) {
        lag = mst_clock_wall_ms() - source->newest_ms;
    }
    atomic_store(&source->lag_ms, lag);
}

/* The engine has no room: answers the group, and gives memory back. */
static enum mst_status
read_nothing(struct kafka_source *source, struct mst_batch *batch,
             int timeout_ms, struct mst_error *err)
{
    if (!source->paused) {
        kafka_assign_pause(source, true);
    }
    enum mst_status status = read_step(source, batch, timeout_ms, err);
    if (status != MST_OK && status != MST_AGAIN && status != MST_END
        && err != NULL) {
        /* The engine does not listen now. */
        source->failed = *err;
        source->failed.status = status;
    }
    return MST_AGAIN;
}

static enum mst_status
read_fill(struct kafka_source *source, struct mst_batch *batch, int timeout_ms,
          struct mst_error *err)
{
    enum mst_status status = MST_OK;
    while (
        status == MST_OK && !mst_batch_is_full(batch) && !read_all_done(source)
        && !atomic_load_explicit(&source->interrupted, memory_order_relaxed)) {
        /* An assignment's mark is worth an answer at once, too. */
        bool some = batch->len > 0 || batch->end_mark.data != NULL;
        status = read_step(source, batch, some ? 0 : timeout_ms, err);
        if (status == MST_AGAIN
            && source->since_wake >= source->queue_bytes / 4) {
            read_wake_fetchers(source);
            status = some ? MST_AGAIN : MST_OK;
        }
    }
    return status;
}

/* No broker was reachable: is one again? */
static enum mst_status
read_probe(struct kafka_source *source, struct mst_error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    if (rd_kafka_metadata(source->rk, 0, NULL, &metadata, READ_PROBE_MS)
        == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
        source->down = false;
        mst_error_clear(&source->trouble);
        return MST_OK;
    }
    if (err != NULL) {
        *err = source->trouble;
        err->status = MST_RETRY;
    }
    return MST_RETRY;
}

/* Hands over what went wrong when nobody listened, once. */
static enum mst_status
read_failed(struct kafka_source *source, struct mst_error *err)
{
    enum mst_status status = source->failed.status;
    if (err != NULL) {
        *err = source->failed;
    }
    mst_error_clear(&source->failed);
    return status;
}

enum mst_status
kafka_source_read(void *ctx, struct mst_batch *batch, int timeout_ms,
                  struct mst_error *err)
{
    struct kafka_source *source = ctx;
    if (batch->max_events == 0) {
        return read_nothing(source, batch, timeout_ms, err);
    }
    if (source->announced) {
        kafka_assign_release(source);
    }
    if (source->paused) {
        kafka_assign_pause(source, false);
    }
    enum mst_status status = MST_OK;
    if (!source->revoked && source->failed.status == MST_OK) {
        status = read_fill(source, batch, timeout_ms, err);
    }
    atomic_store(&source->interrupted, false);
    read_judge_prefetch(source, batch);
    if (batch->len > 0) {
        /* Behind the messages, so that it is released after them. */
        kafka_client_ref(source->client);
        if (mst_batch_hold(batch, kafka_client_unref, source->client, 0)
            != MST_OK) {
            kafka_client_unref(source->client);
            return mst_fail_memory(err, "kafka");
        }
    }
    read_stats(source);
    batch->flush = source->revoked;
    source->announced = source->revoked;
    bool some = batch->len > 0 || batch->end_mark.data != NULL || batch->flush;
    if (status == MST_OK || status == MST_END || status == MST_AGAIN) {
        if (some) {
            return MST_OK;
        }
        if (source->failed.status != MST_OK) {
            return read_failed(source, err);
        }
        if (read_all_done(source)) {
            return MST_END;
        }
        return source->down ? read_probe(source, err) : MST_AGAIN;
    }
    return status;
}
