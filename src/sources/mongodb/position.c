/* SPDX-License-Identifier: MIT */
/* Positions of change streams: parsing, writing, and in words. */
#include "sources/mongodb/position.h"

#include <bson/bson.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "encodings/bson_reader.h"

#define ORIGIN "mongodb"

void
mst_mongo_position_init(struct mst_mongo_position *position)
{
    memset(position, 0, sizeof(*position));
    position->now = true;
    mst_buf_init(&position->token, MST_MONGO_TOKEN_MAX);
}

void
mst_mongo_position_clear(struct mst_mongo_position *position)
{
    mst_buf_clear(&position->token);
    position->now = true;
    position->start_after = false;
    position->seconds = 0;
    position->increment = 0;
    position->changes = 0;
    position->after = false;
}

enum mst_status
mst_mongo_position_set_token(struct mst_mongo_position *position,
                             struct mst_slice doc, struct mst_error *err)
{
    struct mst_mongo_token token;
    enum mst_status status = mst_mongo_token_decode(doc, &token, err);
    if (status != MST_OK) {
        return status;
    }
    mst_buf_reset(&position->token);
    status = mst_buf_append(&position->token, doc.data, doc.len);
    if (status != MST_OK) {
        return mst_fail(err, status, ORIGIN, 0,
                        "no room for a resume token of %zu bytes", doc.len);
    }
    position->now = false;
    position->start_after = token.invalidate;
    position->seconds = token.seconds;
    position->increment = token.increment;
    position->changes = 0;
    position->after = false;
    return MST_OK;
}

void
mst_mongo_position_set_time(struct mst_mongo_position *position,
                            uint32_t seconds, uint32_t increment)
{
    mst_mongo_position_set_entry(position, seconds, increment, 0, false);
}

void
mst_mongo_position_set_entry(struct mst_mongo_position *position,
                             uint32_t seconds, uint32_t increment,
                             uint32_t changes, bool after)
{
    mst_buf_reset(&position->token);
    position->now = false;
    position->start_after = false;
    position->seconds = seconds;
    position->increment = increment;
    position->changes = changes;
    position->after = after;
}

enum mst_status
mst_mongo_position_copy(struct mst_mongo_position *position,
                        const struct mst_mongo_position *from,
                        struct mst_error *err)
{
    size_t have = position->token.len;
    enum mst_status status = MST_OK;
    if (from->token.len > have) {
        status = mst_buf_reserve(&position->token, from->token.len - have);
    }
    if (status != MST_OK) {
        return mst_fail_memory(err, ORIGIN);
    }
    struct mst_buf token = position->token;
    if (from->token.len > 0) {
        memcpy(token.data, from->token.data, from->token.len);
    }
    token.len = from->token.len;
    *position = *from;
    position->token = token;
    return MST_OK;
}

/* JSON text to BSON; NULL when it is not JSON. */
static bson_t *
position_from_json(const void *text, size_t len)
{
    bson_error_t error;
    return bson_new_from_json(text, (ssize_t)len, &error);
}

static enum mst_status
position_damaged(struct mst_error *err, const char *why)
{
    (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                   "the saved position is damaged: %s", why);
    mst_error_hint(err, "mstream checkpoints list shows older ones; "
                        "mstream checkpoints rewind goes to a time");
    mst_error_lasts(err);
    return MST_FATAL;
}

static bool
position_uint32(struct mst_slice doc, const char *name, uint32_t *ret)
{
    struct mst_bson_value value;
    int64_t number;
    if (!mst_bson_find(doc, name, &value) || !mst_bson_as_int64(&value, &number)
        || number < 0 || number > UINT32_MAX) {
        return false;
    }
    *ret = (uint32_t)number;
    return true;
}

static enum mst_status
position_read(struct mst_mongo_position *position, struct mst_slice doc,
              struct mst_error *err)
{
    struct mst_bson_value value;
    struct mst_slice kind;
    if (!mst_bson_find(doc, "kind", &value)
        || !mst_bson_get_string(&value, &kind)) {
        return position_damaged(err, "it does not say of which source it is");
    }
    if (!mst_slice_is(kind, "mongodb")) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "the saved position is one of '%.*s', not of mongodb",
                        (int)(kind.len > 40 ? 40 : kind.len),
                        (const char *)kind.data);
    }
    struct mst_slice part;
    if (mst_bson_find(doc, "token", &value)
        && mst_bson_get_document(&value, &part)) {
        struct mst_error why;
        mst_error_clear(&why);
        if (mst_mongo_position_set_token(position, part, &why) != MST_OK) {
            return position_damaged(err, why.text);
        }
        bool after = false;
        if (mst_bson_find(doc, "start_after", &value)
            && mst_bson_get_bool(&value, &after) && after) {
            position->start_after = true;
        }
        return MST_OK;
    }
    uint32_t seconds;
    uint32_t ordinal;
    if (mst_bson_find(doc, "at", &value) && mst_bson_get_document(&value, &part)
        && position_uint32(part, "seconds", &seconds)
        && position_uint32(part, "ordinal", &ordinal)) {
        uint32_t changes = 0;
        bool after = mst_bson_find(part, "after", &value)
                     && mst_bson_get_bool(&value, &after) && after;
        (void)position_uint32(part, "changes", &changes);
        mst_mongo_position_set_entry(position, seconds, ordinal, changes,
                                     after);
        return MST_OK;
    }
    return position_damaged(err, "it has neither 'token' nor 'at'");
}

enum mst_status
mst_mongo_position_parse(struct mst_mongo_position *position,
                         struct mst_slice text, struct mst_error *err)
{
    bson_t *bson = text.len > MST_MONGO_TOKEN_MAX
                       ? NULL
                       : position_from_json(text.data, text.len);
    if (bson == NULL) {
        return position_damaged(err, "it is not a JSON object");
    }
    enum mst_status status = position_read(
        position, mst_slice_of(bson_get_data(bson), bson->len), err);
    bson_destroy(bson);
    return status;
}

enum mst_status
mst_mongo_position_format(const struct mst_mongo_position *position,
                          struct mst_buf *out, struct mst_error *err)
{
    if (position->now) {
        return MST_AGAIN;
    }
    enum mst_status status;
    if (position->token.len == 0) {
        status =
            mst_buf_printf(out,
                           "{\"kind\":\"mongodb\",\"at\":{\"seconds\":%" PRIu32
                           ",\"ordinal\":%" PRIu32,
                           position->seconds, position->increment);
        if (status == MST_OK && position->changes > 0) {
            status =
                mst_buf_printf(out, ",\"changes\":%" PRIu32, position->changes);
        }
        if (status == MST_OK) {
            status = mst_buf_append_str(
                out, position->after ? ",\"after\":true}}" : "}}");
        }
    } else {
        bson_t token;
        char *json = NULL;
        if (bson_init_static(&token, position->token.data,
                             position->token.len)) {
            json = bson_as_canonical_extended_json(&token, NULL);
        }
        if (json == NULL) {
            return mst_fail(err, MST_FATAL, ORIGIN, 0,
                            "a resume token can not be written as JSON");
        }
        status = mst_buf_printf(out,
                                "{\"kind\":\"mongodb\",\"token\":%s,"
                                "\"start_after\":%s}",
                                json, position->start_after ? "true" : "false");
        bson_free(json);
    }
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, status, ORIGIN, 0, "no room for the position");
}

static enum mst_status
position_start_token(struct mst_mongo_position *position, const char *text,
                     struct mst_error *err)
{
    bson_t *bson = NULL;
    if (text[0] == '{') {
        bson = position_from_json(text, strlen(text));
    } else {
        bson = BCON_NEW("_data", BCON_UTF8(text));
    }
    struct mst_error why;
    mst_error_clear(&why);
    enum mst_status status = MST_REJECTED;
    if (bson != NULL) {
        status = mst_mongo_position_set_token(
            position, mst_slice_of(bson_get_data(bson), bson->len), &why);
        bson_destroy(bson);
    }
    if (status == MST_OK) {
        return MST_OK;
    }
    return mst_fail(err, MST_FATAL, ORIGIN, 0,
                    "start = \"resume_token:...\": %s",
                    why.text[0] != '\0' ? why.text : "not a JSON object");
}

/* "SECONDS,ORDINAL", both 0..2^32-1. */
static bool
position_start_timestamp(struct mst_mongo_position *position, const char *text)
{
    uint64_t parts[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 10) {
            return false;
        }
        parts[i] = strtoull(text, NULL, 10);
        text += digits;
        if (parts[i] > UINT32_MAX || *text != (i == 0 ? ',' : '\0')) {
            return false;
        }
        text += i == 0;
    }
    mst_mongo_position_set_time(position, (uint32_t)parts[0],
                                (uint32_t)parts[1]);
    return true;
}

enum mst_status
mst_mongo_position_start(struct mst_mongo_position *position, const char *start,
                         bool *ret_earliest, struct mst_error *err)
{
    static const char token[] = "resume_token:";
    static const char timestamp[] = "timestamp:";
    *ret_earliest = false;
    mst_mongo_position_clear(position);
    if (start == NULL || strcmp(start, "now") == 0) {
        return MST_OK;
    }
    if (strcmp(start, "earliest") == 0) {
        *ret_earliest = true;
        return MST_OK;
    }
    if (strncmp(start, token, sizeof(token) - 1) == 0) {
        return position_start_token(position, start + sizeof(token) - 1, err);
    }
    if (strncmp(start, timestamp, sizeof(timestamp) - 1) == 0
        && position_start_timestamp(position, start + sizeof(timestamp) - 1)) {
        return MST_OK;
    }
    int64_t wall_ms;
    if (mst_time_parse(start, strlen(start), &wall_ms, NULL) == MST_OK
        && wall_ms >= 0 && wall_ms / 1000 <= UINT32_MAX) {
        mst_mongo_position_set_time(position, (uint32_t)(wall_ms / 1000), 1);
        return MST_OK;
    }
    (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                   "start = \"%.80s\" is not a place to start from", start);
    mst_error_hint(err, "now, earliest, 2026-11-21T10:00:00Z, "
                        "timestamp:SECONDS,ORDINAL or resume_token:TOKEN");
    return MST_FATAL;
}

enum mst_status
mst_mongo_position_text(const struct mst_mongo_position *position,
                        struct mst_buf *out)
{
    if (position->now) {
        return mst_buf_append_str(out, "now");
    }
    struct mst_mongo_token token;
    if (position->token.len > 0
        && mst_mongo_token_decode(mst_buf_slice(&position->token), &token, NULL)
               == MST_OK) {
        char text[MST_MONGO_TOKEN_TEXT_MAX];
        mst_mongo_token_text(&token, text);
        return mst_buf_append_str(out, text);
    }
    char time[MST_TIME_TEXT_MAX];
    mst_time_format((int64_t)position->seconds * 1000, time);
    if (position->changes > 1) {
        return mst_buf_printf(out, "%s, ordinal %u, after %u changes of it",
                              time, position->increment, position->changes);
    }
    bool after = position->after || position->changes > 0;
    return mst_buf_printf(out, "%s, ordinal %u, %s", time, position->increment,
                          after ? "after that change" : "before it");
}

bool
mst_mongo_position_time(const struct mst_mongo_position *position,
                        int64_t *ret_wall_ms)
{
    if (position->now) {
        return false;
    }
    *ret_wall_ms = (int64_t)position->seconds * 1000;
    return true;
}
