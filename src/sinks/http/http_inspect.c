/* SPDX-License-Identifier: MIT */
/* `mstream doctor`, `explain` and `dry-run` for HTTP sinks. */
#include <stdio.h>
#include <string.h>

#include "encodings/batch_body.h"
#include "sinks/http/http_sink_impl.h"

static void
inspect_doctor(const void *args, int timeout_ms, struct mst_findings *findings)
{
    const struct mst_sink_args *sink = args;
    const struct mst_http_service *service = sink->service;
    struct mst_http_target target;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_http_target_init(&target, service->host,
                             sink->resource == NULL ? "" : sink->resource, &err)
        != MST_OK) {
        findings->add(findings, MST_FINDING_FAIL, "address", err.text,
                      err.hint);
        return;
    }
    mst_http_service_look(service,
                          target.is_fixed ? target.text : service->host,
                          timeout_ms, findings);
    mst_http_target_clear(&target);
}

static const char *
explain_format(const struct mst_sink_args *args)
{
    const struct http_sink_options *options = args->options;
    if (http_sink_batch_events(args) == 1) {
        return "one event each, its payload is the body";
    }
    return options->batch_format == MST_BATCH_FRAMED ? "a batch frame"
           : options->batch_format == MST_BATCH_JSON_ARRAY
               ? "a JSON array"
               : "a line of JSON per event";
}

static enum mst_status
inspect_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    static const char *const logins[] = {"none", "basic", "bearer", "api_key",
                                         "oauth2"};
    const struct mst_sink_args *sink = args;
    const struct mst_http_service *service = sink->service;
    const struct http_sink_options *options = sink->options;
    struct mst_http_target target;
    enum mst_status status =
        mst_http_target_init(&target, service->host,
                             sink->resource == NULL ? "" : sink->resource, err);
    if (status != MST_OK) {
        return status;
    }
    status = mst_buf_printf(
        out,
        "requests: %s %s\ndeletes: %s\nlogin: %s\nbody: %s, at most %zu "
        "events\ncompression: %s\nat once: %lld, %s\nheaders of the service: "
        "%zu, not shown\n",
        http_sink_method(options, MST_OP_CREATE), target.text,
        http_sink_method(options, MST_OP_DELETE), logins[service->auth.kind],
        explain_format(sink), http_sink_batch_events(sink),
        options->compression == HTTP_SINK_GZIP ? "gzip" : "none",
        (long long)options->concurrency,
        options->ordering == HTTP_SINK_PER_KEY
            ? "events of one key one after the other"
            : "in any order",
        service->headers.len);
    mst_http_target_clear(&target);
    return status;
}

const struct mst_inspect http_sink_inspect = {
    .check = mst_http_service_check,
    .service = mst_http_service_doctor,
    .doctor = inspect_doctor,
    .explain = inspect_explain,
};

/* The body as text, or how long it is. */
static enum mst_status
preview_body(const struct mst_delivery *delivery, struct mst_slice body,
             bool for_machines, struct mst_buf *out)
{
    bool is_text = delivery->encoding == MST_ENCODING_JSON && body.len > 0;
    enum mst_status status = MST_OK;
    if (for_machines) {
        status = mst_buf_printf(out, ",\"bytes\":%zu", body.len);
        if (status == MST_OK && is_text) {
            status = mst_buf_append_str(out, ",\"body\":");
        }
        if (status == MST_OK && is_text) {
            status = mst_buf_append(out, body.data, body.len);
        }
        return status == MST_OK ? mst_buf_append_char(out, '}') : status;
    }
    return is_text ? mst_buf_append(out, body.data, body.len)
                   : mst_buf_printf(out, "%zu bytes", body.len);
}

static enum mst_status
preview_write(const struct mst_http_send *send,
              const struct mst_delivery *delivery, bool for_machines,
              struct mst_buf *out)
{
    char url[MST_HTTP_URL_SHOWN_MAX];
    enum mst_status status = MST_OK;
    mst_http_url_show(send->url, url);
    if (for_machines) {
        status =
            mst_buf_printf(out, "{\"method\":\"%s\",\"url\":", send->method);
        if (status == MST_OK) {
            status = mst_buf_append_json(out, mst_slice_str(url));
        }
    } else {
        status = mst_buf_printf(out, "%s %s ", send->method, url);
    }
    return status == MST_OK
               ? preview_body(delivery, delivery->payload, for_machines, out)
               : status;
}

enum mst_status
http_sink_preview(void *ctx, const struct mst_delivery *delivery,
                  bool for_machines, struct mst_buf *out, struct mst_error *err)
{
    struct http_sink *sink = ctx;
    struct http_lane *lane = &sink->lanes[0];
    struct mst_delivery copy = *delivery;
    struct mst_http_send send;
    http_lane_push(lane, &copy);
    size_t before = out->len;
    enum mst_status status = http_request_collect(sink, lane, err);
    if (status == MST_OK) {
        status = http_request_make(sink, lane, &send, err);
    }
    if (status == MST_OK) {
        status = preview_write(&send, delivery, for_machines, out);
        out->len = status == MST_OK ? out->len : before;
    }
    lane->flight_len = 0;
    lane->first = NULL;
    return status;
}
