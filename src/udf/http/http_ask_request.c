/* SPDX-License-Identifier: MIT */
/* The request that asks about an event, or about several. */
#include <stdlib.h>
#include <string.h>

#include "encodings/batch_body.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "udf/http/http_ask_impl.h"

static enum mst_status
ask_key(const struct http_ask *ask, struct ask_slot *slot,
        const struct mst_event *event, struct mst_slice *ret_key,
        struct mst_error *err)
{
    struct mst_bson_value id;
    *ret_key = MST_SLICE_NONE;
    if (!mst_http_wants_key(&ask->target, &ask->options->attributes)) {
        return MST_OK;
    }
    if (event->key_kind != MST_KEY_BSON) {
        *ret_key =
            event->key_kind == MST_KEY_NONE ? MST_SLICE_NONE : event->key;
        return MST_OK;
    }
    if (!mst_bson_find(event->key, "_id", &id)) {
        return MST_OK;
    }
    mst_buf_reset(&slot->key);
    enum mst_status status = mst_bson_value_to_text(&id, &slot->key, err);
    *ret_key = mst_buf_slice(&slot->key);
    return status;
}

/* As the functions for headers want them, which only read them. */
static bool
ask_deliveries(struct ask_slot *slot, const struct ask_entry *entry)
{
    if (entry->len > slot->deliveries_cap) {
        free(slot->deliveries);
        free(slot->pointers);
        slot->deliveries = calloc(entry->len, sizeof(*slot->deliveries));
        slot->pointers = calloc(entry->len, sizeof(struct mst_delivery *));
        bool good = slot->deliveries != NULL && slot->pointers != NULL;
        slot->deliveries_cap = good ? entry->len : 0;
    }
    for (size_t i = 0; i < entry->len && i < slot->deliveries_cap; i++) {
        slot->deliveries[i].event =
            (struct mst_event *)(uintptr_t)entry->events[i];
        slot->pointers[i] = &slot->deliveries[i];
    }
    return entry->len <= slot->deliveries_cap;
}

static const char *
ask_content_type(const struct http_ask *ask, const struct ask_entry *entry)
{
    return ask->options->batch_events > 1
               ? mst_batch_content_type(
                   (enum mst_batch_format)ask->options->batch_format)
               : mst_http_content_type(entry->events[0]->encoding);
}

static enum mst_status
ask_headers(struct http_ask *ask, struct ask_slot *slot,
            const struct ask_entry *entry, struct mst_slice key,
            struct mst_error *err)
{
    struct mst_buf *out = &slot->headers;
    const char *login = mst_http_auth_line(ask->auth);
    if (!ask_deliveries(slot, entry)) {
        return mst_fail_memory(err, "http");
    }
    mst_buf_reset(out);
    enum mst_status status =
        mst_buf_append(out, ask->fixed_headers.data, ask->fixed_headers.len);
    if (status == MST_OK && login != NULL) {
        status = mst_buf_append(out, login, strlen(login) + 1);
    }
    if (status == MST_OK) {
        status =
            mst_http_add_header(out, MST_SLICE_LIT("Content-Type"),
                                mst_slice_str(ask_content_type(ask, entry)));
    }
    return status == MST_OK
               ? mst_http_fields_append(&ask->fields, slot->pointers,
                                        entry->len, key, out, err)
               : mst_fail(err, status, "http", 0, "the headers are too long");
}

static struct mst_slice
ask_payload(const void *arg, size_t i)
{
    const struct ask_entry *entry = arg;
    return entry->events[i]->payload;
}

static enum mst_status
ask_body(const struct http_ask *ask, struct ask_slot *slot,
         const struct ask_entry *entry, struct mst_slice *ret_body,
         struct mst_error *err)
{
    const struct mst_batch_payloads payloads = {ask_payload, entry, entry->len};
    enum mst_batch_format format =
        (enum mst_batch_format)ask->options->batch_format;
    enum mst_encoding encoding = entry->events[0]->encoding;
    if (ask->options->batch_events <= 1) {
        *ret_body = entry->events[0]->payload;
        return MST_OK;
    }
    if (format != MST_BATCH_FRAMED && encoding != MST_ENCODING_JSON) {
        return mst_fail(err, MST_FATAL, "http", 0,
                        "batch_format = \"%s\" needs events in JSON",
                        mst_batch_formats[format]);
    }
    mst_buf_reset(&slot->body);
    enum mst_status status =
        mst_batch_body(format, encoding, &payloads, &slot->body);
    *ret_body = mst_buf_slice(&slot->body);
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, status, "http", 0, "the body is too large");
}

const char *
http_ask_method(const struct http_ask *ask)
{
    return ask->options->method == 1 ? "PUT" : "POST";
}

enum mst_status
http_ask_send(struct http_ask *ask, size_t at, const struct ask_entry *entry,
              struct mst_error *err)
{
    struct ask_slot *slot = &ask->slots[at];
    const struct mst_event *event = entry->events[0];
    struct mst_slice key;
    struct mst_slice body;
    enum mst_status status = ask_key(ask, slot, event, &key, err);
    if (status == MST_OK) {
        status =
            mst_http_target_make(&ask->target, event, key, &slot->url, err);
    }
    if (status == MST_OK) {
        status = ask_headers(ask, slot, entry, key, err);
    }
    if (status == MST_OK) {
        status = ask_body(ask, slot, entry, &body, err);
    }
    if (status != MST_OK) {
        return status;
    }
    const struct mst_http_send send = {.method = http_ask_method(ask),
                                       .url = (const char *)slot->url.data,
                                       .headers = mst_buf_slice(&slot->headers),
                                       .body = body};
    return mst_http_pool_start(ask->pool, at, &send, err);
}
