/* SPDX-License-Identifier: MIT */
/*
 * Topic names from a template, and the handles of the topics in use.
 * Private to this folder.
 */
#ifndef MST_SINKS_KAFKA_TOPICS_H
#define MST_SINKS_KAFKA_TOPICS_H

#include <librdkafka/rdkafka.h>

#include "core/event.h"

/* Room of a name: Kafka's own limit. */
enum { KAFKA_TOPIC_NAME_MAX = 249 };

struct kafka_topic {
    rd_kafka_topic_t *handle;
    int64_t limit; /* max.message.bytes where it is known, else INT64_MAX */
    bool is_new;   /* just made by kafka_topics_find */
};

struct kafka_template_part {
    const char *text; /* literal text, or the attribute's name; borrowed */
    size_t len;
    bool is_attribute;
};

enum { KAFKA_TEMPLATE_PARTS = 16 };

struct kafka_template {
    struct kafka_template_part parts[KAFKA_TEMPLATE_PARTS];
    size_t len;
    bool is_fixed; /* no attribute in it */
};

/* Takes {database}, {collection}, {topic} and {attr:NAME}. text is borrowed.
 * MST_FATAL: not a template, or never a topic's name. */
MST_MUST_CHECK enum mst_status kafka_template_init(struct kafka_template *t,
                                                   const char *text,
                                                   struct mst_error *err);
/* MST_REJECTED: an attribute is absent, or the result is no topic's name. */
MST_MUST_CHECK enum mst_status kafka_template_make(
    const struct kafka_template *t, const struct mst_event *event,
    char ret_name[KAFKA_TOPIC_NAME_MAX + 1], struct mst_error *err);

struct kafka_topics_slot;

/* Thread: one at a time. A zeroed struct with rk set is a valid empty one. */
struct kafka_topics {
    rd_kafka_t *rk;
    struct kafka_topics_slot *slots; /* open addressing */
    size_t len;
    size_t cap;
    struct kafka_topics_slot *last; /* of the previous event */
};

/* The handle for a name, made when needed. The pointer is valid until the
 * next call. MST_REJECTED: more topics than anybody wants. */
MST_MUST_CHECK enum mst_status kafka_topics_find(struct kafka_topics *topics,
                                                 const char *name,
                                                 struct kafka_topic **ret,
                                                 struct mst_error *err);
/* Destroys all handles; usable again with another rk. */
void kafka_topics_clear(struct kafka_topics *topics);

#endif
