/* SPDX-License-Identifier: MIT */
/* Wrapping a letter into an event of its own memory. */
#include "pipeline/letter_event.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/utf8.h"

enum {
    LETTER_OWN_ATTRIBUTES = 13,
    LETTER_COMPARED = 2000, /* attributes, each with each */
    LETTER_JSON_MAX = 1024 * 1024 * 1024
};

/* All of a letter on its way: freed as one. */
struct letter_event {
    struct mst_part part;
    struct mst_delivery delivery; /* part.deliveries points here */
    struct mst_event event;
    struct mst_arena arena;
    struct mst_buf json;
};

static struct mst_attribute
letter_attribute(struct mst_arena *arena, const char *name, const char *value)
{
    struct mst_attribute attribute = {
        .name = mst_slice_str(name),
        .value = mst_arena_copy(arena, mst_slice_str(value)),
    };
    return attribute;
}

/* Where the event is at its origin: as the source says it, else its mark. */
static enum mst_status
letter_position(struct letter_event *self, const struct mst_letter *letter,
                struct mst_slice place, struct mst_attribute *ret)
{
    struct mst_slice mark = letter->position;
    ret->name = mst_slice_str("mstream.dlq.position");
    if (place.data != NULL || mst_utf8_valid(mark.data, mark.len) == mark.len) {
        ret->value =
            mst_arena_copy(&self->arena, place.data != NULL ? place : mark);
        return MST_OK;
    }
    struct mst_buf text;
    mst_buf_init(&text, LETTER_JSON_MAX);
    enum mst_status status = mst_base64_encode(mark, &text);
    ret->value = mst_arena_copy(&self->arena, mst_buf_slice(&text));
    mst_buf_clear(&text);
    return status;
}

static enum mst_status
letter_attributes(struct letter_event *self, const struct mst_letter *letter,
                  struct mst_slice place)
{
    char number[32];
    char when[MST_TIME_TEXT_MAX];
    char hash[20];
    char script[20];
    size_t n = letter->attributes_len;
    struct mst_attribute *all = mst_arena_alloc(
        &self->arena, (n + LETTER_OWN_ATTRIBUTES) * sizeof(*all));
    if (all == NULL) {
        return MST_FATAL;
    }
    for (size_t i = 0; i < n; i++) {
        all[i].name = mst_arena_copy(&self->arena, letter->attributes[i].name);
        all[i].value =
            mst_arena_copy(&self->arena, letter->attributes[i].value);
    }
    mst_time_format(letter->time_ms, when);
    (void)snprintf(number, sizeof(number), "%u", letter->attempts);
    (void)snprintf(hash, sizeof(hash), "%016llx",
                   (unsigned long long)letter->connector_hash);
    (void)snprintf(script, sizeof(script), "%016llx",
                   (unsigned long long)letter->script_hash);
    const char *const own[LETTER_OWN_ATTRIBUTES - 1][2] = {
        {"mstream.dlq.job", letter->job},
        {"mstream.dlq.sink", letter->sink != NULL ? letter->sink : ""},
        {"mstream.dlq.stage", letter->stage},
        {"mstream.dlq.reason", letter->reason},
        {"mstream.dlq.hint", letter->hint},
        {"mstream.dlq.time", when},
        {"mstream.dlq.attempts", number},
        {"mstream.dlq.encoding", mst_encoding_name(letter->encoding)},
        {"mstream.dlq.op", mst_op_name(letter->op)},
        {"mstream.dlq.connector", hash},
        {"mstream.dlq.script", letter->script},
        {"mstream.dlq.script_hash", script},
    };
    size_t said = MST_ARRAY_SIZE(own) - (letter->script == NULL ? 2 : 0);
    for (size_t i = 0; i < said; i++) {
        all[n++] = letter_attribute(&self->arena, own[i][0], own[i][1]);
    }
    if (letter_position(self, letter, place, &all[n++]) != MST_OK) {
        return MST_FATAL;
    }
    for (size_t i = 0; i < n; i++) {
        if (all[i].name.data == NULL || all[i].value.data == NULL) {
            return MST_FATAL;
        }
    }
    self->event.attributes = all;
    self->event.attributes_len = (uint32_t)n;
    return MST_OK;
}

static enum mst_status letter_json(const struct mst_letter *letter,
                                   struct mst_slice place, bool for_sink,
                                   struct mst_buf *out);

/* The same letter has the same one when it comes again, so that a sink that
 * goes by it keeps it once. */
static enum mst_status
letter_json_id(struct mst_buf *out, const struct mst_letter *letter)
{
    uint64_t where = mst_hash64(letter->position.data, letter->position.len);
    uint64_t what = mst_hash64(letter->payload.data, letter->payload.len);
    const char *sink = letter->sink != NULL ? letter->sink : "";
    uint64_t whose = mst_hash64(letter->job, strlen(letter->job))
                     ^ (mst_hash64(sink, strlen(sink)) * 31);
    return mst_buf_printf(out, "\"_id\":\"%016llx%016llx%016llx\",",
                          (unsigned long long)whose, (unsigned long long)where,
                          (unsigned long long)what);
}

/* One object with all of it, for a sink that can not carry attributes or does
 * not take the bytes; as that sink's encoding. */
static enum mst_status
letter_convert(struct letter_event *self, const struct mst_letter *letter,
               const struct mst_pipeline_sink *sink, struct mst_slice place,
               struct mst_error *err)
{
    mst_buf_init(&self->json, LETTER_JSON_MAX);
    /* The key is in the object: in the sink each letter stands for itself. */
    self->event.key = MST_SLICE_NONE;
    self->event.key_kind = MST_KEY_NONE;
    enum mst_status status = letter_json(letter, place, true, &self->json);
    if (status != MST_OK) {
        return mst_fail(err, MST_FATAL, "dlq", 0,
                        "can not write the letter as JSON");
    }
    self->delivery.payload = mst_buf_slice(&self->json);
    self->delivery.encoding = MST_ENCODING_JSON;
    if (sink->convert.run != NULL && sink->convert.from == MST_ENCODING_JSON) {
        struct mst_buf out;
        mst_buf_init(&out, LETTER_JSON_MAX);
        status = sink->convert.run(&sink->convert, self->delivery.payload, &out,
                                   err);
        mst_buf_clear(&self->json);
        self->json = out;
        self->delivery.payload = mst_buf_slice(&out);
        self->delivery.encoding = sink->convert.to;
    }
    return status;
}

enum mst_status
mst_letter_event_create(const struct mst_letter *letter,
                        const struct mst_pipeline_sink *sink,
                        struct mst_delivery *original, struct mst_slice place,
                        struct mst_part **ret_part, struct mst_error *err)
{
    struct letter_event *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return mst_fail_memory(err, "dlq");
    }
    unsigned takes = sink->type->encodings;
    self->part.deliveries = &self->delivery;
    self->part.len = 1;
    self->event.key = letter->key;
    self->event.key_kind = letter->key_kind;
    self->event.source_ts_ms = letter->source_ts_ms;
    self->event.seq = original->event->seq;
    self->event.op = MST_OP_NONE;
    self->event.payload = letter->payload;
    self->event.encoding = letter->encoding;
    self->delivery.event = &self->event;
    self->delivery.original = original;
    self->delivery.payload = letter->payload;
    self->delivery.encoding = letter->encoding;
    bool raw = (takes & (1U << MST_ENCODING_RAW)) != 0
               || (takes & (1U << letter->encoding)) != 0;
    enum mst_status status = letter_attributes(self, letter, place);
    if (status != MST_OK) {
        status = mst_fail_memory(err, "dlq");
    } else if (!raw || (sink->type->capabilities & MST_SINK_ATTRIBUTES) == 0) {
        status = letter_convert(self, letter, sink, place, err);
    }
    if (status != MST_OK) {
        mst_letter_event_destroy(&self->delivery);
        return status;
    }
    *ret_part = &self->part;
    return MST_OK;
}

void
mst_letter_event_destroy(struct mst_delivery *delivery)
{
    struct letter_event *self =
        (struct letter_event *)((uintptr_t)delivery
                                - offsetof(struct letter_event, delivery));
    free(delivery->error);
    mst_buf_clear(&self->json);
    mst_arena_clear(&self->arena);
    free(self);
}

static enum mst_status
letter_json_text(struct mst_buf *out, const char *name, const char *value)
{
    enum mst_status status = mst_buf_printf(out, "\"%s\":", name);
    if (status == MST_OK) {
        status = value == NULL ? mst_buf_append_str(out, "null")
                               : mst_buf_append_json(out, mst_slice_str(value));
    }
    return status == MST_OK ? mst_buf_append_char(out, ',') : status;
}

/* Bytes that are UTF-8 as text, others as base64 under another name. */
static enum mst_status
letter_json_bytes(struct mst_buf *out, const char *name, struct mst_slice bytes)
{
    bool text = bytes.data == NULL
                || mst_utf8_valid(bytes.data, bytes.len) == bytes.len;
    enum mst_status status =
        mst_buf_printf(out, "\"%s%s\":", name, text ? "" : "_base64");
    if (status != MST_OK) {
        return status;
    }
    if (bytes.data == NULL) {
        status = mst_buf_append_str(out, "null");
    } else if (text) {
        status = mst_buf_append_json(out, bytes);
    } else {
        status = mst_buf_append_char(out, '"');
        status = status == MST_OK ? mst_base64_encode(bytes, out) : status;
        status = status == MST_OK ? mst_buf_append_char(out, '"') : status;
    }
    return status;
}

/* True: an attribute before, or behind, this one has its name. */
static bool
letter_has_name(const struct mst_letter *letter, size_t from, size_t to,
                size_t one)
{
    for (size_t i = from; i < to; i++) {
        if (mst_slice_equal(letter->attributes[i].name,
                            letter->attributes[one].name)) {
            return true;
        }
    }
    return false;
}

/* All values of a name that comes more than once. */
static enum mst_status
letter_json_values(struct mst_buf *out, const struct mst_letter *letter,
                   size_t first)
{
    enum mst_status status = mst_buf_append_char(out, '[');
    for (size_t i = first; i < letter->attributes_len && status == MST_OK;
         i++) {
        if (!mst_slice_equal(letter->attributes[i].name,
                             letter->attributes[first].name)) {
            continue;
        }
        status = i > first ? mst_buf_append_char(out, ',') : MST_OK;
        if (status == MST_OK) {
            status = mst_buf_append_json(out, letter->attributes[i].value);
        }
    }
    return status == MST_OK ? mst_buf_append_char(out, ']') : status;
}

static enum mst_status
letter_json_attribute(struct mst_buf *out, const struct mst_letter *letter,
                      size_t i, bool first)
{
    size_t n = letter->attributes_len;
    enum mst_status status = first ? MST_OK : mst_buf_append_char(out, ',');
    if (status == MST_OK) {
        status = mst_buf_append_json(out, letter->attributes[i].name);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(out, ':');
    }
    if (status != MST_OK) {
        return status;
    }
    return n <= LETTER_COMPARED && letter_has_name(letter, i + 1, n, i)
               ? letter_json_values(out, letter, i)
               : mst_buf_append_json(out, letter->attributes[i].value);
}

/* A name that comes more than once has a list of values; with very many
 * attributes, which would take long to compare, it comes again. */
static enum mst_status
letter_json_attributes(struct mst_buf *out, const struct mst_letter *letter)
{
    enum mst_status status = mst_buf_append_str(out, "\"attributes\":{");
    bool compare = letter->attributes_len <= LETTER_COMPARED;
    for (size_t i = 0; i < letter->attributes_len && status == MST_OK; i++) {
        if (!compare || !letter_has_name(letter, 0, i, i)) {
            status = letter_json_attribute(out, letter, i, i == 0);
        }
    }
    return status == MST_OK ? mst_buf_append_str(out, "},") : status;
}

/* What the source says of the place, else the mark for a sink. */
static enum mst_status
letter_json_place(const struct mst_letter *letter, struct mst_slice place,
                  bool for_sink, struct mst_buf *out)
{
    if (place.data != NULL) {
        return mst_buf_printf(out, "\"position\":%.*s,", (int)place.len,
                              (const char *)place.data);
    }
    if (!for_sink) {
        return MST_OK;
    }
    enum mst_status status =
        letter_json_bytes(out, "position", letter->position);
    return status == MST_OK ? mst_buf_append_char(out, ',') : status;
}

/* The store's number, or what a sink is given instead. */
static enum mst_status
letter_json_begin(const struct mst_letter *letter, bool for_sink,
                  struct mst_buf *out)
{
    enum mst_status status = mst_buf_append_char(out, '{');
    if (status == MST_OK) {
        status = for_sink ? letter_json_id(out, letter)
                          : mst_buf_printf(out, "\"id\":%llu,",
                                           (unsigned long long)letter->id);
    }
    return status != MST_OK
               ? status
               : mst_buf_printf(out,
                                "\"attempts\":%u,\"connector\":\"%016llx\","
                                "\"script_hash\":\"%016llx\",",
                                letter->attempts,
                                (unsigned long long)letter->connector_hash,
                                (unsigned long long)letter->script_hash);
}

static enum mst_status
letter_json(const struct mst_letter *letter, struct mst_slice place,
            bool for_sink, struct mst_buf *out)
{
    char when[MST_TIME_TEXT_MAX];
    mst_time_format(letter->time_ms, when);
    enum mst_status status = letter_json_begin(letter, for_sink, out);
    const char *const texts[][2] = {
        {"job", letter->job},
        {"sink", letter->sink},
        {"stage", letter->stage},
        {"reason", letter->reason},
        {"hint", letter->hint},
        {"time", when},
        {"op", mst_op_name(letter->op)},
        {"encoding", mst_encoding_name(letter->encoding)},
        {"script", letter->script},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(texts) && status == MST_OK; i++) {
        status = letter_json_text(out, texts[i][0], texts[i][1]);
    }
    if (status == MST_OK) {
        status = letter_json_place(letter, place, for_sink, out);
    }
    status = status == MST_OK ? letter_json_attributes(out, letter) : status;
    status =
        status == MST_OK ? letter_json_bytes(out, "key", letter->key) : status;
    status = status == MST_OK ? mst_buf_append_char(out, ',') : status;
    status = status == MST_OK
                 ? letter_json_bytes(out, "payload", letter->payload)
                 : status;
    return status == MST_OK ? mst_buf_append_char(out, '}') : status;
}

enum mst_status
mst_letter_to_json(const struct mst_letter *letter, struct mst_slice place,
                   struct mst_buf *out)
{
    return letter_json(letter, place, false, out);
}
