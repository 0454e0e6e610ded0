/* SPDX-License-Identifier: MIT */
/*
 * The partitions that a source has ever had: who owns them, how far each is
 * settled. They are never forgotten, so that a checkpoint always speaks of
 * all of them. Private to this folder.
 */
#ifndef MST_SOURCES_KAFKA_PARTS_H
#define MST_SOURCES_KAFKA_PARTS_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"

enum { KAFKA_PARTS_RECENT = 64 };

struct kafka_part {
    char *topic;
    char text[12]; /* the partition's number, for attributes */
    uint32_t index;
    int32_t partition;

    /* Lock: parts->mutex. */
    uint32_t generation; /* grows when it comes and when it goes */
    bool owned;
    int64_t next;      /* the offset after the last settled one, or -1 */
    int64_t committed; /* what the broker was last told, or -1 */

    /* Thread: reader. */
    bool pinned;  /* a person said where: what the group says is ignored */
    bool done;    /* bounded, and all of it was read */
    int64_t read; /* the next offset to be read, -1: unknown */
    int64_t end;  /* bounded: do not read from here on */
};

/* What an event's mark holds. */
struct kafka_mark {
    uint32_t index;
    uint32_t generation;
    int64_t next;
};

/* A partition that was found before by the handle of its topic. */
struct kafka_parts_recent {
    const void *handle;
    struct kafka_part *part;
};

struct kafka_parts {
    pthread_mutex_t mutex;
    struct kafka_part **items;
    size_t len;
    size_t cap;
    struct kafka_parts_recent recent[KAFKA_PARTS_RECENT]; /* Thread: reader. */
};

void kafka_parts_init(struct kafka_parts *parts);
void kafka_parts_clear(struct kafka_parts *parts);

/* Found or made; NULL without memory. Thread: reader. */
struct kafka_part *kafka_parts_get(struct kafka_parts *parts, const char *topic,
                                   int32_t partition);
/* The same by a message's topic, which is quick. Thread: reader. */
struct kafka_part *kafka_parts_of(struct kafka_parts *parts,
                                  const rd_kafka_message_t *message);
/* Handles of topics are about to end. Thread: reader. */
void kafka_parts_forget_handles(struct kafka_parts *parts);

/* The offset after the last settled one, or -1. Thread: any. */
int64_t kafka_parts_next(struct kafka_parts *parts,
                         const struct kafka_part *part);

/* The partition is ours from this offset on. Thread: reader. */
void kafka_parts_own(struct kafka_parts *parts, struct kafka_part *part,
                     int64_t offset);
/* It is not any more: marks of before count no more. Thread: reader. */
void kafka_parts_disown(struct kafka_parts *parts, struct kafka_part *part);

/* Thread: any. */
void kafka_parts_settle(struct kafka_parts *parts,
                        const struct kafka_mark *mark);

/* The saved form, {"kind":"kafka","topics":{"t":{"0":12}}}. MST_AGAIN when
 * nothing is settled. Thread: any. */
MST_MUST_CHECK enum mst_status kafka_parts_write(struct kafka_parts *parts,
                                                 struct mst_buf *out,
                                                 struct mst_error *err);
/* Takes over a saved form. MST_FATAL: damaged, or not ours. Thread: reader. */
MST_MUST_CHECK enum mst_status kafka_parts_read(struct kafka_parts *parts,
                                                struct mst_slice position,
                                                bool pinned,
                                                struct mst_error *err);

/* Calls each(arg, topic, partition, next) for a saved form, sorted by topic
 * and partition; a result that is not MST_OK ends it and is handed back. */
typedef enum mst_status (*kafka_position_each)(void *arg, const char *topic,
                                               int32_t partition, int64_t next);
MST_MUST_CHECK enum mst_status kafka_position_parse(struct mst_slice position,
                                                    kafka_position_each each,
                                                    void *arg,
                                                    struct mst_error *err);
/* In words. */
MST_MUST_CHECK enum mst_status
kafka_position_describe(struct mst_slice position, struct mst_buf *out,
                        struct mst_error *err);

#endif
