/* SPDX-License-Identifier: MIT */
/* Messages that wait for room in the engine. */
#include <stdlib.h>
#include <string.h>

#include "sources/kafka/kafka_source_impl.h"

enum mst_status
kafka_stash_put(struct kafka_stash *stash, rd_kafka_message_t *message,
                struct mst_error *err)
{
    if (stash->len == stash->cap) {
        size_t cap = stash->cap == 0 ? 8 : stash->cap * 2;
        rd_kafka_message_t **items =
            realloc(stash->items, cap * sizeof(rd_kafka_message_t *));
        if (items == NULL) {
            rd_kafka_message_destroy(message);
            return mst_fail_memory(err, "kafka");
        }
        stash->items = items;
        stash->cap = cap;
    }
    stash->items[stash->len++] = message;
    return MST_OK;
}

rd_kafka_message_t *
kafka_stash_take(struct kafka_stash *stash)
{
    if (stash->len == 0) {
        return NULL;
    }
    rd_kafka_message_t *message = stash->items[0];
    stash->len--;
    memmove(stash->items, stash->items + 1,
            stash->len * sizeof(rd_kafka_message_t *));
    return message;
}

void
kafka_stash_prune(struct kafka_source *source)
{
    struct kafka_stash *stash = &source->stash;
    size_t kept = 0;
    for (size_t i = 0; i < stash->len; i++) {
        rd_kafka_message_t *message = stash->items[i];
        struct kafka_part *part = kafka_parts_of(&source->parts, message);
        if (part != NULL && part->owned) {
            stash->items[kept++] = message;
        } else {
            rd_kafka_message_destroy(message);
        }
    }
    stash->len = kept;
}

void
kafka_stash_clear(struct kafka_stash *stash)
{
    for (size_t i = 0; i < stash->len; i++) {
        rd_kafka_message_destroy(stash->items[i]);
    }
    free(stash->items);
    *stash = (struct kafka_stash){.items = NULL};
}
