/* SPDX-License-Identifier: MIT */
/*
 * The saved form of a position: for each topic, for each partition, the next
 * offset to be read.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "core/position.h"
#include "sources/kafka/kafka_parts.h"

static int
position_order(const void *a, const void *b)
{
    const struct kafka_part *x = *(struct kafka_part *const *)a;
    const struct kafka_part *y = *(struct kafka_part *const *)b;
    int by_topic = strcmp(x->topic, y->topic);
    if (by_topic != 0) {
        return by_topic;
    }
    return (x->partition > y->partition) - (x->partition < y->partition);
}

static enum mst_status
position_write_topics(struct kafka_part *const *parts, size_t n,
                      struct mst_buf *out)
{
    const char *topic = NULL;
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < n; i++) {
        const struct kafka_part *part = parts[i];
        if (topic == NULL || strcmp(topic, part->topic) != 0) {
            /* Names of topics need no escape: letters, digits, ._- */
            status = mst_buf_printf(out, "%s\"%s\":{",
                                    topic == NULL ? "" : "},", part->topic);
            topic = part->topic;
        } else {
            status = mst_buf_append_char(out, ',');
        }
        if (status == MST_OK) {
            status = mst_buf_printf(out, "\"%" PRId32 "\":%" PRId64,
                                    part->partition, part->next);
        }
    }
    return status;
}

enum mst_status
kafka_parts_write(struct kafka_parts *parts, struct mst_buf *out,
                  struct mst_error *err)
{
    mst_mutex_lock(&parts->mutex);
    struct kafka_part **sorted =
        calloc(parts->len + 1, sizeof(struct kafka_part *));
    size_t n = 0;
    for (size_t i = 0; sorted != NULL && i < parts->len; i++) {
        if (parts->items[i]->next >= 0) {
            sorted[n++] = parts->items[i];
        }
    }
    enum mst_status status = MST_FATAL;
    if (sorted != NULL && n == 0) {
        status = MST_AGAIN;
    } else if (sorted != NULL) {
        qsort(sorted, n, sizeof(struct kafka_part *), position_order);
        status = mst_buf_append_str(out, "{\"kind\":\"kafka\",\"topics\":{");
        if (status == MST_OK) {
            status = position_write_topics(sorted, n, out);
        }
        if (status == MST_OK) {
            status = mst_buf_append_str(out, "}}}");
        }
    }
    mst_mutex_unlock(&parts->mutex);
    free(sorted);
    if (status == MST_REJECTED) {
        return mst_fail(err, MST_FATAL, "kafka", 0,
                        "the position of %zu partitions is longer than %zu "
                        "bytes",
                        n, out->max);
    }
    return status == MST_FATAL ? mst_fail_memory(err, "kafka") : status;
}

static enum mst_status
position_damaged(struct mst_error *err, const char *why)
{
    (void)mst_fail(err, MST_FATAL, "kafka", 0,
                   "the checkpoint is not a Kafka position: %s", why);
    mst_error_hint(err, "delete it (mstream checkpoints) to start as `start` "
                        "says, or give the job another name");
    mst_error_lasts(err);
    return MST_FATAL;
}

static bool
position_partition(const char *text, int32_t *ret_partition)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0
        || value > INT32_MAX) {
        return false;
    }
    *ret_partition = (int32_t)value;
    return true;
}

static enum mst_status
position_each_topic(json_t *topics, kafka_position_each each, void *arg,
                    struct mst_error *err)
{
    const char *topic = NULL;
    json_t *parts = NULL;
    json_object_foreach(topics, topic, parts)
    {
        const char *name = NULL;
        json_t *next = NULL;
        if (!json_is_object(parts)) {
            return position_damaged(err, "a topic is not an object");
        }
        json_object_foreach(parts, name, next)
        {
            int32_t partition = 0;
            if (!position_partition(name, &partition) || !json_is_integer(next)
                || json_integer_value(next) < 0) {
                return position_damaged(err, "an offset is not a number");
            }
            enum mst_status status =
                each(arg, topic, partition, json_integer_value(next));
            if (status != MST_OK) {
                return status;
            }
        }
    }
    return MST_OK;
}

enum mst_status
kafka_position_parse(struct mst_slice position, kafka_position_each each,
                     void *arg, struct mst_error *err)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)position.data, position.len,
                              JSON_REJECT_DUPLICATES, &why);
    if (root == NULL) {
        return position_damaged(err, why.text);
    }
    enum mst_status status = MST_OK;
    const char *kind = json_string_value(json_object_get(root, "kind"));
    json_t *topics = json_object_get(root, "topics");
    if (kind == NULL || strcmp(kind, "kafka") != 0) {
        status = position_damaged(err, "its kind is another one");
    } else if (!json_is_object(topics)) {
        status = position_damaged(err, "it has no topics");
    } else {
        status = position_each_topic(topics, each, arg, err);
    }
    json_decref(root);
    return status;
}

struct position_load {
    struct kafka_parts *parts;
    bool pinned;
};

static enum mst_status
position_load_one(void *arg, const char *topic, int32_t partition, int64_t next)
{
    struct position_load *load = arg;
    struct kafka_part *part = kafka_parts_get(load->parts, topic, partition);
    if (part == NULL) {
        return MST_RETRY;
    }
    mst_mutex_lock(&load->parts->mutex);
    part->next = next;
    mst_mutex_unlock(&load->parts->mutex);
    part->pinned = load->pinned;
    return MST_OK;
}

enum mst_status
kafka_parts_read(struct kafka_parts *parts, struct mst_slice position,
                 bool pinned, struct mst_error *err)
{
    struct position_load load = {parts, pinned};
    mst_mutex_lock(&parts->mutex);
    for (size_t i = 0; i < parts->len; i++) {
        parts->items[i]->next = -1;
        parts->items[i]->generation++;
    }
    mst_mutex_unlock(&parts->mutex);
    enum mst_status status =
        kafka_position_parse(position, position_load_one, &load, err);
    return status == MST_RETRY ? mst_fail_memory(err, "kafka") : status;
}

struct position_words {
    struct mst_buf *out;
    char topic[256];
};

static enum mst_status
position_describe_one(void *arg, const char *topic, int32_t partition,
                      int64_t next)
{
    struct position_words *words = arg;
    enum mst_status status = MST_OK;
    if (strcmp(words->topic, topic) != 0) {
        status = mst_buf_printf(
            words->out, "%s%s:", words->topic[0] == '\0' ? "" : "; ", topic);
        (void)snprintf(words->topic, sizeof(words->topic), "%s", topic);
    } else {
        status = mst_buf_append_char(words->out, ',');
    }
    if (status == MST_OK) {
        status = mst_buf_printf(words->out,
                                " partition %" PRId32 " at offset %" PRId64,
                                partition, next);
    }
    return status == MST_OK ? MST_OK : MST_RETRY;
}

enum mst_status
kafka_position_describe(struct mst_slice position, struct mst_buf *out,
                        struct mst_error *err)
{
    struct position_words words = {.out = out};
    enum mst_status status =
        kafka_position_parse(position, position_describe_one, &words, err);
    if (status == MST_RETRY) {
        return mst_fail(err, MST_FATAL, "kafka", 0,
                        "the position is too long to be shown");
    }
    return status == MST_OK && words.topic[0] == '\0'
               ? mst_buf_append_str(out, "no partition yet")
               : status;
}
