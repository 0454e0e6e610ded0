/* SPDX-License-Identifier: MIT */
/* Reading checkpoints from lines of JSON that anybody may have written. */
#include "state/export.h"

#include <jansson.h>

#include "base/base64.h"
#include "base/clock.h"

enum {
    IMPORT_LINE_MAX = 8 * 1024 * 1024,
    IMPORT_TEXT_MAX = 4096, /* of job and identity */
};

static const char *const import_keys[] = {"mstream_checkpoint",
                                          "job",
                                          "identity",
                                          "position",
                                          "position_base64",
                                          "sink_mark",
                                          "sink_mark_base64",
                                          "saved_at",
                                          "events"};

static enum mst_status
import_fail(struct mst_error *err, const char *key, const char *problem)
{
    return mst_fail(err, MST_REJECTED, "checkpoint", 0, "'%s' %s", key,
                    problem);
}

static enum mst_status
import_check_keys(json_t *object, struct mst_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        bool is_known = false;
        for (size_t i = 0; i < MST_ARRAY_SIZE(import_keys); i++) {
            is_known = is_known || strcmp(key, import_keys[i]) == 0;
        }
        if (!is_known) {
            struct mst_buf shown;
            mst_buf_init(&shown, 64);
            /* Quoted, so that it can not draw on a terminal. */
            bool fits =
                mst_buf_append_json(&shown, mst_slice_str(key)) == MST_OK
                && mst_buf_text(&shown) != NULL;
            (void)mst_fail(err, MST_REJECTED, "checkpoint", 0,
                           "the key %s is not known",
                           fits ? (const char *)shown.data : "(long)");
            mst_buf_clear(&shown);
            return MST_REJECTED;
        }
    }
    json_t *version = json_object_get(object, "mstream_checkpoint");
    if (!json_is_integer(version)) {
        return import_fail(err, "mstream_checkpoint",
                           "is missing: this is not an exported checkpoint");
    }
    if (json_integer_value(version) != 1) {
        return import_fail(err, "mstream_checkpoint",
                           "is not 1: it was written by a newer mstream");
    }
    return MST_OK;
}

static enum mst_status
import_copy(struct mst_slice bytes, struct mst_slice *ret,
            struct mst_error *err)
{
    uint8_t *copy = malloc(bytes.len + 1);
    if (copy == NULL) {
        return mst_fail_memory(err, "checkpoint");
    }
    memcpy(copy, bytes.data, bytes.len);
    *ret = mst_slice_of(copy, bytes.len);
    return MST_OK;
}

static enum mst_status
import_text(json_t *object, const char *key, char **ret, struct mst_error *err)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) {
        return import_fail(err, key, "must be a string");
    }
    if (json_string_length(value) > IMPORT_TEXT_MAX) {
        return import_fail(err, key, "is too long");
    }
    /* The parser lets no NUL through. */
    char *copy = strdup(json_string_value(value));
    if (copy == NULL) {
        return mst_fail_memory(err, "checkpoint");
    }
    *ret = copy;
    return MST_OK;
}

static enum mst_status
import_base64(const char *key, struct mst_slice text, struct mst_slice *ret,
              struct mst_error *err)
{
    struct mst_buf bytes;
    mst_buf_init(&bytes, MST_POSITION_MAX);
    enum mst_status status = mst_base64_decode(text, &bytes);
    if (status == MST_REJECTED) {
        status = import_fail(err, key, "is not base64, or is too long");
    } else if (status != MST_OK) {
        status = mst_fail_memory(err, "checkpoint");
    } else {
        status = import_copy(bytes.data == NULL ? MST_SLICE_LIT("")
                                                : mst_buf_slice(&bytes),
                             ret, err);
    }
    mst_buf_clear(&bytes);
    return status;
}

/* A text, or its base64 form under the second key, or none. */
static enum mst_status
import_bytes(json_t *object, const char *key, const char *key_base64,
             struct mst_slice *ret, struct mst_error *err)
{
    json_t *text = json_object_get(object, key);
    json_t *base64 = json_object_get(object, key_base64);
    if (text != NULL && base64 != NULL) {
        return import_fail(err, key, "is there as text and as base64");
    }
    json_t *value = text != NULL ? text : base64;
    if (value == NULL) {
        return MST_OK;
    }
    if (!json_is_string(value)) {
        return import_fail(err, text != NULL ? key : key_base64,
                           "must be a string");
    }
    struct mst_slice bytes =
        mst_slice_of(json_string_value(value), json_string_length(value));
    if (base64 != NULL) {
        return import_base64(key_base64, bytes, ret, err);
    }
    if (bytes.len > MST_POSITION_MAX) {
        return import_fail(err, key, "is too long");
    }
    return import_copy(bytes, ret, err);
}

/* saved_at and events may be absent. */
static enum mst_status
import_numbers(json_t *object, struct mst_checkpoint *checkpoint,
               struct mst_error *err)
{
    json_t *events = json_object_get(object, "events");
    json_t *saved_at = json_object_get(object, "saved_at");
    if (events != NULL
        && (!json_is_integer(events) || json_integer_value(events) < 0)) {
        return import_fail(err, "events", "must be a number from 0");
    }
    checkpoint->events = (uint64_t)json_integer_value(events);
    checkpoint->saved_ms = mst_clock_wall_ms();
    if (saved_at == NULL) {
        return MST_OK;
    }
    if (!json_is_string(saved_at)
        || mst_time_parse(json_string_value(saved_at),
                          json_string_length(saved_at), &checkpoint->saved_ms,
                          NULL)
               != MST_OK) {
        return import_fail(err, "saved_at", "must be a time as in RFC 3339");
    }
    return MST_OK;
}

static enum mst_status
import_object(json_t *object, struct mst_checkpoint *checkpoint,
              struct mst_error *err)
{
    enum mst_status status = import_check_keys(object, err);
    if (status == MST_OK) {
        status = import_text(object, "job", &checkpoint->job, err);
    }
    if (status == MST_OK
        && json_string_length(json_object_get(object, "job")) == 0) {
        status = import_fail(err, "job", "is empty");
    }
    if (status == MST_OK) {
        status = import_text(object, "identity", &checkpoint->identity, err);
    }
    if (status == MST_OK) {
        status = import_bytes(object, "position", "position_base64",
                              &checkpoint->position, err);
    }
    if (status == MST_OK && checkpoint->position.data == NULL) {
        status = import_fail(err, "position", "is missing");
    }
    if (status == MST_OK) {
        status = import_bytes(object, "sink_mark", "sink_mark_base64",
                              &checkpoint->sink_mark, err);
    }
    return status == MST_OK ? import_numbers(object, checkpoint, err) : status;
}

enum mst_status
mst_checkpoint_import(struct mst_slice line, struct mst_checkpoint *ret,
                      struct mst_error *err)
{
    if (line.len > IMPORT_LINE_MAX) {
        return mst_fail(err, MST_REJECTED, "checkpoint", 0,
                        "the line has %zu bytes; at most %d are read", line.len,
                        (int)IMPORT_LINE_MAX);
    }
    json_error_t problem;
    json_t *object =
        json_loadb(line.data == NULL ? "" : (const char *)line.data, line.len,
                   JSON_REJECT_DUPLICATES, &problem);
    if (object == NULL) {
        return mst_fail_at(err, MST_REJECTED, "checkpoint", problem.position,
                           "not a line of JSON, or a key is there twice (near "
                           "byte %d)",
                           problem.position);
    }
    struct mst_checkpoint checkpoint = {.origin = MST_POSITION_SET};
    enum mst_status status = json_is_object(object)
                                 ? import_object(object, &checkpoint, err)
                                 : mst_fail(err, MST_REJECTED, "checkpoint", 0,
                                            "the line is not a JSON object");
    json_decref(object);
    if (status != MST_OK) {
        mst_checkpoint_clear(&checkpoint);
        return status;
    }
    *ret = checkpoint;
    return MST_OK;
}

static bool
import_is_blank(struct mst_slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t'
            && line.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

enum mst_status
mst_checkpoint_import_lines(
    struct mst_slice text,
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one),
    void *arg, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    size_t number = 0;
    for (size_t at = 0; status == MST_OK && at < text.len;) {
        const uint8_t *start = text.data + at;
        const uint8_t *newline = memchr(start, '\n', text.len - at);
        size_t len =
            newline == NULL ? text.len - at : (size_t)(newline - start);
        struct mst_slice line = mst_slice_of(start, len);
        at += len + 1;
        number++;
        if (import_is_blank(line)) {
            continue;
        }
        struct mst_checkpoint checkpoint;
        status = mst_checkpoint_import(line, &checkpoint, err);
        if (status != MST_OK) {
            mst_error_prefix(err, "line %zu: ", number);
            return status;
        }
        status = each(arg, &checkpoint);
        mst_checkpoint_clear(&checkpoint);
    }
    return status;
}
