/* SPDX-License-Identifier: MIT */
/* Partitions that come and go, and where reading them begins. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "sources/kafka/kafka_source_impl.h"

enum { ASSIGN_SLICE_MS = 1000, ASSIGN_TIMEOUT_MS = 15000 };

static bool
assign_is_cooperative(rd_kafka_t *rk)
{
    return strcmp(rd_kafka_rebalance_protocol(rk), "COOPERATIVE") == 0;
}

static void
assign_free(rd_kafka_topic_partition_list_t **list)
{
    if (*list != NULL) {
        rd_kafka_topic_partition_list_destroy(*list);
        *list = NULL;
    }
}

static void
assign_disown(struct kafka_source *source,
              const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        struct kafka_part *part = kafka_parts_get(
            &source->parts, list->elems[i].topic, list->elems[i].partition);
        if (part != NULL) {
            kafka_parts_disown(&source->parts, part);
        }
    }
    kafka_stash_prune(source);
}

void
kafka_assign_disown_all(struct kafka_source *source)
{
    for (size_t i = 0; i < source->parts.len; i++) {
        if (source->parts.items[i]->owned) {
            kafka_parts_disown(&source->parts, source->parts.items[i]);
        }
    }
    kafka_stash_prune(source);
    assign_free(&source->assign);
    assign_free(&source->revoke);
    source->revoked = false;
    source->announced = false;
}

static void
assign_let_go(struct kafka_source *source, rd_kafka_t *rk,
              const rd_kafka_topic_partition_list_t *list)
{
    assign_disown(source, list);
    if (assign_is_cooperative(rk)) {
        rd_kafka_error_t *error = rd_kafka_incremental_unassign(rk, list);
        if (error != NULL) {
            rd_kafka_error_destroy(error);
            (void)rd_kafka_assign(rk, NULL);
        }
    } else {
        (void)rd_kafka_assign(rk, NULL);
    }
}

void
kafka_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_source *source = ((struct mst_kafka_owner *)opaque)->ctx;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assign_free(&source->assign);
        source->assign = rd_kafka_topic_partition_list_copy(list);
        return;
    }
    if (code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        (void)rd_kafka_assign(rk, NULL);
        kafka_assign_disown_all(source);
        return;
    }
    /* What was lost (the group gave up on us) already is somebody else's. */
    if (source->closing || rd_kafka_assignment_lost(rk) != 0) {
        assign_let_go(source, rk, list);
        return;
    }
    assign_free(&source->revoke);
    source->revoke = rd_kafka_topic_partition_list_copy(list);
    source->revoked = true;
}

void
kafka_assign_release(struct kafka_source *source)
{
    if (source->revoke != NULL) {
        assign_let_go(source, source->rk, source->revoke);
        assign_free(&source->revoke);
        /* A bounded read is not over: another assignment follows. */
        source->assigned = false;
    }
    source->revoked = false;
    source->announced = false;
}

void
kafka_assign_pause(struct kafka_source *source, bool pause)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    source->paused = pause;
    if (rd_kafka_assignment(source->rk, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    (void)(pause ? rd_kafka_pause_partitions(source->rk, list)
                 : rd_kafka_resume_partitions(source->rk, list));
    rd_kafka_topic_partition_list_destroy(list);
}

/* Asks again until there is an answer, in slices that an interrupt ends. */
static bool
assign_ask_again(struct kafka_source *source, rd_kafka_resp_err_t code,
                 int64_t start_ms)
{
    return (code == RD_KAFKA_RESP_ERR__TIMED_OUT
            || code == RD_KAFKA_RESP_ERR__WAIT_COORD
            || code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            || code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR
            || code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
            || code == RD_KAFKA_RESP_ERR__TRANSPORT)
           && mst_clock_ms() - start_ms < ASSIGN_TIMEOUT_MS
           && !atomic_load(&source->interrupted);
}

static enum mst_status
assign_ask_committed(struct kafka_source *source,
                     rd_kafka_topic_partition_list_t *list,
                     struct mst_error *err)
{
    int64_t start = mst_clock_ms();
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    do {
        code = rd_kafka_committed(source->rk, list, ASSIGN_SLICE_MS);
    } while (assign_ask_again(source, code, start));
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        code = list->elems[i].err;
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? MST_OK
               : mst_kafka_fail(err, code, "cannot read the group's offsets",
                                NULL);
}

static enum mst_status
assign_ask_ends(struct kafka_source *source, const struct kafka_part *part,
                int64_t *ret_low, int64_t *ret_high, struct mst_error *err)
{
    int64_t start = mst_clock_ms();
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    do {
        code = rd_kafka_query_watermark_offsets(source->rk, part->topic,
                                                part->partition, ret_low,
                                                ret_high, ASSIGN_SLICE_MS);
    } while (assign_ask_again(source, code, start));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return MST_OK;
    }
    char what[320];
    (void)snprintf(what, sizeof(what), "cannot ask for the ends of %s/%s",
                   part->topic, part->text);
    return mst_kafka_fail(err, code, what, NULL);
}

/* Where a partition begins that nobody knows. A partition that came to the
 * topic after the job's first start is read from its beginning whatever
 * `start` says: it is all new. */
static enum mst_status
assign_start(struct kafka_source *source, const struct kafka_part *part,
             int64_t low, int64_t high, int64_t *ret_offset,
             struct mst_error *err)
{
    struct kafka_start start;
    enum mst_status status = kafka_start_parse(&source->args, &start, err);
    if (status != MST_OK) {
        return status;
    }
    if (source->has_position || start.kind == KAFKA_START_EARLIEST
        || start.kind == KAFKA_START_COMMITTED) {
        *ret_offset = low;
        return MST_OK;
    }
    if (start.kind == KAFKA_START_LATEST) {
        *ret_offset = high;
        return MST_OK;
    }
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(list, part->topic, part->partition);
    status = kafka_offsets_at(source->rk, list, start.wall_ms, err);
    if (status == MST_OK) {
        *ret_offset = list->elems[0].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

/* The offset is no longer, or not yet, in the partition. */
static enum mst_status
assign_lost(struct kafka_source *source, const struct kafka_part *part,
            int64_t low, int64_t high, int64_t *offset, struct mst_error *err)
{
    struct mst_error lost;
    if (*offset < low) {
        (void)mst_fail(
            &lost, MST_FATAL, "kafka", RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
            "position lost: offsets %" PRId64 " to %" PRId64
            " of %s/%s (%" PRId64
            " messages) were deleted by the broker before they "
            "were read",
            *offset, low - 1, part->topic, part->text, low - *offset);
    } else {
        (void)mst_fail(&lost, MST_FATAL, "kafka",
                       RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
                       "position lost: %s/%s ends at offset %" PRId64
                       ", before the position %" PRId64
                       ": the topic was deleted and made again",
                       part->topic, part->text, high, *offset);
    }
    mst_error_hint(&lost, "to go on with a gap, set on_lost_position = "
                          "\"earliest\" or \"latest\", or rewind the job "
                          "(mstream checkpoints rewind)");
    mst_error_lasts(&lost);
    if (source->options->on_lost_position == KAFKA_LOST_STOP) {
        if (err != NULL) {
            *err = lost;
        }
        return MST_FATAL;
    }
    mst_log_failure(MST_LOG_WARN, "kafka", source->args.job, &lost);
    *offset =
        source->options->on_lost_position == KAFKA_LOST_LATEST ? high : low;
    return MST_OK;
}

/* Both the checkpoint and the group may be behind: the group, because a crash
 * came between saving the checkpoint and committing; the checkpoint, because
 * another member of the group had the partition meanwhile. Each of the two
 * only ever says what was delivered, so the further one is right. */
static enum mst_status
assign_offset(struct kafka_source *source, struct kafka_part *part,
              int64_t committed, int64_t *ret_offset, struct mst_error *err)
{
    int64_t low = 0;
    int64_t high = 0;
    enum mst_status status = assign_ask_ends(source, part, &low, &high, err);
    if (status != MST_OK) {
        return status;
    }
    int64_t offset = kafka_parts_next(&source->parts, part);
    if (!part->pinned && committed > offset) {
        offset = committed;
    }
    if (offset < 0) {
        status = assign_start(source, part, low, high, &offset, err);
    }
    if (status == MST_OK && (offset < low || offset > high)) {
        status = assign_lost(source, part, low, high, &offset, err);
    }
    if (status != MST_OK) {
        return status;
    }
    part->end = source->bounded ? high : INT64_MAX;
    part->done = source->bounded && offset >= high;
    *ret_offset = offset;
    return MST_OK;
}

/* Fills in the offsets of list, and owns its partitions. */
static enum mst_status
assign_resolve(struct kafka_source *source,
               rd_kafka_topic_partition_list_t *list,
               struct kafka_part **ret_part, struct mst_error *err)
{
    enum mst_status status = assign_ask_committed(source, list, err);
    for (int i = 0; status == MST_OK && i < list->cnt; i++) {
        rd_kafka_topic_partition_t *elem = &list->elems[i];
        struct kafka_part *part =
            kafka_parts_get(&source->parts, elem->topic, elem->partition);
        if (part == NULL) {
            return mst_fail_memory(err, "kafka");
        }
        int64_t offset = 0;
        status = assign_offset(source, part, elem->offset, &offset, err);
        if (status == MST_OK) {
            elem->offset = offset;
            kafka_parts_own(&source->parts, part, offset);
            *ret_part = part;
        }
    }
    return status;
}

static enum mst_status
assign_tell(struct kafka_source *source,
            const rd_kafka_topic_partition_list_t *list, struct mst_error *err)
{
    if (!assign_is_cooperative(source->rk)) {
        rd_kafka_resp_err_t code = rd_kafka_assign(source->rk, list);
        return code == RD_KAFKA_RESP_ERR_NO_ERROR
                   ? MST_OK
                   : mst_kafka_fail_as(err, MST_DISCONNECTED, code,
                                       "cannot take partitions", NULL);
    }
    rd_kafka_error_t *error = rd_kafka_incremental_assign(source->rk, list);
    if (error == NULL) {
        return MST_OK;
    }
    (void)mst_kafka_fail_as(err, MST_DISCONNECTED, rd_kafka_error_code(error),
                            "cannot take partitions",
                            rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return MST_DISCONNECTED;
}

enum mst_status
kafka_assign_take(struct kafka_source *source, struct kafka_part **ret_part,
                  struct mst_error *err)
{
    rd_kafka_topic_partition_list_t *list = source->assign;
    source->assign = NULL;
    *ret_part = NULL;
    enum mst_status status = assign_resolve(source, list, ret_part, err);
    if (status == MST_OK) {
        status = assign_tell(source, list, err);
    }
    if (status == MST_OK) {
        source->assigned = true;
        /* From now on a partition that nobody knows is new to the topic. */
        source->has_position = source->has_position || list->cnt > 0;
        const struct mst_log_field fields[] = {
            MST_LOG_STR("job", source->args.job),
            MST_LOG_NUM("partitions", list->cnt)};
        mst_log_write(MST_LOG_INFO, "kafka", fields, 2, "partitions assigned");
        if (source->paused) {
            kafka_assign_pause(source, true);
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
