/* SPDX-License-Identifier: MIT */
/* What a server answers takes the place of the event. */
#include "udf/http/http_middleware.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clients/registry_json.h"
#include "encodings/batch_frame.h"
#include "encodings/bson_reader.h"
#include "encodings/json_check.h"
#include "udf/http/http_ask.h"

#define AT(field) offsetof(struct http_ask_options, field)

static const char *const methods[] = {"POST", "PUT", NULL};
static const char *const orderings[] = {"key", "none", NULL};
static const char *const arrays[] = {"events", "value", NULL};

static const struct mst_option middleware_options[] = {
    {.name = "method",
     .type = MST_OPTION_ENUM,
     .offset = AT(method),
     .def = "POST",
     .choices = methods,
     .help = "Method of the requests."},
    {.name = "attributes",
     .type = MST_OPTION_STRING_LIST,
     .offset = AT(attributes),
     .flags = MST_OPTION_ONE_OR_LIST,
     .def = "all",
     .help = "Which attributes become headers X-<name>: all (op and every "
             "attribute), none, or a list of op, key, source_ts_ms, job and "
             "attribute names."},
    {.name = "concurrency",
     .type = MST_OPTION_INT,
     .offset = AT(concurrency),
     .def = "8",
     .min = 1,
     .max = 256,
     .help = "Requests at once, of each worker."},
    {.name = "ordering",
     .type = MST_OPTION_ENUM,
     .offset = AT(ordering),
     .def = "key",
     .choices = orderings,
     .help = "key: events of one key are asked about one after the other, "
             "those without a key likewise; none: any event beside any other. "
             "What goes on is in order either way."},
    {.name = "answer_max",
     .type = MST_OPTION_SIZE,
     .offset = AT(answer_max),
     .def = "16MiB",
     .min = 1,
     .max = INT64_C(64) * 1024 * 1024,
     .help = "Longest answer; an event with a longer one is rejected."},
    {.name = "arrays",
     .type = MST_OPTION_ENUM,
     .offset = AT(arrays),
     .def = "events",
     .choices = arrays,
     .help = "What a JSON array as the answer is: events, each of its items, "
             "or one value."},
    {.name = "outcomes",
     .type = MST_OPTION_STRING_MAP,
     .offset = AT(outcomes),
     .help = "What a status means, where it is not what the table says: "
             "{ \"404\" = \"rejected\" }, one of ok, retry, rejected, fatal."},
};

static enum mst_status
middleware_create(void **ret_ctx, const struct mst_middleware_args *args,
                  struct mst_error *err)
{
    struct http_ask *ask = NULL;
    enum mst_status status = http_ask_create(args, &ask, err);
    if (status == MST_OK) {
        *ret_ctx = ask;
    }
    return status;
}

static enum mst_status
middleware_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    struct http_ask *ask = NULL;
    enum mst_status status = http_ask_create(args, &ask, err);
    http_ask_destroy(ask);
    return status;
}

static enum mst_status
middleware_open(void *ctx, struct mst_error *err)
{
    return http_ask_open(ctx, err);
}

static void
middleware_ahead(void *ctx, const struct mst_event *const *events, size_t n)
{
    (void)http_ask_ahead(ctx, events, n);
}

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

static enum mst_status
result_frame(struct mst_emit *emit, struct mst_event *result,
             struct mst_slice body, struct mst_error *err)
{
    struct mst_batch_frame frame;
    struct mst_slice item;
    enum mst_status status = mst_batch_frame_open(body, &frame, err);
    if (status == MST_OK && frame.encoding != result->encoding) {
        status = mst_fail(err, MST_REJECTED, "http", 0,
                          "the answer's frame is of another encoding than "
                          "what was sent");
    }
    while (status == MST_OK && mst_batch_frame_next(&frame, &item)) {
        status = result_emit(emit, result, item, err);
    }
    return status;
}

static enum mst_status
result_array(struct mst_emit *emit, struct mst_event *result,
             struct mst_slice body, struct mst_error *err)
{
    struct registry_json json;
    struct mst_slice item;
    enum mst_status status = MST_OK;
    if (!registry_json_begin(&json, body, '[')) {
        return result_emit(emit, result, body, err);
    }
    while (status == MST_OK && registry_json_next(&json, NULL, &item)) {
        status = result_emit(emit, result, item, err);
    }
    if (status == MST_OK && !registry_json_is_whole(&json)) {
        status = mst_fail(err, MST_REJECTED, "http", 0,
                          "the answer is no whole JSON array");
    }
    return status;
}

/* The body in memory that lives long enough, by its type. */
static enum mst_status
result_body(const struct http_ask_options *options,
            const struct mst_http_answer *answer, struct mst_emit *emit,
            struct mst_event *result, struct mst_error *err)
{
    bool framed = false;
    enum mst_encoding encoding =
        mst_http_encoding_of(answer->content_type, &framed);
    struct mst_slice body =
        mst_arena_copy(emit->arena, mst_buf_slice(&answer->body));
    if (body.data == NULL) {
        return mst_fail_memory(err, "http");
    }
    if (answer->content_encoding[0] != '\0'
        && strcasecmp(answer->content_encoding, "identity") != 0) {
        return mst_fail(err, MST_REJECTED, "http", 0,
                        "the answer has Content-Encoding: %s, and only plain "
                        "answers are taken",
                        answer->content_encoding);
    }
    if (framed) {
        return result_frame(emit, result, body, err);
    }
    if (answer->content_type[0] != '\0' && encoding != result->encoding) {
        return mst_fail(err, MST_REJECTED, "http", 0,
                        "the answer is '%s', and '%s' was sent",
                        answer->content_type,
                        mst_http_content_type(result->encoding));
    }
    return result->encoding == MST_ENCODING_JSON
                   && options->arrays == HTTP_ASK_EVENTS
               ? result_array(emit, result, body, err)
               : result_emit(emit, result, body, err);
}

static enum mst_status
middleware_apply(void *ctx, const struct mst_event *event,
                 struct mst_emit *emit, struct mst_error *err)
{
    const struct http_ask_answer *answer = http_ask_answer(ctx, event);
    if (answer == NULL) {
        return mst_fail_memory(err, "http");
    }
    if (answer->status != MST_OK) {
        *err = answer->err;
        return answer->status;
    }
    if (answer->http.status == 204 || answer->http.status == 205) {
        return MST_OK; /* dropped */
    }
    if (answer->http.body.len == 0) {
        (void)mst_fail(err, MST_REJECTED, "http", answer->http.status,
                       "the answer with status %ld is empty",
                       answer->http.status);
        mst_error_hint(err, "204 drops an event");
        return MST_REJECTED;
    }
    struct mst_event result;
    mst_event_derive(event, &result);
    enum mst_status status = MST_OK;
    if (answer->http.lines.len > 0) {
        status = attributes_take(&answer->http.lines, emit, &result, err);
    }
    return status == MST_OK ? result_body(http_ask_options_of(ctx),
                                          &answer->http, emit, &result, err)
                            : status;
}

static void
middleware_interrupt(void *ctx)
{
    http_ask_interrupt(ctx);
}

static void
middleware_close(void *ctx)
{
    http_ask_close(ctx);
}

static void
middleware_destroy(void *ctx)
{
    http_ask_destroy(ctx);
}

const struct mst_middleware_type mst_http_middleware = {
    .name = "http",
    .help = "Sends each event as an HTTP request; the answer takes its place.",
    .service_options = MST_HTTP_SERVICE_TABLE,
    .options = {.options = middleware_options,
                .len = MST_ARRAY_SIZE(middleware_options),
                .size = sizeof(struct http_ask_options)},
    .resource_optional = true,
    .encodings = 1U << MST_ENCODING_RAW | 1U << MST_ENCODING_BSON
                 | 1U << MST_ENCODING_JSON | 1U << MST_ENCODING_AVRO,
    .create = middleware_create,
    .open = middleware_open,
    .apply = middleware_apply,
    .interrupt = middleware_interrupt,
    .close = middleware_close,
    .destroy = middleware_destroy,
    .check = middleware_check,
    .ahead = middleware_ahead,
};
