/* SPDX-License-Identifier: MIT */
/* What a server answers takes the place of the event. */
#include "udf/http/http_middleware.h"

#include "encodings/batch_body.h"
#include "udf/http/http_result.h"

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
    {.name = "batch_events",
     .type = MST_OPTION_INT,
     .offset = AT(batch_events),
     .def = "1",
     .min = 1,
     .max = 1000,
     .help = "Most events in one request; 1: each alone, its body is the "
             "payload. The answer has an item for each."},
    {.name = "batch_bytes",
     .type = MST_OPTION_SIZE,
     .offset = AT(batch_bytes),
     .def = "1MiB",
     .min = 1,
     .max = INT64_C(64) * 1024 * 1024,
     .help = "Most bytes of events in one request, after one event at least."},
    {.name = "batch_format",
     .type = MST_OPTION_ENUM,
     .offset = AT(batch_format),
     .def = "framed",
     .choices = mst_batch_formats,
     .help = "How several events stand in one body: the batch frame, a JSON "
             "array, or a line each."},
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

/* Groups are made of what apply_batch is given. */
static void
middleware_ahead(void *ctx, const struct mst_event *const *events, size_t n)
{
    if (http_ask_options_of(ctx)->batch_events <= 1) {
        (void)http_ask_ahead(ctx, events, n);
    }
}

/* The answers to what was sent together, in the order of the events. */
static enum mst_status
middleware_apply_batch(void *ctx, const struct mst_event *const *events,
                       size_t n, struct mst_emit *emit, struct mst_error *err)
{
    const struct http_ask_options *options = http_ask_options_of(ctx);
    size_t at = 0;
    enum mst_status status = http_ask_batch(ctx, events, n, err);
    for (size_t i = 0; status == MST_OK && at < n; i++) {
        const struct http_ask_answer *answer = http_ask_batch_answer(ctx, i);
        status = http_result_emit_batch(options, answer, events, at, emit, err);
        at += answer->len;
    }
    return status;
}

static bool
middleware_batches(void *ctx)
{
    return http_ask_options_of(ctx)->batch_events > 1;
}

static enum mst_status
middleware_apply(void *ctx, const struct mst_event *event,
                 struct mst_emit *emit, struct mst_error *err)
{
    if (middleware_batches(ctx)) {
        return middleware_apply_batch(ctx, &event, 1, emit, err);
    }
    const struct http_ask_answer *answer = http_ask_answer(ctx, event);
    if (answer == NULL) {
        return mst_fail_memory(err, "http");
    }
    if (answer->status != MST_OK) {
        *err = answer->err;
        return answer->status;
    }
    return http_result_emit(http_ask_options_of(ctx), &answer->http, event,
                            emit, err);
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
    .batches = middleware_batches,
    .apply_batch = middleware_apply_batch,
};
