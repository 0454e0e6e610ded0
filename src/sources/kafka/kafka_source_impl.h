/* SPDX-License-Identifier: MIT */
/*
 * The instance of a Kafka source, shared by the files of this folder.
 *
 * Rebalances: librdkafka calls back from within a poll of the reader thread;
 * the callback only notes what is wanted. Partitions that come are looked up
 * and assigned in the same read. For partitions that go, read ends at once
 * with batch->flush, and they are let go in the next read, when the engine
 * has confirmed, saved and committed all that was read of them.
 */
#ifndef MST_SOURCES_KAFKA_SOURCE_IMPL_H
#define MST_SOURCES_KAFKA_SOURCE_IMPL_H

#include <stdatomic.h>

#include "sources/kafka/kafka_parts.h"
#include "sources/kafka/kafka_source_options.h"

/* Messages that came while the engine had no room: few, because everything
 * is paused then. */
struct kafka_stash {
    rd_kafka_message_t **items;
    size_t len;
    size_t cap;
};

/* A client lives as long as messages of it do, in batches of the engine:
 * librdkafka can not be shut down before. */
struct kafka_client {
    rd_kafka_t *rk;
    atomic_uint refs;
    bool left; /* the group was told that this member leaves */
};

struct kafka_source {
    struct mst_source_args args;
    struct mst_kafka_owner owner;
    const struct mst_kafka_options *service;
    const struct kafka_source_options *options;
    struct kafka_parts parts;
    uint64_t queue_bytes; /* of prefetched messages, as configured */

    pthread_mutex_t mutex; /* guards rk and queue against other threads */
    struct kafka_client *client;
    rd_kafka_t *rk; /* the client's */
    rd_kafka_queue_t *queue;
    atomic_bool interrupted;
    atomic_llong lag_ms;
    atomic_llong lag_events;

    /* Thread: reader, as all below. */
    bool bounded;
    bool has_position; /* a checkpoint was there: the job is not new */
    bool assigned;     /* there was an assignment since open */
    bool closing;
    bool paused;    /* partitions are, because the engine has no room */
    bool revoked;   /* `revoke` waits for the engine ... */
    bool announced; /* ... which was asked to flush */
    bool down;      /* no broker can be reached */
    rd_kafka_topic_partition_list_t *assign; /* noted by the callback */
    rd_kafka_topic_partition_list_t *revoke;
    struct kafka_stash stash;
    struct mst_error trouble; /* why down */
    struct mst_error failed;  /* for the next read that counts; OK: none */
    uint64_t since_wake;      /* bytes read since the fetchers were woken */
    bool told_prefetch;       /* that prefetched messages take much memory */
    int64_t newest_ms;        /* timestamp of the newest message */
    int64_t stats_ms;
};

/* librdkafka's callbacks, from within a poll of the reader thread. */
void kafka_read_trouble(rd_kafka_t *rk, int code, const char *reason,
                        void *opaque);
void kafka_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                     rd_kafka_topic_partition_list_t *list, void *opaque);
/* Makes the client; no network. */
MST_MUST_CHECK enum mst_status kafka_client_start(struct kafka_source *source,
                                                  struct mst_error *err);
/* Leaves the group and drops the source's reference. */
void kafka_client_stop(struct kafka_source *source);
/* Thread: any. */
void kafka_client_ref(struct kafka_client *client);
void kafka_client_unref(void *memory); /* a struct kafka_client */

/* Takes what the callback noted; *ret_part is one of the new partitions, or
 * NULL. Position lost: MST_FATAL. */
MST_MUST_CHECK enum mst_status kafka_assign_take(struct kafka_source *source,
                                                 struct kafka_part **ret_part,
                                                 struct mst_error *err);
/* Lets go what was revoked. */
void kafka_assign_release(struct kafka_source *source);
/* Marks every owned partition as not ours. */
void kafka_assign_disown_all(struct kafka_source *source);
/* Stops or continues fetching of all partitions. */
void kafka_assign_pause(struct kafka_source *source, bool pause);

/* Takes message over, whatever is returned. */
MST_MUST_CHECK enum mst_status kafka_stash_put(struct kafka_stash *stash,
                                               rd_kafka_message_t *message,
                                               struct mst_error *err);
/* The oldest one, or NULL. */
rd_kafka_message_t *kafka_stash_take(struct kafka_stash *stash);
/* Forgets messages of partitions that are not owned any more. */
void kafka_stash_prune(struct kafka_source *source);
void kafka_stash_clear(struct kafka_stash *stash);

/* Fills event from message, which stays the caller's; the batch has to hold
 * it. MST_FATAL without memory. */
MST_MUST_CHECK enum mst_status kafka_message_fill(struct kafka_source *source,
                                                  struct kafka_part *part,
                                                  rd_kafka_message_t *message,
                                                  struct mst_event *event);

/* See mst_source_type. */
enum mst_status kafka_source_read(void *ctx, struct mst_batch *batch,
                                  int timeout_ms, struct mst_error *err);
enum mst_status kafka_source_seek_time(void *ctx, int64_t wall_ms,
                                       struct mst_buf *ret_position,
                                       struct mst_error *err);
extern const struct mst_inspect kafka_source_inspect;

/* Adds every partition of the topics that the source reads. Waits at most
 * some seconds. */
MST_MUST_CHECK enum mst_status
kafka_partitions_of(rd_kafka_t *rk, const struct mst_source_args *args,
                    rd_kafka_topic_partition_list_t *list,
                    struct mst_error *err);

/* Offsets for a time; where a partition has nothing that new, its end. list's
 * offsets are replaced. Waits at most some seconds. */
MST_MUST_CHECK enum mst_status
kafka_offsets_at(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                 int64_t wall_ms, struct mst_error *err);

#endif
