/* SPDX-License-Identifier: MIT */
/* Options of the sink. */
#include "sinks/http/http_sink_options.h"

#include "clients/http_status.h"
#include "encodings/batch_body.h"

#define AT(field) offsetof(struct http_sink_options, field)

static const char *const methods[] = {"POST", "PUT", "PATCH", NULL};
static const char *const delete_methods[] = {"same", "DELETE", "POST",
                                             "PUT",  "PATCH",  NULL};
static const char *const orderings[] = {"key", "none", NULL};
static const char *const compressions[] = {"none", "gzip", NULL};

const struct mst_option http_sink_options[HTTP_SINK_OPTIONS_LEN] = {
    {.name = "method",
     .type = MST_OPTION_ENUM,
     .offset = AT(method),
     .def = "POST",
     .choices = methods,
     .help = "Method of the requests."},
    {.name = "delete_method",
     .type = MST_OPTION_ENUM,
     .offset = AT(delete_method),
     .def = "same",
     .choices = delete_methods,
     .help = "Method for events that are deletes; same: as for the others."},
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
     .help = "Requests at once, each on a connection of its own that is kept."},
    {.name = "ordering",
     .type = MST_OPTION_ENUM,
     .offset = AT(ordering),
     .def = "key",
     .choices = orderings,
     .help = "key: events of one key one after the other, those without a key "
             "likewise; none: any event beside any other."},
    {.name = "batch_events",
     .type = MST_OPTION_INT,
     .offset = AT(batch_events),
     .def = "0",
     .min = 0,
     .max = 100000,
     .help = "Most events in one request; 1: each alone, its body is the "
             "payload. 0: the size of the connector's batch where it has "
             "one, else 1."},
    {.name = "batch_bytes",
     .type = MST_OPTION_SIZE,
     .offset = AT(batch_bytes),
     .def = "1MiB",
     .min = 1,
     .max = INT64_C(1024) * 1024 * 1024,
     .help = "Most bytes of events in one request, after one event at least."},
    {.name = "batch_format",
     .type = MST_OPTION_ENUM,
     .offset = AT(batch_format),
     .def = "framed",
     .choices = mst_batch_formats,
     .help = "How several events stand in one body: the batch frame, a JSON "
             "array, or a line each."},
    {.name = "compression",
     .type = MST_OPTION_ENUM,
     .offset = AT(compression),
     .def = "none",
     .choices = compressions,
     .help = "Compress bodies (Content-Encoding)."},
    {.name = "content_type",
     .type = MST_OPTION_STRING,
     .offset = AT(content_type),
     .help = "Content-Type of the requests; default: by encoding and format."},
    {.name = "idempotency_header",
     .type = MST_OPTION_STRING,
     .offset = AT(idempotency_header),
     .help = "Header with a value that is the same when the same events are "
             "sent again, such as Idempotency-Key; default: none."},
    {.name = "outcomes",
     .type = MST_OPTION_STRING_MAP,
     .offset = AT(outcomes),
     .help = "What a status means, where it is not what the table says: "
             "{ \"409\" = \"ok\" }, one of ok, retry, rejected, fatal."},
};

const char *
http_sink_method(const struct http_sink_options *options, enum mst_op op)
{
    return op == MST_OP_DELETE && options->delete_method > 0
               ? delete_methods[options->delete_method]
               : methods[options->method];
}

size_t
http_sink_batch_events(const struct mst_sink_args *args)
{
    const struct http_sink_options *options = args->options;
    if (options->batch_events > 0) {
        return (size_t)options->batch_events;
    }
    return args->batch_events > 0 ? args->batch_events : 1;
}

enum mst_status
http_sink_options_check(const struct mst_sink_args *args, struct mst_error *err)
{
    const struct http_sink_options *options = args->options;
    bool batched = http_sink_batch_events(args) > 1;
    if (batched && options->batch_format != MST_BATCH_FRAMED
        && args->encoding != MST_ENCODING_JSON) {
        return mst_fail(err, MST_FATAL, "http", 0,
                        "batch_format = \"%s\" needs output_encoding = "
                        "\"json\"",
                        mst_batch_formats[options->batch_format]);
    }
    if (options->idempotency_header != NULL
        && !mst_http_is_token(mst_slice_str(options->idempotency_header))) {
        return mst_fail(err, MST_FATAL, "http", 0,
                        "idempotency_header '%s' can not be the name of a "
                        "header",
                        options->idempotency_header);
    }
    if (options->content_type != NULL
        && !mst_http_is_value(mst_slice_str(options->content_type))) {
        return mst_fail(err, MST_FATAL, "http", 0,
                        "content_type has a control character in it");
    }
    return mst_http_outcomes_check(&options->outcomes, err);
}
