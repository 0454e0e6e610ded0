/* SPDX-License-Identifier: MIT */
/* The handles of topics: a hash table by name. */
#include "sinks/kafka/kafka_topics.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { TOPICS_MAX = 10000, TOPICS_FIRST_CAP = 16 };

struct kafka_topics_slot {
    char *name; /* NULL: free */
    struct kafka_topic topic;
};

static struct kafka_topics_slot *
topics_probe(struct kafka_topics_slot *slots, size_t cap, const char *name)
{
    size_t i = (size_t)mst_hash64(name, strlen(name)) & (cap - 1);
    while (slots[i].name != NULL && strcmp(slots[i].name, name) != 0) {
        i = (i + 1) & (cap - 1);
    }
    return &slots[i];
}

static bool
topics_grow(struct kafka_topics *topics)
{
    if (topics->len * 2 < topics->cap) {
        return true;
    }
    size_t cap = topics->cap == 0 ? TOPICS_FIRST_CAP : topics->cap * 2;
    struct kafka_topics_slot *slots = calloc(cap, sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < topics->cap; i++) {
        if (topics->slots[i].name != NULL) {
            *topics_probe(slots, cap, topics->slots[i].name) = topics->slots[i];
        }
    }
    free(topics->slots);
    topics->slots = slots;
    topics->cap = cap;
    topics->last = NULL;
    return true;
}

static enum mst_status
topics_add(struct kafka_topics *topics, struct kafka_topics_slot *slot,
           const char *name, struct mst_error *err)
{
    if (topics->len == TOPICS_MAX) {
        return mst_fail(err, MST_REJECTED, "kafka", 0,
                        "topic '%s' would be one more than the %d that a sink "
                        "writes to",
                        name, TOPICS_MAX);
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        return mst_fail_memory(err, "kafka");
    }
    rd_kafka_topic_t *handle = rd_kafka_topic_new(topics->rk, name, NULL);
    if (handle == NULL) {
        free(copy);
        return mst_fail(err, MST_FATAL, "kafka", rd_kafka_last_error(),
                        "topic '%s': %s", name,
                        rd_kafka_err2str(rd_kafka_last_error()));
    }
    slot->name = copy;
    slot->topic = (struct kafka_topic){
        .handle = handle, .limit = INT64_MAX, .is_new = true};
    topics->len++;
    return MST_OK;
}

enum mst_status
kafka_topics_find(struct kafka_topics *topics, const char *name,
                  struct kafka_topic **ret, struct mst_error *err)
{
    if (topics->last != NULL && strcmp(topics->last->name, name) == 0) {
        topics->last->topic.is_new = false;
        *ret = &topics->last->topic;
        return MST_OK;
    }
    if (!topics_grow(topics)) {
        return mst_fail_memory(err, "kafka");
    }
    struct kafka_topics_slot *slot =
        topics_probe(topics->slots, topics->cap, name);
    if (slot->name == NULL) {
        enum mst_status status = topics_add(topics, slot, name, err);
        if (status != MST_OK) {
            return status;
        }
    } else {
        slot->topic.is_new = false;
    }
    topics->last = slot;
    *ret = &slot->topic;
    return MST_OK;
}

void
kafka_topics_clear(struct kafka_topics *topics)
{
    for (size_t i = 0; i < topics->cap; i++) {
        if (topics->slots[i].name != NULL) {
            free(topics->slots[i].name);
            rd_kafka_topic_destroy(topics->slots[i].topic.handle);
        }
    }
    free(topics->slots);
    memset(topics, 0, sizeof(*topics));
}
