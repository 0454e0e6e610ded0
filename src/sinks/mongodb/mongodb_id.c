/* SPDX-License-Identifier: MIT */
/* Finds or makes _id values. */
#include "sinks/mongodb/mongodb_id.h"

#include <bson/bson.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/hex.h"
#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "encodings/json_bson.h"

#define ORIGIN "mongodb"

enum { ID_HASH_BYTES = 16, ID_TEXT_SHOWN = 60, ID_KEY_MAX = 64 * 1024 };

enum mst_status
mst_mongosink_id_parse(const char *text, enum mst_mongosink_key_type key_type,
                       struct mst_mongosink_id_rule *ret_rule,
                       struct mst_error *err)
{
    static const char *const names[] = {"document", "key", NULL, "hash",
                                        "auto"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        if (names[i] != NULL && strcmp(names[i], text) == 0) {
            *ret_rule = (struct mst_mongosink_id_rule){
                .from = (enum mst_mongosink_id_from)i, .key_type = key_type};
            return MST_OK;
        }
    }
    if (strncmp(text, "field:", 6) == 0 && text[6] != '\0') {
        *ret_rule =
            (struct mst_mongosink_id_rule){.from = MST_MONGOSINK_ID_FIELD,
                                           .key_type = key_type,
                                           .field = text + 6};
        return MST_OK;
    }
    (void)mst_fail(err, MST_FATAL, ORIGIN, 0, "id = '%s' is not known", text);
    mst_error_hint(err, "use document, key, field:NAME, hash or auto");
    return MST_FATAL;
}

enum mst_status
mst_mongosink_id_check(const struct mst_bson_value *id, struct mst_error *err)
{
    if (id->type == MST_BSON_ARRAY || id->type == MST_BSON_REGEX
        || id->type == MST_BSON_UNDEFINED || id->type == 0) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "a value of type %s can not be an _id",
                        mst_bson_type_name(id->type));
    }
    return MST_OK;
}

/* Closes the document with the one element _id in scratch and finds it. */
static enum mst_status
id_finish(struct mst_bson_writer *writer, struct mst_bson_value *ret_id,
          struct mst_error *err)
{
    struct mst_buf *scratch = writer->buf;
    enum mst_status status = mst_bson_writer_finish(writer, err);
    if (status != MST_OK) {
        return status;
    }
    return mst_bson_find(mst_buf_slice(scratch), "_id", ret_id)
               ? MST_OK
               : mst_fail_memory(err, ORIGIN);
}

static enum mst_status
id_from_string(struct mst_slice text, struct mst_buf *scratch,
               struct mst_bson_value *ret_id, struct mst_error *err)
{
    struct mst_bson_writer writer;
    mst_buf_reset(scratch);
    mst_bson_writer_init(&writer, scratch);
    mst_bson_write_string(&writer, "_id", text);
    return id_finish(&writer, ret_id, err);
}

static bool
id_hex(struct mst_slice text, uint8_t out[MST_BSON_OBJECTID_LEN])
{
    if (text.len != 2 * (size_t)MST_BSON_OBJECTID_LEN) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = mst_hex_digit(text.data[i]);
        if (digit < 0) {
            return false;
        }
        out[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
    }
    return true;
}

static bool
id_integer(struct mst_slice text, int64_t *ret)
{
    char digits[24];
    size_t sign = text.len > 0 && text.data[0] == '-' ? 1 : 0;
    if (text.len == sign || text.len >= sizeof(digits)) {
        return false;
    }
    for (size_t i = sign; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    /* "007" and "-0" are texts: written back they would be another key. */
    if (text.data[sign] == '0' && text.len > 1) {
        return false;
    }
    memcpy(digits, text.data, text.len);
    digits[text.len] = '\0';
    errno = 0;
    long long value = strtoll(digits, NULL, 10);
    if (errno != 0) {
        return false;
    }
    *ret = value;
    return true;
}

static enum mst_status
id_from_integer(int64_t value, struct mst_buf *scratch,
                struct mst_bson_value *ret_id, struct mst_error *err)
{
    struct mst_bson_writer writer;
    mst_buf_reset(scratch);
    mst_bson_writer_init(&writer, scratch);
    if (value >= INT32_MIN && value <= INT32_MAX) {
        mst_bson_write_int32(&writer, "_id", (int32_t)value);
    } else {
        mst_bson_write_int64(&writer, "_id", value);
    }
    return id_finish(&writer, ret_id, err);
}

static enum mst_status
id_from_oid(const uint8_t *oid, struct mst_buf *scratch,
            struct mst_bson_value *ret_id, struct mst_error *err)
{
    struct mst_bson_writer writer;
    mst_buf_reset(scratch);
    mst_bson_writer_init(&writer, scratch);
    mst_bson_write_oid(&writer, "_id", oid);
    return id_finish(&writer, ret_id, err);
}

/* One Extended JSON value. */
static bool
id_from_json(struct mst_slice text, struct mst_buf *scratch,
             struct mst_bson_value *ret_id)
{
    struct mst_buf json;
    struct mst_bson_iter iter;
    mst_buf_init(&json, ID_KEY_MAX + 16);
    mst_buf_reset(scratch);
    bool good = mst_buf_append_str(&json, "{\"_id\":") == MST_OK
                && mst_buf_append(&json, text.data, text.len) == MST_OK
                && mst_buf_append_char(&json, '}') == MST_OK
                && mst_json_to_bson(mst_buf_slice(&json), NULL, scratch, NULL)
                       == MST_OK;
    mst_buf_clear(&json);
    /* One member: `1,"b":2` is no value. */
    good = good
           && mst_bson_iter_init(&iter, mst_buf_slice(scratch), NULL) == MST_OK
           && mst_bson_iter_next(&iter) == MST_OK;
    if (good) {
        *ret_id = mst_bson_iter_value(&iter);
    }
    return good && mst_bson_iter_next(&iter) == MST_END;
}

static enum mst_status
id_bad_key(struct mst_slice key, const char *wanted, struct mst_error *err)
{
    (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                   "the key '%.*s' is no %s and can not be the _id",
                   (int)(key.len > ID_TEXT_SHOWN ? ID_TEXT_SHOWN : key.len),
                   (const char *)key.data, wanted);
    mst_error_hint(err, "key_type says what keys are: auto, string, objectid, "
                        "int or json");
    return MST_REJECTED;
}

static enum mst_status
id_from_text(struct mst_slice key, enum mst_mongosink_key_type key_type,
             struct mst_buf *scratch, struct mst_bson_value *ret_id,
             struct mst_error *err)
{
    uint8_t oid[MST_BSON_OBJECTID_LEN];
    int64_t number = 0;
    bool is_auto = key_type == MST_MONGOSINK_KEY_AUTO;
    if (key.len > ID_KEY_MAX) {
        return id_bad_key(key, "value of at most 64 KiB", err);
    }
    if (key_type == MST_MONGOSINK_KEY_JSON
        || (is_auto && key.len > 0 && key.data[0] == '{')) {
        if (id_from_json(key, scratch, ret_id)) {
            return mst_mongosink_id_check(ret_id, err);
        }
        if (!is_auto) {
            return id_bad_key(key, "Extended JSON", err);
        }
    }
    if (is_auto || key_type == MST_MONGOSINK_KEY_OBJECTID) {
        if (id_hex(key, oid)) {
            return id_from_oid(oid, scratch, ret_id, err);
        }
        if (!is_auto) {
            return id_bad_key(key, "ObjectId of 24 hex digits", err);
        }
    }
    if (is_auto || key_type == MST_MONGOSINK_KEY_INT) {
        if (id_integer(key, &number)) {
            return id_from_integer(number, scratch, ret_id, err);
        }
        if (!is_auto) {
            return id_bad_key(key, "whole number", err);
        }
    }
    return id_from_string(key, scratch, ret_id, err);
}

enum mst_status
mst_mongosink_id_of_key(const struct mst_event *event,
                        enum mst_mongosink_key_type key_type,
                        struct mst_buf *scratch, struct mst_bson_value *ret_id,
                        struct mst_error *err)
{
    if (event->key.data == NULL || event->key_kind == MST_KEY_NONE) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the event has no key that could be the _id");
    }
    if (event->key_kind == MST_KEY_BSON) {
        if (!mst_bson_find(event->key, "_id", ret_id)) {
            return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                            "the event's key has no field _id");
        }
        return mst_mongosink_id_check(ret_id, err);
    }
    return id_from_text(event->key, key_type, scratch, ret_id, err);
}

static enum mst_status
id_of_payload_hash(struct mst_slice payload, struct mst_buf *scratch,
                   struct mst_bson_value *ret_id, struct mst_error *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(payload.data, payload.len, digest, &len, EVP_sha256(), NULL)
            != 1
        || len < ID_HASH_BYTES) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "SHA-256 is not available in this OpenSSL");
    }
    char hex[2 * ID_HASH_BYTES];
    for (size_t i = 0; i < ID_HASH_BYTES; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 0xF];
    }
    return id_from_string(mst_slice_of(hex, sizeof(hex)), scratch, ret_id, err);
}

static enum mst_status
id_of_field(const char *field, struct mst_slice payload,
            struct mst_bson_value *ret_id, struct mst_error *err)
{
    if (payload.data == NULL || !mst_bson_find_path(payload, field, ret_id)) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "the document has no field %s that could be its _id",
                       field);
        mst_error_hint(err, "id = \"key\", \"hash\" or \"auto\" work without "
                            "one");
        return MST_REJECTED;
    }
    return mst_mongosink_id_check(ret_id, err);
}

enum mst_status
mst_mongosink_id_get(const struct mst_mongosink_id_rule *rule,
                     const struct mst_delivery *delivery,
                     struct mst_buf *scratch, struct mst_bson_value *ret_id,
                     struct mst_error *err)
{
    const struct mst_event *event = delivery->event;
    switch (rule->from) {
    case MST_MONGOSINK_ID_KEY:
        return mst_mongosink_id_of_key(event, rule->key_type, scratch, ret_id,
                                       err);
    case MST_MONGOSINK_ID_HASH:
        return delivery->payload.data == NULL
                   ? mst_fail(err, MST_REJECTED, ORIGIN, 0,
                              "the event has no payload to make an _id from")
                   : id_of_payload_hash(delivery->payload, scratch, ret_id,
                                        err);
    case MST_MONGOSINK_ID_AUTO: {
        bson_oid_t oid;
        bson_oid_init(&oid, NULL);
        return id_from_oid(oid.bytes, scratch, ret_id, err);
    }
    case MST_MONGOSINK_ID_FIELD:
        return id_of_field(rule->field, delivery->payload, ret_id, err);
    case MST_MONGOSINK_ID_DOCUMENT:
        break;
    }
    if (delivery->payload.data == NULL) {
        return mst_mongosink_id_of_key(event, rule->key_type, scratch, ret_id,
                                       err);
    }
    return id_of_field("_id", delivery->payload, ret_id, err);
}
