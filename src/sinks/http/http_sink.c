/* SPDX-License-Identifier: MIT */
/* The life of an HTTP sink: create, open, write, drain, close; its type. */
#include "sinks/http/http_sink.h"

#include <limits.h>
#include <stdlib.h>

#include "base/thread.h"
#include "sinks/http/http_sink_impl.h"

enum {
    SINK_MEMORY_DEFAULT = 32 * 1024 * 1024,
    SINK_HEADERS_MAX = 1024 * 1024,
    SINK_URL_MAX = 64 * 1024
};

static void
sink_make_lane(struct http_lane *lane)
{
    mst_buf_init(&lane->url, SINK_URL_MAX);
    mst_buf_init(&lane->headers, SINK_HEADERS_MAX);
    mst_buf_init(&lane->body, INT_MAX);
    mst_buf_init(&lane->packed, INT_MAX);
    mst_buf_init(&lane->key, SINK_URL_MAX);
}

static void
sink_destroy(void *ctx)
{
    struct http_sink *sink = ctx;
    if (sink == NULL) {
        return;
    }
    for (size_t i = 0; sink->lanes != NULL && i < sink->lanes_len; i++) {
        http_lane_clear(&sink->lanes[i]);
    }
    mst_http_auth_destroy(sink->auth);
    mst_http_target_clear(&sink->target);
    mst_buf_clear(&sink->fixed_headers);
    free(sink->lanes);
    (void)pthread_cond_destroy(&sink->idle);
    (void)pthread_mutex_destroy(&sink->mutex);
    free(sink);
}

/* Everything that needs no network. */
static enum mst_status
sink_prepare(struct http_sink *sink, struct mst_error *err)
{
    enum mst_status status = http_sink_options_check(&sink->args, err);
    if (status == MST_OK) {
        status = mst_http_target_init(
            &sink->target, sink->service->host,
            sink->args.resource == NULL ? "" : sink->args.resource, err);
    }
    if (status == MST_OK) {
        status = mst_http_auth_create(&sink->service->auth, &sink->http,
                                      &sink->auth, err);
    }
    if (status == MST_OK
        && mst_http_service_headers(sink->service, &sink->fixed_headers)
               != MST_OK) {
        status = mst_fail(err, MST_FATAL, "http", 0,
                          "the headers of the service are too long");
    }
    sink->rules =
        (struct mst_http_rules){.outcomes = &sink->options->outcomes,
                                .path_varies = !sink->target.is_fixed};
    return status;
}

static enum mst_status
sink_create(void **ret_ctx, const struct mst_sink_args *args,
            struct mst_error *err)
{
    struct http_sink *sink = calloc(1, sizeof(*sink));
    if (sink == NULL) {
        return mst_fail_memory(err, "http");
    }
    if (!mst_cond_init(&sink->idle)) {
        free(sink);
        return mst_fail_memory(err, "http");
    }
    (void)pthread_mutex_init(&sink->mutex, NULL);
    sink->args = *args;
    sink->service = args->service;
    sink->options = args->options;
    sink->http = mst_http_service_options(sink->service);
    sink->batch_events = http_sink_batch_events(args);
    sink->memory = args->memory > 0 ? args->memory : SINK_MEMORY_DEFAULT;
    mst_buf_init(&sink->fixed_headers, SINK_HEADERS_MAX);
    mst_http_fields_init(&sink->fields, &sink->options->attributes, args->job);
    sink->lanes_len = (size_t)sink->options->concurrency;
    sink->lanes = calloc(sink->lanes_len, sizeof(*sink->lanes));
    for (size_t i = 0; sink->lanes != NULL && i < sink->lanes_len; i++) {
        sink_make_lane(&sink->lanes[i]);
    }
    enum mst_status status = sink->lanes == NULL ? mst_fail_memory(err, "http")
                                                 : sink_prepare(sink, err);
    if (status != MST_OK) {
        sink_destroy(sink);
        return status;
    }
    *ret_ctx = sink;
    return MST_OK;
}

static void
sink_close(void *ctx)
{
    struct http_sink *sink = ctx;
    if (sink->running) {
        atomic_store(&sink->stop, true);
        mst_http_auth_interrupt(sink->auth, true);
        mst_http_pool_wake(sink->pool);
        (void)pthread_join(sink->thread, NULL);
        sink->running = false;
    }
    mst_http_pool_destroy(sink->pool);
    sink->pool = NULL;
}

static enum mst_status
sink_open(void *ctx, const struct mst_sink_start *start, struct mst_error *err)
{
    struct http_sink *sink = ctx;
    (void)start; /* the server has the state */
    const struct mst_http_pool_args args = {.options = &sink->http,
                                            .slots = sink->lanes_len,
                                            .answer_max = MST_HTTP_EXCERPT_MAX};
    atomic_store(&sink->stop, false);
    atomic_store(&sink->interrupted, false);
    atomic_fetch_add(&sink->round, 1);
    mst_http_auth_interrupt(sink->auth, false);
    sink->failed = false;
    sink->starved = false;
    sink->unwell = false;
    mst_error_clear(&sink->fatal);
    enum mst_status status = mst_http_pool_create(&args, &sink->pool, err);
    if (status == MST_OK) {
        status = mst_thread_start(&sink->thread, "http-sink", http_sink_run,
                                  sink, err);
        sink->running = status == MST_OK;
    }
    if (status != MST_OK) {
        sink_close(sink);
    }
    return status;
}

/* Lock: mutex held. Takes as many as there is room for, one at least. */
static size_t
sink_take(struct http_sink *sink, struct mst_delivery *const *deliveries,
          size_t n)
{
    size_t i = 0;
    while (i < n && sink->bytes < sink->memory) {
        struct mst_delivery *delivery = deliveries[i++];
        delivery->sink_data = NULL;
        if (sink->inbox == NULL) {
            sink->inbox = delivery;
        } else {
            sink->inbox_last->sink_data = delivery;
        }
        sink->inbox_last = delivery;
        sink->bytes += delivery->payload.len + sizeof(*delivery);
    }
    sink->outstanding += i;
    sink->starved = i < n;
    return i;
}

static enum mst_status
sink_write(void *ctx, struct mst_delivery *const *deliveries, size_t n,
           size_t *ret_taken, struct mst_error *err)
{
    struct http_sink *sink = ctx;
    *ret_taken = 0;
    mst_mutex_lock(&sink->mutex);
    enum mst_status status = sink->fatal.status;
    if (status != MST_OK && err != NULL) {
        *err = sink->fatal;
    }
    if (status == MST_OK && sink->failed) {
        status = MST_AGAIN; /* the engine drains, which heals */
    }
    if (status == MST_OK) {
        *ret_taken = sink_take(sink, deliveries, n);
        status = *ret_taken < n ? MST_AGAIN : MST_OK;
    }
    mst_mutex_unlock(&sink->mutex);
    if (*ret_taken > 0 && atomic_exchange(&sink->asleep, false)) {
        mst_http_pool_wake(sink->pool);
    }
    return status;
}

static enum mst_status
sink_drain(void *ctx, int timeout_ms, struct mst_error *err)
{
    struct http_sink *sink = ctx;
    struct timespec until = mst_cond_deadline(timeout_ms);
    enum mst_status status = MST_OK;
    (void)err; /* being late is no failure */
    mst_mutex_lock(&sink->mutex);
    while (status == MST_OK && sink->outstanding > 0) {
        if (atomic_load(&sink->interrupted)
            || !mst_cond_wait(&sink->idle, &sink->mutex, &until)) {
            status = MST_AGAIN;
        }
    }
    if (sink->outstanding == 0 && sink->failed) {
        sink->failed = false;
        atomic_fetch_add(&sink->round, 1);
    }
    mst_mutex_unlock(&sink->mutex);
    atomic_store(&sink->interrupted, false);
    return status;
}

static void
sink_interrupt(void *ctx)
{
    struct http_sink *sink = ctx;
    mst_mutex_lock(&sink->mutex);
    atomic_store(&sink->interrupted, true);
    (void)pthread_cond_broadcast(&sink->idle);
    mst_mutex_unlock(&sink->mutex);
}

const struct mst_sink_type mst_http_sink = {
    .name = "http",
    .help = "Sends events as HTTP requests, several at once, in the order of "
            "their keys.",
    .service_options = MST_HTTP_SERVICE_TABLE,
    .options = {.options = http_sink_options,
                .len = HTTP_SINK_OPTIONS_LEN,
                .size = sizeof(struct http_sink_options)},
    .resource_optional = true,
    .capabilities = MST_SINK_ATTRIBUTES | MST_SINK_APPEND | MST_SINK_DELETE
                    | MST_SINK_ASYNC,
    .encodings = 1U << MST_ENCODING_RAW | 1U << MST_ENCODING_BSON
                 | 1U << MST_ENCODING_JSON | 1U << MST_ENCODING_AVRO,
    .create = sink_create,
    .open = sink_open,
    .write = sink_write,
    .drain = sink_drain,
    .interrupt = sink_interrupt,
    .close = sink_close,
    .destroy = sink_destroy,
    .preview = http_sink_preview,
    .inspect = &http_sink_inspect,
};
