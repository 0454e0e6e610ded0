/* SPDX-License-Identifier: MIT */
/* From a Kafka message to an event, without copying it. */
#include <inttypes.h>
#include <stdio.h>

#include "clients/kafka_header.h"
#include "sources/kafka/kafka_source_impl.h"

enum {
    MESSAGE_OWN_ATTRIBUTES = 4,
    MESSAGE_DIGITS = 20,
    MESSAGE_HEADER_OVERHEAD = 64, /* what librdkafka allocates for one */
    MESSAGE_HEADERS_COVERED = 512
};

/* The names that every event of this source has. They come first, so that a
 * header of the same name, which is kept, does not hide them. */
static const struct mst_slice message_names[MESSAGE_OWN_ATTRIBUTES] = {
    {(const uint8_t *)"origin", 6},
    {(const uint8_t *)"topic", 5},
    {(const uint8_t *)"partition", 9},
    {(const uint8_t *)"offset", 6}};

static struct mst_slice
message_digits(struct mst_arena *arena, int64_t number)
{
    uint8_t *text = mst_arena_alloc(arena, MESSAGE_DIGITS);
    if (text == NULL) {
        return MST_SLICE_NONE;
    }
    size_t at = MESSAGE_DIGITS;
    uint64_t rest = (uint64_t)number;
    do {
        text[--at] = (uint8_t)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    return mst_slice_of(text + at, MESSAGE_DIGITS - at);
}

/* Headers beyond what READ_MESSAGE_OVERHEAD covers count as what they are:
 * as read, as parsed, and as a sink copies them. */
static void
message_charge(struct mst_batch *batch, size_t bytes)
{
    if (bytes > MESSAGE_HEADERS_COVERED) {
        batch->bytes += bytes - MESSAGE_HEADERS_COVERED;
        batch->held_bytes += 3 * (bytes - MESSAGE_HEADERS_COVERED);
    }
}

/* Appends all headers as attributes, whole. */
static enum mst_status
message_headers(rd_kafka_headers_t *headers, struct mst_event *event,
                struct mst_attribute *attributes, uint32_t *len)
{
    const char *text = NULL;
    const void *value = NULL;
    size_t size = 0;
    size_t bytes = 0;
    struct mst_arena *arena = &event->batch->arena;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &text, &value, &size)
                       == RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        struct mst_attribute *attribute = &attributes[(*len)++];
        struct mst_slice name = mst_slice_str(text);
        enum mst_status status =
            mst_kafka_header_text(arena, name, &attribute->name);
        if (status == MST_OK) {
            status = mst_kafka_header_text(arena, mst_slice_of(value, size),
                                           &attribute->value);
        }
        if (status != MST_OK) {
            return status;
        }
        if (event->op == MST_OP_NONE
            && (mst_slice_is(name, "op")
                || mst_slice_is(name, "operation_type"))) {
            (void)mst_op_parse(attribute->value, &event->op);
        }
        bytes += name.len + size + MESSAGE_HEADER_OVERHEAD;
    }
    message_charge(event->batch, bytes);
    return MST_OK;
}

static enum mst_status
message_attributes(struct kafka_part *part, rd_kafka_message_t *message,
                   struct mst_event *event)
{
    rd_kafka_headers_t *headers = NULL;
    size_t n = MESSAGE_OWN_ATTRIBUTES;
    if (rd_kafka_message_headers(message, &headers)
        == RD_KAFKA_RESP_ERR_NO_ERROR) {
        n += rd_kafka_header_cnt(headers);
    }
    struct mst_attribute *attributes = mst_batch_attributes(event->batch, n);
    struct mst_slice offset =
        message_digits(&event->batch->arena, message->offset);
    if (attributes == NULL || offset.data == NULL) {
        return MST_FATAL;
    }
    const struct mst_slice own[MESSAGE_OWN_ATTRIBUTES] = {
        MST_SLICE_LIT("kafka"), mst_slice_str(part->topic),
        mst_slice_str(part->text), offset};
    uint32_t len = 0;
    for (; len < MESSAGE_OWN_ATTRIBUTES; len++) {
        attributes[len] = (struct mst_attribute){message_names[len], own[len]};
    }
    event->attributes = attributes;
    enum mst_status status = MST_OK;
    if (headers != NULL) {
        status = message_headers(headers, event, attributes, &len);
    }
    event->attributes_len = len;
    return status;
}

enum mst_status
kafka_message_fill(struct kafka_source *source, struct kafka_part *part,
                   rd_kafka_message_t *message, struct mst_event *event)
{
    struct kafka_mark *mark =
        mst_arena_alloc(&event->batch->arena, sizeof(*mark));
    if (mark == NULL) {
        return MST_FATAL;
    }
    /* Only this thread changes the generation. */
    *mark =
        (struct kafka_mark){part->index, part->generation, message->offset + 1};
    event->mark = mst_slice_of(mark, sizeof(*mark));
    event->encoding = source->args.input_encoding;
    event->payload = mst_slice_of(message->payload, message->len);
    if (message->key != NULL) {
        event->key = mst_slice_of(message->key, message->key_len);
        event->key_kind = MST_KEY_BYTES;
    }
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    int64_t time = rd_kafka_message_timestamp(message, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && time >= 0) {
        event->source_ts_ms = time;
    }
    enum mst_status status = message_attributes(part, message, event);
    if (message->payload == NULL) {
        event->op = MST_OP_DELETE;
    }
    return status;
}
