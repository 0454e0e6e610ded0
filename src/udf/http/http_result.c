/* SPDX-License-Identifier: MIT */
/* From answers to events. */
#include "udf/http/http_result.h"

#include <string.h>
#include <strings.h>

#include "clients/registry_json.h"
#include "encodings/batch_body.h"
#include "encodings/batch_frame.h"
#include "encodings/bson_reader.h"
#include "encodings/json_check.h"

/* --- attributes ----------------------------------------------------------- */

/* Replaces the attribute of that name, or adds it. */
static void
attributes_set(struct mst_attribute *all, uint32_t *n, struct mst_slice name,
               struct mst_slice value)
{
    uint32_t at = 0;
    while (at < *n && !mst_slice_equal(all[at].name, name)) {
        at++;
    }
    all[at] = (struct mst_attribute){name, value};
    *n += at == *n ? 1 : 0;
}

/* "name: value" lines, each with a NUL behind it. */
static enum mst_status
attributes_take(const struct mst_buf *lines, struct mst_emit *emit,
                struct mst_event *result, struct mst_error *err)
{
    size_t most = result->attributes_len;
    for (size_t i = 0; i < lines->len; i++) {
        most += lines->data[i] == '\0' ? 1 : 0;
    }
    struct mst_attribute *all =
        mst_arena_alloc(emit->arena, (most + 1) * sizeof(*all));
    struct mst_slice copy = mst_arena_copy(emit->arena, mst_buf_slice(lines));
    if (all == NULL || copy.data == NULL) {
        return mst_fail_memory(err, "http");
    }
    uint32_t n = result->attributes_len;
    if (n > 0) {
        memcpy(all, result->attributes, n * sizeof(*all));
    }
    for (size_t at = 0; at < copy.len;) {
        struct mst_slice line = mst_slice_str((const char *)copy.data + at);
        size_t colon = strcspn((const char *)line.data, ":");
        struct mst_slice name = mst_slice_of(line.data, colon);
        struct mst_slice value =
            mst_slice_of(line.data + colon + 1, line.len - colon - 1);
        enum mst_op op = MST_OP_NONE;
        if (mst_slice_is(name, "op") && mst_op_parse(value, &op)) {
            result->op = op;
        } else {
            attributes_set(all, &n, name, value);
        }
        at += line.len + 1;
    }
    result->attributes = all;
    result->attributes_len = n;
    return MST_OK;
}

/* --- results -------------------------------------------------------------- */

/* Whoever comes behind relies on payloads that are what they are said to be.
 * Avro is read by its schema later on; nothing can be said of raw bytes. */
static enum mst_status
result_check(enum mst_encoding encoding, struct mst_slice payload,
             struct mst_error *err)
{
    bool is_json = encoding == MST_ENCODING_JSON;
    enum mst_status status = MST_OK;
    if (is_json) {
        status = mst_json_check(payload, err);
    } else if (encoding == MST_ENCODING_BSON) {
        status = mst_bson_check(payload, err);
    }
    if (status != MST_OK) {
        mst_error_prefix(err, is_json ? "the answer is no JSON: "
                                      : "the answer is no BSON: ");
    }
    return status;
}

static enum mst_status
result_emit(struct mst_emit *emit, struct mst_event *result,
            struct mst_slice payload, struct mst_error *err)
{
    enum mst_status status = result_check(result->encoding, payload, err);
    result->payload = payload;
    return status == MST_OK ? emit->event(emit, result, err) : status;
}

/* --- items ---------------------------------------------------------------- */

enum items_kind { ITEMS_FRAME, ITEMS_ARRAY, ITEMS_LINES };

/* What an answer holds several of. */
struct items {
    enum items_kind kind;
    struct mst_batch_frame frame;
    struct registry_json json;
    struct mst_slice lines; /* that are left */
};

static bool
items_next_line(struct items *items, struct mst_slice *ret_item)
{
    while (items->lines.len > 0) {
        const uint8_t *data = items->lines.data;
        const uint8_t *end = memchr(data, '\n', items->lines.len);
        size_t len = end == NULL ? items->lines.len : (size_t)(end - data);
        size_t used = end == NULL ? len : len + 1;
        items->lines = mst_slice_of(data + used, items->lines.len - used);
        if (mst_json_skip_space(data, data + len) < data + len) {
            *ret_item = mst_slice_of(data, len);
            return true;
        }
    }
    return false;
}

static bool
items_next(struct items *items, struct mst_slice *ret_item)
{
    switch (items->kind) {
    case ITEMS_FRAME:
        return mst_batch_frame_next(&items->frame, ret_item);
    case ITEMS_ARRAY:
        return registry_json_next(&items->json, NULL, ret_item);
    case ITEMS_LINES:
        break;
    }
    return items_next_line(items, ret_item);
}

/* After the last one. */
static enum mst_status
items_end(const struct items *items, struct mst_error *err)
{
    return items->kind != ITEMS_ARRAY || registry_json_is_whole(&items->json)
               ? MST_OK
               : mst_fail(err, MST_REJECTED, "http", 0,
                          "the answer is no whole JSON array");
}

/* By the answer's type. MST_END: it is one value. */
static enum mst_status
items_open(const struct mst_http_answer *answer, struct mst_slice body,
           enum mst_encoding encoding, struct items *items,
           struct mst_error *err)
{
    bool framed = false;
    const char *type = answer->content_type;
    enum mst_encoding said = mst_http_encoding_of(type, &framed);
    if (framed) {
        items->kind = ITEMS_FRAME;
        enum mst_status status = mst_batch_frame_open(body, &items->frame, err);
        return status != MST_OK || items->frame.encoding == encoding
                   ? status
                   : mst_fail(err, MST_REJECTED, "http", 0,
                              "the answer's frame is of another encoding than "
                              "what was sent");
    }
    const char *lines = mst_batch_content_type(MST_BATCH_NDJSON);
    if (encoding == MST_ENCODING_JSON
        && strncasecmp(type, lines, strlen(lines)) == 0) {
        items->kind = ITEMS_LINES;
        items->lines = body;
        return MST_OK;
    }
    if (type[0] != '\0' && said != encoding) {
        return mst_fail(err, MST_REJECTED, "http", 0,
                        "the answer is '%s', and '%s' was sent", type,
                        mst_http_content_type(encoding));
    }
    items->kind = ITEMS_ARRAY;
    return encoding == MST_ENCODING_JSON
                   && registry_json_begin(&items->json, body, '[')
               ? MST_OK
               : MST_END;
}

static enum mst_status
items_emit(struct items *items, struct mst_emit *emit, struct mst_event *result,
           struct mst_error *err)
{
    struct mst_slice item = MST_SLICE_NONE;
    enum mst_status status = MST_OK;
    while (status == MST_OK && items_next(items, &item)) {
        status = result_emit(emit, result, item, err);
    }
    return status == MST_OK ? items_end(items, err) : status;
}

/* --- answers -------------------------------------------------------------- */

/* The body, in memory that lives long enough. */
static enum mst_status
result_body(const struct mst_http_answer *answer, struct mst_arena *arena,
            struct mst_slice *ret_body, struct mst_error *err)
{
    if (answer->body.len == 0) {
        (void)mst_fail(err, MST_REJECTED, "http", answer->status,
                       "the answer with status %ld is empty", answer->status);
        mst_error_hint(err, "204 drops an event");
        return MST_REJECTED;
    }
    if (answer->content_encoding[0] != '\0'
        && strcasecmp(answer->content_encoding, "identity") != 0) {
        return mst_fail(err, MST_REJECTED, "http", 0,
                        "the answer has Content-Encoding: %s, and only plain "
                        "answers are taken",
                        answer->content_encoding);
    }
    *ret_body = mst_arena_copy(arena, mst_buf_slice(&answer->body));
    return ret_body->data == NULL ? mst_fail_memory(err, "http") : MST_OK;
}

static bool
result_is_drop(const struct mst_http_answer *answer)
{
    return answer->status == 204 || answer->status == 205;
}

static enum mst_status
result_derive(const struct mst_http_answer *answer,
              const struct mst_event *event, struct mst_emit *emit,
              struct mst_event *ret_result, struct mst_error *err)
{
    mst_event_derive(event, ret_result);
    return answer->lines.len > 0
               ? attributes_take(&answer->lines, emit, ret_result, err)
               : MST_OK;
}

enum mst_status
http_result_emit(const struct http_ask_options *options,
                 const struct mst_http_answer *answer,
                 const struct mst_event *event, struct mst_emit *emit,
                 struct mst_error *err)
{
    struct mst_event result = {0};
    struct mst_slice body = MST_SLICE_NONE;
    struct items items = {0};
    if (result_is_drop(answer)) {
        return MST_OK;
    }
    enum mst_status status = result_body(answer, emit->arena, &body, err);
    if (status == MST_OK) {
        status = result_derive(answer, event, emit, &result, err);
    }
    if (status == MST_OK) {
        status = items_open(answer, body, event->encoding, &items, err);
    }
    if (status == MST_END
        || (status == MST_OK && items.kind == ITEMS_ARRAY
            && options->arrays == HTTP_ASK_VALUE)) {
        return result_emit(emit, &result, body, err);
    }
    return status == MST_OK ? items_emit(&items, emit, &result, err) : status;
}

/* --- batches -------------------------------------------------------------- */

/* What stands for one of the events: nothing where it is to be dropped, and
 * an array within the array where it becomes several. */
static enum mst_status
batch_item(const struct http_ask_options *options,
           const struct mst_http_answer *answer, const struct mst_event *event,
           struct mst_slice item, struct mst_emit *emit, struct mst_error *err)
{
    struct mst_event result = {0};
    struct items inner = {.kind = ITEMS_ARRAY};
    bool is_json = event->encoding == MST_ENCODING_JSON;
    if (item.len == 0 || (is_json && mst_slice_is(item, "null"))) {
        return MST_OK;
    }
    enum mst_status status = result_derive(answer, event, emit, &result, err);
    if (status != MST_OK) {
        return status;
    }
    return is_json && options->arrays == HTTP_ASK_EVENTS
                   && registry_json_begin(&inner.json, item, '[')
               ? items_emit(&inner, emit, &result, err)
               : result_emit(emit, &result, item, err);
}

static enum mst_status
batch_count(struct items items, size_t n, struct mst_error *err)
{
    struct mst_slice item = MST_SLICE_NONE;
    size_t len = 0;
    while (items_next(&items, &item)) {
        len++;
    }
    enum mst_status status = items_end(&items, err);
    if (status == MST_OK && len != n) {
        (void)mst_fail(err, MST_REJECTED, "http", 0,
                       "%zu events were sent, and the answer has %zu", n, len);
        mst_error_hint(err, "an item for each: null, or in a frame an empty "
                            "one, drops its event");
        status = MST_REJECTED;
    }
    return status;
}

/* The items for n events. */
static enum mst_status
batch_open(const struct mst_http_answer *answer, enum mst_encoding encoding,
           size_t n, struct mst_arena *arena, struct items *ret_items,
           struct mst_error *err)
{
    struct mst_slice body = MST_SLICE_NONE;
    enum mst_status status = result_body(answer, arena, &body, err);
    if (status == MST_OK) {
        status = items_open(answer, body, encoding, ret_items, err);
    }
    if (status == MST_END) {
        return mst_fail(err, MST_REJECTED, "http", 0,
                        "%zu events were sent, and the answer is no array, no "
                        "lines and no frame",
                        n);
    }
    return status == MST_OK ? batch_count(*ret_items, n, err) : status;
}

enum mst_status
http_result_emit_batch(const struct http_ask_options *options,
                       const struct http_ask_answer *answer,
                       const struct mst_event *const *events, size_t first,
                       struct mst_emit *emit, struct mst_error *err)
{
    struct items items = {0};
    const struct mst_http_answer *http = &answer->http;
    if (result_is_drop(http)) {
        return MST_OK;
    }
    enum mst_status status = batch_open(http, events[first]->encoding,
                                        answer->len, emit->arena, &items, err);
    for (size_t i = first; status == MST_OK && i < first + answer->len; i++) {
        struct mst_slice item = MST_SLICE_NONE;
        if (emit->of != NULL) {
            emit->of(emit, i);
        }
        if (items_next(&items, &item)) {
            status = batch_item(options, http, events[i], item, emit, err);
        }
    }
    return status;
}
