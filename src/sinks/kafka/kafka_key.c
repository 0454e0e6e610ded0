/* SPDX-License-Identifier: MIT */
/* From an event to the key of its message. */
#include "sinks/kafka/kafka_key.h"

#include <string.h>

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"

enum { KEY_MAX = 1024 * 1024, KEY_PAYLOAD_MAX = 64 * 1024 * 1024 };

enum mst_status
kafka_key_init(struct kafka_key *key, const char *text,
               enum mst_encoding encoding, struct mst_error *err)
{
    static const char *const modes[] = {[KAFKA_KEY_ID] = "id",
                                        [KAFKA_KEY_JSON] = "json",
                                        [KAFKA_KEY_BSON] = "bson",
                                        [KAFKA_KEY_FIELD] = "field:",
                                        [KAFKA_KEY_NONE] = "none"};
    mst_buf_init(&key->scratch, KEY_MAX);
    mst_buf_init(&key->bson, KEY_PAYLOAD_MAX);
    size_t prefix = strlen(modes[KAFKA_KEY_FIELD]);
    if (strncmp(text, modes[KAFKA_KEY_FIELD], prefix) == 0
        && text[prefix] != '\0') {
        key->mode = KAFKA_KEY_FIELD;
        key->path = text + prefix;
        if (encoding != MST_ENCODING_BSON && encoding != MST_ENCODING_JSON) {
            return mst_fail(err, MST_FATAL, "kafka", 0,
                            "key = \"%s\" needs payloads in bson or json",
                            text);
        }
        return MST_OK;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(modes); i++) {
        if (i != KAFKA_KEY_FIELD && strcmp(text, modes[i]) == 0) {
            key->mode = (enum kafka_key_mode)i;
            return MST_OK;
        }
    }
    (void)mst_fail(err, MST_FATAL, "kafka", 0,
                   "key = \"%s\" is no way to make "
                   "a key",
                   text);
    mst_error_hint(err, "use id, json, bson, field:PATH or none");
    return MST_FATAL;
}

void
kafka_key_clear(struct kafka_key *key)
{
    mst_buf_clear(&key->scratch);
    mst_buf_clear(&key->bson);
}

/* The key in scratch; an empty one is a key, too. */
static struct mst_slice
key_made(const struct kafka_key *key)
{
    return key->scratch.len == 0 ? MST_SLICE_LIT("")
                                 : mst_buf_slice(&key->scratch);
}

static enum mst_status
key_from_id(struct kafka_key *key, const struct mst_event *event,
            struct mst_slice *ret_key, struct mst_error *err)
{
    struct mst_bson_value id;
    if (!mst_bson_find(event->key, "_id", &id)) {
        return mst_fail(err, MST_REJECTED, "kafka", 0,
                        "the event's key has no _id");
    }
    enum mst_status status = mst_bson_value_to_text(&id, &key->scratch, err);
    if (status == MST_OK) {
        *ret_key = key_made(key);
    }
    return status;
}

static enum mst_status
key_from_field(struct kafka_key *key, const struct mst_delivery *delivery,
               struct mst_slice *ret_key, struct mst_error *err)
{
    struct mst_bson_value field;
    struct mst_slice document = delivery->payload;
    if (document.data != NULL && delivery->encoding == MST_ENCODING_JSON) {
        const struct mst_json_read_options options = {
            .big_numbers = MST_BIG_NUMBERS_DECIMAL};
        mst_buf_reset(&key->bson);
        enum mst_status status =
            mst_json_to_bson(document, &options, &key->bson, err);
        if (status != MST_OK) {
            return status;
        }
        document = mst_buf_slice(&key->bson);
    }
    if (document.data == NULL
        || !mst_bson_find_path(document, key->path, &field)) {
        return mst_fail(err, MST_REJECTED, "kafka", 0,
                        "the payload has no field '%s' for the key", key->path);
    }
    enum mst_status status = mst_bson_value_to_text(&field, &key->scratch, err);
    if (status == MST_OK) {
        *ret_key = key_made(key);
    }
    return status;
}

enum mst_status
kafka_key_make(struct kafka_key *key, const struct mst_delivery *delivery,
               struct mst_slice *ret_key, struct mst_error *err)
{
    const struct mst_event *event = delivery->event;
    mst_buf_reset(&key->scratch);
    if (key->mode == KAFKA_KEY_NONE) {
        *ret_key = MST_SLICE_NONE;
        return MST_OK;
    }
    if (key->mode == KAFKA_KEY_FIELD) {
        return key_from_field(key, delivery, ret_key, err);
    }
    if (event->key_kind != MST_KEY_BSON || key->mode == KAFKA_KEY_BSON) {
        *ret_key =
            event->key_kind == MST_KEY_NONE ? MST_SLICE_NONE : event->key;
        return MST_OK;
    }
    if (key->mode == KAFKA_KEY_ID) {
        return key_from_id(key, event, ret_key, err);
    }
    enum mst_status status =
        mst_bson_to_json(event->key, MST_JSON_RELAXED, &key->scratch, err);
    if (status == MST_OK) {
        *ret_key = key_made(key);
    }
    return status;
}
