/* SPDX-License-Identifier: MIT */
/* The table of partitions. */
#include "sources/kafka/kafka_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

void
kafka_parts_init(struct kafka_parts *parts)
{
    memset(parts, 0, sizeof(*parts));
    (void)pthread_mutex_init(&parts->mutex, NULL);
}

void
kafka_parts_clear(struct kafka_parts *parts)
{
    for (size_t i = 0; i < parts->len; i++) {
        free(parts->items[i]->topic);
        free(parts->items[i]);
    }
    free(parts->items);
    (void)pthread_mutex_destroy(&parts->mutex);
    memset(parts, 0, sizeof(*parts));
}

static struct kafka_part *
parts_find(const struct kafka_parts *parts, const char *topic,
           int32_t partition)
{
    for (size_t i = 0; i < parts->len; i++) {
        struct kafka_part *part = parts->items[i];
        if (part->partition == partition && strcmp(part->topic, topic) == 0) {
            return part;
        }
    }
    return NULL;
}

/* Lock: parts->mutex held. */
static bool
parts_add(struct kafka_parts *parts, struct kafka_part *part)
{
    if (parts->len == parts->cap) {
        size_t cap = parts->cap == 0 ? 16 : parts->cap * 2;
        struct kafka_part **items =
            realloc(parts->items, cap * sizeof(struct kafka_part *));
        if (items == NULL) {
            return false;
        }
        parts->items = items;
        parts->cap = cap;
    }
    part->index = (uint32_t)parts->len;
    parts->items[parts->len++] = part;
    return true;
}

struct kafka_part *
kafka_parts_get(struct kafka_parts *parts, const char *topic, int32_t partition)
{
    struct kafka_part *part = parts_find(parts, topic, partition);
    if (part != NULL) {
        return part;
    }
    part = calloc(1, sizeof(*part));
    if (part == NULL) {
        return NULL;
    }
    part->topic = strdup(topic);
    part->partition = partition;
    part->next = -1;
    part->committed = -1;
    part->read = -1;
    part->end = INT64_MAX;
    (void)snprintf(part->text, sizeof(part->text), "%" PRId32, partition);
    mst_mutex_lock(&parts->mutex);
    bool added = part->topic != NULL && parts_add(parts, part);
    mst_mutex_unlock(&parts->mutex);
    if (!added) {
        free(part->topic);
        free(part);
        return NULL;
    }
    return part;
}

struct kafka_part *
kafka_parts_of(struct kafka_parts *parts, const rd_kafka_message_t *message)
{
    size_t slot = ((size_t)message->rkt / 64 + (size_t)message->partition)
                  % KAFKA_PARTS_RECENT;
    struct kafka_parts_recent *recent = &parts->recent[slot];
    if (recent->handle != message->rkt
        || recent->part->partition != message->partition) {
        struct kafka_part *part = kafka_parts_get(
            parts, rd_kafka_topic_name(message->rkt), message->partition);
        if (part == NULL) {
            return NULL;
        }
        *recent = (struct kafka_parts_recent){message->rkt, part};
    }
    return recent->part;
}

void
kafka_parts_forget_handles(struct kafka_parts *parts)
{
    memset(parts->recent, 0, sizeof(parts->recent));
}

int64_t
kafka_parts_next(struct kafka_parts *parts, const struct kafka_part *part)
{
    mst_mutex_lock(&parts->mutex);
    int64_t next = part->next;
    mst_mutex_unlock(&parts->mutex);
    return next;
}

void
kafka_parts_own(struct kafka_parts *parts, struct kafka_part *part,
                int64_t offset)
{
    mst_mutex_lock(&parts->mutex);
    part->generation++;
    part->owned = true;
    part->next = offset;
    part->committed = -1;
    mst_mutex_unlock(&parts->mutex);
    part->pinned = false;
    part->read = offset;
}

void
kafka_parts_disown(struct kafka_parts *parts, struct kafka_part *part)
{
    mst_mutex_lock(&parts->mutex);
    part->generation++;
    part->owned = false;
    mst_mutex_unlock(&parts->mutex);
}

void
kafka_parts_settle(struct kafka_parts *parts, const struct kafka_mark *mark)
{
    mst_mutex_lock(&parts->mutex);
    if (mark->index < parts->len) {
        struct kafka_part *part = parts->items[mark->index];
        if (part->generation == mark->generation && mark->next > part->next) {
            part->next = mark->next;
        }
    }
    mst_mutex_unlock(&parts->mutex);
}
